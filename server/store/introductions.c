/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/introductions.h"

#include "server/store/coffee.h"
#include "server/store/contacts.h"
#include "server/store/limits.h"
#include "server/store/query.h"
#include "server/store/ties.h"

static struct store_pair in_order(const struct id *a, const struct id *b)
{
    bool ordered = span_compare(id_span(a), id_span(b)) < 0;
    return ordered ? (struct store_pair){*a, *b} : (struct store_pair){*b, *a};
}

/* ---- adding ---- */

static enum status check_never(struct store_db *db, const struct id *person, const struct id *other)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT 1 FROM never_matched WHERE a = ? AND b = ?");
    struct store_pair pair = in_order(person, other);
    bool found;
    query_bind_id(&q, &pair.a);
    query_bind_id(&q, &pair.b);
    TRY(query_next(&q, &found));
    return found ? STATUS_DENIED : STATUS_OK;
}

static enum status
check_person(struct store_db *db, const struct store_introduction *introduction, size_t at)
{
    const struct id *person = &introduction->people[at].person;
    bool takes_part = true;
    if (introduction->people[at].reason.len > STORE_TEXT_BYTES_MAX)
        return STATUS_LIMIT;
    TRY(store_contacts_check(db, person, introduction->created_at_ms));
    if (introduction->kind == STORE_INTRODUCTION_COFFEE)
        TRY(store_coffee_get(db, person, &takes_part));
    for (size_t i = 0; i < at; i++)
        TRY(check_never(db, &introduction->people[i].person, person));
    return takes_part ? STATUS_OK : STATUS_DENIED;
}

static enum status add_row(struct store_db *db, const struct store_introduction *introduction)
{
    bool coffee = introduction->kind == STORE_INTRODUCTION_COFFEE;
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO introductions (introduction, kind, shared, created_at_ms,"
                     " ends_at_ms, agreed_at_ms, ask_at_ms, channel, opened)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)");
    query_bind_id(&q, &introduction->introduction);
    query_bind_int(&q, introduction->kind);
    query_bind_int(&q, introduction->shared);
    query_bind_int(&q, introduction->created_at_ms);
    query_bind_int(&q, introduction->ends_at_ms);
    query_bind_int(&q, coffee ? introduction->created_at_ms : 0);
    query_bind_int(&q, coffee ? introduction->ask_at_ms : 0);
    query_bind_optional_id(&q, coffee ? &introduction->channel : &(const struct id){{0}});
    return query_run(&q);
}

static enum status add_side(struct store_db *db,
                            const struct store_introduction *introduction,
                            const struct store_introduction_person *person)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "INSERT INTO introduction_sides (side, introduction, person, choice,"
                     " chosen_at_ms, again_at_ms, told, met, useful, reason)"
                     " VALUES (?, ?, ?, ?, 0, 0, 0, 0, 0, ?)");
    query_bind_id(&q, &person->side);
    query_bind_id(&q, &introduction->introduction);
    query_bind_id(&q, &person->person);
    query_bind_int(&q, introduction->kind == STORE_INTRODUCTION_COFFEE ? STORE_CHOICE_ACCEPT
                                                                       : STORE_CHOICE_NONE);
    query_bind_text(&q, person->reason);
    return query_run(&q);
}

enum status store_introductions_add(struct store_db *db,
                                    const struct store_introduction *introduction)
{
    if (introduction->person_count < 2 ||
        introduction->person_count > STORE_INTRODUCTION_PEOPLE_MAX)
        return STATUS_USAGE;
    for (size_t i = 0; i < introduction->person_count; i++)
        TRY(check_person(db, introduction, i));
    TRY(add_row(db, introduction));
    for (size_t i = 0; i < introduction->person_count; i++) {
        const struct store_introduction_person *person = &introduction->people[i];
        TRY(add_side(db, introduction, person));
        TRY(store_contacts_add(db, &person->person, introduction->created_at_ms));
    }
    return STATUS_OK;
}

/* ---- reading ---- */

#define SIDE_COLUMNS                                                                               \
    "s.side, s.introduction, s.person, i.kind, s.choice, i.created_at_ms, i.ends_at_ms,"           \
    " i.agreed_at_ms, i.ask_at_ms, i.channel, i.opened, s.told, s.met, s.useful, s.reason"

/* A value of an enum that begins with 0, "none". */
static uint32_t take_from_none(struct query *q, uint32_t last)
{
    uint32_t value = 0;
    query_take_unsigned32(q, &value);
    if (q->status == STATUS_OK && value > last)
        q->status = STATUS_CORRUPT;
    return value;
}

