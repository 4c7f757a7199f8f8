/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Preloaded with faults.c: the wall clock of one process, so far ahead of the machine's (or behind,
 * when negative) as the file WEFT_FAULT_CLOCK says, in milliseconds, at every moment. The monotonic
 * clock goes on as it is, as it does when somebody sets a machine's time, unless the file's second
 * number puts it forward: so that nobody sits through the minutes that a server waits.
 * Thread rule: any thread.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static _Atomic int64_t *ahead_ms; /* wall, monotonic; NULL: not asked for */

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("WEFT_FAULT_CLOCK");
    if (path == NULL)
        return;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        abort();
    void *mapped = mmap(NULL, 2 * sizeof *ahead_ms, PROT_READ, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED)
        abort();
    (void)close(file);
    ahead_ms = mapped;
}

static int machine_time(clockid_t clock, struct timespec *now)
{
    static int (*real)(clockid_t, struct timespec *);
    if (real == NULL) {
        void *found = dlsym(RTLD_NEXT, "clock_gettime");
        memcpy(&real, &found, sizeof found);
    }
    return real(clock, now);
}

static void shift(struct timespec *now, size_t which)
{
    int64_t ms = ahead_ms == NULL ? 0 : atomic_load(&ahead_ms[which]);
    int64_t ns = now->tv_nsec + ms % 1000 * 1000000;
    now->tv_sec += ms / 1000 + (ns < 0 ? -1 : ns >= 1000000000 ? 1 : 0);
    now->tv_nsec = (ns + 1000000000) % 1000000000;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = machine_time(clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        shift(now, 0);
    if (result == 0 && (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE))
        shift(now, 1);
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &precise) != 0)
        return -1;
    *now = (struct timeval){.tv_sec = precise.tv_sec, .tv_usec = precise.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *kept)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return -1;
    if (kept != NULL)
        *kept = now.tv_sec;
    return now.tv_sec;
}
