/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/invitations.h"

#include "server/store/contacts.h"
#include "server/store/limits.h"
#include "server/store/query.h"

#define INVITATION_COLUMNS                                                                         \
    "invitation, channel, session, person, invited_by, state, reason, created_at_ms,"              \
    " answered_at_ms"

static void take_invitation(struct query *q, struct arena *arena, void *item)
{
    struct store_invitation *invitation = item;
    int state = 0;
    query_take_id(q, &invitation->invitation);
    query_take_id(q, &invitation->channel);
    query_take_id(q, &invitation->session);
    query_take_id(q, &invitation->person);
    query_take_id(q, &invitation->invited_by);
    query_take_enum(q, STORE_INVITATION_WITHDRAWN, &state);
    query_take_bytes(q, arena, &invitation->reason);
    query_take_int(q, &invitation->created_at_ms);
    query_take_int(q, &invitation->answered_at_ms);
    invitation->state = (enum store_invitation_state)state;
}

static enum status is_sent(struct store_db *db, const struct id *invitation, bool *sent)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT 1 FROM invitations WHERE invitation = ?");
    query_bind_id(&q, invitation);
    return query_next(&q, sent);
}

static enum status has_another(struct store_db *db, const struct store_invitation *invitation)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT 1 FROM invitations"
                     " WHERE person = ? AND channel = ? AND state IN (1, 2, 4) LIMIT 1");
    bool found;
    query_bind_id(&q, &invitation->person);
    query_bind_id(&q, &invitation->channel);
    TRY(query_next(&q, &found));
    return found ? STATUS_EXISTS : STATUS_OK;
}

static enum status add_row(struct store_db *db, const struct store_invitation *invitation)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "INSERT INTO invitations (" INVITATION_COLUMNS ")"
                                  " VALUES (?, ?, ?, ?, ?, 1, ?, ?, 0)");
    query_bind_id(&q, &invitation->invitation);
    query_bind_id(&q, &invitation->channel);
    query_bind_optional_id(&q, &invitation->session);
    query_bind_id(&q, &invitation->person);
    query_bind_id(&q, &invitation->invited_by);
    query_bind_bytes(&q, invitation->reason);
    query_bind_int(&q, invitation->created_at_ms);
    return query_run(&q);
}

enum status
store_invitations_add(struct store_db *db, const struct store_invitation *invitation, bool *again)
{
    bool sent;
    if (invitation->reason.len > STORE_TEXT_BYTES_MAX)
        return STATUS_LIMIT;
    TRY(is_sent(db, &invitation->invitation, &sent));
    if (!sent) {
        TRY(has_another(db, invitation));
        TRY(store_contacts_check(db, &invitation->person, invitation->created_at_ms));
        TRY(add_row(db, invitation));
        TRY(store_contacts_add(db, &invitation->person, invitation->created_at_ms));
    }
    *again = sent;
    return STATUS_OK;
}

/* The state of an invitation to this person. */
static enum status get_state(struct store_db *db,
                             const struct id *invitation,
                             const struct id *person,
                             enum store_invitation_state *state)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT state FROM invitations WHERE invitation = ? AND person = ?");
    int taken = 0;
    query_bind_id(&q, invitation);
    query_bind_id(&q, person);
    TRY(query_one(&q));
    query_take_enum(&q, STORE_INVITATION_WITHDRAWN, &taken);
    TRY(q.status);
    *state = (enum store_invitation_state)taken;
    return STATUS_OK;
}

enum status store_invitations_answer(struct store_db *db,
                                     const struct id *invitation,
                                     const struct id *person,
                                     enum store_invitation_state answer,
                                     int64_t now_ms)
{
    enum store_invitation_state state;
    if (answer == STORE_INVITATION_SENT)
        return STATUS_USAGE;
    TRY(get_state(db, invitation, person, &state));
    if (state == answer)
        return STATUS_OK;
    if (state != STORE_INVITATION_SENT && state != STORE_INVITATION_SNOOZED)
        return STATUS_CONFLICT;
    CLEANUP(query_end)
    struct query q =
        query_on(db, "UPDATE invitations SET state = ?, answered_at_ms = ? WHERE invitation = ?");
    query_bind_int(&q, answer);
    query_bind_int(&q, now_ms);
    query_bind_id(&q, invitation);
    return query_run(&q);
}

enum status store_invitations_get(struct store_db *db,
                                  const struct id *invitation,
                                  struct arena *arena,
                                  struct store_invitation *found)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT " INVITATION_COLUMNS " FROM invitations WHERE invitation = ?");
    struct store_invitation taken = {0};
    query_bind_id(&q, invitation);
    TRY(query_one(&q));
    take_invitation(&q, arena, &taken);
    TRY(q.status);
    *found = taken;
    return STATUS_OK;
}

static enum status
take_all(struct query *q, struct arena *arena, struct store_invitation_list *invitations)
{
    struct query_rows rows;
    TRY(query_all(q, arena, sizeof(struct store_invitation), take_invitation, &rows));
    *invitations = (struct store_invitation_list){rows.items, rows.count};
    return STATUS_OK;
}

enum status store_invitations_of_person(struct store_db *db,
                                        const struct id *person,
                                        struct arena *arena,
                                        struct store_invitation_list *invitations)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT " INVITATION_COLUMNS " FROM invitations"
                                  " WHERE person = ? AND state IN (1, 4) ORDER BY row");
    query_bind_id(&q, person);
    return take_all(&q, arena, invitations);
}

enum status store_invitations_of_channel(struct store_db *db,
                                         const struct id *channel,
                                         struct arena *arena,
                                         struct store_invitation_list *invitations)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT " INVITATION_COLUMNS
                                  " FROM invitations WHERE channel = ? ORDER BY row");
    query_bind_id(&q, channel);
    return take_all(&q, arena, invitations);
}

enum status store_invitations_of_last(struct store_db *db,
                                      const struct id *channel,
                                      int64_t since_ms,
                                      struct arena *arena,
                                      struct store_invitation_list *invitations)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT " INVITATION_COLUMNS " FROM invitations"
                                  " WHERE channel = (SELECT channel FROM invitations"
                                  "   WHERE channel <> ?1 ORDER BY row DESC LIMIT 1)"
                                  " AND created_at_ms > ?2 ORDER BY row");
    query_bind_id(&q, channel);
    query_bind_int(&q, since_ms);
    return take_all(&q, arena, invitations);
}
