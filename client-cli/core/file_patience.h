/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Going on with a long transfer after what passes: a lost connection, a server that restarts, too
 * many requests.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_FILE_PATIENCE_H
#define WEFT_CORE_FILE_PATIENCE_H

#include "client-cli/core/engine.h"

struct file_patience {
    uint32_t failures; /* in a row, without a chunk in between */
};

/* A chunk came through. */
void file_patience_renew(struct file_patience *patience);

/* Waits a while and connects again when `status` may pass and there is patience left: STATUS_OK,
 * and the same may be asked again; else `status`, or why connecting failed for good. */
MUST_CHECK enum status
file_patience_wait(struct file_patience *patience, struct engine *engine, enum status status);

#endif
