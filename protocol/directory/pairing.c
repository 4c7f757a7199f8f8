/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/directory/pairing.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/hash.h"

#include <string.h>

#define LABEL_ID "Weft pairing 1"
#define LABEL_COMMITMENT "Weft pairing commitment 1"
#define LABEL_CODE "Weft pairing code 1"
#define LABEL_PROOF "Weft pairing approver 1"

#define CODES 1000000u

static const struct field offer_fields[] = {
    FIELD_ID(struct pairing_offer, nonce),
    FIELD_ID(struct pairing_offer, device),
    FIELD_ID(struct pairing_offer, login_key),
    FIELD_ID(struct pairing_offer, leaf_key),
};
const struct schema pairing_offer_schema =
    SCHEMA("pairing_offer", struct pairing_offer, offer_fields);

static const struct field approver_fields[] = {
    FIELD_ID(struct pairing_approver, nonce),
    FIELD_PLAIN(FIELD_U8, struct pairing_approver, authority),
    FIELD_ID(struct pairing_approver, person),
    FIELD_ID(struct pairing_approver, by_person),
    FIELD_ID(struct pairing_approver, by_device),
    FIELD_ID(struct pairing_approver, login_key),
    FIELD_ID(struct pairing_approver, proof),
};
const struct schema pairing_approver_schema =
    SCHEMA("pairing_approver", struct pairing_approver, approver_fields);

/* What the proof covers: all fields but the last. */
static const struct schema unproved_schema = {
    .name = "pairing_approver",
    .size = sizeof(struct pairing_approver),
    .fields = approver_fields,
    .field_count = sizeof approver_fields / sizeof *approver_fields - 1,
};

static const struct field transcript_fields[] = {
    FIELD_ID(struct pairing_transcript, secret),
    FIELD_ID(struct pairing_transcript, log_key),
    FIELD_ID(struct pairing_transcript, next_log_key_sha256),
    FIELD_ID(struct pairing_transcript, commitment),
    FIELD_NESTED(struct pairing_transcript, approver, &pairing_approver_schema),
    FIELD_NESTED(struct pairing_transcript, offer, &pairing_offer_schema),
};
static const struct schema transcript_schema =
    SCHEMA("pairing_transcript", struct pairing_transcript, transcript_fields);

static enum status hash_labelled(const char *label, struct span content, struct digest *digest)
{
    const struct span parts[] = {span_from_text(label), content};
    return hash_parts(HASH_SHA256, parts, 2, digest);
}

enum status pairing_id(const uint8_t secret[PAIRING_SECRET_SIZE], struct id *pairing)
{
    struct digest digest;
    TRY(hash_labelled(LABEL_ID, span_of(secret, PAIRING_SECRET_SIZE), &digest));
    memcpy(pairing->bytes, digest.bytes, sizeof pairing->bytes);
    return STATUS_OK;
}

enum status pairing_commit(const struct pairing_offer *offer, uint8_t commitment[PAIRING_HASH_SIZE])
{
    CLEANUP(buffer_clear) struct buffer content = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    struct digest digest;
    TRY(schema_encode(&pairing_offer_schema, offer, &content));
    TRY(hash_labelled(LABEL_COMMITMENT, buffer_span(&content), &digest));
    memcpy(commitment, digest.bytes, PAIRING_HASH_SIZE);
    return STATUS_OK;
}

enum status pairing_hear_commitment(struct pairing_transcript *transcript,
                                    const uint8_t commitment[PAIRING_HASH_SIZE])
{
    static const uint8_t none[PAIRING_HASH_SIZE];
    if (memcmp(commitment, none, sizeof none) == 0)
        return STATUS_UNTRUSTED;
    if (memcmp(transcript->commitment, none, sizeof none) == 0)
        memcpy(transcript->commitment, commitment, sizeof transcript->commitment);
    return memcmp(transcript->commitment, commitment, sizeof transcript->commitment) == 0
               ? STATUS_OK
               : STATUS_UNTRUSTED;
}

