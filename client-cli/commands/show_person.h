/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How a person of the directory is shown, wherever one is.
 * Thread rule: pure but for `out`.
 */
#ifndef WEFT_COMMANDS_SHOW_PERSON_H
#define WEFT_COMMANDS_SHOW_PERSON_H

#include "client-cli/commands/out.h"
#include "protocol/wire/people.h"

/* "staff", "facilitator" or "admin". */
const char *show_person_role(uint8_t role);

/* One line, and below it what the person can help with. `reason` (why this person, may be empty) is
 * shown too. The record has the type `type`. */
void show_person(struct out *out,
                 const char *type,
                 const struct wire_person *person,
                 struct span reason);

/* The topics as one line with commas between them, or `none`. */
void show_person_topics(struct out *out,
                        const char *label,
                        const struct wire_topic *topics,
                        size_t count,
                        const char *none);

/* The person as an object for programs; NULL without memory. */
json_t *show_person_json(const char *type, const struct wire_person *person);

#endif
