/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who may be let into a channel that is not open. The server asks members to commit Adds, and a
 * lying one could name anybody; so whoever lets a person in says so inside the encryption, and the
 * client of a facilitator or sponsor commits an Add only of a person whom it has seen admitted.
 * An admission ends when the person is removed. Further devices of somebody who is in the channel
 * need none, for one of theirs has signed them. A device that an admin set up in the place of lost
 * ones is another matter, in open channels too: it takes the word of somebody who knew of it.
 *
 * Errors: those of engine.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_ADMISSION_H
#define WEFT_CORE_ADMISSION_H

#include "client-cli/core/channel.h"
#include "protocol/channel/identity.h"
#include "protocol/content/content.h"
#include "protocol/wire/people.h"

/* Tells the channel that these people may come in. In an open channel, which anybody enters,
 * nothing is said but of people whom an admin has given a new device. */
MUST_CHECK enum status admission_grant(struct engine *engine,
                                       struct channel *channel,
                                       const struct wire_id_item *people,
                                       size_t count);

/* Keeps what a message of `sender` admits, in the caller's transaction; other kinds, and the words
 * of those who may not add people, change nothing. `log_size` is how much of the directory the
 * sender knew. */
MUST_CHECK enum status admission_take(struct engine *engine,
                                      struct channel *channel,
                                      const struct id *sender,
                                      uint64_t log_size,
                                      const struct content *content);

/* Admits somebody who was in the channel before it had to begin anew, in the caller's
 * transaction. */
MUST_CHECK enum status
admission_keep(struct engine *engine, const struct channel *channel, const struct id *person);

/* Forgets the admission of a person whose last leaf, this one, was removed, in the caller's
 * transaction. One that was given when the leaf's device was shut out already stays: it is for the
 * device that comes in its place. */
MUST_CHECK enum status admission_end(struct engine *engine,
                                     const struct channel *channel,
                                     const struct channel_identity *removed,
                                     struct span leaf_key);

/* Who said that a person may come in; none when nobody had to. */
MUST_CHECK enum status admission_by(struct engine *engine,
                                    const struct channel *channel,
                                    const struct id *person,
                                    struct id *by);

/* Whether a device of a person may be added: STATUS_DENIED when nobody admitted them here. */
MUST_CHECK enum status admission_check(struct engine *engine,
                                       struct channel *channel,
                                       const struct id *person,
                                       const struct id *device);

/* The active device of a person that an admin set up, or that descends from one; NULL when they
 * have none. Lent from the directory. */
const struct directory_device *admission_reset_device(const struct engine *engine,
                                                      const struct id *person);

#endif
