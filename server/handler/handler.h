/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One request, one file, one function; two tables say which, and what is checked before.
 *
 * A handler gets a call whose request is decoded and whose client may make it (protocol/wire says
 * who); a channel's handler also gets the channel, loaded, and only when the caller stands to it
 * as the table says. It ends the call, now or in a job's done().
 * Thread rule: loop thread; run() of a job that a handler makes touches only the job, the decoded
 * request and the call's arena.
 */
#ifndef WEFT_HANDLER_HANDLER_H
#define WEFT_HANDLER_HANDLER_H

#include "server/delivery/delivery.h"
#include "server/session/hub.h"

struct figures;
struct proposals;
struct rounds;
struct stage;
struct standings;

struct services {
    struct hub *hub;
    struct delivery *delivery;
    struct stage *stage;
    struct figures *figures;
    struct proposals *proposals;
    struct rounds *rounds;
    struct standings *standings;
};

/* How the caller must stand to the channel. Otherwise an unlisted channel does not exist. */
enum handler_access {
    HANDLER_VISIBLE,          /* members; of listed channels, any account */
    HANDLER_MEMBER,           /* devices that are members */
    HANDLER_MEMBER_OR_FORMER, /* and those that were taken out, as far as reach.h lets them */
    HANDLER_MEMBER_OR_OPEN,   /* members and dormant devices; of open channels, any account */
};

#define HANDLER_NOT_A_MEMBER "this device is not a member of the channel"

/* HANDLER(NAME, name): requests about no channel, or that find theirs themselves. READ is
 * answered by session/. */
#define HANDLER_LIST(HANDLER)                                                                      \
    HANDLER(INVITE_SHOW, invite_show)                                                              \
    HANDLER(REDEEM, redeem)                                                                        \
    HANDLER(LOGIN, login)                                                                          \
    HANDLER(PING, ping)                                                                            \
    HANDLER(LOG_ENTRIES, log_entries)                                                              \
    HANDLER(PAIRING_OPEN, pairing_open)                                                            \
    HANDLER(PAIRING_STEP, pairing_step)                                                            \
    HANDLER(PAIRING_SHOW, pairing_show)                                                            \
    HANDLER(PAIRING_ANSWER, pairing_answer)                                                        \
    HANDLER(PAIRING_FINISH, pairing_finish)                                                        \
    HANDLER(DEVICE_LIST, device_list)                                                              \
    HANDLER(DEVICE_REVOKE, device_revoke)                                                          \
    HANDLER(READ_POSITIONS, read_positions)                                                        \
    HANDLER(PERSON_GET, person_get)                                                                \
    HANDLER(PEOPLE, people)                                                                        \
    HANDLER(PROFILE_SET, profile_set)                                                              \
    HANDLER(GROUPS, groups)                                                                        \
    HANDLER(KEY_PACKAGES_PUBLISH, key_packages_publish)                                            \
    HANDLER(KEY_PACKAGES_COUNT, key_packages_count)                                                \
    HANDLER(CHANNEL_CREATE, channel_create)                                                        \
    HANDLER(CHANNEL_LIST, channel_list)                                                            \
    HANDLER(CHANNEL_GENERATION, channel_generation)                                                \
    HANDLER(LOG_RESTORES, log_restores)                                                            \
    HANDLER(WELCOMES, welcomes)                                                                    \
    HANDLER(WELCOME_DONE, welcome_done)                                                            \
    HANDLER(SESSION_STAGE, session_stage)                                                          \
    HANDLER(INVITATIONS, invitations)                                                              \
    HANDLER(INVITATION_ANSWER, invitation_answer)                                                  \
    HANDLER(STATS, stats)                                                                          \
    HANDLER(NETWORK, network)                                                                      \
    HANDLER(SUGGESTIONS, suggestions)                                                              \
    HANDLER(SUGGESTION_ANSWER, suggestion_answer)                                                  \
    HANDLER(SUGGESTION_OPENED, suggestion_opened)                                                  \
    HANDLER(SUGGESTION_MET, suggestion_met)                                                        \
    HANDLER(COFFEE, coffee)

