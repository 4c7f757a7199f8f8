/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/member/key_schedule.h"

#include "protocol/mls/member/kdf.h"

/* RFC 9420, 8, the table of secrets derived from the epoch secret. */
static const char *const labels[MLS_SECRET_COUNT] = {
    [MLS_SECRET_SENDER_DATA] = "sender data",
    [MLS_SECRET_ENCRYPTION] = "encryption",
    [MLS_SECRET_EXPORTER] = "exporter",
    [MLS_SECRET_EXTERNAL] = "external",
    [MLS_SECRET_CONFIRM] = "confirm",
    [MLS_SECRET_MEMBERSHIP] = "membership",
    [MLS_SECRET_RESUMPTION] = "resumption",
    [MLS_SECRET_AUTHENTICATION] = "authentication",
    [MLS_SECRET_INIT] = "init",
};

void mls_key_schedule_forget(struct mls_epoch_secrets *secrets, enum mls_epoch_secret which)
{
    secret_arena_give(secrets->arena, &secrets->slots[which]);
}

void mls_key_schedule_clear(struct mls_epoch_secrets *secrets)
{
    for (size_t i = 0; i < MLS_SECRET_COUNT; i++)
        mls_key_schedule_forget(secrets, (enum mls_epoch_secret)i);
}

struct span mls_key_schedule_get(const struct mls_epoch_secrets *secrets,
                                 enum mls_epoch_secret which)
{
    const struct secret *slot = secrets->slots[which];
    return slot == NULL ? SPAN_EMPTY : secret_span(slot);
}

enum status mls_key_schedule_set(struct mls_epoch_secrets *secrets,
                                 enum mls_epoch_secret which,
                                 struct span bytes)
{
    if (secrets->slots[which] == NULL)
        TRY(secret_arena_take(secrets->arena, &secrets->slots[which]));
    return secret_set(secrets->slots[which], bytes);
}

struct secret mls_key_schedule_zero(const struct suite *suite)
{
    return (struct secret){.len = suite->hash_size};
}

enum status mls_key_schedule_joiner(const struct suite *suite,
                                    struct span init_secret,
                                    struct span commit_secret,
                                    struct span group_context,
                                    struct secret *joiner_secret)
{
    CLEANUP(secret_clear) struct secret extracted = {0};
    TRY(hkdf_extract(suite->hash, init_secret, commit_secret, &extracted));
    return mls_kdf_expand_secret(suite, secret_span(&extracted), "joiner", group_context,
                                 suite->hash_size, joiner_secret);
}

enum status mls_key_schedule_welcome(const struct suite *suite,
                                     struct span joiner_secret,
                                     struct span psk_secret,
                                     struct secret *welcome_secret)
{
    CLEANUP(secret_clear) struct secret extracted = {0};
    TRY(hkdf_extract(suite->hash, joiner_secret, psk_secret, &extracted));
    return mls_kdf_derive(suite, secret_span(&extracted), "welcome", welcome_secret);
}

enum status mls_key_schedule_welcome_key(const struct suite *suite,
                                         struct span welcome_secret,
                                         struct secret *key,
                                         struct secret *nonce)
{
    TRY(mls_kdf_expand_secret(suite, welcome_secret, "nonce", SPAN_EMPTY, suite->aead_nonce_size,
                              nonce));
    return mls_kdf_expand_secret(suite, welcome_secret, "key", SPAN_EMPTY, suite->aead_key_size,
                                 key);
}

enum status mls_key_schedule_epoch(const struct suite *suite,
                                   struct span joiner_secret,
                                   struct span psk_secret,
                                   struct span group_context,
                                   struct secret_arena *arena,
                                   struct mls_epoch_secrets *secrets)
{
    CLEANUP(secret_clear) struct secret extracted = {0};
    CLEANUP(secret_clear) struct secret epoch_secret = {0};
    TRY(hkdf_extract(suite->hash, joiner_secret, psk_secret, &extracted));
    TRY(mls_kdf_expand_secret(suite, secret_span(&extracted), "epoch", group_context,
                              suite->hash_size, &epoch_secret));
    return mls_key_schedule_from_epoch_secret(suite, secret_span(&epoch_secret), arena, secrets);
}

enum status mls_key_schedule_from_epoch_secret(const struct suite *suite,
                                               struct span epoch_secret,
                                               struct secret_arena *arena,
                                               struct mls_epoch_secrets *secrets)
{
    struct mls_epoch_secrets fresh = {.arena = arena};
    for (size_t i = 0; i < MLS_SECRET_COUNT; i++) {
        enum status status = secret_arena_take(arena, &fresh.slots[i]);
        if (status == STATUS_OK)
            status = mls_kdf_derive(suite, epoch_secret, labels[i], fresh.slots[i]);
        if (status != STATUS_OK) {
            mls_key_schedule_clear(&fresh);
            return status;
        }
    }
    *secrets = fresh;
    return STATUS_OK;
}

enum status mls_key_schedule_confirmation_tag(const struct suite *suite,
                                              const struct mls_epoch_secrets *secrets,
                                              struct span confirmed_transcript_hash,
                                              struct digest *tag)
{
    return hash_mac(suite->hash, mls_key_schedule_get(secrets, MLS_SECRET_CONFIRM),
                    confirmed_transcript_hash, tag);
}

enum status mls_key_schedule_external(const struct suite *suite,
                                      const struct mls_epoch_secrets *secrets,
                                      struct secret *private_key,
                                      struct hpke_public *public_key)
{
    return hpke_derive_key_pair(suite, mls_key_schedule_get(secrets, MLS_SECRET_EXTERNAL),
                                private_key, public_key);
}

/* RFC 9420, 8.3. */
static const char external_init_label[] = "MLS 1.0 external init secret";

enum status mls_key_schedule_external_send(const struct suite *suite,
                                           const struct random_source *random,
                                           struct span external_pub,
                                           struct hpke_public *kem_output,
                                           struct secret *init_secret)
{
    return hpke_export_send(suite, random, external_pub, SPAN_EMPTY,
                            span_from_text(external_init_label), suite->hash_size, kem_output,
                            init_secret);
}

enum status mls_key_schedule_external_receive(const struct suite *suite,
                                              const struct mls_epoch_secrets *secrets,
                                              struct span kem_output,
                                              struct secret *init_secret)
{
    CLEANUP(secret_clear) struct secret private_key = {0};
    struct hpke_public public_key;
    TRY(mls_key_schedule_external(suite, secrets, &private_key, &public_key));
    return hpke_export_receive(suite, secret_span(&private_key), kem_output, SPAN_EMPTY,
                               span_from_text(external_init_label), suite->hash_size, init_secret);
}

enum status mls_key_schedule_export(const struct suite *suite,
                                    const struct mls_epoch_secrets *secrets,
                                    const char *label,
                                    struct span context,
                                    uint8_t *out,
                                    size_t length)
{
    CLEANUP(secret_clear) struct secret derived = {0};
    struct digest context_hash;
    TRY(mls_kdf_derive(suite, mls_key_schedule_get(secrets, MLS_SECRET_EXPORTER), label, &derived));
    TRY(hash_bytes(suite->hash, context, &context_hash));
    return mls_kdf_expand(suite, secret_span(&derived), "exported", digest_span(&context_hash), out,
                          length);
}
