/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * weftd import: brings in the people and ties that an organisation has already.
 *
 * Both files are read whole before anything is changed, and go into the store in one job: an
 * import is there or it is not. People are matched by the organisation's own ids. Whoever joined
 * keeps the name they gave themselves; whoever is missing from the file stays. Imported ties are
 * replaced by those of the file.
 */
#include "protocol/statistics/page.h"
#include "server/command/audit.h"
#include "server/command/command.h"
#include "server/figures/figures.h"
#include "server/introduce/standings.h"
#include "server/store/people.h"
#include "server/store/ties.h"
#include "server/weave/tables.h"

#include <stdlib.h>

enum { PEOPLE_FILE, TIES_FILE };

struct import {
    struct pool_job parse;
    struct store_job write;
    struct command_call *call;
    struct tables_errors errors[COMMAND_FILES_MAX];
    struct tables_people *people;
    struct tables_ties *ties;
    bool ids_unread; /* of the people, so that those of the ties were not looked up */
    /* Ids for people and groups that are new, and those that they then have. */
    struct id *person_ids;
    struct id *group_ids;
    uint64_t new_people;
    int64_t now_ms;
    uint64_t written; /* people and ties */
    int percent;      /* of them that was told */
};

static struct import *import_of_parse(struct pool_job *job)
{
    return (struct import *)(void *)((char *)job - offsetof(struct import, parse));
}

static struct import *import_of_write(struct store_job *job)
{
    return (struct import *)(void *)((char *)job - offsetof(struct import, write));
}

static void import_clear(struct import *import)
{
    tables_ties_free(&import->ties);
    tables_people_free(&import->people);
    free(import->person_ids);
    free(import->group_ids);
}

static void finish(struct import *import, enum status status)
{
    import_clear(import);
    command_finish(import->call, status, "nothing was imported");
}

/* ---- reading, on the figures' thread ---- */

static enum status make_ids(struct import *import, uint32_t count, struct id **ids)
{
    *ids = calloc((size_t)count + 1, sizeof **ids);
    if (*ids == NULL)
        return STATUS_NO_MEMORY;
    return random_fill(import->call->app->hub.random, (uint8_t *)*ids, count * sizeof **ids);
}

/* Of people who cannot be imported: what is wrong with the ties is told at once too. */
static enum status check_ties(struct import *import)
{
    CLEANUP(tables_people_free) struct tables_people *ids = NULL;
    CLEANUP(tables_ties_free) struct tables_ties *none = NULL;
    const struct span *files = import->call->files;
    enum status read = tables_people_ids(files[PEOPLE_FILE], &ids);
    if (read != STATUS_MALFORMED)
        TRY(read);
    import->ids_unread = ids == NULL;
    TRY(tables_ties_read(files[TIES_FILE], ids == NULL ? NULL : ids->index,
                         &import->errors[TIES_FILE], &none));
    return STATUS_MALFORMED;
}

static enum status parse_run(struct pool_job *job)
{
    struct import *import = import_of_parse(job);
    const struct span *files = import->call->files;
    enum status people =
        tables_people_read(files[PEOPLE_FILE], &import->errors[PEOPLE_FILE], &import->people);
    if (people == STATUS_MALFORMED)
        return check_ties(import);
    TRY(people);
    TRY(tables_ties_read(files[TIES_FILE], import->people->index, &import->errors[TIES_FILE],
                         &import->ties));
    TRY(make_ids(import, import->people->count, &import->person_ids));
    return make_ids(import, import->people->group_count, &import->group_ids);
}

static void print_errors(struct import *import, size_t file)
{
    struct command_call *call = import->call;
    const struct tables_errors *errors = &import->errors[file];
    const char *name = command_clean(call, span_from_text(call->argv[file]));
    for (size_t i = 0; i < errors->listed; i++) {
        const struct tables_error *error = &errors->list[i];
        command_complain(call, "%s:%llu:%llu: %s", name, (unsigned long long)error->line,
                         (unsigned long long)error->column, tables_fault_text(error->fault));
        if (error->line_other != 0)
            command_complain(call, " (line %llu)", (unsigned long long)error->line_other);
        command_complain(call, "\n");
    }
    if (errors->total > errors->listed)
        command_complain(call, "%s: and %llu more bad rows\n", name,
                         (unsigned long long)(errors->total - errors->listed));
}

/* ---- writing: one job, all or nothing ---- */

static enum status write_groups(struct store_db *db, struct import *import)
{
    for (uint32_t i = 0; i < import->people->group_count; i++) {
        struct id fresh = import->group_ids[i];
        TRY(store_groups_ensure(db, import->people->group_names[i], &fresh, &import->group_ids[i]));
    }
    return STATUS_OK;
}

static enum status
add_person(struct store_db *db, struct import *import, uint32_t index, const struct id *group)
{
    struct store_person person = {
        .person = import->person_ids[index],
        .role = STORE_ROLE_STAFF,
        .state = STORE_PERSON_IMPORTED,
        .group = *group,
        .name = import->people->names[index],
        .external_id = import->people->ids[index],
        .created_at_ms = import->now_ms,
    };
    import->new_people++;
    return store_people_add(db, &person);
}

