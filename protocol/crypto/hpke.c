/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/crypto/hpke.h"

#include "protocol/crypto/aead.h"
#include "protocol/crypto/hpke_label.h"
#include "protocol/crypto/kem.h"

#include <string.h>

#define MODE_BASE 0x00

struct suite_id_bytes {
    uint8_t bytes[10];
};

/* RFC 9180, 7.2 */
static uint8_t kdf_number(enum hash_id hash)
{
    switch (hash) {
    case HASH_SHA256:
        return 1;
    case HASH_SHA384:
        return 2;
    case HASH_SHA512:
        return 3;
    }
    return 0;
}

/* RFC 9180, 7.3 */
static uint8_t aead_number(enum aead_id aead)
{
    switch (aead) {
    case AEAD_AES128GCM:
        return 1;
    case AEAD_AES256GCM:
        return 2;
    case AEAD_CHACHA20POLY1305:
        return 3;
    }
    return 0;
}

/* RFC 9180, 5.1: concat("HPKE", I2OSP(kem_id, 2), I2OSP(kdf_id, 2), I2OSP(aead_id, 2)). */
static struct suite_id_bytes suite_id_of(const struct suite *suite)
{
    uint16_t kem = kem_number(suite->kem);
    return (struct suite_id_bytes){{'H', 'P', 'K', 'E', (uint8_t)(kem >> 8), (uint8_t)kem, 0,
                                    kdf_number(suite->hash), 0, aead_number(suite->aead)}};
}

/* KeySchedule of RFC 9180, 5.1, in base mode, up to the secret that the keys are expanded from. */
struct schedule {
    struct suite_id_bytes id;
    uint8_t context[1 + 2 * HASH_SIZE_MAX]; /* mode, psk_id_hash, info_hash */
    size_t context_len;
    struct secret secret;
};

static void schedule_clear(struct schedule *schedule)
{
    secret_wipe(schedule, sizeof *schedule);
}

static enum status schedule_init(const struct suite *suite,
                                 const struct secret *shared,
                                 struct span info,
                                 struct schedule *schedule)
{
    schedule->id = suite_id_of(suite);
    struct span id = SPAN_OF(schedule->id);
    struct secret psk_id_hash, info_hash; /* not secret, only of that type */
    TRY(hpke_label_extract(suite->hash, id, SPAN_EMPTY, "psk_id_hash", SPAN_EMPTY, &psk_id_hash));
    TRY(hpke_label_extract(suite->hash, id, SPAN_EMPTY, "info_hash", info, &info_hash));
    schedule->context[0] = MODE_BASE;
    memcpy(schedule->context + 1, psk_id_hash.bytes, psk_id_hash.len);
    memcpy(schedule->context + 1 + psk_id_hash.len, info_hash.bytes, info_hash.len);
    schedule->context_len = (size_t)1 + psk_id_hash.len + info_hash.len;
    return hpke_label_extract(suite->hash, id, secret_span(shared), "secret", SPAN_EMPTY,
                              &schedule->secret);
}

static enum status schedule_expand(const struct suite *suite,
                                   const struct schedule *schedule,
                                   const char *label,
                                   uint8_t length,
                                   struct secret *out)
{
    const struct span context[2] = {span_of(schedule->context, schedule->context_len), SPAN_EMPTY};
    out->len = length;
    return hpke_label_expand(suite->hash, SPAN_OF(schedule->id), &schedule->secret, label, context,
                             out->bytes, length);
}

/* Key and nonce of the first and only message: its nonce is base_nonce itself (5.2). */
static enum status message_keys(const struct suite *suite,
                                const struct secret *shared,
                                struct span info,
                                struct secret *key,
                                struct secret *nonce)
{
    CLEANUP(schedule_clear) struct schedule schedule = {0};
    TRY(schedule_init(suite, shared, info, &schedule));
    TRY(schedule_expand(suite, &schedule, "key", suite->aead_key_size, key));
    return schedule_expand(suite, &schedule, "base_nonce", suite->aead_nonce_size, nonce);
}

