/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/config/config.h"

#include "protocol/base/limits.h"
#include "protocol/codec/utf8.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES_MAX (64u << 10)
#define VALUE_BYTES_MAX 1024
#define TEXTS_BYTES_MAX (128u << 10)

enum value_kind {
    VALUE_TEXT,
    VALUE_NUMBER,
    VALUE_SWITCH,
    VALUE_ORIGIN,
    VALUE_ADDRESS,
    VALUE_HOST,
    VALUE_LEVEL,
    VALUE_DURATION /* least and most in seconds */
};

struct config_key {
    const char *name;
    enum value_kind kind;
    size_t offset;
    uint32_t least;
    uint32_t most;
    const char *fallback; /* NULL: none, may come several times */
    const char *help;     /* lines of a comment */
};

#define DAY_S (24 * 3600)

static const struct config_key keys[] = {
    {"community", VALUE_TEXT, offsetof(struct config, community), 1, LIMIT_NAME_BYTES,
     "Weft community", "The community's name, as people see it before they join."},
    {"notice", VALUE_TEXT, offsetof(struct config, notice), 1, 1000,
     "This server keeps messages until they are deleted, or for as long as their channel says.",
     "What people are told before they join, after what weft says of patients and of who can read "
     "what: who keeps what for how long."},
    {"address", VALUE_ADDRESS, offsetof(struct config, address), 0, 64, "127.0.0.1",
     "Numeric address to listen on; empty for all addresses of the machine."},
    {"port", VALUE_NUMBER, offsetof(struct config, port), 0, 65535, "7443",
     "TCP port to listen on; 0 takes any free one."},
    {"public_host", VALUE_HOST, offsetof(struct config, public_host), 1, 253, "localhost",
     "Host name or address that stands in invite links."},
    {"public_port", VALUE_NUMBER, offsetof(struct config, public_port), 0, 65535, "0",
     "Port that stands in invite links; 0 takes `port`."},
    {"certificate", VALUE_TEXT, offsetof(struct config, certificate), 1, 1000, "tls.crt",
     "TLS certificate chain (PEM), relative to the state directory. Any issuer will do for weft:\n"
     "# its key is vouched for by the community's own key, which every invite link pins."},
    {"key", VALUE_TEXT, offsetof(struct config, key), 1, 1000, "tls.key",
     "The certificate's private key (PEM). SIGHUP has a running weftd read both anew."},
    {"tls", VALUE_SWITCH, offsetof(struct config, tls), 0, 0, "yes",
     "no: connections without TLS, on a loopback address only, to measure what TLS costs.\n"
     "# weft does not speak to such a server."},
    {"allow_tls_1_2", VALUE_SWITCH, offsetof(struct config, allow_tls_1_2), 0, 0, "no",
     "yes: also speak TLS 1.2, for clients behind old middleboxes."},
    {"origin", VALUE_ORIGIN, 0, 1, 253, NULL,
     "A browser origin that may connect, exact, such as https://weft.example.org.\n"
     "# May be repeated. Without any, no browser may."},
    {"connections_max", VALUE_NUMBER, offsetof(struct config, connections_max), 1, 1000000, "20000",
     "Open connections in all."},
    {"connections_per_address_max", VALUE_NUMBER,
     offsetof(struct config, connections_per_address_max), 1, 1000000, "2000",
     "Open connections of one address (an IPv6 /64): a hospital's staff may share one."},
    {"handshakes_per_minute", VALUE_NUMBER, offsetof(struct config, handshakes_per_minute), 1,
     1000000, "3000", "New connections of one address in a minute."},
    {"requests_per_minute", VALUE_NUMBER, offsetof(struct config, requests_per_minute), 10,
     10000000, "3000", "Requests of one account in a minute."},
    {"messages_per_minute", VALUE_NUMBER, offsetof(struct config, messages_per_minute), 1, 10000000,
     "240", "Messages of one account in a minute, in each lane."},
    {"upload_mib_per_hour", VALUE_NUMBER, offsetof(struct config, upload_mib_per_hour), 64, 1000000,
     "1024", "MiB that one account may send in an hour, a quarter of it at once."},
    {"invite_days", VALUE_NUMBER, offsetof(struct config, invite_days), 1, 365, "14",
     "Days after which an unused invite ends."},
    {"absence_days", VALUE_NUMBER, offsetof(struct config, absence_days), 0, 3650, "180",
     "Days after which a device that was not seen is taken out of its channels; when it is seen\n"
     "# again within a year it comes back by itself. 0: never."},
    {"path_kib", VALUE_NUMBER, offsetof(struct config, path_kib), 0, 8192, "4",
     "KiB that a change of a channel's keys may take before members are asked, one after another,\n"
     "# to make the next ones smaller, as after many have joined; nobody needs to do anything.\n"
     "# 0: never."},
    {"introductions_every", VALUE_DURATION, offsetof(struct config, introductions_every_ms), 0,
     366 * DAY_S, "7d",
     "How often people who opted in are introduced to somebody of another group, such as 7d, 12h,\n"
     "# 30m or 90s; 0s: never. Nobody is asked more often than they allow."},
    {"introductions_answer_within", VALUE_DURATION,
     offsetof(struct config, introductions_answer_within_ms), 1, 366 * DAY_S, "14d",
     "How long they have to say yes. Only then are refusals told, without saying whose."},
    {"introductions_ask_after", VALUE_DURATION, offsetof(struct config, introductions_ask_after_ms),
     0, 366 * DAY_S, "21d", "How long afterwards both are asked whether they met."},
    {"coffee_every", VALUE_DURATION, offsetof(struct config, coffee_every_ms), 0, 366 * DAY_S,
     "28d", "How often everybody who signed up for coffee is paired; 0s: never."},
    {"validation_threads", VALUE_NUMBER, offsetof(struct config, validation_threads), 1, 64, "2",
     "Threads that check commits."},
    {"commit_window_ms", VALUE_NUMBER, offsetof(struct config, commit_window_ms), 0, 50, "8",
     "How long what is sent may wait for others, to become durable with them in one go and leave "
     "in\n"
     "# one write to each reader, when many send at once; 0: not at all."},
    {"monitor_port", VALUE_NUMBER, offsetof(struct config, monitor_port), 0, 65535, "0",
     "Port on 127.0.0.1 for /healthz, /readyz and /metrics (Prometheus), such as 9464; 0: none.\n"
     "# Whoever may open a connection on this machine can read them: they hold counts, and "
     "neither\n"
     "# ids nor names."},
    {"log_level", VALUE_LEVEL, offsetof(struct config, log_level), 0, 0, "info",
     "debug, info, warning or error; goes to standard error."},
};

