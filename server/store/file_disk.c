/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/file_disk.h"

#include "protocol/base/buffer.h"
#include "protocol/base/limits.h"
#include "protocol/crypto/hash.h"
#include "server/store/limits.h"
#include "server/store/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum status file_disk_open(const char *state_directory, struct file_disk *disk)
{
    char path[STORE_PATH_BYTES_MAX];
    TRY(store_place_path(state_directory, "files", path));
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return store_place_status();
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (directory < 0)
        return store_place_status();
    disk->directory = directory;
    return STATUS_OK;
}

void file_disk_close(struct file_disk *disk)
{
    if (disk->directory >= 0)
        close(disk->directory);
    *disk = FILE_DISK_INIT;
}

static void close_file(const int *file)
{
    if (*file >= 0)
        close(*file);
}

static enum status
open_file(const struct file_disk *disk, const struct id *id, int flags, int *file)
{
    char name[ID_TEXT_SIZE];
    id_text(id, name);
    int opened = openat(disk->directory, name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (opened < 0)
        return store_place_status();
    *file = opened;
    return STATUS_OK;
}

static enum status size_of(int file, uint64_t *size)
{
    struct stat found;
    if (fstat(file, &found) != 0)
        return STATUS_IO;
    *size = (uint64_t)found.st_size;
    return STATUS_OK;
}

enum status file_disk_size(const struct file_disk *disk, const struct id *file, uint64_t *size)
{
    CLEANUP(close_file) int opened = -1;
    enum status status = open_file(disk, file, O_RDONLY, &opened);
    if (status == STATUS_NOT_FOUND) {
        *size = 0;
        return STATUS_OK;
    }
    TRY(status);
    return size_of(opened, size);
}

/* Files must never take the room that messages need. */
static bool has_room(const struct file_disk *disk, size_t more)
{
    struct statvfs found;
    if (fstatvfs(disk->directory, &found) != 0)
        return true; /* the write itself will tell */
    return (uint64_t)found.f_bavail * found.f_frsize >= STORE_FILES_FREE_BYTES_MIN + more;
}

enum status file_disk_write(const struct file_disk *disk,
                            const struct id *file,
                            uint64_t offset,
                            struct span bytes)
{
    CLEANUP(close_file) int opened = -1;
    uint64_t size = 0;
    if (!has_room(disk, bytes.len))
        return STATUS_FULL;
    TRY(open_file(disk, file, O_WRONLY | O_CREAT, &opened));
    TRY(size_of(opened, &size));
    if (offset > size)
        return STATUS_CONFLICT;
    while (bytes.len != 0) {
        ssize_t written = pwrite(opened, bytes.ptr, bytes.len, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return store_place_status();
        bytes = span_of(bytes.ptr + written, bytes.len - (size_t)written);
        offset += (uint64_t)written;
    }
    return STATUS_OK;
}

/* Reads until the buffer is full or the file ends. */
static enum status read_at(int file, uint64_t offset, uint8_t *out, size_t capacity, size_t *length)
{
    *length = 0;
    while (*length < capacity) {
        ssize_t got = pread(file, out + *length, capacity - *length, (off_t)(offset + *length));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return STATUS_IO;
        if (got == 0)
            break;
        *length += (size_t)got;
    }
    return STATUS_OK;
}

static enum status hash_chunks(int file, size_t chunk_size, struct digest *digest)
{
    CLEANUP(buffer_clear) struct buffer chunk = BUFFER_INIT(chunk_size);
    CLEANUP(buffer_clear) struct buffer hashes = BUFFER_INIT(32u * LIMIT_FILE_CHUNKS);
    uint8_t *bytes = NULL;
    size_t length = chunk_size;
    TRY(buffer_extend(&chunk, chunk_size, &bytes));
    for (uint64_t offset = 0; length == chunk_size; offset += length) {
        struct digest one;
        TRY(read_at(file, offset, bytes, chunk_size, &length));
        if (length == 0)
            break;
        TRY(hash_bytes(HASH_SHA256, span_of(bytes, length), &one));
        TRY(buffer_append(&hashes, digest_span(&one)));
    }
    return hash_bytes(HASH_SHA256, buffer_span(&hashes), digest);
}

enum status file_disk_seal(const struct file_disk *disk,
                           const struct id *file,
                           uint64_t size,
                           size_t chunk_size,
                           const uint8_t sha256[32])
{
    CLEANUP(close_file) int opened = -1;
    uint64_t there = 0;
    struct digest digest;
    TRY(open_file(disk, file, O_RDWR, &opened));
    TRY(size_of(opened, &there));
    if (there < size)
        return STATUS_CONFLICT;
    /* Durable first: the hash is then of what the disk was given. */
    if (fsync(opened) != 0 || fsync(disk->directory) != 0)
        return store_place_status();
    TRY(hash_chunks(opened, chunk_size, &digest));
    if (there == size && span_equal(digest_span(&digest), span_of(sha256, 32)))
        return STATUS_OK;
    return ftruncate(opened, 0) == 0 ? STATUS_INVALID : STATUS_IO;
}

enum status file_disk_read(const struct file_disk *disk,
                           const struct id *file,
                           uint64_t offset,
                           size_t length,
                           struct arena *arena,
                           struct span *bytes)
{
    CLEANUP(close_file) int opened = -1;
    void *memory = NULL;
    size_t got = 0;
    TRY(open_file(disk, file, O_RDONLY, &opened));
    TRY(arena_take(arena, length, 1, &memory));
    TRY(read_at(opened, offset, memory, length, &got));
    *bytes = span_of(memory, got);
    return STATUS_OK;
}

enum status file_disk_remove(const struct file_disk *disk, const struct id *file)
{
    char name[ID_TEXT_SIZE];
    id_text(file, name);
    if (unlinkat(disk->directory, name, 0) == 0 || errno == ENOENT)
        return STATUS_OK;
    return store_place_status();
}

enum status
file_disk_sweep(const struct file_disk *disk,
                enum status (*is_known)(void *context, const struct id *file, bool *known),
                void *context)
{
    int copy = openat(disk->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = copy < 0 ? NULL : fdopendir(copy);
    enum status status = STATUS_OK;
    if (listing == NULL) {
        close_file(&copy);
        return STATUS_IO;
    }
    for (const struct dirent *entry = readdir(listing); entry != NULL && status == STATUS_OK;
         entry = readdir(listing)) {
        struct id file;
        bool known = false;
        if (id_parse(span_from_text(entry->d_name), &file) != STATUS_OK)
            continue; /* not one of ours */
        status = is_known(context, &file, &known);
        if (status == STATUS_OK && !known)
            status = file_disk_remove(disk, &file);
    }
    closedir(listing);
    return status;
}
