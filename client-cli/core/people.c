/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/people.h"

#include "client-cli/core/records.h"
#include "protocol/codec/schema.h"
#include "protocol/wire/people.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PREFIX_DIGITS_MIN 6
#define PAGES_MAX 100

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
    if (status == STATUS_OK)
        status = vault_commit(engine->vault);
    if (status != STATUS_OK)
        vault_rollback(engine->vault);
    return status;
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

void people_name(struct engine *engine, const struct id *person, struct people_name *name)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct person_record record;
    name->group[0] = '\0';
    if (id_equal(person, &engine->account.person)) {
        copy_text(name->name, sizeof name->name, engine->account.name);
        return;
    }
    enum status status = load(engine, person, &bytes, &record);
    if (status != STATUS_OK && !vault_in_transaction(engine->vault) &&
        engine_is_connected(engine) && people_learn(engine, person, 1) == STATUS_OK)
        status = load(engine, person, &bytes, &record);
    if (status == STATUS_OK && record.name.len != 0) {
        copy_text(name->name, sizeof name->name, record.name);
        copy_text(name->group, sizeof name->group, record.group);
        return;
    }
    char id[ID_TEXT_SIZE];
    id_text(person, id);
    if (status == STATUS_OK)
        snprintf(name->name, sizeof name->name, "somebody who was erased");
    else
        snprintf(name->name, sizeof name->name, "person %.8s", id);
}

/* ---- finding somebody ---- */

struct search {
    struct span text;
    struct id found;
    size_t count;
};

static void look_at(struct search *search, const struct wire_person *person)
{
    char id[ID_TEXT_SIZE];
    id_text(&person->person, id);
    bool by_id = search->text.len >= PREFIX_DIGITS_MIN && search->text.len < ID_TEXT_SIZE &&
                 memcmp(id, search->text.ptr, search->text.len) == 0;
    bool by_name = person->name.len == search->text.len && search->text.len != 0 &&
                   strncasecmp((const char *)person->name.ptr, (const char *)search->text.ptr,
                               search->text.len) == 0;
    if (!by_id && !by_name)
        return;
    if (search->count == 0 || !id_equal(&search->found, &person->person))
        search->count++;
    search->found = person->person;
}

static enum status search_pages(struct engine *engine, struct search *search, struct span query)
{
    struct wire_people_request request = {.query = query};
    bool more = true;
    for (int page = 0; page < PAGES_MAX && more; page++) {
        CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
        struct wire_people_response response;
        TRY(engine_call(engine, WIRE_PEOPLE, &request, &reply, &response));
        for (size_t i = 0; i < response.person_count; i++)
            look_at(search, &response.people[i]);
        more = response.more && response.person_count != 0;
        if (more)
            request.after = response.people[response.person_count - 1].person;
    }
    return STATUS_OK;
}

enum status people_find(struct engine *engine, struct span text, struct id *person)
{
    if (id_parse(text, person) == STATUS_OK)
        return STATUS_OK;
    struct search search = {.text = text};
    if (text.len == engine->account.name.len && text.len != 0 &&
        memcmp(text.ptr, engine->account.name.ptr, text.len) == 0) {
        *person = engine->account.person;
        return STATUS_OK;
    }
    bool digits = text.len >= PREFIX_DIGITS_MIN;
    for (size_t i = 0; i < text.len && digits; i++)
        digits = strchr("0123456789abcdef", text.ptr[i]) != NULL && text.ptr[i] != '\0';
    TRY(search_pages(engine, &search, digits ? SPAN_EMPTY : text));
    if (search.count == 0)
        return engine_explain(engine, STATUS_NOT_FOUND,
                              "nobody who shows themselves here is called that; take the id that "
                              "the person's weft status prints");
    if (search.count > 1)
        return engine_explain(engine, STATUS_CONFLICT,
                              "several people fit: take an id from weft people");
    *person = search.found;
    return STATUS_OK;
}
