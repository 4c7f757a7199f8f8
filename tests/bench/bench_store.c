/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Durable appends through the store as delivery makes them: application messages of 1 KiB to one
 * channel, a given number in flight, each done only after its commit.
 *
 *   bench_store DIRECTORY [SECONDS]
 *
 * DIRECTORY is made and must be on the disk that is measured. Prints `name value unit` a line.
 */
#include "server/store/devices.h"
#include "server/store/log.h"
#include "server/store/people.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define IN_FLIGHT_MAX 1000
#define SAMPLES_MAX (1u << 22)

struct bench {
    struct store *store;
    sem_t wake;
    uint8_t message[1024];
    struct id channel;
    uint64_t number;
    bool stopping;
    size_t in_flight;
    bool failed;
    uint32_t *latencies_us;
    size_t samples;
};

struct append {
    struct store_job job;
    struct bench *bench;
    struct id message;
    int64_t started_us;
};

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static enum status run_append(struct store_db *db, struct store_job *job)
{
    const struct append *append = (const struct append *)job;
    const struct bench *bench = append->bench;
    struct store_appended appended;
    struct store_message message = {
        .channel = bench->channel,
        .generation = 1,
        .device = bench->channel,
        .message = append->message,
        .bytes = SPAN_OF(bench->message),
        .now_ms = 1,
    };
    return store_log_append_message(db, &message, &appended);
}

static void give(struct append *append)
{
    struct bench *bench = append->bench;
    bench->number++;
    /* Spread as random ids are, and different each time. */
    uint64_t spread = bench->number * UINT64_C(0x9e3779b97f4a7c15);
    memcpy(append->message.bytes, &spread, sizeof spread);
    append->started_us = now_us();
    if (store_write(bench->store, &append->job) == STATUS_OK)
        bench->in_flight++;
    else
        bench->failed = true;
}

static void done_append(struct store_job *job, enum status status)
{
    struct append *append = (struct append *)job;
    struct bench *bench = append->bench;
    bench->in_flight--;
    bench->failed = bench->failed || status != STATUS_OK;
    if (bench->samples < SAMPLES_MAX)
        bench->latencies_us[bench->samples++] = (uint32_t)(now_us() - append->started_us);
    if (!bench->stopping && !bench->failed)
        give(append);
}

static enum status run_setup(struct store_db *db, struct store_job *job)
{
    const struct append *append = (const struct append *)job;
    const struct id *id = &append->bench->channel;
    struct store_key login = {{1}};
    struct store_key leaf = {{2}};
    struct store_person person = {
        .person = *id, .role = STORE_ROLE_STAFF, .state = STORE_PERSON_JOINED};
    struct store_channel_new channel = {
        .channel = *id, .visibility = STORE_VISIBILITY_OPEN, .person = *id, .device = *id};
    bool again;
    TRY(store_people_add(db, &person));
    TRY(store_devices_add(db, id, id, &login, &leaf, 1));
    return store_channels_create(db, &channel, &again);
}

static void done_setup(struct store_job *job, enum status status)
{
    ((struct append *)job)->bench->failed = status != STATUS_OK;
}

static void notify(void *context)
{
    struct bench *bench = context;
    sem_post(&bench->wake);
}

static void failed(void *context, enum status status)
{
    (void)context;
    fprintf(stderr, "the store stopped: %s\n", status_text(status));
}

static enum status setup(struct bench *bench, const char *directory)
{
    struct store_options options = {.state_directory = directory, .create = true};
    struct store_callbacks callbacks = {notify, failed, bench};
    struct append append = {.job = {.run = run_setup, .done = done_setup}, .bench = bench};
    bench->channel = (struct id){{7}};
    sem_init(&bench->wake, 0, 0);
    TRY(store_open(&options, &bench->store));
    TRY(store_write(bench->store, &append.job));
    if (bench->failed)
        return STATUS_INTERNAL;
    return store_start(bench->store, &callbacks);
}

static int by_size(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static void wait_and_drain(struct bench *bench)
{
    while (sem_wait(&bench->wake) != 0) {
    }
    store_drain_completed(bench->store);
}

/* Of the sorted latencies. */
static double milliseconds(const struct bench *bench, size_t percentile)
{
    size_t rank = bench->samples * percentile / 100;
    return bench->latencies_us[rank] / 1000.0;
}

static int64_t cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void print_figures(
    struct bench *bench, size_t window, int64_t elapsed_us, int64_t spent_us, uint64_t commits)
{
    qsort(bench->latencies_us, bench->samples, sizeof bench->latencies_us[0], by_size);
    printf("append_%zu_in_flight %.0f rows/s\n", window,
           (double)bench->samples * 1e6 / (double)elapsed_us);
    printf("append_%zu_in_flight_cpu %.1f us/row\n", window,
           (double)spent_us / (double)bench->samples);
    printf("append_%zu_in_flight_p50 %.2f ms\n", window, milliseconds(bench, 50));
    printf("append_%zu_in_flight_p99 %.2f ms\n", window, milliseconds(bench, 99));
    printf("append_%zu_in_flight_rows_per_commit %.1f rows\n", window,
           (double)bench->samples / (double)commits);
}

static void measure(struct bench *bench, size_t window, int64_t seconds)
{
    static struct append appends[IN_FLIGHT_MAX];
    struct store_figures before;
    struct store_figures after;
    bench->stopping = false;
    bench->samples = 0;
    store_figures(bench->store, &before);
    int64_t start_us = now_us();
    int64_t start_cpu_us = cpu_us();
    for (size_t i = 0; i < window; i++) {
        appends[i] = (struct append){
            .job = {.run = run_append, .done = done_append, .refuses_first = true}, .bench = bench};
        give(&appends[i]);
    }
    while (bench->in_flight > 0) {
        wait_and_drain(bench);
        bench->stopping = now_us() - start_us >= seconds * 1000000;
    }
    store_figures(bench->store, &after);
    if (bench->samples >= 100)
        print_figures(bench, window, now_us() - start_us, cpu_us() - start_cpu_us,
                      after.transactions - before.transactions);
}

int main(int argc, char **argv)
{
    static const size_t windows[] = {1, 10, 100, IN_FLIGHT_MAX};
    static struct bench bench;
    if (argc < 2 || argc > 3 || argv[1][0] == '-') {
        fprintf(stderr, "usage: bench_store DIRECTORY [SECONDS]\n");
        return 1;
    }
    int64_t seconds = argc == 3 ? strtol(argv[2], NULL, 10) : 3;
    bench.latencies_us = malloc(SAMPLES_MAX * sizeof bench.latencies_us[0]);
    enum status status = bench.latencies_us == NULL ? STATUS_NO_MEMORY : setup(&bench, argv[1]);
    if (status != STATUS_OK) {
        fprintf(stderr, "%s: %s\n", argv[1], status_text(status));
        return 2;
    }
    for (size_t i = 0; i < sizeof windows / sizeof windows[0] && !bench.failed; i++)
        measure(&bench, windows[i], seconds);
    store_close(&bench.store);
    free(bench.latencies_us);
    return bench.failed ? 2 : 0;
}
