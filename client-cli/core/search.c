/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/search.h"

#include "client-cli/core/people.h"
#include "client-cli/core/sealed_answers.h"
#include "client-cli/core/vault/word_index.h"

#include <stdlib.h>
#include <string.h>

/* A text whose mentions became names, or the items of a harvest together. */
#define WORDS_BYTES_MAX (16u * LIMIT_TEXT_BYTES)

#define PLACES_FIRST 1024

/* Where a number of the index is. */
struct place {
    struct id channel;
    uint64_t sequence;
};

/* How far a channel is in the index. */
struct progress {
    struct id channel;
    uint64_t sequence;
};

struct search {
    struct word_index *index;
    struct place *places; /* number n is at n - 1 */
    size_t count;
    size_t capacity;
    struct progress *progress;
    size_t channel_count;
};

/* ---- words ---- */

static enum status add_words(struct engine *engine, struct span text, struct buffer *words)
{
    TRY(people_render(engine, text, words));
    return buffer_append(words, SPAN_LITERAL("\n"));
}

static enum status add_reveal(struct engine *engine,
                              const struct channel *channel,
                              const struct id *person,
                              const struct content_reveal *reveal,
                              struct buffer *words)
{
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(LIMIT_TEXT_BYTES);
    enum floor_reveal result;
    if (sealed_answers_open(engine, channel, person, reveal, &result, &text) != STATUS_OK ||
        result != REVEAL_OPEN)
        return STATUS_OK;
    return add_words(engine, buffer_span(&text), words);
}

static enum status
add_harvest(struct engine *engine, const struct content_harvest *harvest, struct buffer *words)
{
    for (size_t i = 0; i < harvest->item_count; i++)
        TRY(add_words(engine, harvest->items[i].text, words));
    return STATUS_OK;
}

enum status search_words(struct engine *engine,
                         const struct channel *channel,
                         const struct stored_entry *entry,
                         struct buffer *words)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct content content;
    union {
        struct content_text text;
        struct content_idea idea;
        struct content_action action;
        struct content_harvest harvest;
        struct content_file file;
        struct content_reveal reveal;
    } body;
    if (entry_content(entry, &content) != STATUS_OK)
        return STATUS_OK;
    const struct content_kind_row *row = content_kind_find(content.kind);
    const struct schema *schema = row == NULL ? NULL : row->body;
    bool has_words = schema == &content_text_schema || schema == &content_idea_schema ||
                     schema == &content_action_schema || schema == &content_harvest_schema ||
                     schema == &content_file_schema || schema == &content_reveal_schema;
    if (!has_words || content_decode_body(&content, &arena, &body) != STATUS_OK)
        return STATUS_OK;
    if (schema == &content_text_schema)
        return add_words(engine, body.text.text, words);
    if (schema == &content_harvest_schema)
        return add_harvest(engine, &body.harvest, words);
    if (schema == &content_file_schema)
        return add_words(engine, body.file.name, words);
    if (schema == &content_reveal_schema)
        return add_reveal(engine, channel, &entry->person, &body.reveal, words);
    if (schema == &content_idea_schema) {
        TRY(add_words(engine, body.idea.text, words));
        return add_words(engine, body.idea.reason, words);
    }
    TRY(add_words(engine, body.action.text, words));
    return add_words(engine, body.action.owner, words);
}

/* ---- the index ---- */

void search_forget(struct engine *engine)
{
    struct search *search = engine->search;
    if (search == NULL)
        return;
    word_index_free(&search->index);
    free(search->places);
    free(search->progress);
    free(search);
    engine->search = NULL;
}

static enum status need_search(struct engine *engine)
{
    if (engine->search != NULL)
        return STATUS_OK;
    engine->search = calloc(1, sizeof *engine->search);
    if (engine->search == NULL)
        return STATUS_NO_MEMORY;
    return word_index_new(&engine->search->index);
}

static enum status
find_progress(struct search *search, const struct id *channel, struct progress **progress)
{
    for (size_t i = 0; i < search->channel_count; i++) {
        *progress = &search->progress[i];
        if (id_equal(&(*progress)->channel, channel))
            return STATUS_OK;
    }
    struct progress *grown =
        reallocarray(search->progress, search->channel_count + 1, sizeof *grown);
    if (grown == NULL)
        return STATUS_NO_MEMORY;
    search->progress = grown;
    *progress = &grown[search->channel_count++];
    **progress = (struct progress){.channel = *channel};
    return STATUS_OK;
}

