/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/invites.h"

#include "server/store/prefix.h"
#include "server/store/query.h"

#define INVITE_COLUMNS                                                                             \
    "invite, secret_hash, role, group_id, person, created_by, created_at_ms, expires_at_ms,"       \
    " uses_max, uses, revoked"

static void take_invite(struct query *q, struct arena *arena, void *item)
{
    (void)arena;
    struct store_invite *invite = item;
    int role = 0;
    query_take_id(q, &invite->invite);
    query_take_hash(q, &invite->secret_hash);
    query_take_enum(q, STORE_ROLE_ADMIN, &role);
    query_take_id(q, &invite->group);
    query_take_id(q, &invite->person);
    query_take_id(q, &invite->created_by);
    query_take_int(q, &invite->created_at_ms);
    query_take_int(q, &invite->expires_at_ms);
    query_take_unsigned32(q, &invite->uses_max);
    query_take_unsigned32(q, &invite->uses);
    query_take_bool(q, &invite->revoked);
    invite->role = (enum store_role)role;
}

enum status store_invites_add(struct store_db *db, const struct store_invite *invite)
{
    if (invite->uses_max == 0 || (invite->uses_max > 1 && !id_is_none(&invite->person)))
        return STATUS_USAGE;
    CLEANUP(query_end)
    struct query q = query_on(db, "INSERT INTO invites (" INVITE_COLUMNS ")"
                                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)");
    query_bind_id(&q, &invite->invite);
    query_bind_hash(&q, &invite->secret_hash);
    query_bind_int(&q, invite->role);
    query_bind_optional_id(&q, &invite->group);
    query_bind_optional_id(&q, &invite->person);
    query_bind_optional_id(&q, &invite->created_by);
    query_bind_int(&q, invite->created_at_ms);
    query_bind_int(&q, invite->expires_at_ms);
    query_bind_int(&q, invite->uses_max);
    return query_run(&q);
}

static enum status
find(struct store_db *db, const struct store_hash *secret_hash, struct store_invite *invite)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT " INVITE_COLUMNS " FROM invites WHERE secret_hash = ?");
    struct store_invite taken = {0};
    query_bind_hash(&q, secret_hash);
    TRY(query_one(&q));
    take_invite(&q, NULL, &taken);
    TRY(q.status);
    *invite = taken;
    return STATUS_OK;
}

static enum status check_usable(const struct store_invite *invite, int64_t now_ms)
{
    if (now_ms >= invite->expires_at_ms)
        return STATUS_EXPIRED;
    if (invite->revoked)
        return STATUS_DENIED;
    return invite->uses >= invite->uses_max ? STATUS_REPLAYED : STATUS_OK;
}

enum status store_invites_show(struct store_db *db,
                               const struct store_hash *secret_hash,
                               int64_t now_ms,
                               struct store_invite *invite)
{
    struct store_invite found;
    TRY(find(db, secret_hash, &found));
    TRY(check_usable(&found, now_ms));
    *invite = found;
    return STATUS_OK;
}

/* STATUS_NOT_FOUND when the device has not redeemed this invite before. */
static enum status find_redemption(struct store_db *db,
                                   const struct id *invite,
                                   const struct id *device,
                                   struct id *person)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT person FROM redemptions WHERE invite = ? AND device = ?");
    query_bind_id(&q, invite);
    query_bind_id(&q, device);
    TRY(query_one(&q));
    query_take_id(&q, person);
    return q.status;
}

static enum status count_use(struct store_db *db, const struct id *invite)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE invites SET uses = uses + 1 WHERE invite = ?");
    query_bind_id(&q, invite);
    return query_run(&q);
}

static enum status add_redemption(struct store_db *db,
                                  const struct store_redemption *redemption,
                                  const struct id *device,
                                  int64_t now_ms)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO redemptions (invite, device, person, at_ms) VALUES (?, ?, ?, ?)");
    query_bind_id(&q, &redemption->invite.invite);
    query_bind_id(&q, device);
    query_bind_id(&q, &redemption->person);
    query_bind_int(&q, now_ms);
    return query_run(&q);
}

enum status store_invites_redeem(struct store_db *db,
                                 const struct store_hash *secret_hash,
                                 const struct id *fresh_person,
                                 const struct id *device,
                                 int64_t now_ms,
                                 struct store_redemption *redemption)
{
    struct store_redemption made = {0};
    TRY(find(db, secret_hash, &made.invite));
    /* Before the checks: a retry after the last use must still be answered. */
    enum status status = find_redemption(db, &made.invite.invite, device, &made.person);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    made.again = status == STATUS_OK;
    if (!made.again) {
        TRY(check_usable(&made.invite, now_ms));
        made.person = id_is_none(&made.invite.person) ? *fresh_person : made.invite.person;
        TRY(count_use(db, &made.invite.invite));
        TRY(add_redemption(db, &made, device, now_ms));
        made.invite.uses++;
    }
    *redemption = made;
    return STATUS_OK;
}

enum status store_invites_revoke(struct store_db *db, const struct id *invite)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE invites SET revoked = 1 WHERE invite = ?");
    uint64_t changed;
    query_bind_id(&q, invite);
    TRY(query_run_counted(&q, &changed));
    return changed == 0 ? STATUS_NOT_FOUND : STATUS_OK;
}

enum status store_invites_by_prefix(struct store_db *db, struct span hex_digits, struct id *invite)
{
    return store_prefix_find(
        db, "SELECT invite FROM invites WHERE invite BETWEEN ? AND ? ORDER BY invite LIMIT 2",
        hex_digits, invite);
}

enum status store_invites_list(struct store_db *db,
                               uint32_t count_max,
                               struct arena *arena,
                               struct store_invite_list *invites)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT " INVITE_COLUMNS " FROM invites"
                                  " ORDER BY created_at_ms DESC, invite LIMIT ?");
    struct query_rows rows;
    bool more;
    query_bind_int(&q, (int64_t)count_max + 1);
    TRY(query_page(&q, arena, sizeof(struct store_invite), take_invite, count_max, &rows, &more));
    *invites = (struct store_invite_list){rows.items, rows.count, more};
    return STATUS_OK;
}
