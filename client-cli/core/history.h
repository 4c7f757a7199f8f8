/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What was said in a channel before somebody joined it, where the channel's rules give it to
 * newcomers: asking for it, taking it, and sharing it when the server asks us to.
 *
 * Keys are said in the channel, inside MLS: only the leaves of the present epoch can read them.
 * Each segment is taken in a transaction of its own, so that whoever is interrupted goes on.
 * Errors: those of engine.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_HISTORY_H
#define WEFT_CORE_HISTORY_H

#include "client-cli/core/channel.h"

/* Does what is due in a channel whose log is read to its end: takes segments whose keys are here,
 * asks for keys while an entry is missing (of another member each time, and once of a second when
 * something is withheld), seals and shares when it is our turn. */
MUST_CHECK enum status history_work(struct engine *engine, struct channel *channel);

/* Whether history_work has something to do by what has come since it was last called. */
bool history_is_due(const struct engine *engine, const struct channel *channel);

/* Whether no entry of before we joined is missing, whatever is withheld. */
bool history_is_here(const struct channel *channel);

#endif
