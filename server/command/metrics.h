/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What an operator watches, as text (Prometheus exposition format 0.0.4). Counts and sizes only:
 * no id, no name, no address.
 * Errors: STATUS_NO_MEMORY, STATUS_LIMIT. Thread rule: loop thread only.
 */
#ifndef WEFT_COMMAND_METRICS_H
#define WEFT_COMMAND_METRICS_H

#include "server/command/app.h"

struct transport;

/* Appends every metric of a running server. */
MUST_CHECK enum status
metrics_write(struct app *app, const struct transport *transport, struct buffer *text);

#endif