#define KEY_COUNT (sizeof keys / sizeof *keys)

static enum status fail(struct config_problem *problem, uint32_t line, const char *text)
{
    problem->line = line;
    snprintf(problem->text, sizeof problem->text, "%s", text);
    return STATUS_MALFORMED;
}

static enum status
fail_key(struct config_problem *problem, uint32_t line, const char *what, struct span name)
{
    problem->line = line;
    int len = name.len < 60 ? (int)name.len : 60;
    snprintf(problem->text, sizeof problem->text, "%s `%.*s`", what, len, (const char *)name.ptr);
    return STATUS_MALFORMED;
}

static struct span trimmed(struct span text)
{
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
        text = span_of(text.ptr + 1, text.len - 1);
    while (text.len > 0 && memchr(" \t\r", text.ptr[text.len - 1], 3) != NULL)
        text.len--;
    return text;
}

static enum status copy_text(struct config *config, struct span value, const char **text)
{
    void *copy = NULL;
    TRY(arena_take(&config->texts, value.len + 1, 1, &copy));
    if (value.len > 0)
        memcpy(copy, value.ptr, value.len);
    *text = copy;
    return STATUS_OK;
}

static bool parse_number(const char *text, uint32_t *number)
{
    char *end = NULL;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value > UINT32_MAX)
        return false;
    *number = (uint32_t)value;
    return true;
}

/* A number and s, m, h or d. */
static bool parse_duration(const char *text, uint32_t *seconds)
{
    static const struct {
        char unit;
        uint32_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', DAY_S}};
    char number[16];
    size_t len = strlen(text);
    if (len < 2 || len > sizeof number)
        return false;
    memcpy(number, text, len - 1);
    number[len - 1] = '\0';
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        uint32_t count;
        if (units[i].unit != text[len - 1])
            continue;
        if (!parse_number(number, &count) || count > UINT32_MAX / units[i].seconds)
            return false;
        *seconds = count * units[i].seconds;
        return true;
    }
    return false;
}

static bool is_numeric_address(const char *text)
{
    struct in6_addr address;
    return text[0] == '\0' || inet_pton(AF_INET, text, &address) == 1 ||
           inet_pton(AF_INET6, text, &address) == 1;
}

/* As it stands in a link: a name, or a numeric address. */
static bool is_host(const char *text)
{
    return strpbrk(text, " \t/@#?[]:") == NULL || is_numeric_address(text);
}

static bool is_level(const char *text)
{
    return strcmp(text, "debug") == 0 || strcmp(text, "info") == 0 ||
           strcmp(text, "warning") == 0 || strcmp(text, "error") == 0;
}

