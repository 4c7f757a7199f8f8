/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Introductions of two people, and coffee tables of two or three: who is in one, what each of them
 * chose, and whether they met.
 *
 * Each person has a side of their own, under a number of its own, with their own reason; what the
 * others chose is in no side. An introduction is agreed when all of them accepted before its end
 * and may still be introduced then; a coffee table is from the beginning, since signing up for it
 * was the consent. Until then nothing of the others may leave the server.
 *
 * Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_INTRODUCTIONS_H
#define WEFT_STORE_INTRODUCTIONS_H

#include "server/store/store.h"

/* People of one introduction: of a coffee table of an odd number, three. */
#define STORE_INTRODUCTION_PEOPLE_MAX 3

/* After a decline the same people are not brought together for a year; after an introduction that
 * somebody left unanswered, for half a year from its end. Who was once introduced is never again.
 */
#define STORE_DECLINED_MS (INT64_C(365) * 24 * 3600 * 1000)
#define STORE_UNANSWERED_MS (INT64_C(182) * 24 * 3600 * 1000)

/* An introduction that did not come about is shown so long after its end, to whoever accepted; one
 * that did, for half a year. */
#define STORE_OVER_SHOWN_MS (INT64_C(14) * 24 * 3600 * 1000)
#define STORE_AGREED_SHOWN_MS (INT64_C(182) * 24 * 3600 * 1000)

enum store_introduction_kind {
    STORE_INTRODUCTION_PAIR = 1,
    STORE_INTRODUCTION_COFFEE = 2,
};

enum store_choice {
    STORE_CHOICE_NONE = 0,
    STORE_CHOICE_ACCEPT = 1,
    STORE_CHOICE_DECLINE = 2,
    STORE_CHOICE_SNOOZE = 3,
    STORE_CHOICE_NEVER = 4,
};

enum store_answer {
    STORE_ANSWER_NONE = 0,
    STORE_ANSWER_YES = 1,
    STORE_ANSWER_NO = 2,
};

/* What a person has been told of a side; combined with |. */
enum store_told {
    STORE_TOLD_NEW = 1,
    STORE_TOLD_REMINDED = 2,
    STORE_TOLD_AGREED = 4,
    STORE_TOLD_ASKED = 8,
};

struct store_introduction_person {
    struct id person;
    struct id side; /* fresh */
    struct span reason;
};

struct store_introduction {
    struct id introduction; /* fresh */
    enum store_introduction_kind kind;
    bool shared; /* the pair has an interest in common: what acceptance is learned from */
    int64_t created_at_ms;
    int64_t ends_at_ms;
    /* Of coffee, where nobody is asked first: when to ask whether they met, and the channel. */
    int64_t ask_at_ms;
    struct id channel;
    struct store_introduction_person people[STORE_INTRODUCTION_PEOPLE_MAX];
    size_t person_count;
};

/*
 * Adds an introduction and counts a contact for each person. Everything that a round knew may have
 * changed since: STATUS_DENIED when one of them is not joined and opted in (or, for coffee, signed
 * up), or two of them shall never be matched; STATUS_RATE_LIMITED when one of them was asked as
 * often as they allow this week. Nothing is written then. STATUS_USAGE unless 2 or 3 people.
 */
MUST_CHECK enum status store_introductions_add(struct store_db *db,
                                               const struct store_introduction *introduction);

/* One person's side, with what it shares with the others'. */
struct store_side {
    struct id side;
    struct id introduction;
    struct id person;
    enum store_introduction_kind kind;
    enum store_choice choice;
    int64_t created_at_ms;
    int64_t ends_at_ms;
    int64_t agreed_at_ms; /* 0: not agreed */
    int64_t ask_at_ms;
    struct id channel; /* none until agreed */
    bool opened;
    uint32_t told; /* enum store_told */
    enum store_answer met;
    enum store_answer useful;
    struct span reason;
};

struct store_side_list {
    struct store_side *items;
    size_t count;
};

/* The person's sides that are to be shown now, oldest first: open ones, those that they accepted,
 * and for a while how these ended. */
MUST_CHECK enum status store_introductions_of_person(struct store_db *db,
                                                     const struct id *person,
                                                     int64_t now_ms,
                                                     struct arena *arena,
                                                     struct store_side_list *sides);

/* STATUS_NOT_FOUND, for somebody else's too. */
MUST_CHECK enum status store_introductions_get(struct store_db *db,
                                               const struct id *side,
                                               const struct id *person,
                                               struct arena *arena,
                                               struct store_side *found);

