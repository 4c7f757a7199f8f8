/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/base/bucket.h"

#define HOUR_MS INT64_C(3600000)

static int64_t full(const struct bucket_rate *rate)
{
    return (int64_t)rate->burst * 1000;
}

void bucket_init(struct bucket *bucket, const struct bucket_rate *rate, int64_t now_ms)
{
    *bucket = (struct bucket){.millitokens = full(rate), .updated_ms = now_ms};
}

static void refill(struct bucket *bucket, const struct bucket_rate *rate, int64_t now_ms)
{
    int64_t elapsed_ms = now_ms - bucket->updated_ms;
    if (elapsed_ms <= 0)
        return;
    int64_t missing = full(rate) - bucket->millitokens;
    int64_t fill_ms = missing * HOUR_MS / ((int64_t)rate->per_hour * 1000) + 1;
    if (elapsed_ms >= fill_ms) {
        bucket->millitokens = full(rate);
        bucket->updated_ms = now_ms;
        return;
    }
    /* Time that does not make a whole millitoken stays for the next call. */
    int64_t gained = elapsed_ms * rate->per_hour * 1000 / HOUR_MS;
    bucket->millitokens += gained;
    bucket->updated_ms += gained * HOUR_MS / ((int64_t)rate->per_hour * 1000);
}

bool bucket_take(struct bucket *bucket,
                 const struct bucket_rate *rate,
                 int64_t now_ms,
                 uint32_t count,
                 uint32_t *wait_ms)
{
    refill(bucket, rate, now_ms);
    int64_t wanted = (int64_t)count * 1000;
    if (bucket->millitokens >= wanted) {
        bucket->millitokens -= wanted;
        return true;
    }
    int64_t missing = wanted - bucket->millitokens;
    *wait_ms = (uint32_t)(missing * HOUR_MS / ((int64_t)rate->per_hour * 1000) + 1);
    return false;
}

void bucket_give(struct bucket *bucket, const struct bucket_rate *rate, uint32_t count)
{
    bucket->millitokens += (int64_t)count * 1000;
    if (bucket->millitokens > full(rate))
        bucket->millitokens = full(rate);
}

bool bucket_is_full(struct bucket *bucket, const struct bucket_rate *rate, int64_t now_ms)
{
    refill(bucket, rate, now_ms);
    return bucket->millitokens >= full(rate);
}