/* HANDLER(NAME, name, access, member): `member` is the channel's id in the request. */
#define HANDLER_CHANNEL_LIST(HANDLER)                                                              \
    HANDLER(KEY_PACKAGES_FETCH, key_packages_fetch, MEMBER, channel)                               \
    HANDLER(CHANNEL_SHOW, channel_show, VISIBLE, channel)                                          \
    HANDLER(CHANNEL_GROUP, channel_group, MEMBER_OR_OPEN, channel)                                 \
    HANDLER(CHANNEL_COMMIT, channel_commit, MEMBER_OR_OPEN, channel)                               \
    HANDLER(CHANNEL_REPORT, channel_report, MEMBER, report.channel)                                \
    HANDLER(CHANNEL_CONTINUE, channel_continue, MEMBER, channel)                                   \
    HANDLER(CHANNEL_KEEP, channel_keep, MEMBER, channel)                                           \
    HANDLER(CHANNEL_SEND, channel_send, MEMBER, channel)                                           \
    HANDLER(CHANNEL_DELETE, channel_delete, MEMBER, channel)                                       \
    HANDLER(CHANNEL_PAGE, channel_page, MEMBER_OR_FORMER, channel)                                 \
    HANDLER(CHANNEL_ENTRY, channel_entry, MEMBER_OR_FORMER, channel)                               \
    HANDLER(CHANNEL_SUBSCRIBE, channel_subscribe, MEMBER, channel)                                 \
    HANDLER(CHANNEL_KNOCK, channel_knock, VISIBLE, channel)                                        \
    HANDLER(CHANNEL_KNOCKS, channel_knocks, MEMBER, channel)                                       \
    HANDLER(CHANNEL_KNOCK_ANSWER, channel_knock_answer, MEMBER, channel)                           \
    HANDLER(CHANNEL_LEAVE, channel_leave, MEMBER, leave.channel)                                   \
    HANDLER(READ_POSITION, read_position, MEMBER, channel)                                         \
    HANDLER(WORK_LIST, work_list, MEMBER, channel)                                                 \
    HANDLER(SESSION_CREATE, session_create, MEMBER, channel)                                       \
    HANDLER(SESSION_SHOW, session_show, MEMBER, channel)                                           \
    HANDLER(FILE_BEGIN, file_begin, MEMBER, channel)                                               \
    HANDLER(FILE_PUT, file_put, MEMBER, channel)                                                   \
    HANDLER(FILE_DONE, file_done, MEMBER, channel)                                                 \
    HANDLER(FILE_GET, file_get, MEMBER, channel)                                                   \
    HANDLER(FILE_DROP, file_drop, MEMBER, channel)                                                 \
    HANDLER(HISTORY_ASK, history_ask, MEMBER, channel)                                             \
    HANDLER(HISTORY_SHOW, history_show, MEMBER, channel)                                           \
    HANDLER(HISTORY_BEGIN, history_begin, MEMBER, channel)                                         \
    HANDLER(HISTORY_SHARED, history_shared, MEMBER, channel)                                       \
    HANDLER(ASSISTERS_PROPOSE, assisters_propose, MEMBER, channel)                                 \
    HANDLER(ASSISTERS_INVITE, assisters_invite, MEMBER, channel)

#define HANDLER_PROTOTYPE(NAME, name) void name##_handle(struct services *, struct call *);
HANDLER_LIST(HANDLER_PROTOTYPE)
#undef HANDLER_PROTOTYPE

#define HANDLER_PROTOTYPE(NAME, name, access, member)                                              \
    void name##_handle(struct services *, struct channel *, struct call *);
HANDLER_CHANNEL_LIST(HANDLER_PROTOTYPE)
#undef HANDLER_PROTOTYPE

/* hub.dispatch; `context` is a struct services. */
void handler_dispatch(void *context, struct call *call);

/* hub.arrived and hub.left. */
void handler_arrived(void *context, struct client *client);
void handler_left(void *context, struct client *client);

#endif
