/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Makes an invite: the row for the store and the link for its bearer. The secret is in the link
 * only.
 */
#ifndef WEFT_COMMAND_INVITE_MAKER_H
#define WEFT_COMMAND_INVITE_MAKER_H

#include "server/session/hub.h"
#include "server/store/invites.h"

#define INVITE_LINK_TEXT_MAX 1024

/* Fills id, secret hash and times of `invite` (for one use where it names no number), and `link`
 * with its text. `port` is that of the link. */
MUST_CHECK enum status invite_maker_fill(const struct hub *hub,
                                         uint16_t port,
                                         int64_t days,
                                         struct store_invite *invite,
                                         struct buffer *link);

#endif
