/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/session/call.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/hash.h"
#include "server/session/hub.h"
#include "server/store/store.h"

#include <stdlib.h>
#include <string.h>

/* An answer as large as an upload, and its frame. */
#define ANSWER_BYTES_MAX (LIMIT_OBJECT_BYTES + LIMIT_FRAME_BYTES)

static void free_call(struct call *call)
{
    int64_t took_ms = clock_monotonic_ms(call->hub->clock) - call->begun_ms;
    histogram_add(&call->hub->traffic.answered, (uint64_t)took_ms * 1000);
    if (call->client != NULL)
        client_forget_call(call->client, call);
    if (call->release != NULL)
        call->release(call->held);
    arena_clear(&call->arena);
    buffer_clear(&call->bytes);
    free(call);
}

static enum status decode(struct call *call, struct span body)
{
    TRY(buffer_append(&call->bytes, body));
    TRY(arena_take(&call->arena, 1, call->kind->request->size, &call->request));
    return schema_decode(call->kind->request, buffer_span(&call->bytes), &call->arena,
                         call->request);
}

enum status call_new(struct hub *hub,
                     struct client *client,
                     uint32_t number,
                     const struct wire_request_kind *kind,
                     struct span body,
                     struct call **call)
{
    struct call *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    fresh->hub = hub;
    fresh->number = number;
    fresh->kind = kind;
    fresh->begun_ms = clock_monotonic_ms(hub->clock);
    buffer_init(&fresh->bytes, LIMIT_OBJECT_BYTES);
    arena_init(&fresh->arena, LIMIT_DECODED_BYTES);
    enum status status = decode(fresh, body);
    if (status != STATUS_OK) {
        free_call(fresh);
        return status;
    }
    client_keep_call(client, fresh);
    *call = fresh;
    return STATUS_OK;
}

enum status call_take(struct call *call, size_t size, void **object)
{
    return arena_take(&call->arena, 1, size, object);
}

static enum status encode(const struct call *call,
                          enum wire_code code,
                          const struct schema *schema,
                          const void *body,
                          struct buffer *out)
{
    struct writer writer = writer_of(out);
    frame_write_header(&writer, FRAME_RESPONSE, call->number, call->kind->number);
    writer_u16(&writer, (uint16_t)code);
    schema_write(schema, &writer, body);
    return writer_finish(&writer);
}

/* The answer's body is kept to be pulled, and its size and hash are sent instead. */
static enum status send_large(struct call *call, struct buffer *frame)
{
    CLEANUP(buffer_clear) struct buffer body = BUFFER_INIT(ANSWER_BYTES_MAX);
    size_t skip = WIRE_FRAME_HEADER_SIZE + sizeof(uint16_t);
    TRY(buffer_append(&body, span_of(frame->ptr + skip, frame->len - skip)));
    struct wire_large large = {.size = (uint32_t)body.len};
    struct digest digest;
    TRY(hash_bytes(HASH_SHA256, buffer_span(&body), &digest));
    memcpy(large.sha256, digest.bytes, sizeof large.sha256);
    buffer_truncate(frame, 0);
    TRY(encode(call, WIRE_CODE_LARGE, &wire_large_schema, &large, frame));
    large_keep(&call->client->large, call->number, &body);
    client_send_answer(call->client, buffer_span(frame));
    return STATUS_OK;
}

static enum status try_answer(struct call *call, const void *response)
{
    CLEANUP(buffer_clear) struct buffer frame = BUFFER_INIT(ANSWER_BYTES_MAX);
    TRY(encode(call, WIRE_CODE_OK, call->kind->response, response, &frame));
    traffic_count(&call->hub->traffic, call->kind->number, WIRE_CODE_OK);
    if (frame.len > LIMIT_FRAME_BYTES)
        return send_large(call, &frame);
    client_send_answer(call->client, buffer_span(&frame));
    return STATUS_OK;
}

/* After a failed commit the truth is what the next start finds. An error would have the client give
 * up what may be there; no answer has it ask again, by the same id. */
static bool may_be_told(const struct call *call)
{
    const struct hub *hub = call->hub;
    return call->client != NULL && !hub->silent &&
           !(hub->store != NULL && store_has_failed(hub->store));
}

/* The request was right, or what is wrong is on our side. */
static void forgive(struct call *call)
{
    if (call->counted && call->client != NULL)
        transport_give_back(call->client->connection, call->counted_as);
    call->counted = false;
}

static bool is_ours(enum status status)
{
    enum wire_code code = wire_code_of(status);
    return code == WIRE_CODE_INTERNAL || code == WIRE_CODE_FULL || code == WIRE_CODE_RATE_LIMITED;
}

/* Whoever asked learns that it is ours; why, the log says alone. */
static void note_internal(const struct call *call, enum status status)
{
    if (wire_code_of(status) == WIRE_CODE_INTERNAL)
        JOURNAL(call->hub->journal, JOURNAL_ERROR, "request_failed",
                JOURNAL_T("kind", call->kind->name), JOURNAL_S(status));
}

void call_answer(struct call *call, const void *response)
{
    forgive(call);
    enum status status = may_be_told(call) ? try_answer(call, response) : STATUS_OK;
    /* It is done, and an error would say that it is not: whoever comes back asks again. */
    if (status_passes(status))
        client_close(call->client, CLOSE_INTERNAL);
    else if (status != STATUS_OK) {
        call_fail(call, status, "the answer could not be put into a frame");
        return;
    }
    free_call(call);
}

void call_fail(struct call *call, enum status status, const char *detail)
{
    call_fail_later(call, status, detail, 0);
}

void call_fail_later(struct call *call,
                     enum status status,
                     const char *detail,
                     uint32_t retry_after_ms)
{
    if (is_ours(status))
        forgive(call);
    note_internal(call, status);
    if (status_passes(status))
        detail = NULL; /* of the request, with which nothing is wrong */
    if (may_be_told(call))
        client_send_error(call->client, call->number, call->kind->number, status, detail,
                          retry_after_ms);
    free_call(call);
}
