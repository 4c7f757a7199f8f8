/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/figures/figures.h"

#include "protocol/base/limits.h"
#include "server/figures/document.h"
#include "server/store/people.h"

#include <stdlib.h>

/* How long a document stands. */
#define DOCUMENT_VALID_MS (INT64_C(7) * 24 * 3600 * 1000)

struct figures {
    struct hub *hub;
    struct figures_job *first; /* of those that wait */
    struct figures_job **last;
    size_t waiting;
    bool running;
    struct figures_job job; /* of the document */
    struct store_job count; /* whether enough people came or went */
    struct buffer document;
    uint64_t people;        /* in it */
    int64_t valid_until_ms; /* wall time; 0: there is none */
    bool busy;              /* counting or computing */
    bool outdated;          /* there was an import meanwhile */
    struct figures_waiter *waiters;
    /* While counting or computing, of the thread that does it. */
    struct buffer fresh;
    uint64_t fresh_people;
};

enum status figures_new(struct hub *hub, struct figures **figures)
{
    struct figures *made = calloc(1, sizeof *made);
    if (made == NULL)
        return STATUS_NO_MEMORY;
    made->hub = hub;
    made->last = &made->first;
    buffer_init(&made->document, LIMIT_OBJECT_BYTES);
    buffer_init(&made->fresh, LIMIT_OBJECT_BYTES);
    *figures = made;
    return STATUS_OK;
}

void figures_free(struct figures **figures)
{
    if (*figures == NULL)
        return;
    network_free(&(*figures)->job.network);
    buffer_clear(&(*figures)->document);
    buffer_clear(&(*figures)->fresh);
    free(*figures);
    *figures = NULL;
}

/* ---- jobs: store, then pool, then loop ---- */

static struct figures_job *job_of_load(struct store_job *load)
{
    return (struct figures_job *)(void *)((char *)load - offsetof(struct figures_job, load));
}

static struct figures_job *job_of_work(struct pool_job *work)
{
    return (struct figures_job *)(void *)((char *)work - offsetof(struct figures_job, work));
}

static struct figures_job *take_first(struct figures *figures)
{
    struct figures_job *job = figures->first;
    figures->first = job->next;
    if (figures->first == NULL)
        figures->last = &figures->first;
    figures->waiting--;
    return job;
}

static void begin_next(struct figures *figures);

static void finish(struct figures_job *job, enum status status)
{
    struct figures *figures = job->figures;
    network_free(&job->network);
    figures->running = false;
    job->done(job, status);
    /* The server stops: nothing more can be begun. */
    while (status == STATUS_CANCELLED && figures->first != NULL) {
        struct figures_job *next = take_first(figures);
        next->done(next, STATUS_CANCELLED);
    }
    begin_next(figures);
}

static enum status load_run(struct store_db *db, struct store_job *load)
{
    struct figures_job *job = job_of_load(load);
    int64_t now_ms = clock_wall_ms(job->figures->hub->clock);
    TRY(network_load(db, now_ms, job->with_interests, &job->network));
    return job->look_up == NULL ? STATUS_OK : job->look_up(db, job);
}

static enum status work_run(struct pool_job *work)
{
    struct figures_job *job = job_of_work(work);
    return job->compute(job, job->network);
}

static void work_done(struct pool_job *work, enum status status)
{
    finish(job_of_work(work), status);
}

static void load_done(struct store_job *load, enum status status)
{
    struct figures_job *job = job_of_load(load);
    job->work = (struct pool_job){.run = work_run, .done = work_done};
    if (status == STATUS_OK)
        status = pool_submit(job->figures->hub->figures, &job->work);
    if (status != STATUS_OK)
        finish(job, status);
}

static void begin_next(struct figures *figures)
{
    if (figures->running || figures->first == NULL)
        return;
    struct figures_job *job = take_first(figures);
    figures->running = true;
    enum status status = store_read(figures->hub->store, &job->load);
    if (status != STATUS_OK)
        finish(job, status);
}

