/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/key_pool.h"

#include "client-cli/core/records.h"
#include "protocol/base/limits.h"
#include "protocol/codec/schema.h"
#include "protocol/mls/member/group.h"
#include "protocol/wire/people.h"

#include <string.h>

/* A quarter of a year away without being joined to anything new; then the one of last resort,
 * which outlives a year of absence. */
#define ONE_TIME_DAYS 90
#define LAST_RESORT_DAYS 400

struct item_record {
    bool last_resort;
    struct span message;
    struct span private_part;
};

static const struct field item_fields[] = {
    FIELD_PLAIN(FIELD_BOOL, struct item_record, last_resort),
    FIELD_SIZED(FIELD_BYTES, struct item_record, message, LIMIT_KEY_PACKAGE_BYTES),
    FIELD_SIZED(FIELD_BYTES, struct item_record, private_part, LIMIT_KEY_PACKAGE_BYTES),
};
static const struct schema item_schema = SCHEMA("key_package", struct item_record, item_fields);

void key_pool_item_clear(struct key_pool_item *item)
{
    buffer_clear(&item->message);
    buffer_clear(&item->private_part);
}

static enum status last_number(void *context, const struct vault_place *place, struct span value)
{
    (void)value;
    *(uint64_t *)context = place->major;
    return STATUS_CANCELLED;
}

static enum status next_number(struct engine *engine, uint64_t *number)
{
    uint64_t last = 0;
    struct vault_walk walk = {.kind = RECORD_KEY_PACKAGE,
                              .to = UINT64_MAX,
                              .backwards = true,
                              .visit = last_number,
                              .context = &last};
    TRY(vault_walk(engine->vault, &walk));
    *number = last + 1;
    return STATUS_OK;
}

/* Makes one, keeps its private part, and appends the public one to `messages`. */
static enum status
make_one(struct engine *engine, uint64_t number, bool last_resort, struct buffer *messages)
{
    CLEANUP(buffer_clear) struct buffer private_part = BUFFER_INIT(LIMIT_KEY_PACKAGE_BYTES);
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(3 * LIMIT_KEY_PACKAGE_BYTES);
    struct account_identity identity;
    account_identity_init(&engine->account, engine_now_ms(engine),
                          last_resort ? LAST_RESORT_DAYS : ONE_TIME_DAYS, &identity);
    size_t before = messages->len;
    TRY(mls_key_package_new(suite_find(SUITE_X25519_AES128GCM_SHA256_ED25519), &identity.mls,
                            last_resort, engine->random, messages, &private_part));
    struct item_record item = {
        .last_resort = last_resort,
        .message = span_of(messages->ptr + before, messages->len - before),
        .private_part = buffer_span(&private_part),
    };
    TRY(schema_encode(&item_schema, &item, &record));
    struct vault_place place = {.kind = RECORD_KEY_PACKAGE, .major = number};
    return vault_put(engine->vault, &place, buffer_span(&record));
}

/* Packages made in one go, to be published. */
struct batch {
    struct wire_key_package items[LIMIT_KEY_PACKAGES + 1];
    size_t ends[LIMIT_KEY_PACKAGES + 1];
    size_t count;
    struct buffer messages;
};

static void batch_clear(struct batch *batch)
{
    buffer_clear(&batch->messages);
}

static enum status
add_to_batch(struct engine *engine, struct batch *batch, uint64_t number, bool last_resort)
{
    TRY(make_one(engine, number, last_resort, &batch->messages));
    batch->items[batch->count].device = engine->account.device;
    batch->items[batch->count].last_resort = last_resort;
    batch->ends[batch->count++] = batch->messages.len;
    return STATUS_OK;
}

static enum status
make_batch(struct engine *engine, size_t one_time, bool last_resort, struct batch *batch)
{
    uint64_t number;
    TRY(next_number(engine, &number));
    for (size_t i = 0; i < one_time; i++)
        TRY(add_to_batch(engine, batch, number++, false));
    if (last_resort)
        TRY(add_to_batch(engine, batch, number, true));
    return STATUS_OK;
}

/* The private parts are durable before the public ones leave. */
static enum status
make_durable_batch(struct engine *engine, size_t one_time, bool last_resort, struct batch *batch)
{
    TRY(vault_begin(engine->vault));
    return vault_end(engine->vault, make_batch(engine, one_time, last_resort, batch));
}

static enum status publish(struct engine *engine, struct batch *batch)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    size_t begin = 0;
    for (size_t i = 0; i < batch->count; i++) {
        batch->items[i].message = span_of(batch->messages.ptr + begin, batch->ends[i] - begin);
        begin = batch->ends[i];
    }
    struct wire_key_packages_publish_request request = {.key_packages = batch->items,
                                                        .key_package_count = batch->count};
    return engine_call(engine, WIRE_KEY_PACKAGES_PUBLISH, &request, &reply, NULL);
}

enum status key_pool_refill(struct engine *engine)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_empty nothing = {0};
    struct wire_key_packages_count_response left;
    TRY(engine_call(engine, WIRE_KEY_PACKAGES_COUNT, &nothing, &reply, &left));
    size_t missing = 0;
    if (left.one_time < LIMIT_KEY_PACKAGES_REFILL)
        missing = LIMIT_KEY_PACKAGES - left.one_time;
    if (missing == 0 && left.last_resort)
        return STATUS_OK;
    CLEANUP(batch_clear)
    struct batch batch = {.messages = BUFFER_INIT(LIMIT_OBJECT_BYTES)};
    TRY(make_durable_batch(engine, missing, !left.last_resort, &batch));
    return publish(engine, &batch);
}

/* ---- use ---- */

struct search {
    struct span welcome;
    struct key_pool_item *item;
    bool found;
};

static enum status take_item(struct search *search, uint64_t number, const struct item_record *item)
{
    buffer_init(&search->item->message, LIMIT_KEY_PACKAGE_BYTES);
    buffer_init(&search->item->private_part, LIMIT_KEY_PACKAGE_BYTES);
    search->item->number = number;
    search->item->last_resort = item->last_resort;
    TRY(buffer_append(&search->item->message, item->message));
    TRY(buffer_append(&search->item->private_part, item->private_part));
    search->found = true;
    return STATUS_CANCELLED;
}

static enum status look_at(void *context, const struct vault_place *place, struct span value)
{
    struct search *search = context;
    struct arena none = ARENA_INIT(0);
    struct item_record item;
    struct mls_key_package_checked checked;
    struct mls_options options = {0}; /* our own, which was checked when it was made */
    bool is_for = false;
    if (schema_decode(&item_schema, value, &none, &item) != STATUS_OK)
        return STATUS_CORRUPT;
    TRY(mls_key_package_check(item.message, &options, &checked));
    TRY(mls_group_welcome_is_for(search->welcome, digest_span(&checked.ref), &is_for));
    return is_for ? take_item(search, place->major, &item) : STATUS_OK;
}

enum status key_pool_find(struct engine *engine, struct span welcome, struct key_pool_item *item)
{
    struct search search = {.welcome = welcome, .item = item};
    struct vault_walk walk = {
        .kind = RECORD_KEY_PACKAGE, .to = UINT64_MAX, .visit = look_at, .context = &search};
    TRY(vault_walk(engine->vault, &walk));
    return search.found ? STATUS_OK : STATUS_NOT_FOUND;
}

enum status key_pool_use(struct engine *engine, const struct key_pool_item *item)
{
    struct vault_place place = {.kind = RECORD_KEY_PACKAGE, .major = item->number};
    return item->last_resort ? STATUS_OK : vault_delete(engine->vault, &place);
}
