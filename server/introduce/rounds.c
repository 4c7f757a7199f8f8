/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/introduce/rounds.h"

#include "protocol/codec/reader.h"
#include "protocol/codec/writer.h"
#include "protocol/wire/events.h"
#include "server/store/audit.h"
#include "server/store/meta.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Reasons of a round: some hundred bytes each, for the tenth of a million people. */
#define ROUND_BYTES_MAX (256u << 20)

#define META_BYTES_MAX 64

#define KIND_COUNT 2

/* After a round that failed: a full queue, a full disk. */
#define AGAIN_AFTER_MS (INT64_C(3600) * 1000)

struct kind {
    enum store_introduction_kind kind;
    const char *meta;
    const char *audited;
};

static const struct kind kinds[KIND_COUNT] = {
    {STORE_INTRODUCTION_PAIR, "introductions_round_at_ms", "introductions.offer"},
    {STORE_INTRODUCTION_COFFEE, "coffee_round_at_ms", "coffee.round"},
};

struct rounds {
    struct hub *hub;
    struct figures *figures;
    int64_t next_ms[KIND_COUNT]; /* wall time; 0: never */
    atomic_bool cancelled;       /* set by the loop, read by the figures' thread */
    /* The round on its way. */
    bool busy;
    const struct kind *kind;
    uint32_t count;
    int64_t now_ms;
    struct rounds_waiter *waiter; /* NULL: the clock's own */
    struct figures_job job;
    struct store_job store_job;
    struct arena arena;
    struct round_past past;
    struct round round;
    struct store_introduction *introductions; /* of round.count */
    bool *added;
    uint64_t made;
};

enum status rounds_new(struct hub *hub, struct figures *figures, struct rounds **rounds)
{
    struct rounds *made = calloc(1, sizeof *made);
    if (made == NULL)
        return STATUS_NO_MEMORY;
    made->hub = hub;
    made->figures = figures;
    arena_init(&made->arena, ROUND_BYTES_MAX);
    *rounds = made;
    return STATUS_OK;
}

void rounds_free(struct rounds **rounds)
{
    if (*rounds == NULL)
        return;
    round_past_clear(&(*rounds)->past);
    arena_clear(&(*rounds)->arena);
    free(*rounds);
    *rounds = NULL;
}

static int64_t interval_ms(const struct rounds *rounds, enum store_introduction_kind kind)
{
    const struct config *config = rounds->hub->config;
    return kind == STORE_INTRODUCTION_PAIR ? config->introductions_every_ms
                                           : config->coffee_every_ms;
}

/* From a round at `last_ms` on. */
static void set_next(struct rounds *rounds, const struct kind *kind, int64_t last_ms)
{
    int64_t interval = interval_ms(rounds, kind->kind);
    rounds->next_ms[kind - kinds] = interval == 0 ? 0 : last_ms + interval;
}

/* ---- when ---- */

static enum status write_time(struct store_db *db, const char *key, int64_t at_ms)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(META_BYTES_MAX);
    struct writer writer = writer_of(&bytes);
    writer_u64(&writer, (uint64_t)at_ms);
    TRY(writer_finish(&writer));
    return store_meta_set(db, key, buffer_span(&bytes));
}

/* When the last was; now, and kept, where there has been none. */
static enum status read_time(struct store_db *db, const char *key, int64_t now_ms, int64_t *at_ms)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(META_BYTES_MAX);
    struct span value;
    uint64_t read = 0;
    enum status status = store_meta_get(db, key, &arena, &value);
    if (status == STATUS_NOT_FOUND) {
        *at_ms = now_ms;
        return write_time(db, key, now_ms);
    }
    TRY(status);
    struct reader reader = reader_of(value);
    if (reader_u64(&reader, &read) != STATUS_OK || read > INT64_MAX)
        return STATUS_CORRUPT;
    *at_ms = (int64_t)read;
    return STATUS_OK;
}

struct restore {
    struct store_job job;
    struct rounds *rounds;
    enum status status;
};

