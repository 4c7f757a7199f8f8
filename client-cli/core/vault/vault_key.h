/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The keys of a vault: one master key, out of a key file or a passphrase, from which the record
 * key and the look-up key are derived. Keys live in guarded memory until vault_key_free.
 * Errors: STATUS_IO, STATUS_CORRUPT (a key file of the wrong form), STATUS_EXISTS,
 * STATUS_NO_MEMORY, STATUS_CRYPTO. Thread rule: one thread at a time.
 */
#ifndef WEFT_VAULT_KEY_H
#define WEFT_VAULT_KEY_H

#include "protocol/base/random.h"
#include "protocol/base/span.h"

#define VAULT_KEY_SIZE 32
#define VAULT_SALT_SIZE 16
#define VAULT_LOOKUP_SIZE 16

/* Bytes that sealing adds: the nonce in front, the tag behind. */
#define VAULT_SEAL_OVERHEAD (24 + 16)

struct vault_key;

/* Makes the key file `path` (0600, synced). STATUS_EXISTS when there is one. */
MUST_CHECK enum status vault_key_make_file(const char *path, const struct random_source *random);

/* The keys of the key file `path`. */
MUST_CHECK enum status vault_key_from_file(const char *path, struct vault_key **key);

/* The keys of a passphrase, by Argon2id with 256 MiB: about half a second. */
MUST_CHECK enum status vault_key_from_passphrase(struct span passphrase,
                                                 const uint8_t salt[VAULT_SALT_SIZE],
                                                 struct vault_key **key);

/* Wipes and frees; NULL is allowed. */
void vault_key_free(struct vault_key **key);

/* The name under which a scope is stored: it says nothing without the key. */
void vault_key_lookup(const struct vault_key *key,
                      uint16_t kind,
                      struct span scope,
                      uint8_t lookup[VAULT_LOOKUP_SIZE]);

/* Writes nonce, ciphertext and tag: VAULT_SEAL_OVERHEAD more bytes than the plaintext. */
MUST_CHECK enum status vault_key_seal(const struct vault_key *key,
                                      const struct random_source *random,
                                      struct span associated_data,
                                      struct span plaintext,
                                      uint8_t *sealed);

/* Writes the plaintext, VAULT_SEAL_OVERHEAD bytes less than `sealed`. STATUS_CORRUPT when it was
 * changed, moved or sealed with another key. */
MUST_CHECK enum status vault_key_open(const struct vault_key *key,
                                      struct span associated_data,
                                      struct span sealed,
                                      uint8_t *plaintext);

#endif
