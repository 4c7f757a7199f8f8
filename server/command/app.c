/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/app.h"

#include "protocol/crypto/random_system.h"
#include "server/command/audit.h"
#include "server/figures/figures.h"
#include "server/handler/proposals.h"
#include "server/introduce/rounds.h"
#include "server/introduce/standings.h"
#include "server/store/audit.h"

#include <stdio.h>
#include <string.h>

enum status app_path(const struct app_place *place, const char *name, char path[APP_PATH_MAX])
{
    int len = name[0] == '/' ? snprintf(path, APP_PATH_MAX, "%s", name)
                             : snprintf(path, APP_PATH_MAX, "%s/%s", place->state_directory, name);
    return len > 0 && len < APP_PATH_MAX ? STATUS_OK : STATUS_LIMIT;
}

static enum status tell(struct app_problem *problem, enum status status, const char *text)
{
    snprintf(problem->text, sizeof problem->text, "%.400s: %s", text, status_text(status));
    return status;
}

enum status
app_load_config(const struct app_place *place, struct config *config, struct app_problem *problem)
{
    char path[APP_PATH_MAX];
    struct config_problem wrong = {0};
    TRY(app_path(place, "weftd.conf", path));
    TRY(config_init(config));
    const char *from = place->config_path != NULL ? place->config_path : path;
    enum status status = config_load(from, config, &wrong);
    if (status == STATUS_NOT_FOUND && place->config_path == NULL)
        status = STATUS_OK;
    if (status == STATUS_MALFORMED)
        snprintf(problem->text, sizeof problem->text, "%.300s:%u: %s", from, (unsigned)wrong.line,
                 wrong.text);
    else if (status != STATUS_OK)
        (void)tell(problem, status, from);
    if (status != STATUS_OK)
        config_clear(config);
    return status;
}

static enum journal_level level_of(const char *name)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0)
            return (enum journal_level)i;
    }
    return JOURNAL_INFO;
}

static enum status open_store(struct app *app, struct app_problem *problem)
{
    struct store_options options = {.state_directory = app->place.state_directory,
                                    .commit_window_ms = app->config.commit_window_ms};
    enum status status = store_open(&options, &app->store);
    int64_t pid = 0;
    if (status == STATUS_LOCKED && store_holder(app->place.state_directory, &pid) == STATUS_OK)
        snprintf(problem->text, sizeof problem->text, "the store is in use by process %lld",
                 (long long)pid);
    else if (status == STATUS_NOT_FOUND)
        snprintf(problem->text, sizeof problem->text,
                 "there is no store in %.400s: run `weftd init` first", app->place.state_directory);
    else if (status == STATUS_UNSUPPORTED)
        snprintf(problem->text, sizeof problem->text,
                 "the store is of a newer weftd: install that one, or restore a backup that was "
                 "made before it");
    else if (status != STATUS_OK)
        (void)tell(problem, status, "the store cannot be opened");
    return status;
}

struct last_backup {
    struct store_job job;
    int64_t at_ms;
    enum status status;
};

static enum status run_last_backup(struct store_db *db, struct store_job *job)
{
    return store_audit_last(db, AUDIT_BACKUP, &((struct last_backup *)(void *)job)->at_ms);
}

static void done_last_backup(struct store_job *job, enum status status)
{
    ((struct last_backup *)(void *)job)->status = status;
}

static enum status read_last_backup(struct app *app, struct app_problem *problem)
{
    struct last_backup last = {.job = {.run = run_last_backup, .done = done_last_backup}};
    enum status status = store_read(app->store, &last.job);
    if (status == STATUS_OK)
        status = last.status;
    app->backup_ms = last.at_ms;
    return status == STATUS_OK ? STATUS_OK : tell(problem, status, "the audit log cannot be read");
}

static void on_log_grown(void *context)
{
    struct app *app = context;
    hub_directory_grew(&app->hub);
}