static enum status restore_run(struct store_db *db, struct store_job *job)
{
    struct rounds *rounds = ((struct restore *)(void *)job)->rounds;
    int64_t now_ms = clock_wall_ms(rounds->hub->clock);
    for (size_t i = 0; i < KIND_COUNT; i++) {
        int64_t last_ms;
        TRY(read_time(db, kinds[i].meta, now_ms, &last_ms));
        set_next(rounds, &kinds[i], last_ms);
    }
    return STATUS_OK;
}

static void restore_done(struct store_job *job, enum status status)
{
    ((struct restore *)(void *)job)->status = status;
}

enum status rounds_restore(struct rounds *rounds)
{
    struct restore restore = {
        .job = {.run = restore_run, .done = restore_done},
        .rounds = rounds,
    };
    TRY(store_write(rounds->hub->store, &restore.job));
    return restore.status;
}

void rounds_cancel(struct rounds *rounds)
{
    atomic_store(&rounds->cancelled, true);
}

static bool is_cancelled(void *context)
{
    struct rounds *rounds = context;
    figures_breathe(rounds->figures);
    return atomic_load(&rounds->cancelled);
}

/* A round of a future that was none, before the clock was set back, keeps nobody waiting for it. */
static void pull_in(struct rounds *rounds, size_t kind, int64_t now_ms)
{
    int64_t interval = interval_ms(rounds, kinds[kind].kind);
    if (rounds->next_ms[kind] > now_ms + interval + AGAIN_AFTER_MS)
        rounds->next_ms[kind] = now_ms + interval;
}

void rounds_tick(struct rounds *rounds)
{
    int64_t now_ms = clock_wall_ms(rounds->hub->clock);
    for (size_t i = 0; i < KIND_COUNT && !rounds->busy; i++) {
        pull_in(rounds, i, now_ms);
        if (rounds->next_ms[i] != 0 && now_ms >= rounds->next_ms[i])
            rounds_begin(rounds, kinds[i].kind, 0, NULL);
    }
}

/* ---- one round: the figures' thread, then the store, then the loop ---- */

static struct rounds *rounds_of_job(struct figures_job *job)
{
    return (struct rounds *)(void *)((char *)job - offsetof(struct rounds, job));
}

static struct rounds *rounds_of_store_job(struct store_job *job)
{
    return (struct rounds *)(void *)((char *)job - offsetof(struct rounds, store_job));
}

static enum status look_up(struct store_db *db, struct figures_job *job)
{
    struct rounds *rounds = rounds_of_job(job);
    return round_past_load(db, job->network, rounds->kind->kind, &rounds->past);
}

static enum status compute(struct figures_job *job, const struct network *network)
{
    struct rounds *rounds = rounds_of_job(job);
    struct round_options options = {
        .kind = rounds->kind->kind,
        .count = rounds->count,
        .cancelled = is_cancelled,
        .context = rounds,
    };
    TRY(random_fill(rounds->hub->random, (uint8_t *)&options.seed, sizeof options.seed));
    return round_choose(network, &rounds->past, &options, &rounds->arena, &rounds->round);
}

static void tell(struct rounds *rounds)
{
    for (size_t i = 0; i < rounds->round.count; i++) {
        const struct store_introduction *introduction = &rounds->introductions[i];
        for (size_t k = 0; rounds->added[i] && k < introduction->person_count; k++) {
            struct wire_suggestion_event event = {introduction->people[k].side};
            hub_tell_person(rounds->hub, &introduction->people[k].person, WIRE_EVENT_SUGGESTION,
                            &event);
        }
    }
}

static void finish(struct rounds *rounds, enum status status)
{
    struct rounds_waiter *waiter = rounds->waiter;
    uint64_t made = rounds->made;
    if (status == STATUS_OK)
        tell(rounds);
    set_next(rounds, rounds->kind, rounds->now_ms);
    if (status != STATUS_OK && rounds->next_ms[rounds->kind - kinds] != 0)
        rounds->next_ms[rounds->kind - kinds] = rounds->now_ms + AGAIN_AFTER_MS;
    JOURNAL(rounds->hub->journal, status == STATUS_OK ? JOURNAL_INFO : JOURNAL_WARNING,
            "introduced", JOURNAL_T("round", rounds->kind->audited), JOURNAL_S(status));
    round_past_clear(&rounds->past);
    arena_clear(&rounds->arena);
    arena_init(&rounds->arena, ROUND_BYTES_MAX);
    rounds->busy = false;
    if (waiter != NULL)
        waiter->ready(waiter, made, status);
}

