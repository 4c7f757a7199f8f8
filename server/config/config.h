/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * weftd.conf: `key = value` lines, # comments. One table names every key with its default, its
 * check and its documentation; the sample that `weftd init` writes is made from it.
 *
 * A key that does not exist, comes twice or has a value that is not allowed is refused by name and
 * line: a server that starts with half of what its operator meant is worse than none.
 * Ownership: a config owns its texts. Errors: STATUS_MALFORMED with a message, STATUS_IO,
 * STATUS_NO_MEMORY. Thread rule: read-only after reading.
 */
#ifndef WEFT_SERVER_CONFIG_CONFIG_H
#define WEFT_SERVER_CONFIG_CONFIG_H

#include "protocol/base/arena.h"
#include "protocol/base/buffer.h"

#define CONFIG_ORIGINS_MAX 16

struct config_problem {
    uint32_t line; /* from 1; 0: of the whole file */
    char text[160];
};

struct config {
    struct arena texts;
    const char *community;
    const char *notice;
    const char *address; /* numeric, or empty for all */
    uint32_t port;
    const char *public_host;
    uint32_t public_port;    /* 0: as `port` */
    const char *certificate; /* relative to the state directory unless absolute */
    const char *key;
    bool tls; /* no: for measuring, on loopback */
    bool allow_tls_1_2;
    const char *origins[CONFIG_ORIGINS_MAX];
    size_t origin_count;
    uint32_t connections_max;
    uint32_t connections_per_address_max;
    uint32_t handshakes_per_minute;
    uint32_t requests_per_minute;
    uint32_t messages_per_minute;
    uint32_t upload_mib_per_hour;
    uint32_t invite_days;
    uint32_t absence_days;          /* 0: never */
    uint32_t path_kib;              /* 0: nobody is asked */
    int64_t introductions_every_ms; /* 0: never */
    int64_t introductions_answer_within_ms;
    int64_t introductions_ask_after_ms;
    int64_t coffee_every_ms; /* 0: never */
    uint32_t validation_threads;
    uint32_t commit_window_ms;
    uint32_t monitor_port; /* 0: none */
    const char *log_level;
};

/* Everything at its default. */
MUST_CHECK enum status config_init(struct config *config);
void config_clear(struct config *config);

/* Reads `text` over the defaults; `problem` is filled with STATUS_MALFORMED. */
MUST_CHECK enum status
config_read(struct span text, struct config *config, struct config_problem *problem);

/* Reads a file: STATUS_NOT_FOUND when there is none. */
MUST_CHECK enum status
config_load(const char *path, struct config *config, struct config_problem *problem);

struct config_choice {
    const char *key;
    const char *value;
};

/* Appends a documented file in which every key stands with its default, but for `choices`. */
MUST_CHECK enum status
config_sample(const struct config_choice *choices, size_t count, struct buffer *text);

#endif
