/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What weftd costs while it delivers: it is started, driven over real sockets, and each delivery
 * is checked. One figure a line, `name value unit`.
 *
 *   bench_fanout --scenario NAME [--tls] [--seconds S] [--directory DIR] [--set SETTING]
 *
 * a1000w1, a1000w8   one channel of 1,000 who follow; one sender with 1 or 8 messages under way,
 *                    each done when everybody has it
 * b500x10            500 channels of 10 who follow; 2,000 messages a second are offered
 * idle10k            10,000 logged-in connections that say nothing, of which one then sends ping
 *                    after ping (cpu_us_per_ping); beside them one pair that speaks, each message
 *                    durable first as all are (cpu_us_per_delivery)
 * append10           10 senders with one message of 1 KiB under way, nobody follows: what is
 *                    acknowledged is durable
 * append100          the same with ten each
 * active500          50 channels of 9 who follow and one who speaks; 200 messages a second are
 *                    offered
 * slow0              one channel of 20 who follow; 40 messages of 8 KB a second
 * slow500            the same, beside 500 who follow and never read
 * stuck0             one channel of 500 who follow; 20 messages of 8 KB a second
 * stuck500           the same, beside 500 who follow and read nothing from then on; it goes on,
 *                    without messages, until weftd has closed their connections
 * idle5k             5,000 logged-in connections, of which none may end, and ten messages a second
 *                    from one to another: run it for half an hour
 * return2k           20 channels of 100 who follow: all are gone while 50 messages are said in
 *                    each, and come back at once
 *
 * Messages are made beforehand: 256 bytes of ciphertext (1 KiB in append), with the headers that
 * weftd checks. So no client's cryptography is measured, and all of weftd is: membership, epoch and
 * stage checks, the append with its fsync, fan-out and TLS. weftd runs on core 0 and this on core
 * 1. DIR is where the store is, and must be on the disk that is meant (default: here). SETTING
 * is one more line of weftd.conf, such as "commit_window_ms = 0".
 *
 * A client that does not read cannot know what became of it, so that weftd's metrics are what is
 * printed: told_behind are those whose events were dropped, closed_stalled those that it closed for
 * taking nothing, still_open those that it holds at the end. kernel_tcp_mib is what the sockets of
 * this whole machine hold.
 */
#include "protocol/crypto/random_system.h"
#include "protocol/wire/channels.h"
#include "tests/bench/fan_channel.h"
#include "tests/bench/fan_server.h"
#include "tests/bench/latencies.h"
#include "tests/bench/must.h"

#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP_NS INT64_C(1000000000)
#define SETTLE_NS INT64_C(3000000000)
#define PING_NS INT64_C(3000000000) /* however long the scenario is */

/* Longer than weftd waits for a client that takes nothing, or says nothing. */
#define STUCK_NS INT64_C(75000000000)

#define WINDOW_MAX 16

struct scenario {
    const char *name;
    size_t channels;
    size_t subscribers; /* a channel */
    size_t senders;     /* a channel */
    size_t window;      /* messages under way of each sender; 0: by rate */
    double rate;        /* messages a second in all */
    size_t idle;
    size_t ciphertext_bytes;
    size_t slow;         /* more of each channel, who do not read */
    size_t away;         /* messages said in each channel while all who follow it are gone */
    bool until_closed;   /* goes on until those who do not read are gone */
    const char *seconds; /* NULL: 3 */
};