static void take_side(struct query *q, struct arena *arena, void *item)
{
    struct store_side *side = item;
    int kind = 0;
    query_take_id(q, &side->side);
    query_take_id(q, &side->introduction);
    query_take_id(q, &side->person);
    query_take_enum(q, STORE_INTRODUCTION_COFFEE, &kind);
    side->kind = (enum store_introduction_kind)kind;
    side->choice = (enum store_choice)take_from_none(q, STORE_CHOICE_NEVER);
    query_take_int(q, &side->created_at_ms);
    query_take_int(q, &side->ends_at_ms);
    query_take_int(q, &side->agreed_at_ms);
    query_take_int(q, &side->ask_at_ms);
    query_take_id(q, &side->channel);
    query_take_bool(q, &side->opened);
    query_take_unsigned32(q, &side->told);
    side->met = (enum store_answer)take_from_none(q, STORE_ANSWER_NO);
    side->useful = (enum store_answer)take_from_none(q, STORE_ANSWER_NO);
    query_take_bytes(q, arena, &side->reason);
}

enum status store_introductions_of_person(struct store_db *db,
                                          const struct id *person,
                                          int64_t now_ms,
                                          struct arena *arena,
                                          struct store_side_list *sides)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT " SIDE_COLUMNS " FROM introduction_sides s JOIN introductions i"
                     " ON i.introduction = s.introduction WHERE s.person = ?1 AND CASE"
                     " WHEN i.agreed_at_ms > 0 THEN s.choice = 1 AND i.agreed_at_ms > ?2 - ?3"
                     " WHEN s.choice = 0 THEN i.ends_at_ms > ?2"
                     " ELSE s.choice = 1 AND i.ends_at_ms > ?2 - ?4 END"
                     " ORDER BY i.created_at_ms, s.side");
    struct query_rows rows;
    query_bind_id(&q, person);
    query_bind_int(&q, now_ms);
    query_bind_int(&q, STORE_AGREED_SHOWN_MS);
    query_bind_int(&q, STORE_OVER_SHOWN_MS);
    TRY(query_all(&q, arena, sizeof(struct store_side), take_side, &rows));
    *sides = (struct store_side_list){rows.items, rows.count};
    return STATUS_OK;
}

enum status store_introductions_get(struct store_db *db,
                                    const struct id *side,
                                    const struct id *person,
                                    struct arena *arena,
                                    struct store_side *found)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT " SIDE_COLUMNS " FROM introduction_sides s JOIN introductions i"
                     " ON i.introduction = s.introduction WHERE s.side = ? AND s.person = ?");
    struct store_side taken = {0};
    query_bind_id(&q, side);
    query_bind_id(&q, person);
    TRY(query_one(&q));
    take_side(&q, arena, &taken);
    TRY(q.status);
    *found = taken;
    return STATUS_OK;
}

/* Those who are in it besides the side's person, whatever they chose. */
static enum status read_others(struct store_db *db,
                               const struct store_side *side,
                               struct id others[STORE_INTRODUCTION_PEOPLE_MAX],
                               size_t *count)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT person FROM introduction_sides"
                                  " WHERE introduction = ? AND person <> ? ORDER BY person");
    query_bind_id(&q, &side->introduction);
    query_bind_id(&q, &side->person);
    for (*count = 0;; ++*count) {
        bool has_row;
        TRY(query_next(&q, &has_row));
        if (!has_row)
            return STATUS_OK;
        if (*count == STORE_INTRODUCTION_PEOPLE_MAX)
            return STATUS_CORRUPT;
        query_take_id(&q, &others[*count]);
        TRY(q.status);
    }
}

enum status store_introductions_others(struct store_db *db,
                                       const struct store_side *side,
                                       struct id others[STORE_INTRODUCTION_PEOPLE_MAX],
                                       size_t *count)
{
    return side->agreed_at_ms == 0 ? STATUS_DENIED : read_others(db, side, others, count);
}

/* ---- choosing ---- */

/* The side without its reason. */
static enum status get_bare(struct store_db *db,
                            const struct id *side,
                            const struct id *person,
                            struct store_side *found)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(STORE_TEXT_BYTES_MAX);
    TRY(store_introductions_get(db, side, person, &arena, found));
    found->reason = SPAN_EMPTY;
    return STATUS_OK;
}

static enum status
set_choice(struct store_db *db, const struct id *side, const struct store_choosing *choosing)
{
    int64_t again_at_ms = choosing->choice == STORE_CHOICE_SNOOZE ? choosing->snooze_until_ms
                          : choosing->choice == STORE_CHOICE_DECLINE
                              ? choosing->now_ms + STORE_DECLINED_MS
                              : 0;
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE introduction_sides SET choice = ?, chosen_at_ms = ?,"
                                  " again_at_ms = ? WHERE side = ?");
    query_bind_int(&q, choosing->choice);
    query_bind_int(&q, choosing->now_ms);
    query_bind_int(&q, again_at_ms);
    query_bind_id(&q, side);
    return query_run(&q);
}

