/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What members are asked to commit: adds of people who were let in and of further devices of those
 * who are, removes of devices that left or were shut out (paths: paths.h). The server proposes
 * nothing inside MLS; it asks one online member after another, each with a lease, and clients check
 * the facts themselves.
 *
 * A KeyPackage that was taken for an add stays with the work until the add is committed, so that
 * asking twice does not use two.
 * Thread rule: loop thread only.
 */
#ifndef WEFT_DELIVERY_WORK_H
#define WEFT_DELIVERY_WORK_H

#include "server/delivery/delivery.h"

/* How long one member has: a commit of 128 adds takes a phone a second or two, and a thousand
 * people may wait for it. */
#define WORK_LEASE_MS 5000

/* Looks what waits for a channel in the store, and offers it. */
void work_gather(struct delivery *delivery, struct channel *channel);

/* The same for somebody who was let in just now: when a commit's worth of adds waits already, it is
 * found after that commit. */
void work_gather_adds(struct delivery *delivery, struct channel *channel);

/* Whether a newcomer of an open channel had better come by an external commit: nobody is online who
 * could be asked, or nobody of those commits. Then one newcomer in a lease is sent so, and can be
 * asked next: a thousand at once would be a thousand commits for one epoch. */
bool work_sends_alone(const struct delivery *delivery, const struct channel *channel);

/* A commit of this device has come, whatever becomes of it: how long it took since it was asked is
 * how long the next ones may take. */
void work_answered(struct delivery *delivery, struct channel *channel, const struct id *device);

/* Looks again wherever somebody was to be removed: some of it may not be wanted any more. */
void work_gather_removals(struct delivery *delivery);

/* A device was revoked: its connection ends, nobody is asked to add it any more, and members are
 * asked to remove it. */
void work_shut_out(struct delivery *delivery, const struct id *device);

/* A device is absent: the same, and it has no connection. */
void work_away(struct delivery *delivery, const struct id *device);

/* All devices of a person were shut out, and their connections ended: nobody is asked to add those
 * any more whose KeyPackages wait here, and members are asked to remove them. */
void work_shut_out_person(struct delivery *delivery, const struct id *person);

/* Somebody leaves the channel: nobody is asked to add further devices of theirs, which would bring
 * them back, and members are asked to remove those that are there. */
void work_left(struct delivery *delivery, struct channel *channel, const struct id *person);

/* A device of this person has come into a channel: the others of theirs are to follow. */
void work_person_came(struct delivery *delivery, const struct id *person);

/* After a commit: what it has done is dropped, and the rest offered. */
void work_after_commit(struct delivery *delivery, struct channel *channel);

/* A client has logged in: work of its channels that nobody holds is offered to it. */
void work_client_arrived(struct delivery *delivery, struct client *client);

/* Once a second: offers what nobody holds. */
void work_tick(struct delivery *delivery);

/* What this member may commit now, leased to it; an id of none when nothing waits or somebody
 * else holds it. Lists come from the arena, bytes are lent from the work until the next event. */
MUST_CHECK enum status work_take(struct delivery *delivery,
                                 struct channel *channel,
                                 const struct id *device,
                                 struct arena *arena,
                                 struct wire_work *taken);

#endif
