/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a channel allows: one function, of the public group, a staged commit and the directory's
 * facts, that the server calls before it accepts a commit and every client before it follows one.
 * It knows nothing else, so both come to the same answer.
 *
 * Rules: a member of an open channel may add anybody, elsewhere a facilitator or sponsor may; other
 * devices of their own person everybody may add. A facilitator removes others and changes the
 * channel, its visibility excepted, but cannot open what was said to newcomers afterwards; anybody
 * may commit the removal of a device that the directory no longer lets in, or whose person asked to
 * leave, and of one that the server has not seen for long, which is then listed as dormant and may
 * come back by itself. A newcomer commits itself into an open channel, unless an admin has set its
 * device up in place of a lost one; elsewhere an external commit only replaces the same device's
 * own old leaf, or brings a dormant one back. Every leaf is a device of the directory, and a device
 * has one leaf.
 *
 * The directory is asked how it stood at the size that the commit's header names, not how it stands
 * now: whoever reads the log a week later, when somebody in it has been shut out or let in again,
 * must come to the same answer. That the size is not a convenient old one the server sees
 * (channel_policy_check_now) when the commit is new, and everybody by the commits before: within a
 * generation none knows less of the directory than the one before it.
 *
 * Errors: STATUS_DENIED with a reason, STATUS_INVALID for a message that is not a channel's, and
 * what decoding and the directory say. Thread rule: pure functions.
 */
#ifndef WEFT_CHANNEL_POLICY_H
#define WEFT_CHANNEL_POLICY_H

#include "protocol/channel/extension.h"
#include "protocol/channel/identity.h"
#include "protocol/directory/directory.h"
#include "protocol/mls/public/public_group.h"
#include "protocol/wire/message_header.h"

/* Why something is not allowed, for people; static texts. */
struct channel_refusal {
    const char *reason;
};

/* Whether a group may be a channel's first state: known suite, weft_channel with its creator as
 * facilitator and nobody dormant, required capabilities, one member who is in the directory. */
MUST_CHECK enum status channel_policy_check_new(const struct mls_public_group *group,
                                                const struct directory *directory,
                                                struct channel_refusal *refusal);

/* Whether a group may be the first state of a channel's next generation: as a new one, but for who
 * begins it. That need not be a facilitator, who may be the one that is left out; somebody who
 * is must be named. */
MUST_CHECK enum status channel_policy_check_next(const struct mls_public_group *group,
                                                 const struct directory *directory,
                                                 struct channel_refusal *refusal);

/* Whether a commit that was staged on `group` may be followed. `log_size_min` is what the commit
 * before it knew of the directory (channel_policy_log_size, known_log.h); 0 for the first of a
 * generation. */
MUST_CHECK enum status channel_policy_check_commit(const struct mls_public_group *group,
                                                   const struct mls_staged_commit *staged,
                                                   const struct directory *directory,
                                                   uint64_t log_size_min,
                                                   struct channel_refusal *refusal);

/* How much of the directory log a commit knows, as its header says. */
MUST_CHECK enum status channel_policy_log_size(const struct mls_staged_commit *staged,
                                               uint64_t *log_size);

/* Whether the directory says of the committer and of those who are added or removed what it said at
 * the size that the commit's header names, and dormant devices have their time: for whoever accepts
 * a new commit, besides channel_policy_check_commit. */
MUST_CHECK enum status channel_policy_check_now(const struct mls_staged_commit *staged,
                                                const struct directory *directory,
                                                int64_t now_ms,
                                                struct channel_refusal *refusal);

/* The weft_channel extension of a group, lent from it and the arena. */
MUST_CHECK enum status channel_policy_extension(const struct mls_public_group *group,
                                                struct arena *arena,
                                                struct channel_extension *extension);

/* What MLS must ask of credentials and extensions in a channel: fills the callback and the types;
 * times are the caller's. The directory must outlive the options. */
void channel_policy_options(const struct directory *directory, struct mls_options *options);

#endif