static enum status add_never(struct store_db *db, const struct store_side *side)
{
    struct id others[STORE_INTRODUCTION_PEOPLE_MAX];
    size_t count;
    TRY(read_others(db, side, others, &count));
    for (size_t i = 0; i < count; i++) {
        struct store_pair pair = in_order(&side->person, &others[i]);
        CLEANUP(query_end)
        struct query q = query_on(db, "INSERT OR IGNORE INTO never_matched (a, b) VALUES (?, ?)");
        query_bind_id(&q, &pair.a);
        query_bind_id(&q, &pair.b);
        TRY(query_run(&q));
    }
    return STATUS_OK;
}

/* All accepted, and may still be introduced: whoever opted out, was suspended or erased meanwhile
 * is simply somebody who has not accepted. */
static enum status all_agree(struct store_db *db, const struct id *introduction, bool *agreed)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT count(*) FROM introduction_sides s JOIN people p"
                                  " ON p.person = s.person WHERE s.introduction = ?"
                                  " AND (s.choice <> 1 OR p.state <> 2 OR p.opted_in = 0)");
    uint64_t missing = 0;
    query_bind_id(&q, introduction);
    TRY(query_one(&q));
    query_take_unsigned(&q, &missing);
    *agreed = missing == 0;
    return q.status;
}

static enum status set_agreed(struct store_db *db,
                              const struct id *introduction,
                              const struct store_choosing *choosing)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE introductions SET agreed_at_ms = ?, ask_at_ms = ?,"
                                  " channel = ? WHERE introduction = ?");
    query_bind_int(&q, choosing->now_ms);
    query_bind_int(&q, choosing->ask_at_ms);
    query_bind_id(&q, &choosing->channel);
    query_bind_id(&q, introduction);
    return query_run(&q);
}

static enum status check_choice(const struct store_side *side,
                                const struct store_choosing *choosing)
{
    if (choosing->choice == STORE_CHOICE_NONE)
        return STATUS_USAGE;
    if (choosing->choice == STORE_CHOICE_NEVER)
        return STATUS_OK;
    if (side->agreed_at_ms != 0)
        return STATUS_CONFLICT;
    if (choosing->now_ms >= side->ends_at_ms)
        return STATUS_NOT_NOW;
    bool thinks_again = side->choice == STORE_CHOICE_NONE || side->choice == STORE_CHOICE_ACCEPT;
    return thinks_again ? STATUS_OK : STATUS_CONFLICT;
}

enum status store_introductions_choose(struct store_db *db,
                                       const struct id *side,
                                       const struct id *person,
                                       const struct store_choosing *choosing,
                                       bool *agreed)
{
    struct store_side found;
    *agreed = false;
    TRY(get_bare(db, side, person, &found));
    if (choosing->choice != STORE_CHOICE_NONE && found.choice == choosing->choice)
        return STATUS_OK;
    TRY(check_choice(&found, choosing));
    TRY(set_choice(db, side, choosing));
    if (choosing->choice == STORE_CHOICE_NEVER)
        return add_never(db, &found);
    if (choosing->choice != STORE_CHOICE_ACCEPT)
        return STATUS_OK;
    TRY(all_agree(db, &found.introduction, agreed));
    return *agreed ? set_agreed(db, &found.introduction, choosing) : STATUS_OK;
}

/* One that all accepted and that is not agreed; STATUS_NOT_FOUND. */
static enum status find_unsettled(struct store_db *db,
                                  const struct id *person,
                                  int64_t now_ms,
                                  struct id *introduction)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "SELECT i.introduction FROM introduction_sides s JOIN introductions i"
                     " ON i.introduction = s.introduction WHERE s.person = ? AND"
                     " i.agreed_at_ms = 0 AND i.ends_at_ms > ? AND NOT EXISTS (SELECT 1"
                     "   FROM introduction_sides o JOIN people p ON p.person = o.person"
                     "   WHERE o.introduction = i.introduction"
                     "   AND (o.choice <> 1 OR p.state <> 2 OR p.opted_in = 0)) LIMIT 1");
    query_bind_id(&q, person);
    query_bind_int(&q, now_ms);
    TRY(query_one(&q));
    query_take_id(&q, introduction);
    return q.status;
}

enum status store_introductions_settle(struct store_db *db,
                                       const struct id *person,
                                       const struct store_choosing *choosing,
                                       bool *agreed)
{
    struct id introduction;
    *agreed = false;
    enum status status = find_unsettled(db, person, choosing->now_ms, &introduction);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(status);
    *agreed = true;
    return set_agreed(db, &introduction, choosing);
}

