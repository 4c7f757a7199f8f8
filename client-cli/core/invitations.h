/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who asks for our help. The event of an invitation comes to whoever is there at that moment;
 * somebody who comes later asks. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_INVITATIONS_H
#define WEFT_CORE_INVITATIONS_H

#include "client-cli/core/engine.h"
#include "protocol/wire/sessions.h"

/* All of ours; `all` lends from `reply`. */
MUST_CHECK enum status invitations_fetch(struct engine *engine,
                                         struct connection_reply *reply,
                                         struct wire_invitations_response *all);

/* A notice of one that waits for an answer. */
void invitations_tell(struct engine *engine, const struct wire_invitation *invitation);

/* A notice if any wait for an answer, with what to type. */
MUST_CHECK enum status invitations_look(struct engine *engine);

#endif