static const struct scenario scenarios[] = {
    {.name = "a1000w1",
     .channels = 1,
     .subscribers = 1000,
     .senders = 1,
     .window = 1,
     .ciphertext_bytes = 256},
    {.name = "a1000w8",
     .channels = 1,
     .subscribers = 1000,
     .senders = 1,
     .window = 8,
     .ciphertext_bytes = 256},
    {.name = "b500x10",
     .channels = 500,
     .subscribers = 10,
     .senders = 1,
     .rate = 2000,
     .ciphertext_bytes = 256},
    {.name = "idle10k",
     .channels = 1,
     .subscribers = 1,
     .senders = 1,
     .window = 1,
     .idle = 10000,
     .ciphertext_bytes = 256},
    {.name = "append10", .channels = 1, .senders = 10, .window = 1, .ciphertext_bytes = 1024},
    {.name = "append100", .channels = 1, .senders = 10, .window = 10, .ciphertext_bytes = 1024},
    {.name = "active500",
     .channels = 50,
     .subscribers = 9,
     .senders = 1,
     .rate = 200,
     .ciphertext_bytes = 256},
    {.name = "slow0",
     .channels = 1,
     .subscribers = 20,
     .senders = 1,
     .rate = 40,
     .ciphertext_bytes = 8000},
    {.name = "slow500",
     .channels = 1,
     .subscribers = 20,
     .senders = 1,
     .rate = 40,
     .ciphertext_bytes = 8000,
     .slow = 500},
    {.name = "stuck0",
     .channels = 1,
     .subscribers = 500,
     .senders = 1,
     .rate = 20,
     .ciphertext_bytes = 8000,
     .seconds = "20"},
    {.name = "stuck500",
     .channels = 1,
     .subscribers = 500,
     .senders = 1,
     .rate = 20,
     .ciphertext_bytes = 8000,
     .slow = 500,
     .until_closed = true,
     .seconds = "20"},
    {.name = "idle5k",
     .channels = 1,
     .subscribers = 1,
     .senders = 1,
     .rate = 10,
     .idle = 5000,
     .ciphertext_bytes = 256},
    {.name = "return2k",
     .channels = 20,
     .subscribers = 100,
     .senders = 1,
     .ciphertext_bytes = 256,
     .away = 50},
};

/* A message under way. */
struct flight {
    uint64_t number; /* 0: none */
    size_t missing;  /* deliveries and the acknowledgement */
};

struct sender {
    struct fan_device *device;
    struct line *line;
    struct flight flights[WINDOW_MAX];
    uint64_t number; /* of its last message */
};

/* A channel and who is in it. */
struct line {
    struct id channel;
    uint64_t epoch;
    struct fan_message message;
    struct fan_device *devices; /* senders, then subscribers */
    struct sender *senders;
    uint64_t sequence; /* where the log stood when the subscribers came */
};

struct subscriber {
    struct line *line;
    uint64_t sequence; /* of the last entry */
};

struct bench {
    const struct scenario *scenario;
    bool tls;
    double seconds;
    struct fan_server server;
    struct fan_loop loop;
    struct fan_device *devices;
    size_t device_count;
    struct line *lines;
    struct sender *senders;
    struct subscriber *subscribers;
    bool sending;
    bool measuring;
    uint64_t sent, acknowledged, delivered, lost, duplicated, misordered;
    uint64_t measured_deliveries, measured_acknowledgements;
    struct latencies latencies;
};

static struct bench bench; /* large, and there is one */

static int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- sending ---- */

static void send_one(struct sender *sender, size_t slot, int64_t intended_ns)
{
    const struct scenario *scenario = bench.scenario;
    struct fan_stamp stamp = {.number = ++sender->number, .sent_ns = intended_ns};
    sender->flights[slot] = (struct flight){sender->number, scenario->subscribers + 1};
    fan_message_send(sender->device, &sender->line->message, &stamp);
    bench.sent++;
}

/* A part of a message has arrived; when all of it has, the next one leaves. */
static void arrived(struct sender *sender, uint64_t number)
{
    size_t window = bench.scenario->window == 0 ? 1 : bench.scenario->window;
    struct flight *flight = &sender->flights[number % window];
    if (bench.scenario->window == 0 || flight->number != number || --flight->missing > 0)
        return;
    if (bench.sending) {
        send_one(sender, (sender->number + 1) % window, now_ns());
        fan_socket_flush(sender->device->socket);
    }
}

static void
take_acknowledgement(struct fan_device *device, const struct frame *frame, struct span bytes)
{
    struct sender *sender = device->owner;
    (void)bytes;
    if (frame->type != FRAME_RESPONSE)
        return;
    MUST_BE(frame->body.len >= 2 && frame->body.ptr[0] == 0 && frame->body.ptr[1] == 0);
    bench.acknowledged++;
    bench.measured_acknowledgements += bench.measuring;
    /* Requests and messages are numbered alike but for those of the beginning. */
    arrived(sender, sender->number - (device->requests - frame->request));
}

static void take_event(struct fan_device *device, const struct frame *frame, struct span bytes)
{
    struct subscriber *subscriber = device->owner;
    struct fan_stamp stamp;
    uint64_t sequence = 0;
    if (frame->type != FRAME_EVENT || frame->kind != WIRE_EVENT_ENTRY)
        return;
    fan_message_read(&subscriber->line->message, bytes, &stamp, &sequence);
    if (sequence == subscriber->sequence)
        bench.duplicated++;
    else if (sequence < subscriber->sequence)
        bench.misordered++;
    else
        bench.lost += sequence - subscriber->sequence - 1;
    subscriber->sequence = sequence;
    bench.delivered++;
    if (bench.measuring) {
        bench.measured_deliveries++;
        latencies_add(&bench.latencies, now_ns() - stamp.sent_ns);
    }
    arrived(subscriber->line->senders, stamp.number);
}

