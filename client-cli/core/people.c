/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/people.h"

#include "client-cli/core/entry.h"
#include "client-cli/core/records.h"
#include "protocol/codec/schema.h"
#include "protocol/content/mention.h"
#include "protocol/wire/people.h"

#include <stdio.h>
#include <string.h>

/* Names asked for in one go; of more, the rest is asked for one by one. */
#define PEOPLE_AT_ONCE 256

struct person_record {
    struct span name;
    struct span group;
    int64_t asked;
};

static const struct field person_fields[] = {
    FIELD_SIZED(FIELD_TEXT, struct person_record, name, LIMIT_NAME_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct person_record, group, LIMIT_NAME_BYTES),
    FIELD_PLAIN(FIELD_TIME, struct person_record, asked),
};
static const struct schema person_schema = SCHEMA("person", struct person_record, person_fields);

static enum status load(struct engine *engine,
                        const struct id *person,
                        struct buffer *bytes,
                        struct person_record *record)
{
    struct vault_place place = {.kind = RECORD_PERSON, .scope = *person};
    struct arena none = ARENA_INIT(0);
    buffer_clear(bytes);
    TRY(vault_get(engine->vault, &place, bytes));
    return schema_decode(&person_schema, buffer_span(bytes), &none, record) == STATUS_OK
               ? STATUS_OK
               : STATUS_CORRUPT;
}

/* Names change seldom and are erased seldom: asked again after an hour. */
#define FRESH_MS 3600000

static bool is_fresh(struct engine *engine, const struct id *person)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct person_record record;
    return load(engine, person, &bytes, &record) == STATUS_OK && record.name.len != 0 &&
           record.asked + FRESH_MS > engine_now_ms(engine);
}

static enum status store(struct engine *engine, const struct wire_person *person)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct person_record record = {person->name, person->group_name, engine_now_ms(engine)};
    struct vault_place place = {.kind = RECORD_PERSON, .scope = person->person};
    TRY(schema_encode(&person_schema, &record, &bytes));
    return vault_put(engine->vault, &place, buffer_span(&bytes));
}

static enum status store_all(struct engine *engine, const struct wire_person_get_response *response)
{
    TRY(vault_begin(engine->vault));
    enum status status = STATUS_OK;
    for (size_t i = 0; i < response->person_count && status == STATUS_OK; i++)
        status = store(engine, &response->people[i]);
    return vault_end(engine->vault, status);
}

static enum status ask(struct engine *engine, struct wire_id_item *items, size_t count)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_person_get_request request = {.people = items, .person_count = count};
    struct wire_person_get_response response;
    if (count == 0)
        return STATUS_OK;
    TRY(engine_call(engine, WIRE_PERSON_GET, &request, &reply, &response));
    return store_all(engine, &response);
}

enum status people_learn(struct engine *engine, const struct id *people, size_t count)
{
    struct wire_id_item items[64];
    size_t wanted = 0;
    for (size_t i = 0; i < count; i++) {
        if (id_is_none(&people[i]) || is_fresh(engine, &people[i]))
            continue;
        items[wanted++].id = people[i];
        if (wanted == sizeof items / sizeof *items) {
            TRY(ask(engine, items, wanted));
            wanted = 0;
        }
    }
    return ask(engine, items, wanted);
}

static void copy_text(char *out, size_t size, struct span text)
{
    size_t length = text.len < size - 1 ? text.len : size - 1;
    if (length != 0)
        memcpy(out, text.ptr, length);
    out[length] = '\0';
}

/* A device that is shut out is connected, and is told nothing. */
static bool may_ask(const struct engine *engine)
{
    return engine_is_connected(engine) && engine->logged_in;
}

void people_name(struct engine *engine, const struct id *person, struct people_name *name)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct person_record record;
    name->group[0] = '\0';
    enum status status = load(engine, person, &bytes, &record);
    if (status != STATUS_OK && !vault_in_transaction(engine->vault) && may_ask(engine) &&
        people_learn(engine, person, 1) == STATUS_OK)
        status = load(engine, person, &bytes, &record);
    if (status == STATUS_OK && record.name.len != 0) {
        copy_text(name->name, sizeof name->name, record.name);
        copy_text(name->group, sizeof name->group, record.group);
        return;
    }
    if (id_equal(person, &engine->account.person)) {
        copy_text(name->name, sizeof name->name, engine->account.name);
        return;
    }
    char id[ID_TEXT_SIZE];
    id_text(person, id);
    if (status == STATUS_OK)
        snprintf(name->name, sizeof name->name, "somebody who was erased");
    else
        snprintf(name->name, sizeof name->name, "person %.8s", id);
}

void people_name_learned(struct engine *engine, const struct id *person, struct people_name *name)
{
    if (people_learn(engine, person, 1) != STATUS_OK)
        engine_forget_explanation(engine);
    people_name(engine, person, name);
}

enum status people_render(struct engine *engine, struct span text, struct buffer *rendered)
{
    struct span before;
    struct id person;
    while (mention_next(&text, &before, &person)) {
        struct people_name name;
        people_name(engine, &person, &name);
        TRY(buffer_append(rendered, before));
        TRY(buffer_append(rendered, SPAN_LITERAL("@")));
        TRY(buffer_append(rendered, span_from_text(name.name)));
    }
    return buffer_append(rendered, before);
}

/* ---- everybody in some entries ---- */

struct gathering {
    struct id people[PEOPLE_AT_ONCE];
    size_t count;
};

static void gather_one(struct gathering *gathering, const struct id *person)
{
    for (size_t i = 0; i < gathering->count; i++)
        if (id_equal(&gathering->people[i], person))
            return;
    if (gathering->count < PEOPLE_AT_ONCE)
        gathering->people[gathering->count++] = *person;
}

static enum status gather(void *context, const struct stored_entry *entry)
{
    struct gathering *gathering = context;
    gather_one(gathering, &entry->person);
    for (size_t i = 0; i < entry->change_count; i++)
        if (entry_change_is_named(entry, i))
            gather_one(gathering, &entry->changes[i].person);
    return STATUS_OK;
}

enum status
people_learn_from(struct engine *engine, const struct id *channel, uint64_t from, uint64_t to)
{
    struct gathering gathering = {.count = 0};
    struct entry_walk walk = {
        .channel = *channel, .from = from, .to = to, .visit = gather, .context = &gathering};
    TRY(entry_walk(engine, &walk));
    if (!may_ask(engine))
        return STATUS_OK;
    enum status status = people_learn(engine, gathering.people, gathering.count);
    return engine_is_connected(engine) ? STATUS_OK : status;
}