enum status pairing_prove(const struct pairing_transcript *transcript,
                          uint8_t proof[PAIRING_HASH_SIZE])
{
    CLEANUP(buffer_clear) struct buffer content = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    struct digest digest;
    TRY(buffer_append(&content, span_from_text(LABEL_PROOF)));
    TRY(buffer_append(&content, SPAN_OF(transcript->commitment)));
    TRY(schema_encode(&unproved_schema, &transcript->approver, &content));
    TRY(hash_mac(HASH_SHA256, SPAN_OF(transcript->secret), buffer_span(&content), &digest));
    memcpy(proof, digest.bytes, PAIRING_HASH_SIZE);
    return STATUS_OK;
}

enum status pairing_check_proof(const struct pairing_transcript *transcript)
{
    uint8_t proof[PAIRING_HASH_SIZE];
    TRY(pairing_prove(transcript, proof));
    return secret_equal(SPAN_OF(proof), SPAN_OF(transcript->approver.proof)) ? STATUS_OK
                                                                             : STATUS_UNTRUSTED;
}

void pairing_offer_of(const struct directory_entry *entry,
                      const uint8_t nonce[PAIRING_NONCE_SIZE],
                      struct pairing_offer *offer)
{
    memcpy(offer->nonce, nonce, sizeof offer->nonce);
    offer->device = entry->device;
    memcpy(offer->login_key, entry->login_key.ptr, sizeof offer->login_key);
    memcpy(offer->leaf_key, entry->leaf_key.ptr, sizeof offer->leaf_key);
}

enum status pairing_check(const struct pairing_transcript *transcript,
                          const struct directory_entry *entry)
{
    const struct pairing_approver *approver = &transcript->approver;
    const struct pairing_offer *offer = &transcript->offer;
    uint8_t commitment[PAIRING_HASH_SIZE];
    TRY(pairing_commit(offer, commitment));
    bool committed = memcmp(commitment, transcript->commitment, sizeof commitment) == 0;
    bool ours = entry->kind == DIRECTORY_ADD_DEVICE && entry->authority == approver->authority &&
                id_equal(&entry->person, &approver->person) &&
                id_equal(&entry->by_person, &approver->by_person) &&
                id_equal(&entry->by_device, &approver->by_device);
    bool offered = id_equal(&entry->device, &offer->device) &&
                   span_equal(entry->login_key, SPAN_OF(offer->login_key)) &&
                   span_equal(entry->leaf_key, SPAN_OF(offer->leaf_key));
    return committed && ours && offered ? STATUS_OK : STATUS_UNTRUSTED;
}

enum status pairing_code(const struct pairing_transcript *transcript,
                         char text[PAIRING_CODE_TEXT_SIZE])
{
    CLEANUP(buffer_clear) struct buffer content = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    struct digest digest;
    TRY(schema_encode(&transcript_schema, transcript, &content));
    TRY(hash_labelled(LABEL_CODE, buffer_span(&content), &digest));
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof number; i++)
        number = number << 8 | digest.bytes[i];
    number %= CODES;
    for (size_t at = PAIRING_CODE_TEXT_SIZE - 1; at-- > 0;) {
        if (at == PAIRING_CODE_DIGITS / 2) {
            text[at] = ' ';
            continue;
        }
        text[at] = (char)('0' + number % 10);
        number /= 10;
    }
    text[PAIRING_CODE_TEXT_SIZE - 1] = '\0';
    return STATUS_OK;
}

bool pairing_code_matches(const char code[PAIRING_CODE_TEXT_SIZE], struct span typed)
{
    size_t at = 0;
    for (size_t i = 0; i < typed.len; i++) {
        if (typed.ptr[i] == ' ' || typed.ptr[i] == '-')
            continue;
        if (code[at] == ' ')
            at++;
        if (code[at] == '\0' || (char)typed.ptr[i] != code[at])
            return false;
        at++;
    }
    return code[at] == '\0';
}
