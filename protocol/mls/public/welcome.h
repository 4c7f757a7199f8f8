/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Welcome and the plaintext of its secrets (only their form: opening them is the member half's).
 * Errors: those of reader.h.
 * Source: RFC 9420, 12.4.3.1. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_PUBLIC_WELCOME_H
#define WEFT_MLS_PUBLIC_WELCOME_H

#include "protocol/mls/public/commit.h"

struct mls_encrypted_group_secrets {
    struct span new_member; /* KeyPackageRef */
    struct mls_hpke_ciphertext secrets;
};

struct mls_welcome {
    uint16_t cipher_suite;
    const struct mls_encrypted_group_secrets *secrets;
    size_t secret_count;
    struct span encrypted_group_info;
};

MUST_CHECK enum status
mls_welcome_read(struct reader *reader, struct arena *arena, struct mls_welcome *welcome);
void mls_welcome_write(struct writer *writer, const struct mls_welcome *welcome);

struct mls_group_secrets {
    struct span joiner_secret;
    bool has_path_secret;
    struct span path_secret;
    const struct mls_psk_id *psks;
    size_t psk_count;
};

/* The spans lend secrets of the input: the caller wipes it. */
MUST_CHECK enum status mls_group_secrets_read(struct reader *reader,
                                              struct arena *arena,
                                              struct mls_group_secrets *secrets);
void mls_group_secrets_write(struct writer *writer, const struct mls_group_secrets *secrets);

#endif
