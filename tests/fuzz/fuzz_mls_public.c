/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The public group, as a server has it: GroupInfos and trees that it is begun with, proposals and
 * commits that people upload, and its own stored form. The first byte chooses how it begins; up to
 * four messages follow, most of them signed by people of the group (forge.h), and commits that it
 * takes lead to the next epoch.
 *
 * What is refused leaves the group as it was, and it is the same out of its stored form, which
 * checks tree hash and transcript.
 */
#include "tests/fuzz/forge.h"

#define MESSAGES_MAX 4

static void encode(const struct mls_public_group *group, struct buffer *bytes)
{
    MUST(mls_public_group_encode(group, true, bytes));
}

static void check_stored_form(const struct mls_public_group *group)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(FORGE_BYTES_MAX);
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(FORGE_BYTES_MAX);
    CLEANUP(mls_public_group_free) struct mls_public_group *decoded = NULL;
    encode(group, &bytes);
    MUST(mls_public_group_decode(buffer_span(&bytes), NULL, &decoded));
    encode(decoded, &again);
    fuzz_expect(span_equal(buffer_span(&bytes), buffer_span(&again)));
}

static struct mls_public_group *begin(struct forge *forge, struct tape *tape)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(FORGE_BYTES_MAX);
    CLEANUP(buffer_clear) struct buffer tree = BUFFER_INIT(FORGE_BYTES_MAX);
    struct mls_public_group *group = NULL;
    enum status status;
    switch (tape_choose(tape, 4)) {
    case 1:
        encode(mls_group_public(forge->ann), &bytes);
        tape_edit(tape, &bytes);
        status = mls_public_group_decode(buffer_span(&bytes), NULL, &group);
        break;
    case 2:
        MUST(buffer_append(&bytes, buffer_span(&forge->group_info)));
        MUST(buffer_append(&tree, buffer_span(&forge->tree)));
        (void)forge_group_info(forge, tape, SPAN_EMPTY, SPAN_EMPTY, &bytes, &tree);
        status =
            mls_public_group_new(buffer_span(&bytes), buffer_span(&tree), &forge->options, &group);
        break;
    default:
        status = mls_public_group_clone(mls_group_public(forge->ann), &group);
        break;
    }
    fuzz_expect((status == STATUS_OK) == (group != NULL));
    return group;
}

static enum status
take(struct forge *forge, struct mls_public_group *group, struct span message, bool is_commit)
{
    CLEANUP(mls_staged_commit_free) struct mls_staged_commit *staged = NULL;
    if (!is_commit)
        return mls_public_group_cache_proposal(group, message, &forge->options);
    TRY(mls_public_group_stage(group, message, &forge->options, &staged));
    uint64_t next = mls_public_group_epoch(group) + 1;
    MUST(mls_public_group_merge(group, &staged));
    fuzz_expect(mls_public_group_epoch(group) == next);
    fuzz_expect(mls_public_group_cached_count(group) == 0);
    return STATUS_OK;
}

static void upload(struct forge *forge, struct mls_public_group *group, struct tape *tape)
{
    CLEANUP(forge_made_clear) struct forge_made made = {.message = BUFFER_INIT(FORGE_BYTES_MAX)};
    CLEANUP(buffer_clear) struct buffer before = BUFFER_INIT(FORGE_BYTES_MAX);
    CLEANUP(buffer_clear) struct buffer after = BUFFER_INIT(FORGE_BYTES_MAX);
    const struct forge_base base = {group, NULL};
    size_t kind = tape_choose(tape, 4);
    if (kind == 1) {
        MUST(buffer_append(&made.message, tape_take(tape, tape_u8(tape))));
        made.is_commit = tape_choose(tape, 2) == 0;
    } else {
        forge_handshake(forge, &base, tape, &made);
    }
    encode(group, &before);
    if (take(forge, group, buffer_span(&made.message), made.is_commit) == STATUS_OK) {
        check_stored_form(group);
        return;
    }
    encode(group, &after);
    fuzz_expect(span_equal(buffer_span(&before), buffer_span(&after)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tape tape = tape_of(data, size);
    struct forge *forge = forge_begin();
    CLEANUP(mls_public_group_free) struct mls_public_group *group = begin(forge, &tape);
    for (size_t i = 0; group != NULL && i < MESSAGES_MAX && tape.at != tape.end; i++)
        upload(forge, group, &tape);
    return 0;
}
