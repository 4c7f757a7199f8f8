/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What strangers may send to the server before anybody knows them: the HTTP handshake and the
 * WebSocket frames.
 *
 * The first byte chooses the reader, the next two where the rest is cut in two. However bytes
 * arrive, the same messages come out of them; and a handshake that was judged stays judged.
 */
#include "protocol/base/limits.h"
#include "server/transport/handshake.h"
#include "server/transport/inbound.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* What came out of the frames so far, as one number. */
struct trace {
    uint64_t hash;
    bool ended;
};

static void add(struct trace *trace, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < len; i++)
        trace->hash = (trace->hash ^ at[i]) * UINT64_C(1099511628211);
}

static void read_piece(struct inbound *inbound, struct span piece, struct trace *trace)
{
    while (!trace->ended) {
        size_t before = piece.len;
        struct inbound_event event = inbound_next(inbound, &piece);
        fuzz_expect(piece.len <= before);
        fuzz_expect(event.bytes.len <= LIMIT_FRAME_BYTES);
        if (event.kind == INBOUND_MORE) {
            fuzz_expect(piece.len == 0);
            return;
        }
        uint8_t kind = (uint8_t)event.kind;
        add(trace, &kind, 1);
        add(trace, &event.code, sizeof event.code);
        add(trace, event.bytes.ptr, event.bytes.len);
        trace->ended = event.kind == INBOUND_ERROR || event.kind == INBOUND_CLOSE;
    }
}

static uint64_t read_cut(struct span input, size_t cut)
{
    struct inbound inbound;
    struct trace trace = {0};
    inbound_init(&inbound);
    read_piece(&inbound, span_of(input.ptr, cut), &trace);
    read_piece(&inbound, span_of(input.ptr + cut, input.len - cut), &trace);
    inbound_clear(&inbound);
    return trace.hash;
}

static void check_handshake(struct span input, size_t cut)
{
    static const char *const origins[] = {"https://weft.example.org"};
    const struct handshake_rules rules = {origins, 1};
    struct handshake_result first = handshake_read(span_of(input.ptr, cut), &rules);
    struct handshake_result whole = handshake_read(input, &rules);
    /* More bytes never turn a refusal into anything else. */
    if (first.kind == HANDSHAKE_REFUSED)
        fuzz_expect(whole.kind == HANDSHAKE_REFUSED);
    if (whole.kind == HANDSHAKE_MORE)
        return;
    CLEANUP(buffer_clear) struct buffer answer = BUFFER_INIT(1024);
    fuzz_expect(handshake_answer(&whole, &answer) == STATUS_OK);
    fuzz_expect(answer.len > 4 && memcmp(answer.ptr + answer.len - 4, "\r\n\r\n", 4) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    struct span input = span_of(data + 3, size - 3);
    size_t cut = (size_t)(data[1] << 8 | data[2]) % (input.len + 1);
    if (data[0] % 2 == 0)
        fuzz_expect(read_cut(input, cut) == read_cut(input, 0));
    else
        check_handshake(input, cut);
    return 0;
}
