/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One request on its way to its answer.
 *
 * A call owns the request's bytes and an arena for whatever the handler needs (a job embedded in
 * an arena object lives as long as the call). Exactly one of call_answer, call_fail and
 * call_fail_later ends and frees it, whether or not the client is still there.
 * Thread rule: loop thread; while a job runs elsewhere, that thread has the arena and the decoded
 * request, and nothing else.
 */
#ifndef WEFT_SESSION_CALL_H
#define WEFT_SESSION_CALL_H

#include "protocol/base/id.h"
#include "protocol/wire/code.h"
#include "protocol/wire/frame.h"
#include "protocol/wire/requests.h"
#include "server/transport/admission.h"

struct client;
struct hub;

struct call {
    struct hub *hub;
    struct client *client; /* NULL once the connection is gone */
    struct call *previous; /* of the client's calls */
    struct call *next;
    uint32_t number;  /* chosen by the client */
    int64_t begun_ms; /* monotonic */
    const struct wire_request_kind *kind;
    struct buffer bytes;
    struct arena arena;
    void *request; /* decoded by kind->request */
    /* Who asks; none before a login. */
    struct id person;
    struct id device;
    uint8_t role;
    /* Set while the request counts against its address as one that is refused. */
    bool counted;
    enum admission_act counted_as;
    /* Something that must stay as long as the call: given back when it ends. May be NULL. */
    void (*release)(void *held);
    void *held;
};

/* Copies `body` and decodes it. Errors: those of schema.h. */
MUST_CHECK enum status call_new(struct hub *hub,
                                struct client *client,
                                uint32_t number,
                                const struct wire_request_kind *kind,
                                struct span body,
                                struct call **call);

/* Ends with the answer; `response` is of kind->response. */
void call_answer(struct call *call, const void *response);

/* Ends with an error. `detail` says what to do, in plain words; NULL: the status's own text. */
void call_fail(struct call *call, enum status status, const char *detail);

/* The same, with when to try again. */
void call_fail_later(struct call *call,
                     enum status status,
                     const char *detail,
                     uint32_t retry_after_ms);

/* A zeroed object that lives as long as the call. STATUS_LIMIT, STATUS_NO_MEMORY. */
MUST_CHECK enum status call_take(struct call *call, size_t size, void **object);

#endif
