/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * An MLSMessage as it comes from the network: public and private messages, Welcomes, GroupInfos
 * and KeyPackages, decoded before anything in them is authenticated. What decodes must be written
 * as the same bytes, and its head, which the server routes by, must be the message's own.
 */
#include "protocol/mls/public/framing.h"
#include "tests/fuzz/fuzz.h"

/* As large as the server takes a message in one piece. */
#define ARENA_BYTES_MAX (8u << 20)

static void head(struct span input, const struct mls_message *message)
{
    struct mls_message_head peeked;
    enum status status = mls_message_peek(input, &peeked);
    if (message->wire_format == MLS_WIRE_PUBLIC_MESSAGE) {
        const struct mls_framed_content *content = &message->public_message.content;
        fuzz_expect(status == STATUS_OK);
        fuzz_expect(peeked.epoch == content->epoch && peeked.type == content->type);
        fuzz_expect(span_equal(peeked.group_id, content->group_id));
    } else if (message->wire_format == MLS_WIRE_PRIVATE_MESSAGE) {
        fuzz_expect(status == STATUS_OK);
        fuzz_expect(peeked.epoch == message->private_message.epoch);
        fuzz_expect(span_equal(peeked.group_id, message->private_message.group_id));
    } else {
        fuzz_expect(status == STATUS_UNSUPPORTED);
    }
}

/* The frame alone is the same, whatever is in it. */
static void frame(struct span input, const struct mls_message *message)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(ARENA_BYTES_MAX);
    struct mls_message framed;
    fuzz_expect(mls_message_decode_frame(input, &arena, &framed) == STATUS_OK);
    fuzz_expect(framed.wire_format == message->wire_format);
    if (message->wire_format != MLS_WIRE_PUBLIC_MESSAGE)
        return;
    const struct mls_public_message *whole = &message->public_message;
    const struct mls_public_message *part = &framed.public_message;
    fuzz_expect(span_equal(part->content.bytes, whole->content.bytes));
    fuzz_expect(span_equal(part->auth.signature, whole->auth.signature));
    fuzz_expect(span_equal(part->membership_tag, whole->membership_tag));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of(data, size);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(ARENA_BYTES_MAX);
    struct mls_message message;
    if (mls_message_decode(input, &arena, &message) != STATUS_OK)
        return 0;
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(size);
    struct writer writer = writer_of(&again);
    mls_message_write(&writer, &message);
    fuzz_expect(writer_finish(&writer) == STATUS_OK);
    fuzz_expect(span_equal(buffer_span(&again), input));
    head(input, &message);
    frame(input, &message);
    return 0;
}
