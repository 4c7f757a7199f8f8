/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The common shape of a handler: one job in the store, then the answer. A task is the first member
 * of the handler's own struct, which lives in the call's arena.
 * Thread rule: loop thread; `run` as in store.h.
 */
#ifndef WEFT_HANDLER_TASK_H
#define WEFT_HANDLER_TASK_H

#include "server/handler/handler.h"
#include "server/store/store.h"

struct task {
    struct store_job job;
    struct services *services;
    struct channel *channel; /* of a handler that has one */
    struct call *call;
    int64_t now_ms; /* wall time when it began */
    enum status (*run)(struct store_db *db, struct task *task);
    /* On the loop after a success; ends the call. NULL: the answer has no fields. */
    void (*finish)(struct task *task);
    /* What to tell of an error; NULL: the status's own text. */
    const char *(*explain)(enum status status);
};

/* Makes a zeroed object of `size` with the task filled; NULL after it has ended the call with an
 * error. */
void *task_new(struct services *services, struct channel *channel, struct call *call, size_t size);

/* Gives the task to the store. An error, now or of the job, ends the call. Whoever asks for a write
 * after a login must still have joined, with a device that is not revoked, in the same transaction:
 * STATUS_DENIED. */
void task_read(struct task *task);
void task_write(struct task *task);

/* Ends the call with an answer without fields. */
void task_answer_empty(struct task *task);

#endif
