/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

static enum status write_pid(int lock)
{
    char text[32];
    int length = snprintf(text, sizeof text, "%jd\n", (intmax_t)getpid());
    if (ftruncate(lock, 0) != 0 || pwrite(lock, text, (size_t)length, 0) != length)
        return errno == ENOSPC ? STATUS_FULL : STATUS_IO;
    return STATUS_OK;
}

/* store_lock_holder has the lock for microseconds while it looks: not to be taken for a holder. */
static enum status try_lock(int lock)
{
    const struct timespec moment = {.tv_nsec = 5000000L};
    for (int tries = 0; tries < 3; tries++) {
        if (flock(lock, LOCK_EX | LOCK_NB) == 0)
            return STATUS_OK;
        if (errno != EWOULDBLOCK)
            return STATUS_IO;
        nanosleep(&moment, NULL);
    }
    return STATUS_LOCKED;
}

enum status store_lock_take(const char *path, int *lock)
{
    int taken = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (taken < 0)
        return STATUS_IO;
    enum status status = try_lock(taken);
    if (status == STATUS_OK)
        status = write_pid(taken);
    if (status != STATUS_OK) {
        close(taken);
        return status;
    }
    *lock = taken;
    return STATUS_OK;
}

void store_lock_release(int *lock)
{
    if (*lock < 0)
        return;
    /* The text is for people; the lock itself is what counts. */
    int emptied = ftruncate(*lock, 0);
    (void)emptied;
    close(*lock);
    *lock = -1;
}

static enum status read_pid(int file, int64_t *pid)
{
    char text[32];
    ssize_t length = pread(file, text, sizeof text - 1, 0);
    if (length < 0)
        return STATUS_IO;
    text[length] = '\0';
    intmax_t value = strtoimax(text, NULL, 10);
    if (value <= 0)
        return STATUS_NOT_FOUND; /* between taking the lock and writing */
    *pid = value;
    return STATUS_OK;
}

enum status store_lock_holder(const char *path, int64_t *pid)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
    enum status status;
    /* A lock that can be shared now is held by nobody; it is gone again with the close. */
    if (flock(file, LOCK_SH | LOCK_NB) == 0)
        status = STATUS_NOT_FOUND;
    else
        status = read_pid(file, pid);
    close(file);
    return status;
}
