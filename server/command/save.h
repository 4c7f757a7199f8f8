/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Writing a file for whoever called a command: whole or not at all. What was there before stays
 * until the new one is on the disk.
 * Errors: STATUS_IO, STATUS_FULL, STATUS_DENIED, STATUS_NOT_FOUND, STATUS_LIMIT for a path that is
 * too long. Thread rule: any thread.
 */
#ifndef WEFT_COMMAND_SAVE_H
#define WEFT_COMMAND_SAVE_H

#include "protocol/base/span.h"
#include "protocol/base/status.h"

MUST_CHECK enum status save_file(const char *path, struct span bytes);

/* Makes the directory unless it is there. */
MUST_CHECK enum status save_directory(const char *path);

/* What a failure means here, and what to do. */
const char *save_explain(enum status status);

#endif
