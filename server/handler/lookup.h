/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What several handlers read from the store in the same way. Inside run() only.
 * Results live in the arena.
 */
#ifndef WEFT_HANDLER_LOOKUP_H
#define WEFT_HANDLER_LOOKUP_H

#include "protocol/wire/people.h"
#include "server/store/people.h"

/* The name of a group; empty for none or one that does not exist. */
MUST_CHECK enum status lookup_group_name(struct store_db *db,
                                         const struct id *group,
                                         struct arena *arena,
                                         struct span *name);

/* A person as others see them; `own`: with the profile whether or not they opted in.
 * STATUS_NOT_FOUND for somebody who has not joined. */
MUST_CHECK enum status lookup_person(struct store_db *db,
                                     const struct id *person,
                                     bool own,
                                     struct arena *arena,
                                     struct wire_person *found);

#endif
