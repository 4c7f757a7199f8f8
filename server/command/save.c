/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/save.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4200

static enum status status_of_errno(void)
{
    switch (errno) {
    case ENOSPC:
    case EDQUOT:
        return STATUS_FULL;
    case EACCES:
    case EPERM:
    case EROFS:
        return STATUS_DENIED;
    case ENOENT:
    case ENOTDIR:
        return STATUS_NOT_FOUND;
    }
    return STATUS_IO;
}

const char *save_explain(enum status status)
{
    if (status == STATUS_DENIED)
        return "you may not write there; name a directory of your own";
    if (status == STATUS_NOT_FOUND)
        return "its directory does not exist; make it first";
    return status_text(status);
}

static enum status write_whole(FILE *stream, struct span bytes)
{
    bool whole = fwrite(bytes.ptr, 1, bytes.len, stream) == bytes.len && fflush(stream) == 0 &&
                 fsync(fileno(stream)) == 0;
    return whole ? STATUS_OK : status_of_errno();
}

enum status save_file(const char *path, struct span bytes)
{
    char beside[PATH_BYTES];
    int length = snprintf(beside, sizeof beside, "%s.new", path);
    if (length < 0 || (size_t)length >= sizeof beside)
        return STATUS_LIMIT;
    unlink(beside); /* of a command that was killed */
    FILE *stream = fopen(beside, "wxe");
    if (stream == NULL)
        return status_of_errno();
    enum status status = write_whole(stream, bytes);
    if (fclose(stream) != 0 && status == STATUS_OK)
        status = status_of_errno();
    if (status == STATUS_OK && rename(beside, path) != 0)
        status = status_of_errno();
    if (status != STATUS_OK)
        unlink(beside);
    return status;
}

enum status save_directory(const char *path)
{
    struct stat found;
    if (mkdir(path, 0777) == 0)
        return STATUS_OK;
    if (errno == EEXIST && stat(path, &found) == 0)
        return S_ISDIR(found.st_mode) ? STATUS_OK : STATUS_NOT_FOUND;
    return status_of_errno();
}