static enum status add_place(struct search *search, const struct place *place)
{
    if (search->count == search->capacity) {
        size_t capacity = search->capacity == 0 ? PLACES_FIRST : 2 * search->capacity;
        struct place *grown = reallocarray(search->places, capacity, sizeof *grown);
        if (grown == NULL)
            return STATUS_NO_MEMORY;
        search->places = grown;
        search->capacity = capacity;
    }
    search->places[search->count++] = *place;
    return STATUS_OK;
}

struct indexing {
    struct engine *engine;
    const struct channel *channel;
    struct buffer words;
};

static enum status index_entry(void *context, const struct stored_entry *entry)
{
    struct indexing *indexing = context;
    struct search *search = indexing->engine->search;
    struct place place = {indexing->channel->id, entry->sequence};
    buffer_truncate(&indexing->words, 0);
    TRY(search_words(indexing->engine, indexing->channel, entry, &indexing->words));
    if (indexing->words.len == 0)
        return STATUS_OK;
    TRY(add_place(search, &place));
    return word_index_add(search->index, search->count, buffer_span(&indexing->words));
}

static enum status index_channel(struct engine *engine, const struct channel *channel)
{
    struct progress *progress = NULL;
    struct indexing indexing = {
        .engine = engine, .channel = channel, .words = BUFFER_INIT(WORDS_BYTES_MAX)};
    TRY(find_progress(engine->search, &channel->id, &progress));
    struct entry_walk walk = {.channel = channel->id,
                              .from = progress->sequence + 1,
                              .to = channel->cursor,
                              .visit = index_entry,
                              .context = &indexing};
    enum status status = STATUS_OK;
    if (channel->cursor > progress->sequence)
        status = entry_walk(engine, &walk);
    buffer_clear(&indexing.words);
    progress->sequence = channel->cursor;
    return status;
}

static enum status bring_up_to_date(struct engine *engine)
{
    TRY(need_search(engine));
    for (const struct channel *channel = engine->channels; channel != NULL; channel = channel->next)
        TRY(index_channel(engine, channel));
    return STATUS_OK;
}

/* ---- finding ---- */

struct finding {
    const struct search *search;
    const struct search_query *query;
    const struct place **hits; /* the newest first; room for count_max */
    size_t kept;
    size_t found;
};

static enum status take_hit(void *context, uint64_t number)
{
    struct finding *finding = context;
    const struct place *place = &finding->search->places[number - 1];
    const struct channel *channel = finding->query->channel;
    if (channel != NULL && !id_equal(&place->channel, &channel->id))
        return STATUS_OK;
    if (finding->kept < finding->query->count_max)
        finding->hits[finding->kept++] = place;
    finding->found++;
    return STATUS_OK;
}

static enum status show_hit(struct engine *engine, const struct finding *finding, size_t at)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    const struct place *place = finding->hits[at];
    struct stored_entry entry;
    struct channel *channel = channel_find(engine, &place->channel);
    if (channel == NULL)
        return STATUS_OK; /* dropped since */
    TRY(entry_get(engine, &place->channel, place->sequence, &record, &arena, &entry));
    return finding->query->visit(finding->query->context, channel, &entry);
}

enum status search_find(struct engine *engine, const struct search_query *query, size_t *found)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    void *hits = NULL;
    enum status ready = bring_up_to_date(engine);
    if (ready != STATUS_OK) {
        search_forget(engine); /* half an index finds half */
        return ready;
    }
    size_t room =
        query->count_max < engine->search->count ? query->count_max : engine->search->count;
    struct finding finding = {.search = engine->search, .query = query};
    TRY(arena_take(&arena, room + 1, sizeof *finding.hits, &hits));
    finding.hits = hits;
    TRY(word_index_find(engine->search->index, query->words, take_hit, &finding));
    *found = finding.found;
    for (size_t i = finding.kept; i-- > 0;)
        TRY(show_hit(engine, &finding, i));
    return STATUS_OK;
}
