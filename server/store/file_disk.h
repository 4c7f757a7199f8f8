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

/* The same where it is not made: STATUS_NOT_FOUND. */
MUST_CHECK enum status file_disk_find(const char *directory, struct file_disk *disk);
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

/* Whether a sealed file is there as it was sealed: STATUS_NOT_FOUND, or STATUS_CORRUPT when its
 * size or hash is another, or it cannot be read. A folder that is not open has none. */
MUST_CHECK enum status file_disk_check(const struct file_disk *disk,
                                       const struct id *file,
                                       uint64_t size,
                                       size_t chunk_size,
                                       const uint8_t sha256[32]);

/* Brings a sealed file in from another folder, in the place of one of its name: the same bytes
 * under a second name where that can be, since they never change; otherwise a durable copy, for
 * which STATUS_FULL is said before STORE_FREE_BYTES_MIN are touched. The name is durable after
 * file_disk_sync. STATUS_NOT_FOUND. */
MUST_CHECK enum status
file_disk_bring(const struct file_disk *from, const struct file_disk *to, const struct id *file);
MUST_CHECK enum status file_disk_sync(const struct file_disk *disk);

/* Gives every file a second name in an empty folder on the same disk, durably. */
MUST_CHECK enum status file_disk_link_all(const struct file_disk *from, const struct file_disk *to);

/* `length` bytes from `offset` on, or as many as there are, in the arena. */
MUST_CHECK enum status file_disk_read(const struct file_disk *disk,
                                      const struct id *file,
                                      uint64_t offset,
                                      size_t length,
                                      struct arena *arena,
                                      struct span *bytes);

/* Removing what is not there is no error. */
MUST_CHECK enum status file_disk_remove(const struct file_disk *disk, const struct id *file);

/* Removes every file of which `is_known` says no, and what a kill left of file_disk_bring. */
MUST_CHECK enum status
file_disk_sweep(const struct file_disk *disk,
                enum status (*is_known)(void *context, const struct id *file, bool *known),
                void *context);

#endif
