/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/handler/log_entry.h"

#include <string.h>

void log_entry_describe(const struct id *channel,
                        const struct store_entry *stored,
                        struct wire_entry *entry)
{
    *entry = (struct wire_entry){
        .channel = *channel,
        .generation = stored->generation,
        .sequence = stored->sequence,
        .epoch = stored->epoch,
        .time = stored->at_ms,
        .kind = stored->deleted ? ENTRY_TOMBSTONE : (uint8_t)stored->kind,
        .device = stored->device,
        .message = stored->message,
        .bytes = stored->bytes,
        .size = (uint32_t)stored->size_bytes,
    };
    memcpy(entry->sha256, stored->hash.bytes, sizeof entry->sha256);
}
