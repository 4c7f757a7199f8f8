/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/history_tries.h"

#include "client-cli/core/limits.h"
#include "client-cli/core/records.h"
#include "protocol/crypto/hash.h"

#include <string.h>

struct tries {
    uint32_t count;
    int64_t since_ms;
    uint8_t claim[32]; /* what was fetched last: a hash, since keys are kept in one place alone */
};

static const struct field tries_fields[] = {
    FIELD_PLAIN(FIELD_U32, struct tries, count),
    FIELD_PLAIN(FIELD_TIME, struct tries, since_ms),
    FIELD_ID(struct tries, claim),
};
static const struct schema tries_schema = SCHEMA("tries", struct tries, tries_fields);
#define RECORD_BYTES_MAX 64

/* Of all that is said of a segment but by whom. */
static enum status claim_of(const struct history_key *key, uint8_t claim[32])
{
    struct digest digest;
    const uint64_t numbers[] = {key->first, key->last, key->size};
    const struct span parts[] = {span_of((const uint8_t *)numbers, sizeof numbers),
                                 id_span(&key->file), SPAN_OF(key->key), SPAN_OF(key->sha256)};
    TRY(hash_parts(HASH_SHA256, parts, sizeof parts / sizeof *parts, &digest));
    memcpy(claim, digest.bytes, 32);
    return STATUS_OK;
}

/* Of the person a hash: nobody can choose an id that counts as another's. */
static enum status
place_of(const struct channel *channel, const struct history_key *key, struct vault_place *place)
{
    struct digest digest;
    uint64_t person;
    const struct span parts[] = {id_span(&channel->id), id_span(&key->shared_by)};
    TRY(hash_parts(HASH_SHA256, parts, sizeof parts / sizeof *parts, &digest));
    memcpy(&person, digest.bytes, sizeof person);
    *place = (struct vault_place){.kind = RECORD_TRIES,
                                  .scope = channel->id,
                                  .major = key->first,
                                  .minor = person & INT64_MAX};
    return STATUS_OK;
}

/* Those of today; none are those of a clock that was put back. */
static enum status get(struct engine *engine, const struct vault_place *place, struct tries *tries)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(RECORD_BYTES_MAX);
    struct arena none = ARENA_INIT(0);
    int64_t now_ms = engine_now_ms(engine);
    enum status found = vault_get(engine->vault, place, &bytes);
    if (found == STATUS_OK)
        found = status_of_stored(schema_decode(&tries_schema, buffer_span(&bytes), &none, tries));
    if (found != STATUS_OK && found != STATUS_NOT_FOUND)
        return found;
    if (found == STATUS_NOT_FOUND || tries->since_ms > now_ms ||
        now_ms - tries->since_ms >= CORE_HISTORY_ANSWER_MS)
        *tries = (struct tries){.since_ms = now_ms};
    return STATUS_OK;
}

enum status history_tries_left(struct engine *engine,
                               const struct channel *channel,
                               const struct history_key *key,
                               bool *left)
{
    struct vault_place place;
    struct tries tries;
    uint8_t claim[32];
    TRY(place_of(channel, key, &place));
    TRY(get(engine, &place, &tries));
    TRY(claim_of(key, claim));
    bool same = tries.count != 0 && span_equal(SPAN_OF(tries.claim), SPAN_OF(claim));
    *left = tries.count < CORE_HISTORY_TRIES && !same;
    return STATUS_OK;
}

enum status history_tries_note(struct engine *engine,
                               const struct channel *channel,
                               const struct history_key *key)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(RECORD_BYTES_MAX);
    struct vault_place place;
    struct tries tries;
    TRY(place_of(channel, key, &place));
    TRY(get(engine, &place, &tries));
    tries.count++;
    TRY(claim_of(key, tries.claim));
    TRY(schema_encode(&tries_schema, &tries, &bytes));
    return vault_put(engine->vault, &place, buffer_span(&bytes));
}
