/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Introductions: what the server suggests to us, and the private channel of those who all said yes.
 *
 * Nobody need be online together. The server gives all of them the same id for the channel; the
 * first client that comes makes it and adds the others by their KeyPackages, and says when that is
 * done. A client that stops half way goes on the next time, and one that comes second finds the id
 * taken and is added. That the others said yes is the server's word: the channel is for people who
 * want to meet, and its members are shown as in any other.
 *
 * Errors: those of channel_join.h and work.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_INTRODUCTIONS_H
#define WEFT_CORE_INTRODUCTIONS_H

#include "client-cli/core/engine.h"
#include "protocol/wire/network.h"

/* Asks for all of them; `all` lends from the reply. */
MUST_CHECK enum status introductions_fetch(struct engine *engine,
                                           struct connection_reply *reply,
                                           struct wire_suggestions_response *all);

/* Makes what is missing of the channel of an introduction to which all said yes; nothing of
 * another. */
MUST_CHECK enum status introductions_open(struct engine *engine,
                                          const struct wire_suggestion *suggestion);

/* Asks for all of them, gives notice of what we were not told before, and opens what is to be
 * opened. A channel that cannot be opened now is told in a notice and tried another time. */
MUST_CHECK enum status introductions_look(struct engine *engine);

/* "Bea (Ward 8) and Cy": who the others of an agreed one are. */
MUST_CHECK enum status introductions_names(const struct wire_suggestion *suggestion,
                                           struct buffer *text);

#endif
