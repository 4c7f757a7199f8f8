/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * weftd restore: a backup in the place of the store, while no server runs. What everybody must know
 * of it is signed by the log's key: a client that has seen a longer log is shown what was lost, and
 * every channel goes on in its next generation.
 */
#include "protocol/directory/restore.h"
#include "protocol/base/limits.h"
#include "protocol/json/dump.h"
#include "server/command/audit.h"
#include "server/command/exit_code.h"
#include "server/command/local.h"
#include "server/command/lost_files.h"
#include "server/command/progress.h"
#include "server/store/generations.h"
#include "server/store/restore.h"
#include "server/store/restores.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct restoring {
    const struct identity *identity;
    struct directory_log log;
    uint32_t number; /* of the last restore that either store knows */
    struct arena arena;
    struct store_generation_places generations; /* in the store that is replaced */
    int64_t now_ms;
    struct store_restore *restore;
    const char *problem;
    bool incomplete; /* lost files are no reason to stop */
    struct lost_files lost;
    uint64_t files;
    uint64_t file_bytes;
};

static enum status append_hash(void *context, const struct store_hash *hash)
{
    return directory_log_append_hash(context, hash->bytes);
}

/* That the backup is of this community: its log ends as our key signed it. */
static enum status check_log(struct store_db *db, struct restoring *restoring)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_FRAME_BYTES);
    struct store_directory_head stored;
    struct directory_head head;
    directory_log_init(&restoring->log);
    enum status status = store_directory_log_head(db, &arena, &stored);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK; /* nobody had joined yet */
    TRY(status);
    restoring->problem = "the backup is of another community, or of other keys";
    struct span key = span_of(identity_log_key(restoring->identity), DIRECTORY_KEY_SIZE);
    TRY(directory_head_open(stored.signed_head, key, &head));
    TRY(store_directory_log_leaf_hashes(db, 0, append_hash, &restoring->log));
    TRY(directory_head_match(&head, &restoring->log));
    restoring->problem = NULL;
    return STATUS_OK;
}

static enum status keep_number(struct store_db *db, void *context)
{
    struct restoring *restoring = context;
    uint32_t number = 0;
    TRY(store_restores_last(db, &number));
    if (number > restoring->number)
        restoring->number = number;
    return STATUS_OK;
}

/* What the store that is replaced knows and the backup may not: by the same backup, put back a
 * second time, a channel would go on in a generation that its members have had. */
static enum status keep_known(struct store_db *db, void *context)
{
    struct restoring *restoring = context;
    TRY(keep_number(db, restoring));
    return store_generations_list(db, &restoring->arena, &restoring->generations);
}

static enum status mark(struct store_db *db, void *context)
{
    struct restoring *restoring = context;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    TRY(check_log(db, restoring));
    TRY(keep_number(db, restoring));
    uint32_t number = restoring->number + 1;
    TRY(directory_restore_sign(&restoring->log, number, restoring->now_ms,
                               identity_log_private_key(restoring->identity), &bytes));
    TRY(store_restores_mark(db, number, buffer_span(&bytes), restoring->now_ms));
    for (size_t i = 0; i < restoring->generations.count; i++)
        TRY(store_generations_raise(db, &restoring->generations.items[i]));
    TRY(audit_add(db, restoring->now_ms, "restore", NULL, restoring->log.size));
    restoring->number = number;
    return STATUS_OK;
}

/* A name that says when, and that was not used before. */
static void name_aside(int64_t now_ms, char name[64])
{
    time_t seconds = now_ms / 1000;
    struct tm utc;
    char text[32];
    gmtime_r(&seconds, &utc);
    strftime(text, sizeof text, "%Y%m%dT%H%M%S", &utc);
    snprintf(name, 64, "replaced-%s.%03d", text, (int)(now_ms % 1000));
}

static void note_lost(void *context, const struct id *file, bool damaged)
{
    struct restoring *restoring = context;
    lost_files_add(&restoring->lost, file, damaged);
}

static void show_copied(void *context, unsigned percent)
{
    (void)context;
    progress_show(PROGRESS_COPY, (int)percent);
}

static void show_checking(void *context)
{
    (void)context;
    progress_show(PROGRESS_CHECK, -1);
}

static void show_brought(void *context, unsigned percent)
{
    (void)context;
    progress_show(PROGRESS_FILES, (int)percent);
}

static enum status bring_files(struct restoring *restoring)
{
    TRY(store_restore_files(restoring->restore, &restoring->files, &restoring->file_bytes));
    if (lost_files_count(&restoring->lost) == 0 || restoring->incomplete)
        return STATUS_OK;
    restoring->problem = "files of the backup are not whole: take another backup, or put them into "
                         "its folder `files`, or go on without them: weftd restore --incomplete";
    return STATUS_CORRUPT;
}

