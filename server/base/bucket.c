/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/base/bucket.h"

#define MINUTE_MS 60000

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
    int64_t fill_ms = missing * MINUTE_MS / ((int64_t)rate->per_minute * 1000) + 1;
    if (elapsed_ms >= fill_ms) {
        bucket->millitokens = full(rate);
        bucket->updated_ms = now_ms;
        return;
    }
    /* Time that does not make a whole millitoken stays for the next call. */
    int64_t gained = elapsed_ms * rate->per_minute * 1000 / MINUTE_MS;
    bucket->millitokens += gained;
    bucket->updated_ms += gained * MINUTE_MS / ((int64_t)rate->per_minute * 1000);
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
    *wait_ms = (uint32_t)(missing * MINUTE_MS / ((int64_t)rate->per_minute * 1000) + 1);
    return false;
}

bool bucket_is_full(struct bucket *bucket, const struct bucket_rate *rate, int64_t now_ms)
{
    refill(bucket, rate, now_ms);
    return bucket->millitokens >= full(rate);
}