/* What changed since the snapshot keeps a meeting from being added, and the others not. */
static enum status keep_run(struct store_db *db, struct store_job *job)
{
    struct rounds *rounds = rounds_of_store_job(job);
    rounds->made = 0;
    for (size_t i = 0; i < rounds->round.count; i++) {
        enum status status = store_introductions_add(db, &rounds->introductions[i]);
        if (status != STATUS_OK && status != STATUS_DENIED && status != STATUS_RATE_LIMITED)
            return status;
        rounds->added[i] = status == STATUS_OK;
        rounds->made += rounds->added[i];
    }
    TRY(write_time(db, rounds->kind->meta, rounds->now_ms));
    const struct store_audit_entry entry = {
        .at_ms = rounds->now_ms,
        .act = span_from_text(rounds->kind->audited),
        .amount = rounds->made < ROUNDS_TOLD_MIN ? 0 : rounds->made,
    };
    return store_audit_add(db, &entry);
}

static void keep_done(struct store_job *job, enum status status)
{
    finish(rounds_of_store_job(job), status);
}

static enum status
fill(struct rounds *rounds, const struct round_meeting *meeting, struct store_introduction *made)
{
    const struct config *config = rounds->hub->config;
    const struct random_source *random = rounds->hub->random;
    *made = (struct store_introduction){
        .kind = rounds->kind->kind,
        .shared = meeting->shared,
        .created_at_ms = rounds->now_ms,
        .ends_at_ms = rounds->now_ms + config->introductions_answer_within_ms,
        .ask_at_ms = rounds->now_ms + config->introductions_ask_after_ms,
        .person_count = meeting->person_count,
    };
    TRY(id_random(random, &made->introduction));
    TRY(id_random(random, &made->channel));
    for (size_t i = 0; i < meeting->person_count; i++) {
        made->people[i].person = meeting->people[i];
        made->people[i].reason = meeting->reasons[i];
        TRY(id_random(random, &made->people[i].side));
    }
    return STATUS_OK;
}

static enum status keep(struct rounds *rounds)
{
    void *introductions = NULL;
    void *added = NULL;
    size_t count = rounds->round.count;
    TRY(arena_take(&rounds->arena, count, sizeof *rounds->introductions, &introductions));
    TRY(arena_take(&rounds->arena, count, sizeof *rounds->added, &added));
    rounds->introductions = introductions;
    rounds->added = added;
    for (size_t i = 0; i < count; i++)
        TRY(fill(rounds, &rounds->round.meetings[i], &rounds->introductions[i]));
    rounds->store_job = (struct store_job){.run = keep_run, .done = keep_done};
    return store_write(rounds->hub->store, &rounds->store_job);
}

static void computed(struct figures_job *job, enum status status)
{
    struct rounds *rounds = rounds_of_job(job);
    if (status == STATUS_OK)
        status = keep(rounds);
    if (status != STATUS_OK)
        finish(rounds, status);
}

void rounds_begin(struct rounds *rounds,
                  enum store_introduction_kind kind,
                  uint32_t count,
                  struct rounds_waiter *waiter)
{
    if (rounds->busy) {
        waiter->ready(waiter, 0, STATUS_CONFLICT);
        return;
    }
    rounds->busy = true;
    rounds->kind = kind == kinds[0].kind ? &kinds[0] : &kinds[1];
    rounds->count = count;
    rounds->now_ms = clock_wall_ms(rounds->hub->clock);
    rounds->waiter = waiter;
    rounds->made = 0;
    rounds->round = (struct round){0};
    rounds->job = (struct figures_job){.with_interests = true,
                                       .takes_long = true,
                                       .look_up = look_up,
                                       .compute = compute,
                                       .done = computed};
    figures_submit(rounds->figures, &rounds->job);
}