/* ---- getting ready ---- */

static size_t line_devices(const struct scenario *scenario)
{
    return scenario->senders + scenario->subscribers + scenario->slow;
}

static void ask_to_follow(struct fan_device *device, const struct line *line)
{
    struct wire_channel_subscribe_request request = {.channel = line->channel, .on = true};
    fan_device_ask(device, WIRE_CHANNEL_SUBSCRIBE, &request);
}

static void follow(struct fan_device *device, struct subscriber *subscriber, struct line *line)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(4096);
    struct wire_channel_subscribe_response response;
    struct span answer = fan_device_answer(&bench.loop, device);
    MUST(schema_decode(&wire_channel_subscribe_response_schema, answer, &arena, &response));
    *subscriber = (struct subscriber){.line = line, .sequence = response.last_sequence};
    device->owner = subscriber;
    device->take = take_event;
    fan_socket_listen(device->socket);
}

static void make_line(struct line *line, struct sender *senders, struct fan_device *devices)
{
    const struct scenario *scenario = bench.scenario;
    line->devices = devices;
    line->senders = senders;
    fan_channel_make(&bench.loop, devices, devices + 1, line_devices(scenario) - 1, &line->channel,
                     &line->epoch);
    fan_message_make(&line->channel, line->epoch, scenario->ciphertext_bytes, &line->message);
}

static void follow_line(struct line *line, size_t index)
{
    const struct scenario *scenario = bench.scenario;
    for (size_t i = 0; i < scenario->senders; i++) {
        line->senders[i] = (struct sender){.device = &line->devices[i], .line = line};
        line->devices[i].owner = &line->senders[i];
        line->devices[i].take = take_acknowledgement;
    }
    for (size_t i = 0; i < scenario->subscribers; i++)
        ask_to_follow(&line->devices[scenario->senders + i], line);
    for (size_t i = 0; i < scenario->subscribers; i++)
        follow(&line->devices[scenario->senders + i],
               &bench.subscribers[index * scenario->subscribers + i], line);
    for (size_t i = scenario->senders + scenario->subscribers; i < line_devices(scenario); i++) {
        ask_to_follow(&line->devices[i], line);
        (void)fan_device_answer(&bench.loop, &line->devices[i]);
        fan_socket_stop_reading(line->devices[i].socket);
    }
}

static void connect_devices(struct fan_device *devices, size_t count, const uint8_t *secret)
{
    fan_device_connect_all(&bench.loop, devices, count, secret);
}

static void disconnect_all(void)
{
    for (size_t i = 0; i < bench.device_count; i++)
        fan_socket_close(&bench.devices[i].socket);
    fan_loop_close(&bench.loop);
}

static void open_loop(void)
{
    bench.loop = (struct fan_loop){.port = bench.server.port, .message = fan_device_message};
    fan_loop_open(&bench.loop, bench.tls);
}

/* Everybody joins and the channels are made; then weftd is started anew, so that what is measured
 * is a server that has run for a while and not one that has just enrolled thousands. */
static void prepare(const char *directory, const char *setting)
{
    const struct scenario *scenario = bench.scenario;
    uint8_t secret[INVITE_SECRET_SIZE];
    size_t in_lines = scenario->channels * line_devices(scenario);
    bench.device_count = in_lines + scenario->idle;
    bench.devices = calloc(bench.device_count, sizeof *bench.devices);
    bench.lines = calloc(scenario->channels, sizeof *bench.lines);
    bench.senders = calloc(scenario->channels * scenario->senders, sizeof *bench.senders);
    bench.subscribers =
        calloc(scenario->channels * scenario->subscribers + 1, sizeof *bench.subscribers);
    MUST_BE(bench.devices != NULL && bench.lines != NULL && bench.senders != NULL &&
            bench.subscribers != NULL);
    for (size_t i = 0; i < bench.device_count; i++)
        fan_device_init(&bench.devices[i]);
    fan_server_init(&bench.server, directory, bench.tls, setting);
    fan_server_invite(&bench.server, bench.device_count, secret);
    fan_server_start(&bench.server, 0);
    open_loop();
    connect_devices(bench.devices, bench.device_count, secret);
    for (size_t i = 0; i < scenario->channels; i++)
        make_line(&bench.lines[i], bench.senders + i * scenario->senders,
                  bench.devices + i * line_devices(scenario));
    disconnect_all();
    fan_server_stop(&bench.server);
    fan_server_start(&bench.server, 0);
    open_loop();
}

