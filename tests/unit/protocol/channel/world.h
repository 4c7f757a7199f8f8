/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A small community for the tests of the channel policy: people in a directory, and a channel whose
 * commits are made by real members and judged as the server judges them.
 * Thread rule: one thread.
 */
#ifndef WEFT_TEST_CHANNEL_WORLD_H
#define WEFT_TEST_CHANNEL_WORLD_H

#include "protocol/channel/policy.h"
#include "tests/unit/protocol/channel/party.h"

#define PEOPLE 5

/* A community with a directory, and one channel as the server sees it. */
struct world {
    struct directory *directory;
    struct mls_options options;
    struct party people[PEOPLE];
    struct id channel;
    struct mls_public_group *server;
    uint64_t log_size;               /* that commits name; 0: the directory's own */
    uint64_t log_size_min;           /* that the last commit named */
    bool reads_later;                /* the judge follows what was accepted long ago */
    int64_t now_ms;                  /* the judge's clock */
    enum channel_history history;    /* what world_write_extensions says */
    struct channel_dormant *dormant; /* what world_write_extensions lists */
    size_t dormant_count;
};

/* Fresh ids and keys, which never end. */
void world_make_person(struct party *party);

/* GroupContext extensions of a channel whose first person is facilitator and host, and whose second
 * is sponsor. */
void world_write_extensions(const struct world *world,
                            enum channel_visibility visibility,
                            struct buffer *bytes);

/* A channel of the first person. */
void world_begin(struct world *world, enum channel_visibility visibility);

/* The same, where newcomers get what was said before. */
void world_begin_sharing(struct world *world,
                         enum channel_visibility visibility,
                         enum channel_history history);

/* Frees all. */
void world_end(struct world *world);

/* The header of a commit. */
void world_write_header(const struct world *world,
                        struct message_leave *leave,
                        uint8_t lane,
                        struct buffer *bytes);

/* What the policy says to a commit, which the server merges when it is allowed. */
enum status world_judge(struct world *world, struct span commit);

/* `by` commits one proposal; the others in the group follow when it was allowed. */
enum status world_commit_list(struct world *world,
                              struct party *by,
                              const struct mls_proposal *proposals,
                              size_t count,
                              struct message_leave *leave,
                              struct mls_commit_bundle *bundle);
enum status world_commit(struct world *world,
                         struct party *by,
                         const struct mls_proposal *proposal,
                         struct message_leave *leave,
                         struct mls_commit_bundle *bundle);

/* `by` adds somebody, who joins when it was allowed. */
enum status world_add(struct world *world, struct party *by, struct party *newcomer);

/* `by` removes a member. */
enum status world_remove(struct world *world,
                         struct party *by,
                         struct party *gone,
                         struct message_leave *leave);

/* An external commit of `joiner`. */
enum status world_join_external(struct world *world, struct party *joiner, bool resync);

/* `party` becomes another device of `of`'s person, which `by` signs for: the person's own, or an
 * admin's. */
void world_make_further(struct world *world,
                        struct party *party,
                        const struct party *of,
                        const struct party *by);

/* The directory revokes the party's device. */
void world_shut_out(struct world *world, const struct party *party);

/* The server has not seen the device for long, or sees it again. */
void world_absent(struct world *world, const struct party *party, bool absent);

#endif
