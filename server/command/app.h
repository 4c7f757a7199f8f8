/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a command works on: the state directory with its configuration, store, keys and directory,
 * opened and closed in order. `serve` adds threads, a loop and the network to it.
 * Errors carry a message for the operator in `problem`. Thread rule: loop thread only.
 */
#ifndef WEFT_COMMAND_APP_H
#define WEFT_COMMAND_APP_H

#include "server/handler/handler.h"

#include <stdatomic.h>

#define APP_PATH_MAX 4096

struct app_place {
    const char *state_directory;
    const char *config_path; /* NULL: weftd.conf in the state directory */
};

struct app {
    struct app_place place;
    struct config config;
    struct journal journal;
    bool journal_begun;
    struct store *store;
    struct identity *identity;
    struct community *community;
    struct pool *validators;
    struct pool *figures;
    struct pool *disk;
    struct file_disk files;
    struct pool *copier;  /* one thread: backups */
    atomic_bool stopping; /* whoever takes long on another thread breaks off */
    /* Ends the server although nobody asked for it; NULL while there is none. Any thread. */
    void (*fail)(void *context);
    void *fail_context;
    struct hub hub;
    struct services services;
    int64_t started_ms; /* wall time */
    int64_t backup_ms;  /* wall time of the last backup; 0: none */
};

struct app_problem {
    char text[512];
};

/* A path inside the state directory, unless `name` is absolute. STATUS_LIMIT. */
MUST_CHECK enum status
app_path(const struct app_place *place, const char *name, char path[APP_PATH_MAX]);

/* Reads the configuration; a missing file of the default name is all defaults. */
MUST_CHECK enum status
app_load_config(const struct app_place *place, struct config *config, struct app_problem *problem);

/* Opens store, keys and directory without threads, so that jobs run in place. STATUS_LOCKED with
 * the holder's pid in the text, STATUS_NOT_FOUND where `init` has not been run. */
MUST_CHECK enum status
app_open(const struct app_place *place, struct app *app, struct app_problem *problem);

void app_close(struct app *app);

/* Whether requests are taken: not while it ends, and not when nothing can be written. */
bool app_is_ready(struct app *app);

#endif