/* KiB of weftd for each connection that says nothing. */
static void come_back(void)
{
    const struct scenario *scenario = bench.scenario;
    size_t in_lines = bench.device_count - scenario->idle;
    if (scenario->idle > 0) {
        double before = fan_server_resident_kib(&bench.server);
        connect_devices(bench.devices + in_lines, scenario->idle, NULL);
        for (int64_t until = now_ns() + SETTLE_NS; now_ns() < until;)
            fan_loop_run(&bench.loop, 100);
        double after = fan_server_resident_kib(&bench.server);
        (void)printf("kib_per_connection %.2f KiB\n", (after - before) / (double)scenario->idle);
    }
    connect_devices(bench.devices, in_lines, NULL);
    for (size_t i = 0; i < scenario->channels; i++)
        follow_line(&bench.lines[i], i);
}

/* ---- measuring ---- */

static void begin_sending(void)
{
    size_t count = bench.scenario->channels * bench.scenario->senders;
    bench.sending = true;
    for (size_t i = 0; i < count; i++) {
        for (size_t slot = 1; slot <= bench.scenario->window; slot++)
            send_one(&bench.senders[i], slot % bench.scenario->window, now_ns());
        fan_socket_flush(bench.senders[i].device->socket);
    }
}

/* At a rate, messages leave when they were meant to, whatever became of those before. */
static void send_due(int64_t begun_ns, int64_t step_ns)
{
    size_t count = bench.scenario->channels * bench.scenario->senders;
    for (;;) {
        int64_t due_ns = begun_ns + (int64_t)bench.sent * step_ns;
        if (due_ns > now_ns())
            return;
        struct sender *sender = &bench.senders[bench.sent % count];
        send_one(sender, 0, due_ns);
        fan_socket_flush(sender->device->socket);
    }
}

static void run_for(int64_t duration_ns, int64_t begun_ns)
{
    double rate = bench.scenario->rate;
    int64_t step_ns = rate > 0 ? (int64_t)(1e9 / rate) : 0;
    for (int64_t until = now_ns() + duration_ns; now_ns() < until;) {
        if (step_ns > 0)
            send_due(begun_ns, step_ns);
        fan_loop_run(&bench.loop, step_ns > 0 ? 0 : 20);
        MUST_BE(bench.loop.ended == 0);
    }
}

/* What is under way arrives. */
static void settle(void)
{
    bench.sending = false;
    uint64_t expected = bench.sent * bench.scenario->subscribers;
    for (int64_t until = now_ns() + SETTLE_NS;
         now_ns() < until && (bench.delivered < expected || bench.acknowledged < bench.sent);)
        fan_loop_run(&bench.loop, 20);
    bench.lost = bench.delivered < expected ? expected - bench.delivered : bench.lost;
}

static void print(double seconds, double cpu_seconds)
{
    const struct scenario *scenario = bench.scenario;
    double deliveries = (double)bench.measured_deliveries;
    if (scenario->subscribers > 0 && scenario->idle == 0)
        (void)printf("cpu_s_per_million %.3f s\ndeliveries_per_s %.0f /s\n",
                     cpu_seconds / deliveries * 1e6, deliveries / seconds);
    if (scenario->idle > 0)
        (void)printf("cpu_us_per_delivery %.1f us\n", cpu_seconds / deliveries * 1e6);
    if (scenario->subscribers > 0)
        (void)printf("p50_ms %.3f ms\np99_ms %.3f ms\n", latencies_ms(&bench.latencies, .5),
                     latencies_ms(&bench.latencies, .99));
    (void)printf("acked_per_s %.0f /s\n", (double)bench.measured_acknowledgements / seconds);
    (void)printf("cpu_us_per_ack %.1f us\n",
                 cpu_seconds / (double)bench.measured_acknowledgements * 1e6);
    (void)printf("lost %llu\nduplicated %llu\nmisordered %llu\nunacknowledged %llu\n",
                 (unsigned long long)bench.lost, (unsigned long long)bench.duplicated,
                 (unsigned long long)bench.misordered,
                 (unsigned long long)(bench.sent - bench.acknowledged));
}

