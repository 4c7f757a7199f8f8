/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum status
store_place_path(const char *directory, const char *name, char path[STORE_PATH_BYTES_MAX])
{
    int length = snprintf(path, STORE_PATH_BYTES_MAX, "%s/%s", directory, name);
    return length > 0 && length < STORE_PATH_BYTES_MAX ? STATUS_OK : STATUS_LIMIT;
}

enum status store_place_status(void)
{
    if (errno == ENOENT || errno == ENOTDIR)
        return STATUS_NOT_FOUND;
    if (errno == EEXIST)
        return STATUS_EXISTS;
    return errno == ENOSPC || errno == EDQUOT ? STATUS_FULL : STATUS_IO;
}

static enum status write_all(int to, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(to, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return store_place_status();
        bytes += written;
        size -= (size_t)written;
    }
    return STATUS_OK;
}

enum status store_place_copy(int from, int to, const struct store_place_watch *watch)
{
    uint8_t piece[1u << 16];
    uint64_t done_bytes = 0;
    for (;;) {
        ssize_t got = read(from, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return STATUS_IO;
        if (got == 0)
            return STATUS_OK;
        TRY(write_all(to, piece, (size_t)got));
        done_bytes += (uint64_t)got;
        if (watch->step != NULL)
            watch->step(watch->context, done_bytes);
    }
}

enum status store_place_sync(const char *directory)
{
    int file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return STATUS_IO;
    enum status status = fsync(file) == 0 ? STATUS_OK : STATUS_IO;
    close(file);
    return status;
}
