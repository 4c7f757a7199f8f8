/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * weftd restore: a backup in the place of the store, while no server runs. What everybody must know
 * of it is signed by the log's key: a client that has seen a longer log is shown what was lost, and
 * every channel goes on in its next generation.
 */
#include "protocol/directory/restore.h"
#include "protocol/base/limits.h"
#include "server/command/audit.h"
#include "server/command/exit_code.h"
#include "server/command/local.h"
#include "server/store/restore.h"
#include "server/store/restores.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct restoring {
    const struct identity *identity;
    struct directory_log log;
    uint32_t number; /* of the last restore that either store knows */
    int64_t now_ms;
    struct store_restore *restore;
    const char *problem;
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
    snprintf(name, 64, "weftd.db.replaced-%s.%03d", text, (int)(now_ms % 1000));
}

static enum status restore(const struct app_place *place,
                           const char *path,
                           struct restoring *restoring,
                           char aside[64])
{
    TRY(store_restore_begin(place->state_directory, path, &restoring->restore));
    enum status looked = store_restore_look(restoring->restore, keep_number, restoring);
    (void)looked; /* a store that cannot be read is replaced all the same */
    TRY(store_restore_run(restoring->restore, mark, restoring));
    name_aside(restoring->now_ms, aside);
    return store_restore_finish(&restoring->restore, aside);
}

static const char *explanation(enum status status, const struct restoring *restoring)
{
    if (restoring->problem != NULL)
        return restoring->problem;
    switch ((int)status) {
    case STATUS_LOCKED:
        return "a server uses the store: stop it first (systemctl stop weftd)";
    case STATUS_NOT_FOUND:
        return "there is no such backup, or no state directory";
    case STATUS_CORRUPT:
        return "the backup does not check: take another";
    case STATUS_UNSUPPORTED:
        return "the backup is of a newer weftd: install that one";
    case STATUS_FULL:
        return "there is no room for it";
    default:
        return status_text(status);
    }
}

int restore_run(const struct app_place *place, int argc, const char **argv)
{
    struct restoring restoring = {.now_ms = clock_wall_ms(clock_system())};
    struct identity *identity = NULL;
    char aside[64] = "";
    if (argc != 1) {
        fprintf(stderr, "usage: weftd restore FILE\n");
        return EXIT_CODE_USAGE;
    }
    enum status status = identity_open(place->state_directory, &identity);
    if (status != STATUS_OK) {
        fprintf(stderr, "weftd: the keys of %s (log.key, next-log.key) cannot be read: %s\n",
                place->state_directory, status_text(status));
        return exit_code_of(status);
    }
    restoring.identity = identity;
    status = restore(place, argv[0], &restoring, aside);
    store_restore_cancel(&restoring.restore);
    identity_close(&identity);
    if (status != STATUS_OK) {
        fprintf(stderr, "weftd: nothing was restored: %s\n", explanation(status, &restoring));
        return exit_code_of(status);
    }
    printf("%s is the store now; the one before is %s.\n"
           "Restore %u, signed; the directory has %" PRIu64 " entries. Start the server: members' "
           "clients continue the channels.\nInvite again whoever joined after the backup, and shut "
           "out again whoever was shut out after it.\n",
           argv[0], aside, (unsigned)restoring.number, restoring.log.size);
    return EXIT_CODE_OK;
}
