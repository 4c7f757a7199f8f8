/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A real weftd in a directory of its own, and what it costs: CPU seconds of all its threads and
 * its resident memory, as the kernel accounts for them, and what it says of itself.
 * Errors end the program (must.h). Thread rule: one thread.
 */
#ifndef WEFT_BENCH_FAN_SERVER_H
#define WEFT_BENCH_FAN_SERVER_H

#include "protocol/wire/invite_link.h"

#include <sys/types.h>

struct fan_server {
    char program[4096];
    char directory[4096];
    pid_t pid;
    uint16_t port;
    uint16_t monitor_port;
};

/* Makes a state directory inside `parent`, on the disk that is measured; `settings` are more lines
 * of weftd.conf, or empty. */
void fan_server_init(struct fan_server *server, const char *parent, bool tls, const char *settings);

/* A folder with all that is in it. */
void fan_server_remove_tree(const char *path);

/* Removes it; a server that runs is stopped first. */
void fan_server_clear(struct fan_server *server);

/* An invite for so many people; the server does not run. The whole link, or its secret alone. */
void fan_server_invite_link(struct fan_server *server, size_t uses, struct invite_link *link);
void fan_server_invite(struct fan_server *server, size_t uses, uint8_t secret[INVITE_SECRET_SIZE]);

/* Runs it on `core` (a negative one: on any) until it listens; and until it has ended. */
void fan_server_start(struct fan_server *server, int core);
void fan_server_stop(struct fan_server *server);

double fan_server_cpu_seconds(const struct fan_server *server);
double fan_server_resident_kib(const struct fan_server *server);

/* The most that was resident since the start. */
double fan_server_peak_kib(const struct fan_server *server);

/* One of /metrics, by its name and labels as they stand there. */
double fan_server_metric(const struct fan_server *server, const char *name);

#endif
