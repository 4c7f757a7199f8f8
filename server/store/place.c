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

enum status store_place_sync(const char *directory)
{
    int file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return STATUS_IO;
    enum status status = fsync(file) == 0 ? STATUS_OK : STATUS_IO;
    close(file);
    return status;
}
