/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define LINE_BYTES_MAX 512

/* Everything at one moment. */
struct sample {
    struct store_figures store;
    struct transport_figures transport;
    struct delivery_figures delivery;
    uint64_t ready;
    uint64_t devices;
    uint64_t accounts;
    uint64_t validators_waiting;
    uint64_t figures_waiting;
    uint64_t started_s;
    uint64_t backup_s;
    uint64_t resident_bytes;
};

struct metric {
    const char *name;
    const char *labels; /* "" or with braces; metrics of one name stand together */
    const char *type;
    const char *help;
    size_t offset; /* of an uint64_t in struct sample */
};

#define GAUGE(name, labels, help, member)                                                          \
    {                                                                                              \
        name, labels, "gauge", help, offsetof(struct sample, member)                               \
    }
#define COUNTER(name, labels, help, member)                                                        \
    {                                                                                              \
        name, labels, "counter", help, offsetof(struct sample, member)                             \
    }

static const struct metric metrics[] = {
    GAUGE("weftd_ready", "", "1 while requests are taken (as /readyz).", ready),
    GAUGE("weftd_start_time_seconds", "", "When it started, Unix time.", started_s),
    GAUGE("weftd_resident_bytes", "", "Memory of the process.", resident_bytes),
    GAUGE("weftd_connections", "{state=\"tcp\"}", "Connections now.", transport.connections),
    GAUGE("weftd_connections", "{state=\"open\"}", "", transport.open),
    GAUGE("weftd_connections", "{state=\"logged_in\"}", "", devices),
    GAUGE("weftd_accounts", "", "People connected, or a moment ago.", accounts),
    COUNTER("weftd_connections_accepted_total", "", "TCP connections taken.", transport.accepted),
    COUNTER("weftd_connections_refused_total",
            "{reason=\"full\"}",
            "Connections refused, by limit.",
            transport.refused_full),
    COUNTER(
        "weftd_connections_refused_total", "{reason=\"address_rate\"}", "", transport.refused_rate),
    COUNTER("weftd_connections_refused_total",
            "{reason=\"address_connections\"}",
            "",
            transport.refused_address),
    COUNTER("weftd_connections_refused_total",
            "{reason=\"handshake\"}",
            "",
            transport.refused_handshakes),
    COUNTER("weftd_connections_ended_total",
            "{reason=\"stalled\"}",
            "Connections ended because nobody read, by how it showed.",
            transport.stalled),
    COUNTER("weftd_connections_ended_total", "{reason=\"answers_unread\"}", "", transport.overran),
    COUNTER("weftd_outboxes_behind_total",
            "",
            "Outboxes whose events were dropped: the client pages instead.",
            transport.fell_behind),
    COUNTER(
        "weftd_received_bytes_total", "", "Bytes received, within TLS.", transport.received_bytes),
    COUNTER("weftd_sent_bytes_total", "", "Bytes sent, within TLS.", transport.sent_bytes),
    COUNTER("weftd_events_total", "", "Events of channels, each built once.", delivery.events),
    COUNTER("weftd_deliveries_total",
            "",
            "Events put into outboxes: the fan-out.",
            delivery.deliveries),
    GAUGE("weftd_channels", "{state=\"in_memory\"}", "Channels now.", delivery.channels),
    GAUGE("weftd_channels", "{state=\"frozen\"}", "", delivery.frozen),
    GAUGE("weftd_channels", "{state=\"work_waiting\"}", "", delivery.waiting),
    GAUGE("weftd_queue_jobs",
          "{queue=\"store_write\"}",
          "Jobs that wait for a thread.",
          store.writes_waiting),
    GAUGE("weftd_queue_jobs", "{queue=\"store_read\"}", "", store.reads_waiting),
    GAUGE("weftd_queue_jobs", "{queue=\"validators\"}", "", validators_waiting),
    GAUGE("weftd_queue_jobs", "{queue=\"figures\"}", "", figures_waiting),
    COUNTER("weftd_store_jobs_total",
            "{kind=\"write\"}",
            "Jobs done by the store.",
            store.jobs_written),
    COUNTER("weftd_store_jobs_total", "{kind=\"read\"}", "", store.jobs_read),
    COUNTER("weftd_store_jobs_refused_total",
            "",
            "Jobs refused for want of room on the disk.",
            store.jobs_refused),
    COUNTER("weftd_store_checkpoints_total",
            "",
            "Checkpoints of the write-ahead log.",
            store.checkpoints),
    COUNTER("weftd_store_truncations_total",
            "",
            "Times that deleted bytes left the log.",
            store.truncations),
    GAUGE("weftd_store_bytes",
          "{file=\"database\"}",
          "Size of the store's files.",
          store.database_bytes),
    GAUGE("weftd_store_bytes", "{file=\"log\"}", "", store.log_bytes),
    GAUGE("weftd_disk_free_bytes", "", "Room on the store's disk.", store.disk_free_bytes),
    GAUGE("weftd_backup_time_seconds",
          "",
          "When the last backup was made, Unix time; 0: none.",
          backup_s),
};

