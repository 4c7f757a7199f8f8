/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * People. A person is a random id; whatever can be erased (name, external id, group,
 * profile) is in a row of its own, which the log and the credentials never repeat.
 * Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_PEOPLE_H
#define WEFT_STORE_PEOPLE_H

#include "server/store/groups.h"

enum store_role {
    STORE_ROLE_STAFF = 1,
    STORE_ROLE_FACILITATOR = 2,
    STORE_ROLE_ADMIN = 3,
};

enum store_person_state {
    /* A node of imported data, without an account. */
    STORE_PERSON_IMPORTED = 1,
    STORE_PERSON_JOINED = 2,
    STORE_PERSON_SUSPENDED = 3,
    /* Only the id is left. */
    STORE_PERSON_ERASED = 4,
};

struct store_person {
    struct id person;
    enum store_role role;
    enum store_person_state state;
    /* The main group; none when not known. */
    struct id group;
    /* Empty when the person is erased or the import gave none. */
    struct span name;
    /* The id in the organisation's own data; empty for people who were not imported. */
    struct span external_id;
    bool opted_in;
    /* How often they may be asked; 0: not at all. */
    uint32_t contacts_per_week_max;
    int64_t created_at_ms;
    /* 0 before joining. */
    int64_t joined_at_ms;
};

struct store_person_list {
    struct store_person *items;
    size_t count;
    /* There are more after the last one. */
    bool more;
};

/*
 * A new person, imported or joined, with every field of `person` as given. STATUS_EXISTS for an id
 * or an external id that is taken, STATUS_LIMIT for a text over its maximum.
 */
MUST_CHECK enum status store_people_add(struct store_db *db, const struct store_person *person);

/* Name and main group of a person that exists, as an import or an admin changes them. Erased people
 * stay erased (STATUS_DENIED). STATUS_NOT_FOUND, STATUS_LIMIT. */
MUST_CHECK enum status store_people_rename(struct store_db *db,
                                           const struct id *person,
                                           struct span name,
                                           const struct id *group);

/* An imported person becomes joined, with the invite's role and the name they gave (kept when
 * empty). STATUS_NOT_FOUND, STATUS_CONFLICT unless imported. */
MUST_CHECK enum status store_people_join(struct store_db *db,
                                         const struct id *person,
                                         enum store_role role,
                                         struct span name,
                                         int64_t now_ms);

/* STATUS_DENIED unless the person joined and is neither suspended nor erased. */
MUST_CHECK enum status store_people_check_joined(struct store_db *db, const struct id *person);

/* Joined to suspended or back. STATUS_NOT_FOUND, STATUS_CONFLICT from any other state. */
MUST_CHECK enum status
store_people_suspend(struct store_db *db, const struct id *person, bool suspended);

/*
 * Removes name, external id, groups, profile, ties, contacts, read positions, knocks, invitations
 * and unused invites to the person, and revokes the devices with their KeyPackages and Welcomes;
 * what is left is the id with the state erased. The bytes are overwritten in the database at once
 * and in the write-ahead log within the hour. The devices stay members of their channels until a
 * Remove is committed: ask for it (removals.h). Repeating it changes nothing. STATUS_NOT_FOUND.
 */
MUST_CHECK enum status
store_people_erase(struct store_db *db, const struct id *person, int64_t now_ms);

/* STATUS_NOT_FOUND. */
MUST_CHECK enum status store_people_get(struct store_db *db,
                                        const struct id *person,
                                        struct arena *arena,
                                        struct store_person *found);

/* STATUS_NOT_FOUND. */
MUST_CHECK enum status
store_people_by_external_id(struct store_db *db, struct span external_id, struct id *person);

/* The one person whose id starts with these hex digits (at least 6). STATUS_MALFORMED,
 * STATUS_NOT_FOUND, STATUS_CONFLICT when several do. */
MUST_CHECK enum status
store_people_by_prefix(struct store_db *db, struct span hex_digits, struct id *person);

struct store_people_query {
    /* Only people that joined and opted in: all that members may look up. */
    bool only_visible;
    /* Where the name, a topic or an offer contains this text, ASCII letters in either case;
     * empty: all. */
    struct span text;
    /* None: all groups. */
    struct id group;
    /* The last person of the page before; none at first. */
    struct id after;
    /* At most this many, in order of id. */
    uint32_t count_max;
};

MUST_CHECK enum status store_people_list(struct store_db *db,
                                         const struct store_people_query *query,
                                         struct arena *arena,
                                         struct store_person_list *people);

#endif
