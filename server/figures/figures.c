/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/figures/figures.h"

#include "protocol/base/limits.h"
#include "protocol/statistics/document.h"
#include "server/figures/publication.h"
#include "server/store/publications.h"

#include <stdlib.h>

/* How often a server that nobody asks looks whether a publication is due. */
#define DUE_LOOK_MS (INT64_C(3600) * 1000)

/* Jobs that are done one after another. */
struct lane {
    struct figures_job *first; /* of those that wait */
    struct figures_job **last;
    size_t waiting;
    bool running;
};

struct figures {
    struct hub *hub;
    struct lane quick;
    struct lane slow;
    struct figures_waiter *waiters; /* for the document */
    bool busy;                      /* reading, making or keeping it */
    int64_t due_look_ms;            /* wall time of the next look */
    struct figures_waiter nobody;   /* waits in the place of people who may ask later */
    bool nobody_waits;

    struct buffer document; /* the publication that stands */
    int64_t stands_until_ms;

    struct store_job read; /* the last publication */
    struct figures_job job;
    struct publication before;
    bool has_before;
    struct publication made;
    struct buffer fresh;
    struct store_job keep;
};

enum status figures_new(struct hub *hub, struct figures **figures)
{
    struct figures *made = calloc(1, sizeof *made);
    if (made == NULL)
        return STATUS_NO_MEMORY;
    made->hub = hub;
    made->quick.last = &made->quick.first;
    made->slow.last = &made->slow.first;
    buffer_init(&made->document, LIMIT_OBJECT_BYTES);
    buffer_init(&made->fresh, LIMIT_OBJECT_BYTES);
    publication_init(&made->before);
    publication_init(&made->made);
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
    publication_clear(&(*figures)->before);
    publication_clear(&(*figures)->made);
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

static struct lane *lane_of(const struct figures_job *job)
{
    return job->takes_long ? &job->figures->slow : &job->figures->quick;
}

static struct figures_job *take_first(struct lane *lane)
{
    struct figures_job *job = lane->first;
    lane->first = job->next;
    if (lane->first == NULL)
        lane->last = &lane->first;
    lane->waiting--;
    return job;
}

static void begin_next(struct lane *lane);

static void finish(struct figures_job *job, enum status status)
{
    struct lane *lane = lane_of(job);
    network_free(&job->network);
    lane->running = false;
    job->done(job, status);
    /* The server stops: nothing more can be begun. */
    while (status == STATUS_CANCELLED && lane->first != NULL) {
        struct figures_job *next = take_first(lane);
        next->done(next, STATUS_CANCELLED);
    }
    begin_next(lane);
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

static void begin_next(struct lane *lane)
{
    if (lane->running || lane->first == NULL)
        return;
    struct figures_job *job = take_first(lane);
    lane->running = true;
    enum status status = store_read(job->figures->hub->store, &job->load);
    if (status != STATUS_OK)
        finish(job, status);
}

void figures_submit(struct figures *figures, struct figures_job *job)
{
    job->figures = figures;
    job->next = NULL;
    job->network = NULL;
    struct lane *lane = lane_of(job);
    if (lane->waiting >= FIGURES_JOBS_MAX) {
        job->done(job, STATUS_RATE_LIMITED);
        return;
    }
    job->load = (struct store_job){.run = load_run, .done = load_done};
    *lane->last = job;
    lane->last = &job->next;
    lane->waiting++;
    begin_next(lane);
}

void figures_breathe(struct figures *figures)
{
    pool_lend(figures->hub->figures);
}

/* ---- the publication ---- */

/* Below ten people a document is answered and not kept: the next question makes it anew. */
static void answer(struct figures *figures, enum status status)
{
    struct span document = status == STATUS_OK ? buffer_span(&figures->document) : SPAN_EMPTY;
    struct figures_waiter *next = NULL;
    struct figures_waiter *waiter = figures->waiters;
    figures->waiters = NULL;
    figures->busy = false;
    publication_clear(&figures->before);
    publication_clear(&figures->made);
    for (; waiter != NULL; waiter = next) {
        next = waiter->next;
        waiter->ready(waiter, document, status);
    }
}

static void fail(struct figures *figures, enum status status)
{
    if (status != STATUS_CANCELLED)
        JOURNAL(figures->hub->journal, JOURNAL_WARNING, "figures_failed", JOURNAL_S(status));
    answer(figures, status);
}

static void stand(struct figures *figures)
{
    struct buffer before = figures->document;
    figures->document = figures->fresh;
    figures->fresh = before;
    figures->stands_until_ms = figures->made.statistics.next_ms;
    answer(figures, STATUS_OK);
}

static struct figures *figures_of_keep(struct store_job *job)
{
    return (struct figures *)(void *)((char *)job - offsetof(struct figures, keep));
}

static enum status list_marks(struct publication *made, struct store_marks_list *list)
{
    void *taken = NULL;
    TRY(arena_take(&made->arena, made->cell_count, sizeof *list->items, &taken));
    *list = (struct store_marks_list){taken, made->cell_count};
    for (size_t i = 0; i < made->cell_count; i++) {
        list->items[i].cell = made->cells[i].key;
        list->items[i].value = made->cells[i].value;
        TRY(marks_write(&made->cells[i].marks, &made->arena, &list->items[i].marks));
    }
    return STATUS_OK;
}

static enum status keep_run(struct store_db *db, struct store_job *job)
{
    struct figures *figures = figures_of_keep(job);
    struct store_marks_list marks;
    struct store_publication publication = {
        .as_of_ms = figures->made.statistics.as_of_ms,
        .document = buffer_span(&figures->fresh),
    };
    TRY(list_marks(&figures->made, &marks));
    return store_publications_add(db, &publication, &marks);
}

static void keep_done(struct store_job *job, enum status status)
{
    struct figures *figures = figures_of_keep(job);
    if (status == STATUS_OK)
        stand(figures);
    else
        fail(figures, status);
}

static enum status read_before(struct store_db *db, struct publication *before)
{
    struct store_publication last;
    struct store_marks_list marks;
    void *taken = NULL;
    TRY(store_publications_last(db, &before->arena, &last));
    TRY(store_publications_marks(db, &before->arena, &marks));
    TRY(document_read(last.document, &before->statistics));
    TRY(arena_take(&before->arena, marks.count, sizeof *before->cells, &taken));
    before->cells = taken;
    before->cell_count = marks.count;
    for (size_t i = 0; i < marks.count; i++) {
        before->cells[i].key = marks.items[i].cell;
        before->cells[i].value = marks.items[i].value;
        TRY(marks_read(marks.items[i].marks, &before->arena, &before->cells[i].marks));
    }
    return STATUS_OK;
}

static enum status look_up_before(struct store_db *db, struct figures_job *job)
{
    struct figures *figures = job->figures;
    enum status status = read_before(db, &figures->before);
    figures->has_before = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status compute_publication(struct figures_job *job, const struct network *network)
{
    struct figures *figures = job->figures;
    buffer_truncate(&figures->fresh, 0);
    TRY(publication_make(network, figures->has_before ? &figures->before : NULL, &figures->made));
    return document_append(document_write(&figures->made.statistics), &figures->fresh);
}

static void publication_done(struct figures_job *job, enum status status)
{
    struct figures *figures = job->figures;
    if (status == STATUS_NOT_NOW) {
        answer(figures, STATUS_OK); /* too few people are left: the last one stands */
        return;
    }
    if (status == STATUS_OK && figures->made.cell_count == 0) {
        stand(figures);
        return;
    }
    figures->keep = (struct store_job){.run = keep_run, .done = keep_done};
    if (status == STATUS_OK)
        status = store_write(figures->hub->store, &figures->keep);
    if (status != STATUS_OK)
        fail(figures, status);
}

static void begin_publication(struct figures *figures)
{
    figures->job = (struct figures_job){
        .look_up = look_up_before, .compute = compute_publication, .done = publication_done};
    figures_submit(figures, &figures->job);
}

static struct figures *figures_of_read(struct store_job *job)
{
    return (struct figures *)(void *)((char *)job - offsetof(struct figures, read));
}

static enum status read_run(struct store_db *db, struct store_job *job)
{
    struct figures *figures = figures_of_read(job);
    struct store_publication last;
    TRY(store_publications_last(db, &figures->before.arena, &last));
    TRY(document_read(last.document, &figures->before.statistics));
    buffer_truncate(&figures->document, 0);
    return buffer_append(&figures->document, last.document);
}

/* One of a future that was none, before the clock was set back, does not: it would stand for long.
 */
static bool is_standing(const struct figures *figures)
{
    int64_t now_ms = clock_wall_ms(figures->hub->clock);
    return now_ms < figures->stands_until_ms &&
           figures->stands_until_ms <= now_ms + PUBLICATION_INTERVAL_MS + DUE_LOOK_MS;
}

int64_t figures_next_ms(const struct figures *figures)
{
    return is_standing(figures) ? figures->stands_until_ms : 0;
}

/* The first publication waits for somebody to ask, so that people can be brought in before. */
static void read_done(struct store_job *job, enum status status)
{
    struct figures *figures = figures_of_read(job);
    if (status == STATUS_OK)
        figures->stands_until_ms = figures->before.statistics.next_ms;
    publication_clear(&figures->before);
    bool nobody_asks = figures->waiters == &figures->nobody && figures->nobody.next == NULL;
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        fail(figures, status);
    else if (is_standing(figures) || (status == STATUS_NOT_FOUND && nobody_asks))
        answer(figures, STATUS_OK);
    else
        begin_publication(figures);
}

void figures_document(struct figures *figures, struct figures_waiter *waiter)
{
    waiter->next = figures->waiters;
    figures->waiters = waiter;
    if (figures->busy)
        return;
    figures->busy = true;
    if (is_standing(figures)) {
        answer(figures, STATUS_OK);
        return;
    }
    figures->read = (struct store_job){.run = read_run, .done = read_done};
    enum status status = store_read(figures->hub->store, &figures->read);
    if (status != STATUS_OK)
        fail(figures, status);
}

static void nobody_is_ready(struct figures_waiter *waiter, struct span document, enum status status)
{
    struct figures *figures =
        (struct figures *)(void *)((char *)waiter - offsetof(struct figures, nobody));
    (void)document;
    (void)status; /* told in the journal */
    figures->nobody_waits = false;
}

void figures_tick(struct figures *figures)
{
    int64_t now_ms = clock_wall_ms(figures->hub->clock);
    if (now_ms < figures->due_look_ms || figures->nobody_waits)
        return;
    figures->due_look_ms = now_ms + DUE_LOOK_MS;
    figures->nobody_waits = true;
    figures->nobody.ready = nobody_is_ready;
    figures_document(figures, &figures->nobody);
}
