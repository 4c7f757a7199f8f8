/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What names and describes a channel: the weft_channel extension, the invite link, ids in their
 * text form, and what is inside an MLS credential and group id. The first byte chooses which.
 */
#include "protocol/channel/extension.h"
#include "protocol/channel/identity.h"
#include "protocol/wire/invite_link.h"
#include "tests/fuzz/fuzz.h"

#define ARENA_BYTES (1u << 22)

static void extension(struct span bytes)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(ARENA_BYTES);
    struct channel_extension decoded;
    if (channel_extension_decode(bytes, &arena, &decoded) != STATUS_OK)
        return;
    /* An extension without roles may leave the field out, or not: what is written again is read
     * again as the same. */
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(bytes.len + 16);
    CLEANUP(buffer_clear) struct buffer third = BUFFER_INIT(bytes.len + 16);
    fuzz_expect(channel_extension_encode(&decoded, &again) == STATUS_OK);
    fuzz_expect(channel_extension_decode(buffer_span(&again), &arena, &decoded) == STATUS_OK);
    fuzz_expect(channel_extension_encode(&decoded, &third) == STATUS_OK);
    fuzz_expect(span_equal(buffer_span(&again), buffer_span(&third)));
}

static void invite(struct span bytes)
{
    struct invite_link parsed;
    if (invite_link_parse(bytes, &parsed) != STATUS_OK)
        return;
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(1024);
    fuzz_expect(invite_link_format(&parsed, &again) == STATUS_OK);
    fuzz_expect(span_equal(buffer_span(&again), bytes));
}

static void id(struct span bytes)
{
    struct id parsed;
    char text[ID_TEXT_SIZE];
    if (id_parse(bytes, &parsed) != STATUS_OK)
        return;
    id_text(&parsed, text);
    fuzz_expect(span_equal(span_from_text(text), bytes));
}

static void identity(struct span bytes)
{
    struct channel_identity parsed;
    uint8_t again[CHANNEL_IDENTITY_SIZE];
    struct mls_credential credential = {MLS_CREDENTIAL_BASIC, bytes};
    if (channel_identity_decode(&credential, &parsed) != STATUS_OK)
        return;
    channel_identity_encode(&parsed, again);
    fuzz_expect(span_equal(SPAN_OF(again), bytes));
}

static void group_id(struct span bytes)
{
    struct id channel;
    uint32_t generation;
    uint8_t again[CHANNEL_GROUP_ID_SIZE];
    if (channel_group_id_decode(bytes, &channel, &generation) != STATUS_OK)
        return;
    channel_group_id_encode(&channel, generation, again);
    fuzz_expect(span_equal(SPAN_OF(again), bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(struct span bytes) = {extension, invite, id, identity, group_id};
    if (size > 0)
        readers[data[0] % (sizeof readers / sizeof *readers)](span_of(data + 1, size - 1));
    return 0;
}
