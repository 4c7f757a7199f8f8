/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The operator's port on 127.0.0.1: /healthz (the loop runs), /readyz (requests are taken: 503 from
 * the first moment of an orderly end, and when nothing can be written), /metrics (metrics.h).
 *
 * HTTP/1.1, GET only, one request a connection; a few connections at once, each for a few seconds:
 * whoever holds them open keeps nobody from the server itself.
 * Thread rule: loop thread only.
 */
#ifndef WEFT_COMMAND_MONITOR_H
#define WEFT_COMMAND_MONITOR_H

#include "server/command/app.h"

struct monitor;
struct transport;
struct uv_loop_s;

/* Listens; `transport` is borrowed. STATUS_IO when the port is taken. */
MUST_CHECK enum status monitor_open(struct uv_loop_s *loop,
                                    struct app *app,
                                    const struct transport *transport,
                                    uint16_t port,
                                    struct monitor **monitor);

/* Ends every connection; the caller runs the loop until monitor_is_idle, then frees. */
void monitor_stop(struct monitor *monitor);
bool monitor_is_idle(const struct monitor *monitor);

/* `*monitor` becomes NULL; NULL is allowed. */
void monitor_free(struct monitor **monitor);

#endif
