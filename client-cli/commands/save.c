/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/save.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status write_all(int file, struct span bytes)
{
    while (bytes.len != 0) {
        ssize_t written = write(file, bytes.ptr, bytes.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return STATUS_IO;
        bytes = span_of(bytes.ptr + written, bytes.len - (size_t)written);
    }
    return fsync(file) == 0 ? STATUS_OK : STATUS_IO;
}

/* Beside its place first, so that a file that was there is whole or replaced. errno tells of a
 * failure. */
static enum status replace(const char *path, mode_t mode, struct span bytes)
{
    char beside[PATH_MAX];
    int length = snprintf(beside, sizeof beside, "%s.new", path);
    if (length < 0 || (size_t)length >= sizeof beside) {
        errno = ENAMETOOLONG;
        return STATUS_LIMIT;
    }
    int file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (file < 0)
        return STATUS_IO;
    enum status status = write_all(file, bytes);
    int problem = errno;
    close(file);
    if (status == STATUS_OK && rename(beside, path) != 0) {
        status = STATUS_IO;
        problem = errno;
    }
    if (status != STATUS_OK)
        unlink(beside);
    errno = problem;
    return status;
}

static enum status explain(struct invocation *invocation, const char *name, int problem)
{
    switch (problem) {
    case EACCES:
    case EPERM:
    case EROFS:
        return command_explain(invocation, STATUS_DENIED,
                               "%s cannot be written: you may not write there", name);
    case ENOENT:
    case ENOTDIR:
        return command_explain(invocation, STATUS_NOT_FOUND,
                               "%s cannot be written: there is no such directory", name);
    case ENOSPC:
    case EDQUOT:
        return command_explain(invocation, STATUS_FULL, "%s cannot be written: no space left",
                               name);
    case ENAMETOOLONG:
        return command_explain(invocation, STATUS_LIMIT,
                               "%s cannot be written: its name is too long", name);
    }
    return command_explain(invocation, STATUS_IO, "%s cannot be written", name);
}

/* Of the working directory of whoever asked, which need not be this process's. */
static enum status resolve(struct invocation *invocation, const char *name, char path[PATH_MAX])
{
    bool relative = name[0] != '/' && invocation->working_directory != NULL;
    int length = snprintf(path, PATH_MAX, "%s%s%s", relative ? invocation->working_directory : "",
                          relative ? "/" : "", name);
    if (length < 0 || length >= PATH_MAX)
        return explain(invocation, name, ENAMETOOLONG);
    return STATUS_OK;
}

enum status save_file(struct invocation *invocation,
                      const char *name,
                      enum save_readers readers,
                      struct span bytes)
{
    char path[PATH_MAX];
    TRY(resolve(invocation, name, path));
    if (replace(path, readers == SAVE_FOR_OWNER ? 0600 : 0666, bytes) == STATUS_OK)
        return STATUS_OK;
    return explain(invocation, name, errno);
}

enum status save_directory(struct invocation *invocation, const char *name)
{
    char path[PATH_MAX];
    struct stat found;
    TRY(resolve(invocation, name, path));
    if (mkdir(path, 0777) == 0)
        return STATUS_OK;
    int problem = errno;
    if (problem == EEXIST && stat(path, &found) == 0) {
        if (S_ISDIR(found.st_mode))
            return STATUS_OK;
        problem = ENOTDIR;
    }
    return explain(invocation, name, problem);
}
