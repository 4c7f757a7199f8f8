/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The id of a person or a device that somebody types: all of it, or the beginning of one that the
 * directory lists. So the digits that weft and weftd show of somebody are enough, whether or not
 * they show themselves to others.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_COMMANDS_KNOWN_ID_H
#define WEFT_COMMANDS_KNOWN_ID_H

#include "client-cli/commands/command.h"

/* The shortest beginning that is taken for an id's: what weft shows of one. */
#define KNOWN_ID_DIGITS_MIN 8

/* Of those that begin alike, so many are listed. */
#define KNOWN_ID_LISTED_MAX 20

enum known_id_of { KNOWN_ID_PERSON, KNOWN_ID_DEVICE };

struct known_ids {
    struct id ids[KNOWN_ID_LISTED_MAX];
    struct id people[KNOWN_ID_LISTED_MAX]; /* of devices: whose each is */
    size_t count;                          /* of all */
};

/* Those that begin so; none when `text` is shorter or no digits. */
void known_id_gather(const struct directory *directory,
                     enum known_id_of of,
                     const char *text,
                     struct known_ids *found);

/* Finds the one that begins so; a whole id is taken as it is. STATUS_NOT_FOUND, which is left to
 * the caller to explain; STATUS_CONFLICT when several begin so, who are listed. */
MUST_CHECK enum status
known_id_find(struct invocation *invocation, enum known_id_of of, const char *text, struct id *id);

/* One of several who could be meant, to be named by the id: a person, or somebody's device. */
void known_id_show(struct out *out, enum known_id_of of, const struct id *id, const char *name);

#endif
