/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Whom a command means: the organisation's own id of a person, our id, or the beginning of ours.
 */
#ifndef WEFT_COMMAND_FIND_PERSON_H
#define WEFT_COMMAND_FIND_PERSON_H

#include "server/store/people.h"

/* STATUS_NOT_FOUND; STATUS_CONFLICT when several ids begin so. */
MUST_CHECK enum status find_person(struct store_db *db, const char *text, struct id *person);

/* What to tell whoever named a person, of what find_person returned; `otherwise` when that is not
 * why it failed. */
const char *find_person_problem(enum status found, const char *otherwise);

#endif
