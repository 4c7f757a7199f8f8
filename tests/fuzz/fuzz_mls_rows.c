/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A member's group out of its rows, which a vault authenticates but an older or broken version may
 * have written: one or two of Ben's rows are changed or left out.
 *
 * What comes out of them works: it has an epoch, can be stored again, and can be spoken to.
 */
#include "tests/fuzz/forge.h"

static void use(struct forge *forge, struct mls_group *group)
{
    CLEANUP(forge_rows_clear) struct forge_rows rows = {0};
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    CLEANUP(buffer_clear) struct buffer tree = BUFFER_INIT(FORGE_BYTES_MAX);
    (void)mls_group_epoch_authenticator(group);
    forge_rows_of(group, &rows);
    enum status status = mls_group_receive(group, buffer_span(&forge->messages[FORGE_APPLICATION]),
                                           &forge->options, &received);
    fuzz_expect(status != STATUS_INTERNAL);
    MUST(mls_group_write_tree(group, &tree));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tape tape = tape_of(data, size);
    struct forge *forge = forge_begin();
    CLEANUP(forge_rows_clear) struct forge_rows rows = {0};
    CLEANUP(mls_group_free) struct mls_group *restored = NULL;
    forge_rows_of(forge->ben, &rows);
    size_t changes = 1 + tape_choose(&tape, 2);
    for (size_t i = 0; i < changes && rows.count != 0; i++) {
        size_t row = tape_choose(&tape, rows.count);
        size_t how = tape_choose(&tape, 8);
        if (how == 1)
            rows.keys[row].index ^= tape_u8(&tape);
        else if (how == 2)
            rows.keys[row].epoch ^= tape_u8(&tape);
        else if (how == 3)
            buffer_truncate(&rows.bytes[row], tape_u8(&tape) % (rows.bytes[row].len + 1));
        else
            tape_edit(&tape, &rows.bytes[row]);
    }
    struct mls_row_source source = forge_rows_source(&rows);
    if (mls_group_restore(&source, &forge->options, &restored) == STATUS_OK)
        use(forge, restored);
    return 0;
}