static void fell_behind(void *context, const char *event, enum status status)
{
    struct app *app = context;
    JOURNAL(&app->journal, JOURNAL_ERROR, event, JOURNAL_S(status));
    if (app->fail != NULL)
        app->fail(app->fail_context);
}

static void on_behind(void *context, enum status status)
{
    struct app *app = context;
    hub_fall_behind(&app->hub, "directory_behind", status);
}

static enum status open_community(struct app *app, struct app_problem *problem)
{
    enum status status = identity_open(app->place.state_directory, &app->identity);
    if (status != STATUS_OK)
        return tell(problem, status, "the server's keys cannot be read");
    struct community_options options = {
        .store = app->store,
        .identity = app->identity,
        .clock = clock_system(),
        .grown = on_log_grown,
        .behind = on_behind,
        .context = app,
    };
    status = community_open(&options, &app->community);
    return status == STATUS_OK ? STATUS_OK
                               : tell(problem, status, "the directory log cannot be replayed");
}

static enum status open_hub(struct app *app)
{
    struct pool_options in_place = {0};
    TRY(pool_new(&in_place, &app->validators));
    TRY(pool_new(&in_place, &app->figures));
    TRY(pool_new(&in_place, &app->disk));
    TRY(file_disk_open(app->place.state_directory, &app->files));
    TRY(pool_new(&in_place, &app->copier));
    app->hub = (struct hub){
        .config = &app->config,
        .clock = clock_system(),
        .random = random_system(),
        .journal = &app->journal,
        .store = app->store,
        .identity = app->identity,
        .community = app->community,
        .validators = app->validators,
        .figures = app->figures,
        .disk = app->disk,
        .files = &app->files,
        .fell_behind = fell_behind,
        .fell_behind_context = app,
    };
    app->services.hub = &app->hub;
    app->hub.port = (uint16_t)app->config.port;
    TRY(hub_init(&app->hub));
    TRY(figures_new(&app->hub, &app->services.figures));
    TRY(rounds_new(&app->hub, app->services.figures, &app->services.rounds));
    TRY(standings_new(&app->hub, app->services.figures, &app->services.standings));
    return proposals_new(&app->services.proposals);
}

static enum status open_parts(struct app *app, struct app_problem *problem)
{
    TRY(app_load_config(&app->place, &app->config, problem));
    TRY(journal_init(&app->journal, stderr, level_of(app->config.log_level), clock_system(),
                     random_system()));
    app->journal_begun = true;
    TRY(open_store(app, problem));
    TRY(read_last_backup(app, problem));
    TRY(open_community(app, problem));
    return open_hub(app);
}

enum status app_open(const struct app_place *place, struct app *app, struct app_problem *problem)
{
    *app = (struct app){
        .place = *place, .started_ms = clock_wall_ms(clock_system()), .files = FILE_DISK_INIT};
    problem->text[0] = '\0';
    enum status status = open_parts(app, problem);
    if (status != STATUS_OK && problem->text[0] == '\0')
        (void)tell(problem, status, "weftd cannot start");
    if (status != STATUS_OK)
        app_close(app);
    return status;
}

void app_close(struct app *app)
{
    store_close(&app->store);
    pool_free(&app->validators);
    pool_free(&app->figures);
    pool_free(&app->copier);
    standings_free(&app->services.standings);
    rounds_free(&app->services.rounds);
    pool_free(&app->disk);
    file_disk_close(&app->files);
    figures_free(&app->services.figures);
    proposals_free(&app->services.proposals);
    community_close(&app->community);
    identity_close(&app->identity);
    hub_clear(&app->hub);
    if (app->journal_begun)
        journal_clear(&app->journal);
    config_clear(&app->config);
    *app = (struct app){0};
}

bool app_is_ready(struct app *app)
{
    struct store_figures figures;
    store_figures(app->store, &figures);
    return !app->hub.closing && !figures.failed && !figures.full;
}