static enum status change_person(struct store_db *db,
                                 struct span name,
                                 const struct id *person,
                                 const struct id *group)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(64u << 10);
    struct store_person stored;
    TRY(store_people_get(db, person, &arena, &stored));
    bool keeps = stored.state != STORE_PERSON_IMPORTED || name.len == 0;
    return store_people_rename(db, person, keeps ? stored.name : name, group);
}

static enum status write_person(struct store_db *db, struct import *import, uint32_t index)
{
    const struct id *group = &import->group_ids[import->people->groups[index]];
    struct id person;
    enum status status = store_people_by_external_id(db, import->people->ids[index], &person);
    if (status == STATUS_NOT_FOUND)
        return add_person(db, import, index, group);
    TRY(status);
    import->person_ids[index] = person;
    return change_person(db, import->people->names[index], &person, group);
}

static void count_written(struct import *import)
{
    uint64_t all = import->people->count + import->ties->count;
    int percent = (int)(++import->written * 100 / all);
    if (percent == import->percent)
        return;
    import->percent = percent;
    command_progress(import->call, PROGRESS_WRITE, percent);
}

static enum status write_ties(struct store_db *db, struct import *import)
{
    TRY(store_ties_clear(db, STORE_TIE_IMPORTED));
    for (uint64_t i = 0; i < import->ties->count; i++) {
        const struct tables_tie *tie = &import->ties->list[i];
        struct store_tie stored = {
            .a = import->person_ids[tie->a],
            .b = import->person_ids[tie->b],
            .kind = STORE_TIE_IMPORTED,
            .weight = tie->weight,
            .at_ms = import->now_ms,
        };
        TRY(store_ties_set(db, &stored));
        count_written(import);
    }
    return STATUS_OK;
}

static enum status write_run(struct store_db *db, struct store_job *job)
{
    struct import *import = import_of_write(job);
    TRY(write_groups(db, import));
    for (uint32_t i = 0; i < import->people->count; i++) {
        TRY(write_person(db, import, i));
        count_written(import);
    }
    TRY(write_ties(db, import));
    return audit_add(db, import->now_ms, "import", NULL, import->people->count);
}

static void print_summary(struct import *import)
{
    struct command_call *call = import->call;
    json_int_t people = import->people->count;
    json_int_t groups = import->people->group_count;
    json_int_t ties = (json_int_t)import->ties->count;
    json_int_t repeated = (json_int_t)import->ties->rows - ties;
    int64_t next_ms = figures_next_ms(call->app->services.figures);
    if (call->json) {
        command_print_json(call, json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "people", people,
                                           "new_people", (json_int_t)import->new_people, "groups",
                                           groups, "ties", ties, "repeated_ties", repeated,
                                           "next_figures", (json_int_t)next_ms));
        return;
    }
    command_print(call, "%lld people (%lld new) in %lld groups, %lld ties%s\n", (long long)people,
                  (long long)import->new_people, (long long)groups, (long long)ties,
                  repeated == 0 ? "" : " (some named more than once)");
    if (next_ms == 0) {
        command_print(call, "weftd stats shows the figures: what is published stands for a week,\n"
                            "and may not count them yet.\n");
        return;
    }
    char date[PAGE_DATE_BYTES];
    page_date(next_ms, date);
    command_print(call,
                  "They count in the figures from %s on, the next publication: what is published "
                  "stands for a week, whatever is imported.\n",
                  date);
}

static void write_done(struct store_job *job, enum status status)
{
    struct import *import = import_of_write(job);
    if (status == STATUS_OK) {
        standings_forget(import->call->app->services.standings);
        print_summary(import);
    }
    finish(import, status);
}

static void refuse(struct import *import)
{
    struct command_call *call = import->call;
    if (import->ids_unread)
        command_complain(call,
                         "%s: whether somebody has its ids is looked up once those of\n"
                         "the people can be read\n",
                         command_clean(call, span_from_text(call->argv[TIES_FILE])));
    command_complain(call, "weftd: nothing was imported: put these right, and import again\n");
    import_clear(import);
    command_misused(call);
}

static void parse_done(struct pool_job *job, enum status status)
{
    struct import *import = import_of_parse(job);
    for (size_t i = 0; i < COMMAND_FILES_MAX; i++)
        print_errors(import, i);
    if (status == STATUS_MALFORMED) {
        refuse(import);
        return;
    }
    import->write = (struct store_job){.run = write_run, .done = write_done};
    if (status == STATUS_OK)
        status = store_write(import->call->app->store, &import->write);
    if (status != STATUS_OK)
        finish(import, status);
}

void import_command_begin(struct command_call *call)
{
    struct import *import = NULL;
    if (call->argc != COMMAND_FILES_MAX) {
        command_usage(call);
        return;
    }
    enum status status = command_take_state(call, sizeof *import, (void **)&import);
    if (status == STATUS_OK) {
        import->call = call;
        import->now_ms = clock_wall_ms(call->app->hub.clock);
        import->parse = (struct pool_job){.run = parse_run, .done = parse_done};
        status = pool_submit(call->app->hub.figures, &import->parse);
    }
    if (status != STATUS_OK)
        command_finish(call, status, "nothing was imported");
}
