/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Invitations of people to a channel (assisters to a peer assist), and what they answered. An
 * invitation counts against the weekly contact limit of who is asked.
 * Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_INVITATIONS_H
#define WEFT_STORE_INVITATIONS_H

#include "server/store/store.h"

enum store_invitation_state {
    STORE_INVITATION_SENT = 1,
    STORE_INVITATION_ACCEPTED = 2,
    STORE_INVITATION_DECLINED = 3,
    STORE_INVITATION_SNOOZED = 4,
    STORE_INVITATION_WITHDRAWN = 5,
};

struct store_invitation {
    struct id invitation;
    struct id channel;
    /* None outside a session. */
    struct id session;
    /* Who is asked, and by whom. */
    struct id person;
    struct id invited_by;
    enum store_invitation_state state;
    /* Why this person was proposed: opaque to the store, made by the server. */
    struct span reason;
    int64_t created_at_ms;
    /* 0 until answered. */
    int64_t answered_at_ms;
};

struct store_invitation_list {
    struct store_invitation *items;
    size_t count;
};

/*
 * Sends an invitation (`state` and `answered_at_ms` of the argument are not read). When this id
 * was sent before, changes nothing and sets `*again`. STATUS_EXISTS when the person has an
 * invitation to this channel that waits or was accepted; STATUS_DENIED unless the person joined and
 * opted in; STATUS_RATE_LIMITED when they were asked as often as they allow within the last week.
 */
MUST_CHECK enum status
store_invitations_add(struct store_db *db, const struct store_invitation *invitation, bool *again);

/*
 * The answer of the person that was asked, or a withdrawal. From `sent` or `snoozed` only; the same
 * answer again is fine. STATUS_NOT_FOUND (also for somebody else's), STATUS_CONFLICT after another
 * answer.
 */
MUST_CHECK enum status store_invitations_answer(struct store_db *db,
                                                const struct id *invitation,
                                                const struct id *person,
                                                enum store_invitation_state answer,
                                                int64_t now_ms);

/* STATUS_NOT_FOUND. */
MUST_CHECK enum status store_invitations_get(struct store_db *db,
                                             const struct id *invitation,
                                             struct arena *arena,
                                             struct store_invitation *found);

/* Those of the person that wait for an answer (also snoozed ones), oldest first. */
MUST_CHECK enum status store_invitations_of_person(struct store_db *db,
                                                   const struct id *person,
                                                   struct arena *arena,
                                                   struct store_invitation_list *invitations);

/* All of the channel, oldest first. */
MUST_CHECK enum status store_invitations_of_channel(struct store_db *db,
                                                    const struct id *channel,
                                                    struct arena *arena,
                                                    struct store_invitation_list *invitations);

/* All to the channel, other than this one, to which somebody was invited last, if that was after
 * `since_ms`; oldest first. */
MUST_CHECK enum status store_invitations_of_last(struct store_db *db,
                                                 const struct id *channel,
                                                 int64_t since_ms,
                                                 struct arena *arena,
                                                 struct store_invitation_list *invitations);

#endif