static double machine_tcp_mib(void)
{
    char text[512];
    FILE *file = fopen("/proc/net/sockstat", "r");
    MUST_BE(file != NULL);
    size_t len = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[len] = '\0';
    const char *tcp = strstr(text, "TCP:");
    const char *pages = tcp == NULL ? NULL : strstr(tcp, " mem ");
    MUST_BE(pages != NULL);
    return strtod(pages + 5, NULL) * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

static double still_open(void)
{
    double reading = (double)(bench.device_count - bench.scenario->slow * bench.scenario->channels);
    return fan_server_metric(&bench.server, "weftd_connections{state=\"open\"}") - reading;
}

/* Those who read go on answering the server's pings meanwhile. */
static void await_closing(void)
{
    for (int64_t until = now_ns() + STUCK_NS; now_ns() < until && still_open() > 0;)
        for (int64_t next = now_ns() + WARM_UP_NS; now_ns() < next;)
            fan_loop_run(&bench.loop, 100);
}

static void print_slow(double tcp_mib)
{
    (void)printf("peak_mib %.1f MiB\nkernel_tcp_mib %.1f MiB\n",
                 fan_server_peak_kib(&bench.server) / 1024, tcp_mib);
    (void)printf(
        "told_behind %.0f connections\nclosed_stalled %.0f connections\n"
        "still_open %.0f connections\n",
        fan_server_metric(&bench.server, "weftd_outboxes_behind_total"),
        fan_server_metric(&bench.server, "weftd_connections_ended_total{reason=\"stalled\"}"),
        still_open());
}

static uint64_t ping_for(struct fan_device *device, int64_t duration_ns)
{
    static const struct wire_empty nothing;
    uint64_t count = 0;
    for (int64_t until = now_ns() + duration_ns; now_ns() < until; count++)
        (void)fan_device_call(&bench.loop, device, WIRE_PING, &nothing);
    return count;
}

/* What it costs that one of many says that it is there, which writes nothing to the disk. */
static void measure_pings(void)
{
    struct fan_device *device = &bench.devices[bench.device_count - 1]; /* an idle one */
    (void)ping_for(device, WARM_UP_NS);
    double cpu_from = fan_server_cpu_seconds(&bench.server);
    uint64_t count = ping_for(device, PING_NS);
    double cpu_seconds = fan_server_cpu_seconds(&bench.server) - cpu_from;
    (void)printf("cpu_us_per_ping %.1f us\n", cpu_seconds / (double)count * 1e6);
}

static void measure(void)
{
    int64_t begun_ns = now_ns();
    begin_sending();
    run_for(WARM_UP_NS, begun_ns);
    bench.measuring = true;
    int64_t from_ns = now_ns();
    double cpu_from = fan_server_cpu_seconds(&bench.server);
    run_for((int64_t)(bench.seconds * 1e9), begun_ns);
    double cpu_to = fan_server_cpu_seconds(&bench.server);
    int64_t to_ns = now_ns();
    bench.measuring = false;
    settle();
    double tcp_mib = machine_tcp_mib();
    print((double)(to_ns - from_ns) / 1e9, cpu_to - cpu_from);
    if (bench.scenario->until_closed)
        await_closing();
    if (bench.scenario->slow > 0)
        print_slow(tcp_mib);
}

/* ---- coming back ---- */

static void leave(const struct line *line)
{
    for (size_t i = 0; i < bench.scenario->subscribers; i++)
        fan_socket_close(&line->devices[bench.scenario->senders + i].socket);
}

static void say_meanwhile(struct line *line)
{
    for (size_t i = 0; i < bench.scenario->away; i++) {
        send_one(line->senders, 0, now_ns());
        fan_socket_flush(line->senders->device->socket);
        while (bench.acknowledged < bench.sent)
            fan_loop_run(&bench.loop, 20);
    }
}

/* Pages from where the subscriber was to the log's end. */
static void catch_up(struct fan_device *device, struct subscriber *subscriber)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(1 << 20);
    struct wire_channel_page_request request = {.channel = subscriber->line->channel,
                                                .after = {1, subscriber->sequence},
                                                .bytes_max = 1 << 15};
    struct wire_channel_page_response page;
    do {
        struct span answer = fan_device_call(&bench.loop, device, WIRE_CHANNEL_PAGE, &request);
        MUST(schema_decode(&wire_channel_page_response_schema, answer, &arena, &page));
        for (size_t i = 0; i < page.entry_count; i++) {
            bench.misordered += page.entries[i].sequence != ++subscriber->sequence;
            bench.delivered++;
        }
        request.after.sequence = subscriber->sequence;
    } while (subscriber->sequence < page.last_sequence);
}

