/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * An invitation as the person who is asked sees it. Inside run() only; results live in the arena.
 */
#ifndef WEFT_HANDLER_LOOKUP_INVITATION_H
#define WEFT_HANDLER_LOOKUP_INVITATION_H

#include "protocol/wire/sessions.h"
#include "server/store/invitations.h"

/* Title and brief are those of a listed channel: of others the server knows none. Whoever invited
 * and was erased since has no name. */
MUST_CHECK enum status lookup_invitation(struct store_db *db,
                                         const struct store_invitation *stored,
                                         struct arena *arena,
                                         struct wire_invitation *invitation);

#endif
