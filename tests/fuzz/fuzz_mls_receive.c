/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * `process message`: what Ben makes of anything. The first byte chooses: the rest is a message;
 * an honest message with changes that nobody signed; application data, or a proposal or commit,
 * that a malicious member signed, tagged and encrypted (forge.h).
 *
 * What Ben refuses leaves him as he was, and what he takes does not keep him from committing. A
 * commit of Ann's that her own checks let pass and that he takes puts both into the same epoch; he
 * takes none that hers do not let pass.
 */
#include "protocol/mls/member/group_state.h"
#include "tests/fuzz/forge.h"

#define EXPORT_SIZE 16

static void check_same_epoch(const struct mls_group *ann, const struct mls_group *ben)
{
    uint8_t hers[EXPORT_SIZE];
    uint8_t his[EXPORT_SIZE];
    fuzz_expect(mls_group_epoch(ann) == mls_group_epoch(ben));
    fuzz_expect(span_equal(mls_group_epoch_authenticator(ann), mls_group_epoch_authenticator(ben)));
    MUST(mls_group_export(ann, "fuzz", SPAN_EMPTY, hers, sizeof hers));
    MUST(mls_group_export(ben, "fuzz", SPAN_EMPTY, his, sizeof his));
    fuzz_expect(span_equal(SPAN_OF(hers), SPAN_OF(his)));
}

/* Ben's group is the same out of its rows. */
static void check_restores(struct forge *forge)
{
    CLEANUP(forge_rows_clear) struct forge_rows rows = {0};
    CLEANUP(mls_group_free) struct mls_group *restored = NULL;
    forge_rows_of(forge->ben, &rows);
    struct mls_row_source source = forge_rows_source(&rows);
    MUST(mls_group_restore(&source, &forge->options, &restored));
    fuzz_expect(span_equal(mls_group_epoch_authenticator(restored),
                           mls_group_epoch_authenticator(forge->ben)));
}

static void merge(struct forge *forge, struct forge_made *made, const struct mls_received *received)
{
    bool agrees = made->next != NULL;
    forge->stale[0] = true;
    if (agrees)
        MUST(mls_next_merge(forge->ann, &made->next));
    MUST(mls_group_merge_staged(forge->ben));
    fuzz_expect(mls_group_is_removed(forge->ben) == received->removes_us);
    if (received->removes_us)
        return;
    if (agrees)
        check_same_epoch(forge->ann, forge->ben);
}

/* Whatever waits for a commit, there can be one. */
static void check_commits(struct forge *forge)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    const struct mls_commit_request request = {0};
    MUST(mls_group_commit(forge->ben, &request, &forge->options, &forge->random, &bundle));
    mls_group_clear_pending(forge->ben);
}

/* Nothing of Ben's has changed, and no key of Ann's was used up. */
static void check_unchanged(struct forge *forge)
{
    static const size_t readable[] = {FORGE_APPLICATION, FORGE_LATE};
    CLEANUP(forge_rows_clear) struct forge_rows after = {0};
    forge_rows_of(forge->ben, &after);
    fuzz_expect(forge_rows_equal(&forge->rows[1], &after));
    fuzz_expect(mls_group_staged(forge->ben) == NULL);
    for (size_t i = 0; after.count != forge->rows[1].count && i < 2; i++) {
        CLEANUP(mls_received_clear) struct mls_received received = {0};
        MUST(mls_group_receive(forge->ben, buffer_span(&forge->messages[readable[i]]),
                               &forge->options, &received));
        fuzz_expect(span_equal(received.plaintext, SPAN_LITERAL("hello")));
        forge->stale[1] = true;
    }
}

static void
receive(struct forge *forge, struct tape *tape, struct span message, struct forge_made *made)
{
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    if (mls_group_receive(forge->ben, message, &forge->options, &received) != STATUS_OK) {
        check_unchanged(forge);
        return;
    }
    forge->stale[1] = true;
    fuzz_expect((received.kind == MLS_RECEIVED_COMMIT) == (mls_group_staged(forge->ben) != NULL));
    if (received.kind == MLS_RECEIVED_COMMIT)
        merge(forge, made, &received);
    if (received.kind == MLS_RECEIVED_PROPOSAL)
        check_commits(forge);
    if (!mls_group_is_removed(forge->ben) && tape_choose(tape, 8) == 1)
        check_restores(forge);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tape tape = tape_of(data, size);
    struct forge *forge = forge_begin();
    CLEANUP(forge_made_clear) struct forge_made made = {.message = BUFFER_INIT(FORGE_BYTES_MAX)};
    const struct forge_base base = {mls_group_public(forge->ann), forge->ann};
    struct span message;
    switch (tape_choose(&tape, 4)) {
    case 0:
        forge_handshake(forge, &base, &tape, &made);
        break;
    case 1:
        forge_application(forge, &tape, &made.message);
        break;
    case 2:
        message = buffer_span(&forge->messages[tape_choose(&tape, FORGE_MESSAGES)]);
        MUST(buffer_append(&made.message, message));
        tape_edit(&tape, &made.message);
        break;
    default:
        MUST(buffer_append(&made.message, tape_rest(&tape)));
        break;
    }
    receive(forge, &tape, buffer_span(&made.message), &made);
    return 0;
}
