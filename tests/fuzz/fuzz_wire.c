/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A frame as weftd and weft read it: the header, then the body by its type and kind.
 */
#include "protocol/wire/events.h"
#include "protocol/wire/frame.h"
#include "protocol/wire/hello.h"
#include "protocol/wire/requests.h"
#include "tests/fuzz/round_trip.h"

static void request_or_response(const struct frame *frame)
{
    const struct wire_request_kind *kind = wire_request_find(frame->kind);
    if (kind == NULL)
        return;
    fuzz_expect(kind->number == frame->kind);
    round_trip(frame->type == FRAME_REQUEST ? kind->request : kind->response, frame->body);
}

static void event(const struct frame *frame)
{
    const struct wire_event_kind *kind = wire_event_find(frame->kind);
    if (kind == NULL)
        return;
    fuzz_expect(kind->number == frame->kind);
    round_trip(kind->schema, frame->body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame frame;
    if (frame_read(span_of(data, size), &frame) != STATUS_OK)
        return 0;
    fuzz_expect(frame.body.len + WIRE_FRAME_HEADER_SIZE == size);
    switch (frame.type) {
    case FRAME_SERVER_HELLO:
        round_trip(&wire_server_hello_schema, frame.body);
        break;
    case FRAME_CLIENT_HELLO:
        round_trip(&wire_client_hello_schema, frame.body);
        break;
    case FRAME_REQUEST:
    case FRAME_RESPONSE:
        request_or_response(&frame);
        break;
    case FRAME_EVENT:
        event(&frame);
        break;
    case FRAME_PART:
        round_trip(&wire_part_schema, frame.body);
        break;
    }
    return 0;
}
