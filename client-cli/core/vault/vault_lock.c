/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/vault/vault_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static pid_t read_holder(int fd)
{
    char text[24] = {0};
    if (pread(fd, text, sizeof text - 1, 0) <= 0)
        return 0;
    long holder = strtol(text, NULL, 10);
    return holder > 0 ? (pid_t)holder : 0;
}

static enum status write_holder(int fd)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)length, 0) != length)
        return errno == ENOSPC ? STATUS_FULL : STATUS_IO;
    return STATUS_OK;
}

enum status vault_lock_open(const char *path, struct vault_lock *lock, pid_t *holder)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return STATUS_IO;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        enum status status = errno == EWOULDBLOCK ? STATUS_LOCKED : STATUS_IO;
        *holder = read_holder(fd);
        close(fd);
        return status;
    }
    enum status status = write_holder(fd);
    if (status != STATUS_OK) {
        close(fd);
        return status;
    }
    lock->fd = fd;
    return STATUS_OK;
}

void vault_lock_close(struct vault_lock *lock)
{
    if (lock->fd >= 0)
        close(lock->fd);
    lock->fd = -1;
}
