/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Names: what the server says people are called, kept in the vault for when it cannot be reached.
 * A name proves nothing; ids do.
 * Errors: those of engine.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_PEOPLE_H
#define WEFT_CORE_PEOPLE_H

#include "client-cli/core/engine.h"

struct people_name {
    char name[LIMIT_NAME_BYTES + 1];
    char group[LIMIT_NAME_BYTES + 1];
};

/* Asks the server for those of `people` that this process has not asked for yet. */
MUST_CHECK enum status people_learn(struct engine *engine, const struct id *people, size_t count);

/* The same for everybody whom the entries [from, to] of a channel tell of by name. A server that
 * does not answer is no error: names are then as far as they are known. */
MUST_CHECK enum status
people_learn_from(struct engine *engine, const struct id *channel, uint64_t from, uint64_t to);

/* The name as far as it is known; an id's first digits for somebody unknown, and "somebody who was
 * erased" for an erased person. Never fails. */
void people_name(struct engine *engine, const struct id *person, struct people_name *name);

/* The same, of somebody whose name the server is asked for first, as people_learn does. It need not
 * answer: then no explanation is left of that. */
void people_name_learned(struct engine *engine, const struct id *person, struct people_name *name);

/* Appends the text with each mention (content/mention.h) as "@" and the person's name. */
MUST_CHECK enum status
people_render(struct engine *engine, struct span text, struct buffer *rendered);

#endif
