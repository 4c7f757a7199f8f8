/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Files of the store: their paths, what a failed call of the system means, and a folder's entries
 * made durable.
 * Thread rule: any thread.
 */
#ifndef WEFT_STORE_PLACE_H
#define WEFT_STORE_PLACE_H

#include "protocol/base/status.h"

#include <stdint.h>

/* A path with its end: Linux takes no longer one. */
#define STORE_PATH_BYTES_MAX 4096

/* DIRECTORY/NAME; STATUS_LIMIT when it does not fit. */
MUST_CHECK enum status
store_place_path(const char *directory, const char *name, char path[STORE_PATH_BYTES_MAX]);

/* What `errno` means: STATUS_NOT_FOUND, STATUS_EXISTS, STATUS_FULL or STATUS_IO. */
enum status store_place_status(void);

/* Told after each piece that was copied; `step` may be NULL. */
struct store_place_watch {
    void (*step)(void *context, uint64_t done_bytes);
    void *context;
};

/* Copies from where `from` stands to its end, also from one file system to another of another kind,
 * between which copy_file_range refuses. */
MUST_CHECK enum status store_place_copy(int from, int to, const struct store_place_watch *watch);

/* Files that were made, renamed or removed in the folder stay so. */
MUST_CHECK enum status store_place_sync(const char *directory);

#endif