static void return_to(struct line *line, size_t index)
{
    const struct scenario *scenario = bench.scenario;
    for (size_t i = 0; i < scenario->subscribers; i++) {
        struct fan_device *device = &line->devices[scenario->senders + i];
        struct subscriber *subscriber = &bench.subscribers[index * scenario->subscribers + i];
        catch_up(device, subscriber);
        ask_to_follow(device, line);
        (void)fan_device_answer(&bench.loop, device);
    }
}

static void measure_return(void)
{
    const struct scenario *scenario = bench.scenario;
    size_t all = scenario->channels * scenario->subscribers;
    for (size_t i = 0; i < scenario->channels; i++)
        leave(&bench.lines[i]);
    for (size_t i = 0; i < scenario->channels; i++)
        say_meanwhile(&bench.lines[i]);
    double cpu_from = fan_server_cpu_seconds(&bench.server);
    int64_t begun_ns = now_ns();
    for (size_t i = 0; i < scenario->channels; i++)
        connect_devices(bench.lines[i].devices + scenario->senders, scenario->subscribers, NULL);
    int64_t back_ns = now_ns();
    for (size_t i = 0; i < scenario->channels; i++)
        return_to(&bench.lines[i], i);
    bench.lost = all * scenario->away - bench.delivered;
    (void)printf("returned %zu devices\nback_s %.2f s\ncaught_up_s %.2f s\nweftd_cpu_s %.2f s\n",
                 all, (double)(back_ns - begun_ns) / 1e9, (double)(now_ns() - begun_ns) / 1e9,
                 fan_server_cpu_seconds(&bench.server) - cpu_from);
    (void)printf("lost %llu\nmisordered %llu\n", (unsigned long long)bench.lost,
                 (unsigned long long)bench.misordered);
}

static void clean_up(void)
{
    disconnect_all();
    fan_server_clear(&bench.server);
    for (size_t i = 0; i < bench.device_count; i++)
        fan_device_clear(&bench.devices[i]);
    for (size_t i = 0; i < bench.scenario->channels; i++)
        fan_message_clear(&bench.lines[i].message);
    free(bench.devices);
    free(bench.lines);
    free(bench.senders);
    free(bench.subscribers);
}

static const char *text_after(int argc, char **argv, const char *option, const char *otherwise)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], option) == 0)
            return argv[i + 1];
    return otherwise;
}

static bool has(int argc, char **argv, const char *option)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], option) == 0)
            return true;
    return false;
}

static const struct scenario *find_scenario(const char *name)
{
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        if (strcmp(scenarios[i].name, name) == 0)
            return &scenarios[i];
    return NULL;
}

static void take_core_and_descriptors(void)
{
    struct rlimit limit;
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(1, &cores);
    (void)sched_setaffinity(0, sizeof cores, &cores); /* on one core, both share it */
    MUST_BE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    MUST_BE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

int main(int argc, char **argv)
{
    bench.scenario = find_scenario(text_after(argc, argv, "--scenario", ""));
    bench.tls = has(argc, argv, "--tls");
    const char *usual =
        bench.scenario != NULL && bench.scenario->seconds != NULL ? bench.scenario->seconds : "3";
    bench.seconds = strtod(text_after(argc, argv, "--seconds", usual), NULL);
    if (bench.scenario == NULL || !(bench.seconds > 0)) {
        (void)fputs("usage: bench_fanout --scenario "
                    "a1000w1|a1000w8|b500x10|idle10k|append10|append100|\n"
                    "                    active500|slow0|slow500|stuck0|stuck500|idle5k|return2k\n"
                    "                    [--tls] [--seconds S] [--directory DIR] [--set SETTING]\n",
                    stderr);
        return 2;
    }
    MUST(crypto_start());
    take_core_and_descriptors();
    prepare(text_after(argc, argv, "--directory", "."), text_after(argc, argv, "--set", ""));
    come_back();
    if (bench.scenario->idle > 0)
        measure_pings();
    if (bench.scenario->away > 0)
        measure_return();
    else
        measure();
    clean_up();
    return bench.lost + bench.duplicated + bench.misordered == 0 ? 0 : 1;
}