static const char *const code_names[] = {
#define CODE_NAME(number, name, status) [number] = #name,
    WIRE_CODE_LIST(CODE_NAME)
#undef CODE_NAME
};

__attribute__((format(printf, 2, 3))) static enum status
line(struct buffer *text, const char *format, ...)
{
    char bytes[LINE_BYTES_MAX];
    va_list values;
    va_start(values, format);
    int len = vsnprintf(bytes, sizeof bytes, format, values);
    va_end(values);
    if (len < 0 || (size_t)len >= sizeof bytes)
        return STATUS_LIMIT;
    return buffer_append(text, span_of(bytes, (size_t)len));
}

static enum status head(struct buffer *text, const char *name, const char *type, const char *help)
{
    return line(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static enum status write_plain(const struct sample *sample, struct buffer *text)
{
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        const struct metric *metric = &metrics[i];
        if (metric->help[0] != '\0')
            TRY(head(text, metric->name, metric->type, metric->help));
        const uint64_t *value =
            (const uint64_t *)(const void *)((const char *)sample + metric->offset);
        TRY(line(text, "%s%s %" PRIu64 "\n", metric->name, metric->labels, *value));
    }
    return STATUS_OK;
}

static enum status write_histogram(const char *name,
                                   const char *help,
                                   const struct histogram_figures *figures,
                                   struct buffer *text)
{
    TRY(head(text, name, "histogram", help));
    for (size_t i = 0; i < HISTOGRAM_STEPS; i++)
        TRY(line(text, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
                 (double)histogram_bounds_us[i] / 1e6, figures->at_most[i]));
    return line(text, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum %.6f\n%s_count %" PRIu64 "\n",
                name, figures->count, name, (double)figures->sum_us / 1e6, name, figures->count);
}

static enum status write_one_request(const char *name, const uint64_t *answers, struct buffer *text)
{
    for (size_t code = 0; code < TRAFFIC_CODES; code++) {
        if (answers[code] != 0)
            TRY(line(text, "weftd_requests_total{kind=\"%s\",result=\"%s\"} %" PRIu64 "\n", name,
                     code_names[code], answers[code]));
    }
    return STATUS_OK;
}

static enum status write_requests(const struct traffic *traffic, struct buffer *text)
{
    TRY(head(text, "weftd_requests_total", "counter", "Requests answered, by kind and result."));
    TRY(write_one_request("unknown", traffic->answers[0], text));
    for (size_t i = 0; i < wire_request_kind_count; i++)
        TRY(write_one_request(wire_request_kinds[i].name,
                              traffic->answers[wire_request_kinds[i].number], text));
    return STATUS_OK;
}

/* From /proc/self/statm: pages, of which the second number is resident. */
static uint64_t resident_bytes(void)
{
    FILE *stream = fopen("/proc/self/statm", "re");
    if (stream == NULL)
        return 0;
    char text[128] = "";
    size_t len = fread(text, 1, sizeof text - 1, stream);
    fclose(stream);
    text[len] = '\0';
    char *end = NULL;
    (void)strtoull(text, &end, 10);
    return strtoull(end, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static enum status write_cpu(struct buffer *text)
{
    struct rusage used;
    if (getrusage(RUSAGE_SELF, &used) != 0)
        return STATUS_OK;
    TRY(head(text, "weftd_cpu_seconds_total", "counter", "CPU time, by mode."));
    return line(text,
                "weftd_cpu_seconds_total{mode=\"user\"} %.6f\n"
                "weftd_cpu_seconds_total{mode=\"system\"} %.6f\n",
                (double)used.ru_utime.tv_sec + (double)used.ru_utime.tv_usec / 1e6,
                (double)used.ru_stime.tv_sec + (double)used.ru_stime.tv_usec / 1e6);
}

enum status metrics_write(struct app *app, const struct transport *transport, struct buffer *text)
{
    struct sample sample = {
        .devices = app->hub.devices.count,
        .accounts = app->hub.accounts.count,
        .validators_waiting = pool_waiting(app->validators),
        .figures_waiting = pool_waiting(app->figures),
        .started_s = (uint64_t)(app->started_ms / 1000),
        .backup_s = (uint64_t)(app->backup_ms / 1000),
        .resident_bytes = resident_bytes(),
    };
    struct histogram_figures answered;
    store_figures(app->store, &sample.store);
    transport_figures(transport, &sample.transport);
    delivery_figures(app->services.delivery, &sample.delivery);
    histogram_read(&app->hub.traffic.answered, &answered);
    sample.ready = app_is_ready(app) ? 1 : 0;
    TRY(head(text, "weftd_build_info", "gauge", "Always 1; the label is the version."));
    TRY(line(text, "weftd_build_info{version=\"%s\"} 1\n", WEFT_VERSION));
    TRY(write_plain(&sample, text));
    TRY(write_cpu(text));
    TRY(write_histogram("weftd_request_seconds", "From a request's arrival to its answer.",
                        &answered, text));
    TRY(write_histogram("weftd_store_commit_seconds", "Transactions of the store with their fsync.",
                        &sample.store.commits, text));
    return write_requests(&app->hub.traffic, text);
}