enum status
store_introductions_withdraw(struct store_db *db, const struct id *person, int64_t now_ms)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "UPDATE introduction_sides SET choice = 2, chosen_at_ms = ?2"
                     " WHERE person = ?1 AND choice IN (0, 1) AND introduction IN"
                     " (SELECT introduction FROM introductions WHERE agreed_at_ms = 0)");
    query_bind_id(&q, person);
    query_bind_int(&q, now_ms);
    return query_run(&q);
}

enum status store_introductions_replace_channel(struct store_db *db,
                                                const struct store_side *side,
                                                const struct id *channel)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE introductions SET channel = ? WHERE introduction = ?"
                                  " AND agreed_at_ms > 0 AND opened = 0");
    uint64_t rows;
    query_bind_id(&q, channel);
    query_bind_id(&q, &side->introduction);
    TRY(query_run_counted(&q, &rows));
    return rows == 0 ? STATUS_CONFLICT : STATUS_OK;
}

enum status
store_introductions_set_opened(struct store_db *db, const struct id *side, const struct id *person)
{
    struct store_side found;
    TRY(get_bare(db, side, person, &found));
    if (found.agreed_at_ms == 0)
        return STATUS_CONFLICT;
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE introductions SET opened = 1 WHERE introduction = ?");
    query_bind_id(&q, &found.introduction);
    return query_run(&q);
}

/* ---- afterwards ---- */

static enum status write_met(struct store_db *db,
                             const struct id *side,
                             enum store_answer met,
                             enum store_answer useful)
{
    CLEANUP(query_end)
    struct query q =
        query_on(db, "UPDATE introduction_sides SET met = ?, useful = ? WHERE side = ?");
    query_bind_int(&q, met);
    query_bind_int(&q, useful);
    query_bind_id(&q, side);
    return query_run(&q);
}

/* What the other of a pair said, and whether they were erased. */
static enum status read_met(struct store_db *db,
                            const struct id *introduction,
                            const struct id *person,
                            uint32_t *met,
                            bool *erased)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "SELECT s.met, p.state = 4 FROM introduction_sides s"
                                  " JOIN people p ON p.person = s.person"
                                  " WHERE s.introduction = ? AND s.person = ?");
    query_bind_id(&q, introduction);
    query_bind_id(&q, person);
    TRY(query_one(&q));
    *met = take_from_none(&q, STORE_ANSWER_NO);
    query_take_bool(&q, erased);
    return q.status;
}

static enum status set_tie(struct store_db *db,
                           const struct store_side *side,
                           const struct id *other,
                           enum store_answer met,
                           int64_t now_ms)
{
    uint32_t theirs = STORE_ANSWER_NONE;
    bool erased = false;
    struct store_tie tie = {side->person, *other, STORE_TIE_MET, 1, now_ms};
    TRY(read_met(db, &side->introduction, other, &theirs, &erased));
    if (met == STORE_ANSWER_YES && theirs != STORE_ANSWER_NO && !erased)
        return store_ties_set(db, &tie);
    if (met == STORE_ANSWER_NO)
        return store_ties_remove(db, &side->person, other, STORE_TIE_MET);
    return STATUS_OK;
}

enum status store_introductions_set_met(struct store_db *db,
                                        const struct id *side,
                                        const struct id *person,
                                        enum store_answer met,
                                        enum store_answer useful,
                                        int64_t now_ms)
{
    struct id others[STORE_INTRODUCTION_PEOPLE_MAX];
    size_t count;
    struct store_side found;
    if (met == STORE_ANSWER_NONE)
        return STATUS_USAGE;
    TRY(get_bare(db, side, person, &found));
    if (found.agreed_at_ms == 0)
        return STATUS_CONFLICT;
    TRY(write_met(db, side, met, useful));
    TRY(read_others(db, &found, others, &count));
    for (size_t i = 0; i < count; i++)
        TRY(set_tie(db, &found, &others[i], met, now_ms));
    return STATUS_OK;
}

uint32_t store_side_news(const struct store_side *side, int64_t now_ms)
{
    uint32_t due = 0;
    int64_t half_ms = side->created_at_ms + (side->ends_at_ms - side->created_at_ms) / 2;
    if (side->agreed_at_ms != 0) {
        due |= STORE_TOLD_AGREED;
        if (now_ms >= side->ask_at_ms && side->met == STORE_ANSWER_NONE)
            due |= STORE_TOLD_ASKED;
    } else if (side->choice == STORE_CHOICE_NONE && now_ms < side->ends_at_ms) {
        due |= STORE_TOLD_NEW;
        if (now_ms >= half_ms)
            due |= STORE_TOLD_REMINDED;
    }
    return due & ~side->told;
}

enum status store_introductions_set_told(struct store_db *db, const struct id *side, uint32_t told)
{
    CLEANUP(query_end)
    struct query q = query_on(db, "UPDATE introduction_sides SET told = told | ? WHERE side = ?");
    query_bind_int(&q, told);
    query_bind_id(&q, side);
    return query_run(&q);
}