/* The others of an agreed introduction, at most two, by id. STATUS_DENIED before it is agreed. */
MUST_CHECK enum status store_introductions_others(struct store_db *db,
                                                  const struct store_side *side,
                                                  struct id others[STORE_INTRODUCTION_PEOPLE_MAX],
                                                  size_t *count);

/* `now_ms` and what a choice needs besides. */
struct store_choosing {
    enum store_choice choice;
    int64_t now_ms;
    int64_t snooze_until_ms; /* of a snooze */
    int64_t ask_at_ms;       /* of an agreement, if this makes one */
    struct id channel;       /* likewise: fresh */
};

/*
 * What a person chooses of their side: anything while it is open, to think again after accepting;
 * `never` at any time. The same choice again changes nothing. `agreed` tells whether this was the
 * last acceptance. STATUS_NOT_FOUND, STATUS_NOT_NOW after its end, STATUS_CONFLICT after another
 * choice, STATUS_USAGE without one.
 */
MUST_CHECK enum status store_introductions_choose(struct store_db *db,
                                                  const struct id *side,
                                                  const struct id *person,
                                                  const struct store_choosing *choosing,
                                                  bool *agreed);

/* Agrees on an introduction of the person that all accepted while somebody in it was suspended, if
 * there is one. What `choosing` chooses does not count. To be called until `agreed` is false. */
MUST_CHECK enum status store_introductions_settle(struct store_db *db,
                                                  const struct id *person,
                                                  const struct store_choosing *choosing,
                                                  bool *agreed);

/* Takes back every acceptance of a person that others still wait for: they opted out. */
MUST_CHECK enum status
store_introductions_withdraw(struct store_db *db, const struct id *person, int64_t now_ms);

/* Another channel for an agreed introduction, when whoever began the one before does not finish it.
 * STATUS_CONFLICT when it stands. */
MUST_CHECK enum status store_introductions_replace_channel(struct store_db *db,
                                                           const struct store_side *side,
                                                           const struct id *channel);

/* The channel of the side's introduction stands. STATUS_NOT_FOUND; STATUS_CONFLICT before it is
 * agreed. */
MUST_CHECK enum status
store_introductions_set_opened(struct store_db *db, const struct id *side, const struct id *person);

/*
 * Whether they met, and whether it was useful (may be none). A tie of the network stands between
 * two of them while one says that they met and neither says the contrary. STATUS_NOT_FOUND,
 * STATUS_CONFLICT before it is agreed, STATUS_USAGE without a yes or no.
 */
MUST_CHECK enum status store_introductions_set_met(struct store_db *db,
                                                   const struct id *side,
                                                   const struct id *person,
                                                   enum store_answer met,
                                                   enum store_answer useful,
                                                   int64_t now_ms);

/* What the side's person may be told now and has not been: bits of enum store_told. One reminder,
 * when half of the time is over. Pure. */
uint32_t store_side_news(const struct store_side *side, int64_t now_ms);

/* Adds to what the person was told of a side. */
MUST_CHECK enum status
store_introductions_set_told(struct store_db *db, const struct id *side, uint32_t told);

/* ---- what the next round starts from ---- */

struct store_pair {
    struct id a; /* a < b */
    struct id b;
};

/* Pairs that shall never be matched, in whatever way; those who said so of an introduction that
 * still waits only from its end on, or the other would see them vanish where they are proposed.
 * Until then the introduction itself bars the two (below). */
MUST_CHECK enum status
store_introductions_walk_never(struct store_db *db,
                               int64_t now_ms,
                               enum status (*each)(void *context, const struct store_pair *pair),
                               void *context);

/* Pairs that are not introduced now: they were once, or were asked of late. */
MUST_CHECK enum status
store_introductions_walk_barred(struct store_db *db,
                                int64_t now_ms,
                                enum status (*each)(void *context, const struct store_pair *pair),
                                void *context);

/* Everybody who has an introduction that waits for their answer, in order of id. */
MUST_CHECK enum status
store_introductions_walk_waiting(struct store_db *db,
                                 int64_t now_ms,
                                 enum status (*each)(void *context, const struct id *person),
                                 void *context);

/* How a person took up introductions so far. */
struct store_history {
    struct id person;
    bool shared;    /* those with an interest in common, or those without */
    uint32_t asked; /* answered, or left until the end */
    uint32_t taken; /* accepted, and not followed by "we did not meet" */
};

/* Ordered by person. */
MUST_CHECK enum status store_introductions_walk_history(
    struct store_db *db,
    int64_t now_ms,
    enum status (*each)(void *context, const struct store_history *history),
    void *context);

#endif
