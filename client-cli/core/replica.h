/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Our copy of the directory log: every entry is fetched, verified and kept, and the root that we
 * compute ourselves must be the one that the server signed. Inclusion and consistency need no
 * further proof.
 *
 * Errors: STATUS_UNTRUSTED when entries and signed head do not fit together, or the log lost
 * entries that we have. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_REPLICA_H
#define WEFT_CORE_REPLICA_H

#include "client-cli/core/engine.h"

/* Rebuilds engine->directory from the vault. STATUS_CORRUPT when the entries there do not verify.
 */
MUST_CHECK enum status replica_load(struct engine *engine);

/* Fetches what is new, up to at least the signed `head`; an empty head asks the server for one. */
MUST_CHECK enum status replica_update(struct engine *engine, struct span head);

/* A head that was told unasked, and may have waited behind an answer: fetches what it has more than
 * ours; a shorter log must be the beginning of ours. */
MUST_CHECK enum status replica_hear(struct engine *engine, struct span head);

#endif
