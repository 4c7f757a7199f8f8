/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A stored entry as it goes over the wire. Lends the entry's bytes. */
#ifndef WEFT_HANDLER_LOG_ENTRY_H
#define WEFT_HANDLER_LOG_ENTRY_H

#include "protocol/wire/channels.h"
#include "server/store/log.h"

void log_entry_describe(const struct id *channel,
                        const struct store_entry *stored,
                        struct wire_entry *entry);

#endif
