/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A token bucket: a rate with a burst. Tokens are counted in thousandths so that slow rates need
 * no floating point.
 * Thread rule: one thread at a time; time is passed in.
 */
#ifndef WEFT_SERVER_BASE_BUCKET_H
#define WEFT_SERVER_BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bucket_rate {
    uint32_t per_hour; /* tokens gained an hour, at least 1 */
    uint32_t burst;    /* tokens it holds when full */
};

struct bucket {
    int64_t millitokens;
    int64_t updated_ms; /* monotonic */
};

/* A full bucket. */
void bucket_init(struct bucket *bucket, const struct bucket_rate *rate, int64_t now_ms);

/* Takes `count` tokens if they are there. If not, nothing is taken and `*wait_ms` says when they
 * will be. */
bool bucket_take(struct bucket *bucket,
                 const struct bucket_rate *rate,
                 int64_t now_ms,
                 uint32_t count,
                 uint32_t *wait_ms);

/* Gives back what was taken for something that turned out to cost nothing. */
void bucket_give(struct bucket *bucket, const struct bucket_rate *rate, uint32_t count);

/* Whether it has refilled: then it may be forgotten and made anew. */
bool bucket_is_full(struct bucket *bucket, const struct bucket_rate *rate, int64_t now_ms);

#endif
