/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/account.h"

#include "client-cli/core/records.h"
#include "protocol/base/limits.h"
#include "protocol/base/secret.h"
#include "protocol/channel/extension.h"
#include "protocol/channel/identity.h"
#include "protocol/codec/schema.h"
#include "protocol/crypto/signature.h"

#include <string.h>

#define DAY_SECONDS 86400

static const struct field account_fields[] = {
    FIELD_ID(struct account, person),
    FIELD_ID(struct account, device),
    FIELD_SIZED(FIELD_TEXT, struct account, host, INVITE_HOST_SIZE_MAX),
    FIELD_PLAIN(FIELD_U16, struct account, port),
    FIELD_ID(struct account, log_key),
    FIELD_ID(struct account, next_log_key_sha256),
    FIELD_SIZED(FIELD_TEXT, struct account, community, LIMIT_NAME_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct account, name, LIMIT_NAME_BYTES),
    FIELD_ID(struct account, login_private),
    FIELD_ID(struct account, login_public),
    FIELD_ID(struct account, leaf_private),
    FIELD_ID(struct account, leaf_public),
    FIELD_PLAIN(FIELD_TIME, struct account, joined),
};
static const struct schema account_schema = SCHEMA("account", struct account, account_fields);

static const struct vault_place place = {.kind = RECORD_ACCOUNT};

/* Capabilities of our leaves besides RFC 9420's defaults. */
static const uint16_t extension_types[] = {CHANNEL_EXTENSION_TYPE, MLS_EXTENSION_LAST_RESORT};

void account_clear(struct account *account)
{
    buffer_clear(&account->bytes);
    struct buffer empty = account->bytes;
    secret_wipe(account, sizeof *account);
    account->bytes = empty;
}

void account_point_at(struct account *account, const struct invite_link *link)
{
    account->host = span_from_text(link->host);
    account->port = link->port;
    memcpy(account->log_key, link->log_key, sizeof account->log_key);
    memcpy(account->next_log_key_sha256, link->next_log_key_sha256,
           sizeof account->next_log_key_sha256);
}

static enum status make_pair(const struct random_source *random,
                             uint8_t seed[ACCOUNT_SEED_SIZE],
                             uint8_t public_key[DIRECTORY_KEY_SIZE])
{
    CLEANUP(secret_clear) struct secret private_key = {0};
    struct signature_public made;
    TRY(signature_generate(SIGNATURE_ED25519, random, &private_key, &made));
    if (private_key.len != ACCOUNT_SEED_SIZE || made.len != DIRECTORY_KEY_SIZE)
        return STATUS_INTERNAL;
    memcpy(seed, private_key.bytes, ACCOUNT_SEED_SIZE);
    memcpy(public_key, made.bytes, DIRECTORY_KEY_SIZE);
    return STATUS_OK;
}

enum status account_make_keys(struct account *account, const struct random_source *random)
{
    if (id_is_none(&account->person))
        TRY(id_random(random, &account->person));
    TRY(id_random(random, &account->device));
    TRY(make_pair(random, account->login_private, account->login_public));
    return make_pair(random, account->leaf_private, account->leaf_public);
}

enum status account_load(struct vault *vault, struct account *account)
{
    CLEANUP(account_clear) struct account loaded = ACCOUNT_INIT;
    struct arena none = ARENA_INIT(0);
    struct buffer bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    enum status status = vault_get(vault, &place, &bytes);
    if (status == STATUS_OK)
        status = schema_decode(&account_schema, buffer_span(&bytes), &none, &loaded);
    loaded.bytes = bytes; /* which the texts lend from */
    if (status == STATUS_NOT_FOUND)
        return status;
    TRY(status_of_stored(status));
    account_clear(account);
    *account = loaded;
    loaded = ACCOUNT_INIT;
    return STATUS_OK;
}

enum status account_store(struct vault *vault, const struct account *account)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    TRY(schema_encode(&account_schema, account, &bytes));
    return vault_put(vault, &place, buffer_span(&bytes));
}

void account_identity_init(const struct account *account,
                           int64_t now_ms,
                           unsigned lifetime_days,
                           struct account_identity *identity)
{
    struct channel_identity ids = {account->person, account->device};
    channel_identity_encode(&ids, identity->credential);
    uint64_t now_seconds = (uint64_t)(now_ms / 1000);
    identity->mls = (struct mls_identity){
        .credential = {.type = MLS_CREDENTIAL_BASIC, .content = SPAN_OF(identity->credential)},
        .signature_public_key = SPAN_OF(account->leaf_public),
        .signature_private_key = SPAN_OF(account->leaf_private),
        /* A day back, for clocks that are behind. */
        .not_before = now_seconds - DAY_SECONDS,
        .not_after = now_seconds + (uint64_t)lifetime_days * DAY_SECONDS,
        .extension_types = extension_types,
        .extension_type_count = sizeof extension_types / sizeof *extension_types,
    };
}
