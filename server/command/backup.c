/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * weftd backup: a copy of the store while everybody goes on. It is made on a thread of its own; the
 * loop hears of it when it is done.
 */
#include "server/store/backup.h"
#include "server/command/audit.h"
#include "server/command/command.h"
#include "server/command/lost_files.h"

#include <stdlib.h>

struct backup {
    struct pool_job copy;
    struct store_job note;
    struct command_call *call;
    const char *path;
    int64_t begun_ms;
    unsigned tenths; /* that the log has */
    struct store_backup_size size;
    struct lost_files lost;
};

static void tell_progress(void *context, unsigned percent)
{
    struct backup *backup = context;
    command_progress(backup->call, PROGRESS_COPY, (int)percent);
    if (percent / 10 == backup->tenths)
        return;
    backup->tenths = percent / 10;
    JOURNAL(&backup->call->app->journal, JOURNAL_INFO, "backup", JOURNAL_N("percent", percent));
}

static void tell_checking(void *context)
{
    struct backup *backup = context;
    command_progress(backup->call, PROGRESS_CHECK, -1);
}

static bool is_cancelled(void *context)
{
    struct backup *backup = context;
    return atomic_load(&backup->call->app->stopping);
}

static void note_lost(void *context, const struct id *file, bool damaged)
{
    struct backup *backup = context;
    lost_files_add(&backup->lost, file, damaged);
}

static enum status copy(struct pool_job *job)
{
    struct backup *backup = (struct backup *)(void *)job;
    struct store_backup_watch watch = {.progress = tell_progress,
                                       .checking = tell_checking,
                                       .cancelled = is_cancelled,
                                       .lost = note_lost,
                                       .context = backup};
    return store_backup(backup->call->app->place.state_directory, backup->path, &watch,
                        &backup->size);
}

static struct backup *backup_of_note(struct store_job *job)
{
    return (struct backup *)(void *)((char *)job - offsetof(struct backup, note));
}

static enum status note(struct store_db *db, struct store_job *job)
{
    struct backup *backup = backup_of_note(job);
    return audit_add(db, backup->begun_ms, AUDIT_BACKUP, NULL,
                     backup->size.bytes + backup->size.file_bytes);
}

static void print(struct backup *backup, int64_t took_ms)
{
    struct command_call *call = backup->call;
    const struct store_backup_size *size = &backup->size;
    if (call->json) {
        command_print_json(call, json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "backup",
                                           backup->path, "bytes", (json_int_t)size->bytes, "files",
                                           (json_int_t)size->files, "file_bytes",
                                           (json_int_t)size->file_bytes, "ms", (json_int_t)took_ms,
                                           "missing", (json_int_t)backup->lost.missing, "damaged",
                                           (json_int_t)backup->lost.damaged, "lost",
                                           lost_files_json(&backup->lost)));
        return;
    }
    command_print(call,
                  "%s: database %.1f MiB, %llu %s %.1f MiB, checked and durable\n"
                  "Keep it with log.key, next-log.key and weftd.conf of the state directory:\n"
                  "without the keys nobody could use it.\n",
                  backup->path, (double)size->bytes / (1 << 20), (unsigned long long)size->files,
                  size->files == 1 ? "file" : "files", (double)size->file_bytes / (1 << 20));
}

/* It is not the backup that has lost them, and it is whole otherwise: no error, but said. */
static void warn_of_lost(struct backup *backup)
{
    struct command_call *call = backup->call;
    size_t count = lost_files_count(&backup->lost);
    if (count == 0)
        return;
    JOURNAL(&call->app->journal, JOURNAL_WARNING, "files_lost", JOURNAL_N("files", count));
    char *text = lost_files_text(&backup->lost);
    command_complain(
        call,
        "weftd: the state directory has lost %zu files, which are not in the backup:\n"
        "%sPut them back from the folder `files` of an older backup, and back up again; "
        "keep that one until then.\n",
        count, text == NULL ? "" : text);
    free(text);
}

static void finish(struct backup *backup)
{
    struct command_call *call = backup->call;
    int64_t took_ms = clock_wall_ms(clock_system()) - backup->begun_ms;
    JOURNAL(&call->app->journal, JOURNAL_INFO, "backup_made",
            JOURNAL_N("bytes", backup->size.bytes), JOURNAL_N("files", backup->size.files),
            JOURNAL_N("file_bytes", backup->size.file_bytes), JOURNAL_N("ms", took_ms));
    call->app->backup_ms = backup->begun_ms;
    print(backup, took_ms);
    warn_of_lost(backup);
    command_finish(call, STATUS_OK, NULL);
}

/* The copy is there; that the audit does not say so is no reason to call it none. */
static void noted(struct store_job *job, enum status status)
{
    struct backup *backup = backup_of_note(job);
    if (status != STATUS_OK)
        JOURNAL(&backup->call->app->journal, JOURNAL_WARNING, "backup_not_noted",
                JOURNAL_S(status));
    finish(backup);
}

static const char *explanation(enum status status)
{
    switch ((int)status) {
    case STATUS_EXISTS:
        return "there is something of that name, and nothing was written over it: give another";
    case STATUS_FULL:
        return "there is no room for the copy and for the store to go on; nothing was left behind. "
               "Give a folder on another disk, or delete old backups";
    case STATUS_CORRUPT:
        return "the copy does not check: the store may be damaged. Keep the backups that you have";
    case STATUS_NOT_FOUND:
        return "the folder that it is to be in is not there: make it first";
    default:
        return "no backup was made";
    }
}

static void copied(struct pool_job *job, enum status status)
{
    struct backup *backup = (struct backup *)(void *)job;
    struct command_call *call = backup->call;
    command_progress(call, PROGRESS_NONE, -1);
    /* At the end of weftd every job is handed back as cancelled, one that is done too. */
    if (status != STATUS_OK && backup->size.bytes == 0) {
        JOURNAL(&call->app->journal, JOURNAL_ERROR, "backup_failed", JOURNAL_S(status));
        command_finish(call, status, explanation(status));
        return;
    }
    backup->note = (struct store_job){.run = note, .done = noted};
    status = store_write(call->app->store, &backup->note);
    if (status != STATUS_OK)
        noted(&backup->note, status);
}

void backup_command_begin(struct command_call *call)
{
    struct backup *backup = NULL;
    /* remote.c has made it absolute, for the server stands in another folder. */
    if (call->argc != 1 || call->argv[0][0] != '/') {
        command_usage(call);
        return;
    }
    enum status status = command_take_state(call, sizeof *backup, (void **)&backup);
    if (status == STATUS_OK) {
        backup->copy = (struct pool_job){.run = copy, .done = copied};
        backup->call = call;
        backup->path = call->argv[0];
        backup->begun_ms = clock_wall_ms(clock_system());
        status = pool_submit(call->app->copier, &backup->copy);
    }
    if (status != STATUS_OK)
        command_finish(call, status, NULL);
}
