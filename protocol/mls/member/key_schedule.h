/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From one epoch's init secret to the next epoch's secrets.
 *
 *   init_secret + commit_secret + GroupContext -> joiner_secret
 *   joiner_secret + psk_secret -> welcome_secret (for the Welcome)
 *   joiner_secret + psk_secret + GroupContext -> epoch_secret -> the secrets of the epoch
 *
 * Contexts are encoded GroupContexts. The epoch's long-lived secrets lie in slots of a
 * secret_arena; everything on the way is wiped.
 * Errors: STATUS_CRYPTO, STATUS_NO_MEMORY; outputs are then unchanged.
 * Source: RFC 9420, 8. Thread rule: one thread at a time.
 */
#ifndef WEFT_MLS_MEMBER_KEY_SCHEDULE_H
#define WEFT_MLS_MEMBER_KEY_SCHEDULE_H

#include "protocol/base/secret.h"
#include "protocol/crypto/hash.h"
#include "protocol/crypto/hpke.h"
#include "protocol/crypto/suite.h"

/* The order is that of rows on disk: append only. */
enum mls_epoch_secret {
    MLS_SECRET_SENDER_DATA,
    MLS_SECRET_ENCRYPTION, /* given up to the secret tree at once */
    MLS_SECRET_EXPORTER,
    MLS_SECRET_EXTERNAL,
    MLS_SECRET_CONFIRM,
    MLS_SECRET_MEMBERSHIP,
    MLS_SECRET_RESUMPTION,
    MLS_SECRET_AUTHENTICATION,
    MLS_SECRET_INIT,
    MLS_SECRET_COUNT
};

/* A NULL slot is a secret that was given up. */
struct mls_epoch_secrets {
    struct secret_arena *arena;
    struct secret *slots[MLS_SECRET_COUNT];
};

/* Gives all slots back to the arena, wiped. */
void mls_key_schedule_clear(struct mls_epoch_secrets *secrets);

/* Wipes one secret of the epoch. */
void mls_key_schedule_forget(struct mls_epoch_secrets *secrets, enum mls_epoch_secret which);

/* The bytes of a secret; empty when it was given up. */
struct span mls_key_schedule_get(const struct mls_epoch_secrets *secrets,
                                 enum mls_epoch_secret which);

/* Puts `bytes` in a slot, as when restoring. */
MUST_CHECK enum status mls_key_schedule_set(struct mls_epoch_secrets *secrets,
                                            enum mls_epoch_secret which,
                                            struct span bytes);

/* Nh zero bytes: the commit_secret without a path, the psk_secret without PSKs. */
struct secret mls_key_schedule_zero(const struct suite *suite);

MUST_CHECK enum status mls_key_schedule_joiner(const struct suite *suite,
                                               struct span init_secret,
                                               struct span commit_secret,
                                               struct span group_context,
                                               struct secret *joiner_secret);

MUST_CHECK enum status mls_key_schedule_welcome(const struct suite *suite,
                                                struct span joiner_secret,
                                                struct span psk_secret,
                                                struct secret *welcome_secret);

/* welcome_key and welcome_nonce (12.4.3.1). */
MUST_CHECK enum status mls_key_schedule_welcome_key(const struct suite *suite,
                                                    struct span welcome_secret,
                                                    struct secret *key,
                                                    struct secret *nonce);

/* All secrets of the epoch from the joiner secret. `secrets` was zeroed or cleared before. */
MUST_CHECK enum status mls_key_schedule_epoch(const struct suite *suite,
                                              struct span joiner_secret,
                                              struct span psk_secret,
                                              struct span group_context,
                                              struct secret_arena *arena,
                                              struct mls_epoch_secrets *secrets);

/* The same from an epoch secret: a new group's is random. */
MUST_CHECK enum status mls_key_schedule_from_epoch_secret(const struct suite *suite,
                                                          struct span epoch_secret,
                                                          struct secret_arena *arena,
                                                          struct mls_epoch_secrets *secrets);

/* MAC(confirmation_key, confirmed_transcript_hash). */
MUST_CHECK enum status mls_key_schedule_confirmation_tag(const struct suite *suite,
                                                         const struct mls_epoch_secrets *secrets,
                                                         struct span confirmed_transcript_hash,
                                                         struct digest *tag);

/* The key pair whose public half a GroupInfo publishes for external commits. */
MUST_CHECK enum status mls_key_schedule_external(const struct suite *suite,
                                                 const struct mls_epoch_secrets *secrets,
                                                 struct secret *private_key,
                                                 struct hpke_public *public_key);

/* The init secret that an external joiner sends to a group with this external_pub. */
MUST_CHECK enum status mls_key_schedule_external_send(const struct suite *suite,
                                                      const struct random_source *random,
                                                      struct span external_pub,
                                                      struct hpke_public *kem_output,
                                                      struct secret *init_secret);

MUST_CHECK enum status mls_key_schedule_external_receive(const struct suite *suite,
                                                         const struct mls_epoch_secrets *secrets,
                                                         struct span kem_output,
                                                         struct secret *init_secret);

/* MLS-Exporter(label, context, length) into `out`. */
MUST_CHECK enum status mls_key_schedule_export(const struct suite *suite,
                                               const struct mls_epoch_secrets *secrets,
                                               const char *label,
                                               struct span context,
                                               uint8_t *out,
                                               size_t length);

#endif
