/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/floor.h"

const char *
floor_breach(const struct format_stage *stage, uint16_t sender_roles, uint8_t lane, uint16_t kind)
{
    const struct content_kind_row *row = content_kind_find(kind);
    if (row == NULL)
        return NULL; /* of a newer client: nothing is known about it */
    if (row->lane != lane)
        return "it was sent in a lane that is not its own";
    if (stage == NULL || lane != LANE_FLOOR)
        return NULL;
    if (!format_may_speak(stage, sender_roles))
        return "its sender had no turn in this stage";
    if (!format_allows_kind(stage, kind))
        return "this stage asks for something else";
    return NULL;
}

enum floor_reveal floor_open(const struct content_sealed *sealed,
                             const struct id *author,
                             const uint8_t *key,
                             struct buffer *text)
{
    if (key == NULL)
        return REVEAL_WAITING;
    return sealed_open(sealed, author, key, text) == STATUS_OK ? REVEAL_OPEN : REVEAL_FALSE;
}
