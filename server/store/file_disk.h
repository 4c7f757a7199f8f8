/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The bytes of files: one file each in STATE/files (0700), named by the id, beside the database and
 * not in it: as rows they would go through the write-ahead log, whose length the latency of every
 * message depends on, and through every backup of the database.
 *
 * Chunks are appended in order; what of them is on the disk after a crash is known by the size. The
 * whole is made durable once, when it is sealed: its hash is computed from what the disk has.
 * Errors: STATUS_IO, STATUS_FULL, STATUS_NOT_FOUND, STATUS_CONFLICT (a chunk before this one is
 * missing), STATUS_INVALID (not the hash). Thread rule: any thread; one at a time a file.
 */
#ifndef WEFT_STORE_FILE_DISK_H
#define WEFT_STORE_FILE_DISK_H

#include "protocol/base/arena.h"
#include "protocol/base/id.h"

struct file_disk {
    int directory; /* -1: not open */
};
#define FILE_DISK_INIT ((struct file_disk){.directory = -1})

/* Makes STATE/files where it is missing. */
MUST_CHECK enum status file_disk_open(const char *state_directory, struct file_disk *disk);
void file_disk_close(struct file_disk *disk);

/* 0 for a file of which nothing has come. */
MUST_CHECK enum status
file_disk_size(const struct file_disk *disk, const struct id *file, uint64_t *size);

/* STATUS_FULL also when less than STORE_FILES_FREE_BYTES_MIN would be left on the disk. */
MUST_CHECK enum status file_disk_write(const struct file_disk *disk,
                                       const struct id *file,
                                       uint64_t offset,
                                       struct span bytes);

/* Makes a whole file of `size` durable when the hash over the hashes of its chunks of `chunk_size`
 * is `sha256`; otherwise all of it is to be sent again. */
MUST_CHECK enum status file_disk_seal(const struct file_disk *disk,
                                      const struct id *file,
                                      uint64_t size,
                                      size_t chunk_size,
                                      const uint8_t sha256[32]);

/* `length` bytes from `offset` on, or as many as there are, in the arena. */
MUST_CHECK enum status file_disk_read(const struct file_disk *disk,
                                      const struct id *file,
                                      uint64_t offset,
                                      size_t length,
                                      struct arena *arena,
                                      struct span *bytes);

/* Removing what is not there is no error. */
MUST_CHECK enum status file_disk_remove(const struct file_disk *disk, const struct id *file);

/* Removes every file of which `is_known` says no. */
MUST_CHECK enum status
file_disk_sweep(const struct file_disk *disk,
                enum status (*is_known)(void *context, const struct id *file, bool *known),
                void *context);

#endif
