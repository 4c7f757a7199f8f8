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

/* A copy on its way, until it has its name. */
#define PARTIAL_NAME "partial"

static enum status open_folder(const char *path, struct file_disk *disk)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (directory < 0)
        return store_place_status();
    disk->directory = directory;
    return STATUS_OK;
}

enum status file_disk_open(const char *state_directory, struct file_disk *disk)
{
    char path[STORE_PATH_BYTES_MAX];
    TRY(store_place_path(state_directory, "files", path));
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return store_place_status();
    return open_folder(path, disk);
}

enum status file_disk_find(const char *directory, struct file_disk *disk)
{
    char path[STORE_PATH_BYTES_MAX];
    TRY(store_place_path(directory, "files", path));
    return open_folder(path, disk);
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
static bool has_room(const struct file_disk *disk, uint64_t needed)
{
    struct statvfs found;
    if (fstatvfs(disk->directory, &found) != 0)
        return true; /* the write itself will tell */
    return (uint64_t)found.f_bavail * found.f_frsize >= needed;
}

enum status file_disk_write(const struct file_disk *disk,
                            const struct id *file,
                            uint64_t offset,
                            struct span bytes)
{
    CLEANUP(close_file) int opened = -1;
    uint64_t size = 0;
    if (!has_room(disk, STORE_FILES_FREE_BYTES_MIN + bytes.len))
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

/* Over the hashes of the chunks. */
static enum status has_hash(int file, size_t chunk_size, const uint8_t sha256[32], bool *has)
{
    CLEANUP(buffer_clear) struct buffer chunk = BUFFER_INIT(chunk_size);
    CLEANUP(buffer_clear) struct buffer hashes = BUFFER_INIT(32u * LIMIT_FILE_CHUNKS);
    struct digest digest;
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
    TRY(hash_bytes(HASH_SHA256, buffer_span(&hashes), &digest));
    *has = span_equal(digest_span(&digest), span_of(sha256, 32));
    return STATUS_OK;
}

enum status file_disk_seal(const struct file_disk *disk,
                           const struct id *file,
                           uint64_t size,
                           size_t chunk_size,
                           const uint8_t sha256[32])
{
    CLEANUP(close_file) int opened = -1;
    uint64_t there = 0;
    bool same = false;
    TRY(open_file(disk, file, O_RDWR, &opened));
    TRY(size_of(opened, &there));
    if (there < size)
        return STATUS_CONFLICT;
    /* Durable first: the hash is then of what the disk was given. */
    if (fsync(opened) != 0 || fsync(disk->directory) != 0)
        return store_place_status();
    TRY(has_hash(opened, chunk_size, sha256, &same));
    if (there == size && same)
        return STATUS_OK;
    return ftruncate(opened, 0) == 0 ? STATUS_INVALID : STATUS_IO;
}

enum status file_disk_check(const struct file_disk *disk,
                            const struct id *file,
                            uint64_t size,
                            size_t chunk_size,
                            const uint8_t sha256[32])
{
    CLEANUP(close_file) int opened = -1;
    uint64_t there = 0;
    bool same = false;
    if (disk->directory < 0)
        return STATUS_NOT_FOUND;
    TRY(open_file(disk, file, O_RDONLY, &opened));
    TRY(size_of(opened, &there));
    if (there != size)
        return STATUS_CORRUPT;
    enum status status = has_hash(opened, chunk_size, sha256, &same);
    if (status == STATUS_IO)
        return STATUS_CORRUPT;
    TRY(status);
    return same ? STATUS_OK : STATUS_CORRUPT;
}

static enum status
copy_in(const struct file_disk *from, const struct file_disk *to, const struct id *file)
{
    CLEANUP(close_file) int source = -1;
    CLEANUP(close_file) int copy = -1;
    uint64_t size = 0;
    TRY(open_file(from, file, O_RDONLY, &source));
    TRY(size_of(source, &size));
    if (!has_room(to, STORE_FREE_BYTES_MIN + size))
        return STATUS_FULL;
    copy = openat(to->directory, PARTIAL_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                  0600);
    if (copy < 0)
        return store_place_status();
    const struct store_place_watch nobody = {NULL, NULL};
    TRY(store_place_copy(source, copy, &nobody));
    return fsync(copy) == 0 ? STATUS_OK : store_place_status();
}

static enum status remove_partial(const struct file_disk *disk)
{
    if (unlinkat(disk->directory, PARTIAL_NAME, 0) == 0 || errno == ENOENT)
        return STATUS_OK;
    return store_place_status();
}

enum status
file_disk_bring(const struct file_disk *from, const struct file_disk *to, const struct id *file)
{
    char name[ID_TEXT_SIZE];
    enum status status = STATUS_OK;
    id_text(file, name);
    TRY(remove_partial(to));
    if (linkat(from->directory, name, to->directory, PARTIAL_NAME, 0) != 0)
        status = errno == ENOENT ? STATUS_NOT_FOUND : copy_in(from, to, file);
    if (status == STATUS_OK && renameat(to->directory, PARTIAL_NAME, to->directory, name) != 0)
        status = store_place_status();
    if (status == STATUS_OK)
        return STATUS_OK;
    enum status removed = remove_partial(to);
    (void)removed; /* the first failure is the one to tell */
    return status;
}

enum status file_disk_sync(const struct file_disk *disk)
{
    return fsync(disk->directory) == 0 ? STATUS_OK : store_place_status();
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

static enum status walk(const struct file_disk *disk,
                        enum status (*visit)(void *context, const struct id *file),
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
        if (id_parse(span_from_text(entry->d_name), &file) == STATUS_OK) /* one of ours */
            status = visit(context, &file);
    }
    closedir(listing);
    return status;
}

struct sweep {
    const struct file_disk *disk;
    enum status (*is_known)(void *context, const struct id *file, bool *known);
    void *context;
};

static enum status remove_unknown(void *context, const struct id *file)
{
    const struct sweep *sweep = context;
    bool known = false;
    TRY(sweep->is_known(sweep->context, file, &known));
    return known ? STATUS_OK : file_disk_remove(sweep->disk, file);
}

enum status
file_disk_sweep(const struct file_disk *disk,
                enum status (*is_known)(void *context, const struct id *file, bool *known),
                void *context)
{
    struct sweep sweep = {disk, is_known, context};
    TRY(remove_partial(disk));
    return walk(disk, remove_unknown, &sweep);
}

struct linking {
    const struct file_disk *from;
    const struct file_disk *to;
};

static enum status link_one(void *context, const struct id *file)
{
    const struct linking *linking = context;
    char name[ID_TEXT_SIZE];
    id_text(file, name);
    if (linkat(linking->from->directory, name, linking->to->directory, name, 0) != 0)
        return store_place_status();
    return STATUS_OK;
}

enum status file_disk_link_all(const struct file_disk *from, const struct file_disk *to)
{
    struct linking linking = {from, to};
    TRY(walk(from, link_one, &linking));
    return file_disk_sync(to);
}
