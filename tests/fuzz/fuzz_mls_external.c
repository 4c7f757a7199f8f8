/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * `external join`: what a newcomer makes of any GroupInfo and tree, and a member that lost its
 * place (Cat) of one to resync with. With 1 in the first byte the rest is a GroupInfo; else it is
 * changed before it is signed (forge.h).
 *
 * From an honest one both join, Ben takes their commit, and they are in the same epoch. A commit
 * that is made at all passes the checks of whoever has the same GroupInfo.
 */
#include "tests/fuzz/forge.h"

static void check_agrees(struct forge *forge, const struct mls_group *joined, struct span commit)
{
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    forge->stale[1] = true;
    MUST(mls_group_receive(forge->ben, commit, &forge->options, &received));
    MUST(mls_group_merge_staged(forge->ben));
    fuzz_expect(span_equal(mls_group_epoch_authenticator(joined),
                           mls_group_epoch_authenticator(forge->ben)));
}

static void check_follows(struct forge *forge,
                          const struct mls_external_join_request *request,
                          const struct mls_group *joined,
                          struct span commit)
{
    CLEANUP(mls_public_group_free) struct mls_public_group *group = NULL;
    CLEANUP(mls_staged_commit_free) struct mls_staged_commit *staged = NULL;
    MUST(mls_public_group_new(request->group_info, request->ratchet_tree, &forge->options, &group));
    MUST(mls_public_group_stage(group, commit, &forge->options, &staged));
    MUST(mls_public_group_merge(group, &staged));
    fuzz_expect(span_equal(mls_public_group_context_bytes(group),
                           mls_public_group_context_bytes(mls_group_public(joined))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tape tape = tape_of(data, size);
    struct forge *forge = forge_begin();
    CLEANUP(buffer_clear) struct buffer group_info = BUFFER_INIT(FORGE_BYTES_MAX);
    CLEANUP(buffer_clear) struct buffer tree = BUFFER_INIT(FORGE_BYTES_MAX);
    CLEANUP(mls_group_free) struct mls_group *joined = NULL;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    size_t kind = tape_choose(&tape, 4);
    bool changed = true;
    MUST(buffer_append(&tree, buffer_span(&forge->tree)));
    MUST(
        buffer_append(&group_info, kind == 1 ? tape_rest(&tape) : buffer_span(&forge->group_info)));
    if (kind != 1)
        changed = forge_group_info(forge, &tape, SPAN_EMPTY, SPAN_EMPTY, &group_info, &tree);
    struct mls_external_join_request request = {
        .group_info = buffer_span(&group_info),
        .ratchet_tree = buffer_span(&tree),
        .identity = &forge->people[kind == 2 ? FORGE_CAT : FORGE_DAN].identity,
        .resync = kind == 2};
    enum status status =
        mls_group_join_external(&request, &forge->options, &forge->random, &joined, &bundle);
    fuzz_expect(status == STATUS_OK || (joined == NULL && changed));
    if (status != STATUS_OK)
        return 0;
    if (changed)
        check_follows(forge, &request, joined, buffer_span(&bundle.commit));
    else
        check_agrees(forge, joined, buffer_span(&bundle.commit));
    return 0;
}
