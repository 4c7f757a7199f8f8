/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/transport/inbound.h"

#include "protocol/base/limits.h"
#include "protocol/codec/utf8.h"
#include "server/limits.h"

#include <string.h>

#define FIN 0x80
#define RESERVED_BITS 0x70
#define OPCODE_BITS 0x0f
#define CONTROL_BIT 0x08
#define MASKED 0x80
#define LENGTH_BITS 0x7f
#define MASK_SIZE 4

enum opcode {
    OPCODE_CONTINUATION = 0,
    OPCODE_TEXT = 1,
    OPCODE_BINARY = 2,
    OPCODE_CLOSE = 8,
    OPCODE_PING = 9,
    OPCODE_PONG = 10,
};

/* Of one message: a longer one is refused before its bytes are taken. A message of a whole frame
 * and nothing more. */
#define MESSAGE_MAX LIMIT_FRAME_BYTES

void inbound_init(struct inbound *inbound)
{
    *inbound = (struct inbound){.message = BUFFER_INIT(MESSAGE_MAX)};
}

void inbound_clear(struct inbound *inbound)
{
    buffer_clear(&inbound->message);
}

static uint8_t opcode_of(const struct inbound *inbound)
{
    return inbound->header[0] & OPCODE_BITS;
}

static bool is_control(const struct inbound *inbound)
{
    return (inbound->header[0] & CONTROL_BIT) != 0;
}

static size_t length_size(const struct inbound *inbound)
{
    uint8_t length = inbound->header[1] & LENGTH_BITS;
    return length == 127 ? 8 : length == 126 ? 2 : 0;
}

/* The two first bytes; 0 or the code to close with. */
static uint16_t check_start(const struct inbound *inbound)
{
    uint8_t length = inbound->header[1] & LENGTH_BITS;
    bool final = (inbound->header[0] & FIN) != 0;
    if ((inbound->header[0] & RESERVED_BITS) != 0)
        return CLOSE_PROTOCOL;
    /* RFC 6455, 5.1: "The server MUST close the connection upon receiving a frame that is not
     * masked." */
    if ((inbound->header[1] & MASKED) == 0)
        return CLOSE_PROTOCOL;
    switch (opcode_of(inbound)) {
    case OPCODE_TEXT:
        return CLOSE_UNSUPPORTED;
    case OPCODE_BINARY:
        return inbound->message_begun ? CLOSE_PROTOCOL : 0;
    case OPCODE_CONTINUATION:
        return inbound->message_begun ? 0 : CLOSE_PROTOCOL;
    case OPCODE_CLOSE:
    case OPCODE_PING:
    case OPCODE_PONG:
        return final && length <= INBOUND_CONTROL_MAX ? 0 : CLOSE_PROTOCOL;
    default:
        return CLOSE_PROTOCOL;
    }
}

static uint16_t read_length(struct inbound *inbound)
{
    size_t size = length_size(inbound);
    uint64_t length = inbound->header[1] & LENGTH_BITS;
    if (size > 0) {
        length = 0;
        for (size_t i = 0; i < size; i++)
            length = length << 8 | inbound->header[2 + i];
        /* RFC 6455, 5.2: "the minimal number of bytes MUST be used". */
        if (length < (size == 2 ? 126u : (uint64_t)UINT16_MAX + 1) || length > INT64_MAX)
            return CLOSE_PROTOCOL;
    }
    inbound->payload_len = length;
    inbound->payload_read = 0;
    return 0;
}

static uint16_t begin_payload(struct inbound *inbound)
{
    if (is_control(inbound))
        return 0;
    if (opcode_of(inbound) == OPCODE_BINARY)
        inbound->fragments = 0;
    inbound->message_begun = true;
    if (++inbound->fragments > LIMIT_MESSAGE_FRAGMENTS)
        return CLOSE_POLICY;
    return inbound->payload_len > MESSAGE_MAX - inbound->message.len ? CLOSE_TOO_BIG : 0;
}

static size_t header_size(const struct inbound *inbound)
{
    return inbound->header_len < 2 ? 2 : 2 + length_size(inbound) + MASK_SIZE;
}

/* Takes header bytes until it is whole; returns the code to close with or 0. */
static uint16_t take_header(struct inbound *inbound, struct span *input)
{
    while (!inbound->in_payload && input->len > 0) {
        inbound->header[inbound->header_len++] = *input->ptr;
        input->ptr++;
        input->len--;
        uint16_t code = inbound->header_len == 2 ? check_start(inbound) : 0;
        if (code != 0)
            return code;
        if (inbound->header_len < header_size(inbound) || inbound->header_len == 2)
            continue;
        code = read_length(inbound);
        if (code == 0)
            code = begin_payload(inbound);
        if (code != 0)
            return code;
        inbound->in_payload = true;
    }
    return 0;
}

