/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Channels: what the server knows of each, the public state of its current group, and its members
 * by device. Epoch and last sequence change only through log.h, the generation through
 * generations.h.
 * Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_CHANNELS_H
#define WEFT_STORE_CHANNELS_H

#include "server/store/store.h"

enum store_visibility {
    STORE_VISIBILITY_OPEN = 1,
    STORE_VISIBILITY_RESTRICTED = 2,
    STORE_VISIBILITY_PRIVATE = 3,
    STORE_VISIBILITY_CONFIDENTIAL = 4,
};

enum store_channel_state {
    STORE_CHANNEL_ACTIVE = 1,
    /* Takes no entry until it goes on in the next generation (decided by its members' reports). */
    STORE_CHANNEL_FROZEN = 2,
};

struct store_channel {
    struct id channel;
    enum store_visibility visibility;
    /* History policy as in the weft_channel extension; the store only keeps it. */
    uint8_t history;
    enum store_channel_state state;
    /* The notice of a listed channel; empty for private and confidential ones. */
    struct span title;
    struct span brief;
    /* The person who made it. */
    struct id created_by;
    int64_t created_at_ms;
    /* The current group, the first generation being 1, and the last entry, 0 before the first. */
    uint32_t generation;
    uint64_t epoch;
    uint64_t last_sequence;
    /* Days after which messages are deleted (retention.h); 0: they are kept. */
    uint16_t keep_days;
    /* Who waits for somebody to share what was said before; none: nobody. */
    struct id history_asked_by;
};

struct store_channel_list {
    struct store_channel *items;
    size_t count;
    bool more;
};

/* The public half of the current group, all of it opaque to the store. */
struct store_group_state {
    uint32_t generation;
    uint64_t epoch;
    /* The encoded public group: tree, context, interim transcript hash. */
    struct span public_state;
    /* GroupInfo without the tree, signed by the last committer. */
    struct span group_info;
    /* The ratchet tree as it goes to joiners. */
    struct span tree;
};

struct store_member {
    struct id person;
    struct id device;
    uint32_t leaf;
    int64_t since_ms;
};

struct store_member_list {
    struct store_member *items;
    size_t count;
};

struct store_channel_new {
    struct id channel;
    enum store_visibility visibility;
    uint8_t history;
    struct span title;
    struct span brief;
    /* The first group, generation 1, whose only member is the creator at leaf 0. */
    uint64_t epoch;
    struct span public_state;
    struct span group_info;
    struct span tree;
    struct id person;
    struct id device;
    int64_t now_ms;
};

/*
 * Makes a channel with its first group and member. When the same device has made this channel
 * already, changes nothing and sets `*again`. STATUS_EXISTS when somebody else has,
 * STATUS_DENIED unless the device is the person's and active, STATUS_LIMIT for long texts.
 */
MUST_CHECK enum status
store_channels_create(struct store_db *db, const struct store_channel_new *channel, bool *again);

/* STATUS_NOT_FOUND. */
MUST_CHECK enum status store_channels_get(struct store_db *db,
                                          const struct id *channel,
                                          struct arena *arena,
                                          struct store_channel *found);

/* Listed (open and restricted) channels, in order of id after `after` (none at first). */
MUST_CHECK enum status store_channels_listed(struct store_db *db,
                                             const struct id *after,
                                             uint32_t count_max,
                                             struct arena *arena,
                                             struct store_channel_list *channels);

/* Channels in which a device of the person is a member, in order of id after `after`. */
MUST_CHECK enum status store_channels_of_person(struct store_db *db,
                                                const struct id *person,
                                                const struct id *after,
                                                uint32_t count_max,
                                                struct arena *arena,
                                                struct store_channel_list *channels);

/* Channels of which the device is a member now, oldest membership first. */
MUST_CHECK enum status store_channels_of_device(struct store_db *db,
                                                const struct id *device,
                                                struct arena *arena,
                                                struct store_channel_list *channels);

/* STATUS_NOT_FOUND. */
MUST_CHECK enum status store_channels_set_state(struct store_db *db,
                                                const struct id *channel,
                                                enum store_channel_state state);

/* STATUS_NOT_FOUND. */
MUST_CHECK enum status store_channels_group(struct store_db *db,
                                            const struct id *channel,
                                            struct arena *arena,
                                            struct store_group_state *group);

/* The tree as it was at an epoch: the current one, or that of a Welcome that waits.
 * STATUS_NOT_FOUND. */
MUST_CHECK enum status store_channels_tree(struct store_db *db,
                                           const struct id *channel,
                                           uint32_t generation,
                                           uint64_t epoch,
                                           struct arena *arena,
                                           struct span *tree);

/* Members now, by leaf. */
MUST_CHECK enum status store_channels_members(struct store_db *db,
                                              const struct id *channel,
                                              struct arena *arena,
                                              struct store_member_list *members);

/* Whether the device is a member now. */
MUST_CHECK enum status store_channels_is_member(struct store_db *db,
                                                const struct id *channel,
                                                const struct id *device,
                                                bool *is_member);

/* People, not devices, who are members. */
MUST_CHECK enum status
store_channels_count_people(struct store_db *db, const struct id *channel, uint32_t *count);

/* Whether any active device of the person is a member now. */
MUST_CHECK enum status store_channels_has_person(struct store_db *db,
                                                 const struct id *channel,
                                                 const struct id *person,
                                                 bool *has_person);

#endif
