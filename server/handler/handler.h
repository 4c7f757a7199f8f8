/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One request, one file, one function; one table says which, and what it needs before it is
 * called.
 *
 * A handler gets a call whose request is decoded, whose client may make it (protocol/wire says
 * who), and, where the table says so, whose channel is loaded and may be seen by the caller. It
 * ends the call, now or in a job's done().
 * Thread rule: loop thread; run() of a job that a handler makes touches only the job, the decoded
 * request and the call's arena.
 */
#ifndef WEFT_HANDLER_HANDLER_H
#define WEFT_HANDLER_HANDLER_H

#include "server/session/hub.h"

struct delivery;
struct stage;
struct channel;

struct services {
    struct hub *hub;
    struct delivery *delivery;
    struct stage *stage;
};

/* Who may call a handler that is about a channel. */
enum handler_channel {
    HANDLER_NO_CHANNEL,     /* the handler looks it up itself, or there is none */
    HANDLER_VISIBLE,        /* members; of listed channels, any account */
    HANDLER_MEMBER,         /* devices that are members */
    HANDLER_MEMBER_OR_OPEN, /* members; of open channels, any account */
};

/* HANDLER(NAME, name, channel): a request, its file and function, what is checked before. The
 * channel is the request's first field. READ is answered by session/ itself. */
#define HANDLER_LIST(HANDLER)                                                                      \
    HANDLER(INVITE_SHOW, invite_show, NO_CHANNEL)                                                  \
    HANDLER(REDEEM, redeem, NO_CHANNEL)                                                            \
    HANDLER(LOGIN, login, NO_CHANNEL)                                                              \
    HANDLER(PING, ping, NO_CHANNEL)                                                                \
    HANDLER(LOG_ENTRIES, log_entries, NO_CHANNEL)

#define HANDLER_PROTOTYPE(NAME, name, channel)                                                     \
    void name##_handle(struct services *services, struct call *call);
HANDLER_LIST(HANDLER_PROTOTYPE)
#undef HANDLER_PROTOTYPE

/* hub.dispatch; `context` is a struct services. */
void handler_dispatch(void *context, struct call *call);

#endif