void figures_submit(struct figures *figures, struct figures_job *job)
{
    job->figures = figures;
    job->next = NULL;
    job->network = NULL;
    if (figures->waiting >= FIGURES_JOBS_MAX) {
        job->done(job, STATUS_RATE_LIMITED);
        return;
    }
    job->load = (struct store_job){.run = load_run, .done = load_done};
    *figures->last = job;
    figures->last = &job->next;
    figures->waiting++;
    begin_next(figures);
}

/* ---- the document ---- */

static void answer(struct figures *figures, enum status status)
{
    struct span document = status == STATUS_OK ? buffer_span(&figures->document) : SPAN_EMPTY;
    struct figures_waiter *next = NULL;
    struct figures_waiter *waiter = figures->waiters;
    figures->waiters = NULL;
    figures->busy = false;
    for (; waiter != NULL; waiter = next) {
        next = waiter->next;
        waiter->ready(waiter, document, status);
    }
}

static enum status compute_document(struct figures_job *job, const struct network *network)
{
    struct figures *figures = job->figures;
    buffer_truncate(&figures->fresh, 0);
    figures->fresh_people = network->person_count;
    return document_write(network, &figures->fresh);
}

static void begin_document(struct figures *figures);

static void document_done(struct figures_job *job, enum status status)
{
    struct figures *figures = job->figures;
    if (figures->outdated && status != STATUS_CANCELLED) {
        begin_document(figures);
        return;
    }
    if (status == STATUS_OK) {
        struct buffer before = figures->document;
        figures->document = figures->fresh;
        figures->fresh = before;
        figures->people = figures->fresh_people;
        figures->valid_until_ms = clock_wall_ms(figures->hub->clock) + DOCUMENT_VALID_MS;
    } else {
        JOURNAL(figures->hub->journal, JOURNAL_WARNING, "figures_failed", JOURNAL_S(status));
    }
    answer(figures, status);
}

static void begin_document(struct figures *figures)
{
    figures->outdated = false;
    figures->job = (struct figures_job){.compute = compute_document, .done = document_done};
    figures_submit(figures, &figures->job);
}

static struct figures *figures_of_count(struct store_job *job)
{
    return (struct figures *)(void *)((char *)job - offsetof(struct figures, count));
}

static enum status count_run(struct store_db *db, struct store_job *job)
{
    struct store_people_counts counts;
    TRY(store_people_count(db, &counts));
    figures_of_count(job)->fresh_people = counts.imported + counts.joined + counts.suspended;
    return STATUS_OK;
}

/* A document of fewer than ten people shows only how many they are, so any other may follow it. */
static bool is_outgrown(const struct figures *figures)
{
    uint64_t more = figures->fresh_people > figures->people
                        ? figures->fresh_people - figures->people
                        : figures->people - figures->fresh_people;
    return more >= WEAVE_CELL_PEOPLE_MIN || (figures->people < WEAVE_CELL_PEOPLE_MIN && more > 0);
}

static void count_done(struct store_job *job, enum status status)
{
    struct figures *figures = figures_of_count(job);
    if (status == STATUS_OK && (figures->outdated || is_outgrown(figures)))
        begin_document(figures);
    else
        answer(figures, status);
}

void figures_document(struct figures *figures, struct figures_waiter *waiter)
{
    waiter->next = figures->waiters;
    figures->waiters = waiter;
    if (figures->busy)
        return;
    figures->busy = true;
    if (clock_wall_ms(figures->hub->clock) >= figures->valid_until_ms) {
        begin_document(figures);
        return;
    }
    figures->count = (struct store_job){.run = count_run, .done = count_done};
    enum status status = store_read(figures->hub->store, &figures->count);
    if (status != STATUS_OK)
        answer(figures, status);
}

void figures_forget(struct figures *figures)
{
    figures->valid_until_ms = 0;
    figures->outdated = figures->busy;
}
