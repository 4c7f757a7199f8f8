/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A few members and the messages between them, for the tests of a member's group: everything
 * happens in memory, each member keeps its rows in a table of its own, and randomness is a counter
 * under a hash, so that a failing test can be repeated.
 * A step that must work ends the test when it does not.
 */
#ifndef WEFT_TESTS_MEMBER_WORLD_H
#define WEFT_TESTS_MEMBER_WORLD_H

#include "protocol/mls/member/group.h"

#include <stdbool.h>

#define WORLD_MEMBERS_MAX 12
#define WORLD_NOW 1700000000u

/* One row of a member's table; `bytes` is owned. */
struct table_row {
    struct mls_row_key key;
    struct buffer bytes;
};

/* A member's store. */
struct table {
    struct table_row *rows;
    size_t count;
    size_t capacity;
    size_t next; /* of the enumeration */
    size_t bytes_written;
};

struct member {
    struct secret signature_private;
    struct signature_public signature_public;
    uint8_t name[8];
    struct mls_identity identity;
    struct buffer package;
    struct buffer package_private;
    struct mls_group *group;
    struct table table;
};

struct world {
    const struct suite *suite;
    uint64_t random_state;
    struct random_source random;
    struct mls_options options;
    uint16_t extension_types[2];
    struct member members[WORLD_MEMBERS_MAX];
};

/* People with keys and a KeyPackage each, and no group. */
void world_init(struct world *world, uint16_t suite);

/* The same with another source of randomness. */
void world_init_with(struct world *world, uint16_t suite, const struct random_source *random);
void world_clear(struct world *world);

/* Member 0 creates a group and adds members 1 to count - 1, who join. */
void world_start_group(struct world *world, size_t count);

/* A fresh KeyPackage in place of the one used up. */
void world_renew_package(struct world *world, size_t who);

/* `who` commits and keeps it pending. */
void world_commit(struct world *world,
                  size_t who,
                  const struct mls_commit_request *request,
                  struct mls_commit_bundle *bundle);

/* `who`'s pending commit is accepted: applied there, received and merged by everybody else that is
 * in the group at that epoch. Members that it removes have left afterwards. */
void world_accept(struct world *world, size_t who, const struct mls_commit_bundle *bundle);

/* Commits without proposals and accepts: a path from `who`. */
void world_refresh(struct world *world, size_t who);

/* `who` adds `newcomer`, who joins. */
void world_add(struct world *world, size_t who, size_t newcomer);

/* `who` removes `gone`. */
void world_remove(struct world *world, size_t who, size_t gone);

/* `newcomer` joins from the Welcome with the tree of `from`. */
enum status world_join(struct world *world, size_t newcomer, struct span welcome, size_t from);

/* An application message of `who`, stored before it is sent. */
void world_say(struct world *world, size_t who, const char *text, struct mls_sent *sent);

/* A proposal of `who`, to remove leaf 2, in a PrivateMessage: Weft sends its own in PublicMessages,
 * others need not. */
void world_propose_privately(struct world *world, size_t who, struct buffer *out);

/* What happens when `who` receives the message. */
enum status
world_hear(struct world *world, size_t who, struct span message, struct mls_received *received);

/* `who` receives the message and it says `text`. */
void world_expect(struct world *world, size_t who, struct span message, const char *text);

/* All members that are in the group agree on epoch, tree, authenticator and exporter. */
void world_agree(const struct world *world);

/* The same, and messages go from each to each. */
void world_check(struct world *world);

/* Writes the member's changes to its table. */
void world_store(struct world *world, size_t who);

/* Empties the member's table, as when its group is replaced by another. */
void world_forget_rows(struct world *world, size_t who);

/* Frees the member's group and restores it from its table. */
void world_restart(struct world *world, size_t who);

/* A second group from the member's table. */
enum status world_try_restore(struct world *world, size_t who, struct mls_group **group);

/* Whether the member's table has these bytes anywhere. */
bool table_has(const struct table *table, struct span bytes);

/* A row of the table, or NULL. */
struct table_row *table_find(const struct table *table, const struct mls_row_key *key);

#endif
