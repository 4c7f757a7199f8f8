/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/invite_maker.h"

#include "server/base/clock.h"
#include "server/handler/secret_hash.h"

#include <stdio.h>
#include <string.h>

enum status invite_maker_fill(const struct hub *hub,
                              uint16_t port,
                              int64_t days,
                              struct store_invite *invite,
                              struct buffer *link)
{
    struct invite_link parts = {.port = port};
    int len = snprintf(parts.host, sizeof parts.host, "%s", hub->config->public_host);
    if (len <= 0 || (size_t)len >= sizeof parts.host)
        return STATUS_LIMIT;
    TRY(random_fill(hub->random, parts.secret, sizeof parts.secret));
    memcpy(parts.log_key, identity_log_key(hub->identity), sizeof parts.log_key);
    memcpy(parts.next_log_key_sha256, identity_next_log_key_sha256(hub->identity),
           sizeof parts.next_log_key_sha256);
    struct store_invite filled = *invite;
    enum status status = id_random(hub->random, &filled.invite);
    if (status == STATUS_OK)
        status = secret_hash(parts.secret, &filled.secret_hash);
    filled.created_at_ms = clock_wall_ms(hub->clock);
    filled.expires_at_ms = filled.created_at_ms + days * CLOCK_DAY_MS;
    if (filled.uses_max == 0)
        filled.uses_max = 1;
    if (status == STATUS_OK)
        status = invite_link_format(&parts, link);
    secret_wipe(&parts, sizeof parts);
    TRY(status);
    *invite = filled;
    return STATUS_OK;
}
