/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A record of the vault as it comes back from a disk that others can write to: sealed, changed as
 * the input says, and opened at the same place or another. It opens exactly when nothing was
 * changed.
 */
#include "client-cli/core/vault/vault_key.h"
#include "protocol/crypto/random_system.h"
#include "tests/fuzz/tape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum status fill(void *context, uint8_t *bytes, size_t count)
{
    (void)context;
    memset(bytes, 7, count);
    return STATUS_OK;
}

static const struct random_source random_source = {fill, NULL};

/* The same in every run, by way of a file, as a vault has it. */
static struct vault_key *make_key(void)
{
    char folder[] = "/tmp/weft-fuzz-vault-XXXXXX";
    char path[64];
    struct vault_key *key = NULL;
    MUST(crypto_start());
    fuzz_expect(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/key", folder);
    MUST(vault_key_make_file(path, &random_source));
    MUST(vault_key_from_file(path, &key));
    fuzz_expect(unlink(path) == 0 && rmdir(folder) == 0);
    return key;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct vault_key *key;
    if (key == NULL)
        key = make_key();
    struct tape tape = tape_of(data, size);
    CLEANUP(buffer_clear) struct buffer place = BUFFER_INIT(1u << 20);
    CLEANUP(buffer_clear) struct buffer sealed = BUFFER_INIT(1u << 20);
    CLEANUP(buffer_clear) struct buffer before = BUFFER_INIT(1u << 20);
    CLEANUP(buffer_clear) struct buffer opened = BUFFER_INIT(1u << 20);
    struct span plaintext = tape_take(&tape, tape_u8(&tape));
    uint8_t *start;
    MUST(buffer_append(&place, SPAN_LITERAL("kind, scope, number, version")));
    MUST(buffer_extend(&sealed, plaintext.len + VAULT_SEAL_OVERHEAD, &start));
    MUST(vault_key_seal(key, &random_source, buffer_span(&place), plaintext, start));
    MUST(buffer_append(&before, buffer_span(&sealed)));
    tape_edit(&tape, &sealed);
    tape_edit(&tape, &place);
    bool same = span_equal(buffer_span(&before), buffer_span(&sealed)) &&
                span_equal(buffer_span(&place), SPAN_LITERAL("kind, scope, number, version"));
    MUST(buffer_extend(&opened, sealed.len, &start));
    enum status status = vault_key_open(key, buffer_span(&place), buffer_span(&sealed), start);
    fuzz_expect(status == (same ? STATUS_OK : STATUS_CORRUPT));
    fuzz_expect(!same || span_equal(span_of(start, plaintext.len), plaintext));
    return 0;
}
