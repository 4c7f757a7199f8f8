/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who this profile is, at which server, with which keys: one record of the vault.
 *
 * Ownership: an account owns its texts and wipes its keys in account_clear.
 * Errors: those of vault.h; STATUS_NOT_FOUND before a join. Thread rule: one thread at a time.
 */
#ifndef WEFT_CORE_ACCOUNT_H
#define WEFT_CORE_ACCOUNT_H

#include "client-cli/core/vault/vault.h"
#include "protocol/directory/entry.h"
#include "protocol/mls/member/key_package_new.h"
#include "protocol/wire/invite_link.h"

/* Suite 1's private keys are Ed25519 seeds. */
#define ACCOUNT_SEED_SIZE 32

struct account {
    struct id person;
    struct id device;
    struct span host; /* lent from `bytes`, as all texts */
    uint16_t port;
    uint8_t log_key[DIRECTORY_KEY_SIZE]; /* the pin of the link */
    uint8_t next_log_key_sha256[32];
    struct span community;
    struct span name;
    uint8_t login_private[ACCOUNT_SEED_SIZE];
    uint8_t login_public[DIRECTORY_KEY_SIZE];
    uint8_t leaf_private[ACCOUNT_SEED_SIZE];
    uint8_t leaf_public[DIRECTORY_KEY_SIZE];
    int64_t joined; /* 0: the server has not confirmed it yet */
    struct buffer bytes;
};

#define ACCOUNT_INIT ((struct account){.bytes = BUFFER_INIT(LIMIT_FRAME_BYTES)})

/* Wipes the keys. */
void account_clear(struct account *account);

/* The server and the pins of a link, whose host is lent. */
void account_point_at(struct account *account, const struct invite_link *link);

/* Fresh keys and a fresh device id; the person too unless it is given. */
MUST_CHECK enum status account_make_keys(struct account *account,
                                         const struct random_source *random);

MUST_CHECK enum status account_load(struct vault *vault, struct account *account);

/* In the caller's transaction. */
MUST_CHECK enum status account_store(struct vault *vault, const struct account *account);

/* What goes into our MLS leaves: lends from the account and from `identity_bytes`. A KeyPackage
 * lives `lifetime_days` from `now_ms` on. */
struct account_identity {
    uint8_t credential[32];
    struct mls_identity mls;
};
void account_identity_init(const struct account *account,
                           int64_t now_ms,
                           unsigned lifetime_days,
                           struct account_identity *identity);

#endif
