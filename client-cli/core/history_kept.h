/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What members left out of the history that they shared, against what the server still has: what is
 * neither deleted nor over, they keep back.
 *
 * The running hash, which everybody signs who speaks later, says that the bytes that the server
 * shows are those that stood there. That something is deleted is both their word: if they agree on
 * it, nothing shows.
 * Errors: those of engine.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_HISTORY_KEPT_H
#define WEFT_CORE_HISTORY_KEPT_H

#include "client-cli/core/channel.h"
#include "client-cli/core/history_count.h"

/* Marks what is kept back with a warning, which entry_is_kept_back finds, unless as much was left
 * out when this process looked last. `*changed` when something is marked that was not. */
MUST_CHECK enum status history_kept_look(struct engine *engine,
                                         struct channel *channel,
                                         const struct history_figures *figures,
                                         bool *changed);

#endif
