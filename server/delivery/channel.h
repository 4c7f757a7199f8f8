/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A channel in memory: its public group, members, subscribers, and the commits that wait.
 *
 * Memory follows disk: whatever is here was durable first, or was loaded.
 * Ownership: delivery's. Thread rule: loop thread; the public group may be read by the thread that
 * validates the channel's one commit at a time, while nobody merges into it.
 */
#ifndef WEFT_DELIVERY_CHANNEL_H
#define WEFT_DELIVERY_CHANNEL_H

#include "protocol/base/limits.h"
#include "protocol/channel/extension.h"
#include "protocol/mls/public/public_group.h"
#include "protocol/wire/channels.h"
#include "server/base/id_map.h"
#include "server/session/hub.h"
#include "server/store/channels.h"

struct commit_work;
struct channel;
struct work;

struct channel_member {
    struct id person;
    struct id device;
    uint32_t leaf;
    int64_t since_ms;
    int64_t path_asked_ms; /* when it was asked for a path, monotonic; 0: never */
    int64_t work_asked_ms; /* the same for work, until it commits (work.h) */
};

struct channel_person {
    size_t devices;           /* in the channel; never 0 */
    int64_t asked_history_ms; /* monotonic, plus one: history.h; 0: not lately */
};

/* Events of a channel for a client. In two lists, of the channel and of the client. */
struct subscription {
    struct channel *channel;
    struct client *client;
    struct connection *connection; /* the client's, at hand for the fan-out */
    struct subscription *previous_of_channel;
    struct subscription *next_of_channel;
    struct subscription *next_of_client;
};

/* That somebody is to share, or to seal, what was said before (history.h). */
struct channel_sharing {
    bool seal;       /* a block of the log is full and not sealed; row.history_asked_by says
                      * who waits for the keys */
    struct id asker; /* the device that asked since the channel is in memory */
    struct id answered[LIMIT_HISTORY_ANSWERED]; /* people whom it does not ask again */
    size_t answered_count;
    struct id holder;       /* the device that was asked last */
    int64_t holder_since;   /* since when it is a member */
    int64_t lease_until_ms; /* monotonic; 0: nobody holds it */
    int64_t turn_until_ms;  /* as far as the holder can renew it */
};

/* Whose paths make the next ones smaller (paths.h). */
struct channel_paths {
    int64_t next_ms; /* nobody is asked before, monotonic; 0: not looked at yet */
    uint32_t asked;  /* how many, since somebody came or went */
};

struct channel {
    struct id id;
    struct store_channel row; /* texts live in `texts` */
    struct arena texts;
    struct mls_public_group *group;
    struct channel_extension extension; /* of the group's present epoch, in `roles` */
    struct arena roles;
    uint64_t log_size;     /* what the last commit knew of the directory; 0 before the first */
    struct id_map members; /* struct channel_member by device */
    struct id_map people;  /* struct channel_person, of those members */
    struct subscription *subscriptions;
    /* Commits are validated one after another. */
    struct commit_work *commits;
    struct commit_work **commits_last;
    /* What waits for a member to commit; NULL when nothing does. */
    struct work *work;
    int64_t work_took_ms; /* how long members take who are asked (work.h); 0: nobody was */
    struct channel_paths paths;
    struct channel_sharing sharing;
    /* Who still needs the pointer, and since when nobody has asked for it (monotonic). */
    uint32_t holders;
    int64_t used_ms;
    /* The running session, stage's own; NULL without one. */
    void *session;
};

/* What store/ says of a channel, as channel_new takes it. */
struct channel_facts {
    struct store_channel row;
    struct mls_public_group *group; /* taken */
    uint64_t log_size;
    struct store_member_list members;
};

/* Copies the facts; takes the group, also on an error. */
MUST_CHECK enum status channel_new(struct channel_facts *facts,
                                   const struct random_source *random,
                                   struct channel **channel);

/* `*channel` becomes NULL; nobody may be subscribed. NULL is allowed. */
void channel_free(struct channel **channel);

/* After a merge: roles and what the row says of the group. */
MUST_CHECK enum status channel_refresh(struct channel *channel);

/* NULL unless the device is a member. */
const struct channel_member *channel_member(const struct channel *channel, const struct id *device);

/* Role bits of enum channel_role. */
uint16_t channel_roles(const struct channel *channel, const struct id *person);

bool channel_facilitates(const struct channel *channel, const struct id *person);

/* People, not devices. */
uint32_t channel_people(const struct channel *channel);

/* The next generation: the group is another, and `first` its only member. `*group` is taken. */
MUST_CHECK enum status channel_restart(struct channel *channel,
                                       const struct random_source *random,
                                       struct mls_public_group **group,
                                       uint32_t generation,
                                       const struct channel_member *first);

/* Whom the audit log names for something done in the channel: nobody where it is confidential. Any
 * thread: the visibility never changes. */
struct id channel_actor(const struct channel *channel, const struct id *person);

bool channel_is_listed(const struct channel *channel);
bool channel_is_open(const struct channel *channel);

MUST_CHECK enum status channel_add_member(struct channel *channel,
                                          const struct channel_member *member);
void channel_remove_member(struct channel *channel, const struct id *device);

/* The row for a client; `device` and `person` are the asker's. Lends from the channel. */
void channel_describe(const struct channel *channel,
                      const struct id *device,
                      struct wire_channel *described);

#endif