/* RFC 9180, 5.3: LabeledExpand(exporter_secret, "sec", exporter_context, length). */
static enum status export_secret(const struct suite *suite,
                                 const struct secret *shared,
                                 struct span info,
                                 struct span exporter_context,
                                 size_t length,
                                 struct secret *exported)
{
    if (length > SECRET_SIZE_MAX)
        return STATUS_LIMIT;
    CLEANUP(schedule_clear) struct schedule schedule = {0};
    TRY(schedule_init(suite, shared, info, &schedule));
    CLEANUP(secret_clear) struct secret exporter = {0};
    TRY(schedule_expand(suite, &schedule, "exp", suite->hash_size, &exporter));
    CLEANUP(secret_clear) struct secret result = {.len = (uint8_t)length};
    const struct span context[2] = {exporter_context, SPAN_EMPTY};
    TRY(hpke_label_expand(suite->hash, SPAN_OF(schedule.id), &exporter, "sec", context,
                          result.bytes, length));
    *exported = result;
    return STATUS_OK;
}

enum status hpke_derive_key_pair(const struct suite *suite,
                                 struct span ikm,
                                 struct secret *private_key,
                                 struct hpke_public *public_key)
{
    return kem_derive_key_pair(suite, ikm, private_key, public_key);
}

enum status hpke_generate_key_pair(const struct suite *suite,
                                   const struct random_source *random,
                                   struct secret *private_key,
                                   struct hpke_public *public_key)
{
    CLEANUP(secret_clear) struct secret ikm = {.len = suite->kem_private_size};
    TRY(random_fill(random, ikm.bytes, ikm.len));
    return kem_derive_key_pair(suite, secret_span(&ikm), private_key, public_key);
}

enum status
hpke_public_of(const struct suite *suite, struct span private_key, struct hpke_public *public_key)
{
    return kem_public_of(suite, private_key, public_key);
}

enum status hpke_check_public(const struct suite *suite, struct span public_key)
{
    return kem_check_public(suite, public_key);
}

enum status hpke_seal(const struct suite *suite,
                      const struct random_source *random,
                      struct span public_key,
                      struct span info,
                      struct span associated_data,
                      struct span plaintext,
                      struct hpke_public *encapsulated,
                      struct buffer *out)
{
    CLEANUP(secret_clear) struct secret shared = {0};
    CLEANUP(secret_clear) struct secret key = {0};
    CLEANUP(secret_clear) struct secret nonce = {0};
    struct hpke_public sent;
    TRY(kem_encapsulate(suite, random, public_key, &shared, &sent));
    TRY(message_keys(suite, &shared, info, &key, &nonce));
    TRY(aead_seal(suite->aead, secret_span(&key), secret_span(&nonce), associated_data, plaintext,
                  out));
    *encapsulated = sent;
    return STATUS_OK;
}

enum status hpke_open(const struct suite *suite,
                      struct span private_key,
                      struct span encapsulated,
                      struct span info,
                      struct span associated_data,
                      struct span ciphertext,
                      struct buffer *out)
{
    CLEANUP(secret_clear) struct secret shared = {0};
    CLEANUP(secret_clear) struct secret key = {0};
    CLEANUP(secret_clear) struct secret nonce = {0};
    TRY(kem_decapsulate(suite, private_key, encapsulated, &shared));
    TRY(message_keys(suite, &shared, info, &key, &nonce));
    return aead_open(suite->aead, secret_span(&key), secret_span(&nonce), associated_data,
                     ciphertext, out);
}

enum status hpke_export_send(const struct suite *suite,
                             const struct random_source *random,
                             struct span public_key,
                             struct span info,
                             struct span exporter_context,
                             size_t length,
                             struct hpke_public *encapsulated,
                             struct secret *exported)
{
    CLEANUP(secret_clear) struct secret shared = {0};
    struct hpke_public sent;
    TRY(kem_encapsulate(suite, random, public_key, &shared, &sent));
    TRY(export_secret(suite, &shared, info, exporter_context, length, exported));
    *encapsulated = sent;
    return STATUS_OK;
}

enum status hpke_export_receive(const struct suite *suite,
                                struct span private_key,
                                struct span encapsulated,
                                struct span info,
                                struct span exporter_context,
                                size_t length,
                                struct secret *exported)
{
    CLEANUP(secret_clear) struct secret shared = {0};
    TRY(kem_decapsulate(suite, private_key, encapsulated, &shared));
    return export_secret(suite, &shared, info, exporter_context, length, exported);
}