/* RFC 6455, 5.3: octet i of the payload with octet i modulo 4 of the key; eight octets at a time.
 * `at` is the place of the first. */
static void
unmask(uint8_t *to, const uint8_t *from, size_t count, const uint8_t mask[MASK_SIZE], size_t at)
{
    uint8_t turned[8];
    uint64_t eight_of_mask;
    size_t i = 0;
    for (size_t j = 0; j < sizeof turned; j++)
        turned[j] = mask[(at + j) % MASK_SIZE];
    memcpy(&eight_of_mask, turned, sizeof turned);
    for (; i + sizeof turned <= count; i += sizeof turned) {
        uint64_t eight;
        memcpy(&eight, from + i, sizeof eight);
        eight ^= eight_of_mask;
        memcpy(to + i, &eight, sizeof eight);
    }
    for (; i < count; i++)
        to[i] = from[i] ^ turned[i % sizeof turned];
}

static enum status take_payload(struct inbound *inbound, struct span *input)
{
    uint64_t wanted = inbound->payload_len - inbound->payload_read;
    size_t count = input->len < wanted ? input->len : (size_t)wanted;
    uint8_t *to;
    if (is_control(inbound))
        to = inbound->control + inbound->payload_read;
    else
        TRY(buffer_extend(&inbound->message, count, &to));
    const uint8_t *mask = inbound->header + inbound->header_len - MASK_SIZE;
    unmask(to, input->ptr, count, mask, (size_t)inbound->payload_read);
    inbound->payload_read += count;
    input->ptr += count;
    input->len -= count;
    return STATUS_OK;
}

static struct inbound_event failed(uint16_t code)
{
    return (struct inbound_event){.kind = INBOUND_ERROR, .code = code};
}

/* RFC 6455, 7.4.1: codes that may stand in a frame. */
static bool close_code_is_allowed(uint16_t code)
{
    if (code < 1000 || code > 4999)
        return false;
    return code >= 3000 || code <= 1003 || (code >= 1007 && code <= 1014);
}

static struct inbound_event close_event(struct span payload)
{
    if (payload.len == 0)
        return (struct inbound_event){.kind = INBOUND_CLOSE, .code = CLOSE_NORMAL};
    if (payload.len == 1)
        return failed(CLOSE_PROTOCOL);
    uint16_t code = (uint16_t)(payload.ptr[0] << 8 | payload.ptr[1]);
    if (!close_code_is_allowed(code))
        return failed(CLOSE_PROTOCOL);
    if (!utf8_is_valid(span_of(payload.ptr + 2, payload.len - 2)))
        return failed(CLOSE_NOT_UTF8);
    return (struct inbound_event){.kind = INBOUND_CLOSE, .code = code};
}

static struct inbound_event control_event(struct inbound *inbound, uint8_t opcode)
{
    struct span payload = span_of(inbound->control, (size_t)inbound->payload_len);
    if (opcode == OPCODE_CLOSE)
        return close_event(payload);
    return (struct inbound_event){
        .kind = opcode == OPCODE_PING ? INBOUND_PING : INBOUND_PONG,
        .bytes = payload,
    };
}

/* The frame is whole: whether that makes an event. */
static bool end_frame(struct inbound *inbound, struct inbound_event *event)
{
    uint8_t first = inbound->header[0];
    inbound->in_payload = false;
    inbound->header_len = 0;
    if ((first & CONTROL_BIT) != 0) {
        *event = control_event(inbound, first & OPCODE_BITS);
        return true;
    }
    if ((first & FIN) == 0)
        return false;
    inbound->message_begun = false;
    inbound->message_lent = true;
    *event =
        (struct inbound_event){.kind = INBOUND_MESSAGE, .bytes = buffer_span(&inbound->message)};
    return true;
}

struct inbound_event inbound_next(struct inbound *inbound, struct span *input)
{
    if (inbound->message_lent) {
        buffer_clear(&inbound->message);
        inbound->message_lent = false;
    }
    for (;;) {
        uint16_t code = take_header(inbound, input);
        if (code != 0)
            return failed(code);
        if (!inbound->in_payload)
            return (struct inbound_event){.kind = INBOUND_MORE};
        if (take_payload(inbound, input) != STATUS_OK)
            return failed(CLOSE_INTERNAL);
        struct inbound_event event;
        if (inbound->payload_read == inbound->payload_len && end_frame(inbound, &event))
            return event;
        if (inbound->in_payload && input->len == 0)
            return (struct inbound_event){.kind = INBOUND_MORE};
    }
}