/* Stores a checked value; NULL, or what is wrong with it. */
static const char *
store_value(struct config *config, const struct config_key *key, const char *text)
{
    char *place = (char *)config + key->offset;
    size_t len = strlen(text);
    switch (key->kind) {
    case VALUE_NUMBER: {
        uint32_t number = 0;
        if (!parse_number(text, &number) || number < key->least || number > key->most)
            return "not a number in the allowed range:";
        memcpy(place, &number, sizeof number);
        return NULL;
    }
    case VALUE_SWITCH: {
        bool on = strcmp(text, "yes") == 0;
        if (!on && strcmp(text, "no") != 0)
            return "neither yes nor no:";
        memcpy(place, &on, sizeof on);
        return NULL;
    }
    case VALUE_DURATION: {
        uint32_t seconds = 0;
        if (!parse_duration(text, &seconds) || seconds < key->least || seconds > key->most)
            return "not a time in the allowed range, such as 7d, 12h, 30m or 90s:";
        int64_t duration_ms = (int64_t)seconds * 1000;
        memcpy(place, &duration_ms, sizeof duration_ms);
        return NULL;
    }
    case VALUE_ORIGIN:
        if (config->origin_count == CONFIG_ORIGINS_MAX || strstr(text, "://") == NULL)
            return "not an origin such as https://host, or too many:";
        config->origins[config->origin_count++] = text;
        return NULL;
    case VALUE_ADDRESS:
        if (!is_numeric_address(text))
            return "not a numeric address:";
        break;
    case VALUE_HOST:
        if (len < key->least || len > key->most || !is_host(text))
            return "neither a host name such as weft.example.org nor an address:";
        break;
    case VALUE_LEVEL:
        if (!is_level(text))
            return "not a log level:";
        break;
    case VALUE_TEXT:
        if (len < key->least || len > key->most)
            return "empty or too long:";
        break;
    }
    memcpy(place, &text, sizeof text);
    return NULL;
}

enum status config_init(struct config *config)
{
    *config = (struct config){.texts = ARENA_INIT(TEXTS_BYTES_MAX)};
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (keys[i].fallback != NULL && store_value(config, &keys[i], keys[i].fallback) != NULL)
            return STATUS_INTERNAL;
    }
    return STATUS_OK;
}

void config_clear(struct config *config)
{
    arena_clear(&config->texts);
}

static const struct config_key *find_key(struct span name)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (span_equal(name, span_from_text(keys[i].name)))
            return &keys[i];
    }
    return NULL;
}

static enum status read_line(struct span line,
                             uint32_t number,
                             struct config *config,
                             bool seen[KEY_COUNT],
                             struct config_problem *problem)
{
    line = trimmed(line);
    if (line.len == 0 || line.ptr[0] == '#')
        return STATUS_OK;
    const uint8_t *equals = memchr(line.ptr, '=', line.len);
    if (equals == NULL)
        return fail(problem, number, "no `=` in the line");
    struct span name = trimmed(span_of(line.ptr, (size_t)(equals - line.ptr)));
    struct span value = trimmed(span_of(equals + 1, line.len - (size_t)(equals - line.ptr) - 1));
    const struct config_key *key = find_key(name);
    if (key == NULL)
        return fail_key(problem, number, "unknown key", name);
    if (seen[key - keys] && key->fallback != NULL)
        return fail_key(problem, number, "the key comes twice:", name);
    seen[key - keys] = true;
    if (value.len > VALUE_BYTES_MAX)
        return fail_key(problem, number, "too long:", name);
    const char *text = NULL;
    TRY(copy_text(config, value, &text));
    const char *wrong = store_value(config, key, text);
    return wrong == NULL ? STATUS_OK : fail_key(problem, number, wrong, name);
}

enum status config_read(struct span text, struct config *config, struct config_problem *problem)
{
    bool seen[KEY_COUNT] = {false};
    if (text.len > FILE_BYTES_MAX)
        return fail(problem, 0, "the file is too long");
    if (!utf8_is_valid(text))
        return fail(problem, 0, "the file is not UTF-8 text");
    for (uint32_t number = 1; text.len > 0; number++) {
        const uint8_t *end = memchr(text.ptr, '\n', text.len);
        size_t len = end == NULL ? text.len : (size_t)(end - text.ptr);
        TRY(read_line(span_of(text.ptr, len), number, config, seen, problem));
        size_t step = end == NULL ? len : len + 1;
        text = span_of(text.ptr + step, text.len - step);
    }
    return STATUS_OK;
}

enum status config_load(const char *path, struct config *config, struct config_problem *problem)
{
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
    char *text = malloc(FILE_BYTES_MAX + 1);
    enum status status = text == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    if (status == STATUS_OK) {
        size_t len = fread(text, 1, FILE_BYTES_MAX + 1, stream);
        status = ferror(stream) ? STATUS_IO : config_read(span_of(text, len), config, problem);
    }
    free(text);
    fclose(stream);
    return status;
}

static const char *chosen(const struct config_choice *choices, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(choices[i].key, key) == 0)
            return choices[i].value;
    }
    return NULL;
}

static enum status append_key(const struct config_key *key, const char *value, struct buffer *text)
{
    bool example = value == NULL && key->fallback == NULL;
    const char *parts[] = {
        "# ",
        key->help,
        "\n",
        example ? "#" : "",
        key->name,
        " = ",
        value != NULL           ? value
        : key->fallback != NULL ? key->fallback
                                : "https://weft.example.org",
        "\n\n",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        TRY(buffer_append(text, span_from_text(parts[i])));
    return STATUS_OK;
}

enum status config_sample(const struct config_choice *choices, size_t count, struct buffer *text)
{
    TRY(buffer_append(text, SPAN_LITERAL("# weftd.conf: one `key = value` a line; `weftd "
                                         "check-config` tells of mistakes.\n\n")));
    for (size_t i = 0; i < KEY_COUNT; i++)
        TRY(append_key(&keys[i], chosen(choices, count, keys[i].name), text));
    return STATUS_OK;
}
