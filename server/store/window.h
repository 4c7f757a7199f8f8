/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How many jobs the writer waits for, so that they share one commit.
 *
 * It expects as many as the last commit had, with those that came while it was written: senders who
 * wait for their acknowledgement come back together. Once in a while it waits for more than that,
 * since two groups that take turns never meet otherwise. Whoever sends alone is not kept waiting:
 * one job is expected after one, and a trial that brings nobody is put off for twice as long.
 * Times: microseconds of a monotonic clock, given by the caller. For this folder only. Thread rule:
 * the writer's.
 */
#ifndef WEFT_STORE_WINDOW_H
#define WEFT_STORE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct window {
    int64_t length_us; /* 0: nothing is waited for */
    int64_t ended_us;  /* of the last commit */
    size_t expected;
    uint32_t trial_interval; /* commits */
    uint32_t trial_in;
    bool trial;
};

void window_init(struct window *window, int64_t length_us);

/* A job is there: how many to wait for, for `length_us` at most; 1: for none but it. Followed by
 * window_end. */
size_t window_begin(struct window *window, int64_t now_us);

/* A commit of `taken` jobs has ended, and `waiting` came meanwhile. */
void window_end(struct window *window, size_t taken, size_t waiting, int64_t now_us);

#endif