static enum status restore(const struct app_place *place,
                           const char *path,
                           struct restoring *restoring,
                           char aside[64])
{
    const struct store_restore_watch watch = {.copied = show_copied,
                                              .checking = show_checking,
                                              .brought = show_brought,
                                              .lost = note_lost,
                                              .context = restoring};
    TRY(store_restore_begin(place->state_directory, path, &watch, &restoring->restore));
    enum status looked = store_restore_look(restoring->restore, keep_known, restoring);
    (void)looked; /* a store that cannot be read is replaced all the same */
    TRY(store_restore_run(restoring->restore, mark, restoring));
    TRY(bring_files(restoring));
    name_aside(restoring->now_ms, aside);
    bool kept = false;
    TRY(store_restore_finish(&restoring->restore, aside, &kept));
    if (!kept)
        aside[0] = '\0';
    return STATUS_OK;
}

static const char *explanation(enum status status, const struct restoring *restoring)
{
    if (restoring->problem != NULL)
        return restoring->problem;
    switch ((int)status) {
    case STATUS_LOCKED:
        return "a server uses the store: stop it first (systemctl stop weftd)";
    case STATUS_NOT_FOUND:
        return "there is no such backup, which is a folder with weftd.db and files, or no state "
               "directory: look at both paths";
    case STATUS_CORRUPT:
        return "the backup does not check: take another";
    case STATUS_UNSUPPORTED:
        return "the backup is of a newer weftd: install that one";
    case STATUS_FULL:
        return "there is no room for it: make some on the disk of the state directory, and try "
               "again";
    default:
        return status_text(status);
    }
}

/* An exit code: without memory it is told in words, since what was done stays done. */
static int print_json(const char *path, const char *aside, const struct restoring *restoring)
{
    json_t *object =
        json_pack("{s:s, s:s?, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "restored", path, "replaced",
                  aside[0] == '\0' ? NULL : aside, "restore", (json_int_t)restoring->number,
                  "directory_entries", (json_int_t)restoring->log.size, "files",
                  (json_int_t)restoring->files, "file_bytes", (json_int_t)restoring->file_bytes,
                  "missing", (json_int_t)restoring->lost.missing, "damaged",
                  (json_int_t)restoring->lost.damaged, "lost", lost_files_json(&restoring->lost));
    char *text = dump_json(object, JSON_COMPACT);
    json_decref(object);
    if (text == NULL) {
        fprintf(stderr, "weftd: %s is the store now, and there is no memory to say more of it\n",
                path);
        return EXIT_CODE_INTERNAL;
    }
    printf("%s\n", text);
    free(text);
    return EXIT_CODE_OK;
}

static void print(const struct app_place *place,
                  const char *path,
                  const char *aside,
                  const struct restoring *restoring)
{
    printf("%s is the store now, with %" PRIu64 " %s.\n", path, restoring->files,
           restoring->files == 1 ? "file" : "files");
    if (aside[0] != '\0')
        printf("The one before is %s/%s,\na backup itself: delete it when nobody wants it back.\n",
               place->state_directory, aside);
    printf("Restore %u, signed; the directory has %" PRIu64 " %s.\n"
           "Next: start the server; members' clients continue the channels. Invite again\n"
           "whoever joined after the backup, and shut out again whoever was shut out after it.\n",
           (unsigned)restoring->number, restoring->log.size,
           restoring->log.size == 1 ? "entry" : "entries");
}

static void tell_lost(const struct restoring *restoring)
{
    if (lost_files_count(&restoring->lost) == 0)
        return;
    char *text = lost_files_text(&restoring->lost);
    fprintf(stderr, "weftd: %zu files are missing and %zu damaged:\n%s", restoring->lost.missing,
            restoring->lost.damaged, text == NULL ? "" : text);
    free(text);
}

static enum status
run(const struct app_place *place, const char *path, struct restoring *restoring, char aside[64])
{
    struct identity *identity = NULL;
    enum status status = identity_open(place->state_directory, &identity);
    if (status != STATUS_OK) {
        restoring->problem = "the keys of the state directory (log.key, next-log.key) cannot be "
                             "read: put them there first";
        return status;
    }
    restoring->identity = identity;
    status = restore(place, path, restoring, aside);
    store_restore_cancel(&restoring->restore);
    identity_close(&identity);
    arena_clear(&restoring->arena);
    return status;
}

int restore_run(const struct app_place *place, bool json, int argc, const char **argv)
{
    struct restoring restoring = {.now_ms = clock_wall_ms(clock_system()),
                                  .arena = ARENA_INIT(LIMIT_DECODED_BYTES)};
    char aside[64] = "";
    if (argc == 2 && strcmp(argv[0], "--incomplete") == 0) {
        restoring.incomplete = true;
        argc--;
        argv++;
    }
    if (argc != 1 || argv[0][0] == '-') {
        fprintf(stderr, "usage: weftd restore [--incomplete] FOLDER\n");
        return EXIT_CODE_USAGE;
    }
    enum status status = run(place, argv[0], &restoring, aside);
    progress_show(PROGRESS_NONE, -1);
    tell_lost(&restoring);
    if (status != STATUS_OK) {
        fprintf(stderr, "weftd: nothing was restored: %s\n", explanation(status, &restoring));
        return exit_code_of(status);
    }
    if (json)
        return print_json(argv[0], aside, &restoring);
    print(place, argv[0], aside, &restoring);
    return EXIT_CODE_OK;
}
