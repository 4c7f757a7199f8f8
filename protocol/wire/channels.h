/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests about channels and their logs (PROTOCOL.md, 6.4 to 6.6).
 *
 * A cursor is (generation, sequence); a sequence has no gaps within a generation.
 * Decoded structures lend the frame's bytes and the arena's lists. Thread rule: plain data.
 */
#ifndef WEFT_WIRE_CHANNELS_H
#define WEFT_WIRE_CHANNELS_H

#include "protocol/base/id.h"
#include "protocol/wire/message_header.h"
#include "protocol/wire/people.h"
#include "protocol/wire/requests.h"

enum wire_entry_kind {
    ENTRY_COMMIT = 1,      /* a PublicMessage with a Commit */
    ENTRY_APPLICATION = 2, /* a PrivateMessage */
    ENTRY_TOMBSTONE = 3,   /* was a PrivateMessage: size and hash are left, the bytes are gone */
};

struct wire_cursor {
    uint32_t generation; /* the first MLS group of a channel is 1 */
    uint64_t sequence;   /* of the last entry that was processed; 0: none */
};
extern const struct schema wire_cursor_schema;

struct wire_entry {
    struct id channel;
    uint32_t generation;
    uint64_t sequence;
    uint64_t epoch;
    int64_t time;     /* the server's, when it was made durable */
    uint8_t kind;     /* enum wire_entry_kind */
    struct id device; /* the sender as the server knows it: proven only by the message itself */
    struct id message;
    struct span bytes; /* empty when larger than LIMIT_ENTRY_BYTES: pull with CHANNEL_ENTRY */
    uint32_t size;
    uint8_t sha256[32];
};
extern const struct schema wire_entry_schema;

/* CHANNEL_CREATE: `group_info` is the signed GroupInfo of epoch 0 with the tree of one leaf. The
 * title and brief are empty for an unlisted channel (they travel inside the encryption). */
struct wire_channel_create_request {
    struct id channel;
    struct span title;
    struct span brief;
    struct span group_info;
    struct span ratchet_tree;
};

struct wire_channel {
    struct id channel;
    uint8_t visibility; /* enum channel_visibility (channel/extension.h) */
    uint8_t history;    /* enum channel_history */
    struct span title;
    struct span brief;
    uint32_t generation;
    uint64_t epoch;
    uint64_t last_sequence;
    uint32_t member_count; /* people, not devices */
    bool member;           /* the asking device is one */
    bool knocked;          /* the asking person waits for an answer */
    bool session;          /* has a session */
    int64_t created;
    uint16_t keep_days; /* messages are deleted on the server after so many; 0: they are kept */
};

/* CHANNEL_LIST: open and restricted channels, and those that the device is in. */
struct wire_channel_list_request {
    struct id after; /* the last channel of the page before, or none */
    bool mine;       /* only those that the device is in */
};
struct wire_channel_list_response {
    struct wire_channel *channels;
    size_t channel_count;
    bool more;
};

struct wire_channel_show_request {
    struct id channel;
};
struct wire_member {
    struct id person;
    struct id device;
    uint32_t leaf;
    int64_t since;
};
struct wire_channel_show_response {
    struct wire_channel info;
    struct wire_member *members; /* to members; in open channels to any account */
    size_t member_count;
};

/* CHANNEL_GROUP: for an external commit, or the tree for a Welcome (tree_hash names it; empty:
 * the current epoch's). */
struct wire_channel_group_request {
    struct id channel;
    struct span tree_hash;
};
struct wire_channel_group_response {
    uint32_t generation;
    uint64_t epoch;
    uint64_t sequence; /* the log's end at this epoch's beginning */
    struct span group_info;
    struct span ratchet_tree;
};

/* CHANNEL_COMMIT: accepted only for the current epoch. Sent again with the same message id it
 * gets the first answer again. WRONG_EPOCH: page, clear the pending commit, try again. */
struct wire_channel_commit_request {
    struct id channel;
    uint32_t generation;
    uint64_t epoch; /* that the commit ends */
    struct span commit;
    struct span welcome; /* empty: nobody was added */
    struct span group_info;
    struct id work; /* of the work event that asked for it, or none */
};
struct wire_channel_commit_response {
    uint64_t sequence;
    int64_t time;
};

/* CHANNEL_SEND: a PrivateMessage of the current epoch (or a very recent one). */
struct wire_channel_send_request {
    struct id channel;
    uint32_t generation;
    struct span message;
};
struct wire_channel_send_response {
    uint64_t sequence;
    int64_t time;
    bool repeated; /* the message id was known: nothing was appended */
};

/* CHANNEL_DELETE: as CHANNEL_SEND, and in the same transaction the bytes of older messages are
 * deleted: the sender's own, anybody's for a facilitator. */
struct wire_channel_delete_request {
    struct id channel;
    uint32_t generation;
    struct span message;
    struct wire_cursor *deleted;
    size_t deleted_count;
};

/* CHANNEL_PAGE: entries after a cursor, within the client's window. */
struct wire_channel_page_request {
    struct id channel;
    struct wire_cursor after;
    uint32_t bytes_max; /* the server sends less when it likes, but at least one entry */
};
struct wire_channel_page_response {
    struct wire_entry *entries;
    size_t entry_count;
    uint64_t last_sequence; /* the log's end */
    bool frozen;            /* no entry until the channel goes on in its next generation */
};

struct wire_channel_entry_request {
    struct id channel;
    uint32_t generation;
    uint64_t sequence;
};
struct wire_channel_entry_response {
    struct wire_entry entry; /* with its bytes, whatever their size */
};

/* CHANNEL_SUBSCRIBE: entry and stage events of the channel on this connection, from now on. The
 * answer's last_sequence tells what must be paged. */
struct wire_channel_subscribe_request {
    struct id channel;
    bool on;
};
struct wire_channel_subscribe_response {
    uint32_t generation;
    uint64_t last_sequence;
};

/* CHANNEL_KNOCK. In an open channel it counts as accepted, and `asked` says that a member who is
 * online is asked to commit the Add; otherwise the person had better come by an external commit.
 * Asked again, it changes nothing, and says how it stands then. */
struct wire_channel_knock_request {
    struct id channel;
};
struct wire_channel_knock_response {
    bool asked;
};
struct wire_channel_knocks_request {
    struct id channel;
};
struct wire_knock {
    struct id person;
    struct span name;
    struct span group_name;
    int64_t time;
};
struct wire_channel_knocks_response {
    struct wire_knock *knocks;
    size_t knock_count;
};

/* CHANNEL_KNOCK_ANSWER: accepting makes an add that an online member is asked to commit. Also
 * adds a person who did not knock, with `accept`. */
struct wire_channel_knock_answer_request {
    struct id channel;
    struct id person;
    bool accept;
};

/* CHANNEL_KEEP: for how many days the server keeps messages; 0: as long as the channel. By a
 * facilitator. */
struct wire_channel_keep_request {
    struct id channel;
    uint16_t days;
};

/* CHANNEL_LEAVE: the leaf's signature (message_leave) is what other clients check
 * before they commit the Remove. */
struct wire_channel_leave_request {
    struct message_leave leave;
};

/* WELCOMES: of this device, cut to its own entry. */
struct wire_welcome_item {
    struct id channel;
    uint32_t generation;
    uint64_t epoch;
    uint64_t sequence;     /* of the commit that added the device */
    struct span tree_hash; /* for CHANNEL_GROUP: the tree of the Welcome's own epoch */
    struct span welcome;
    struct id added_by; /* person */
};
struct wire_welcomes_response {
    struct wire_welcome_item *welcomes;
    size_t welcome_count;
};
struct wire_welcome_done_request {
    struct id channel;
    uint32_t generation;
    uint64_t epoch;
};

struct wire_read_position_request {
    struct id channel;
    struct wire_cursor position;
};

/* WORK_LIST: what waits to be committed in a channel by a member who may: as in a work event. */
struct wire_work_add {
    struct id person;
    struct id device;
    struct id asked_by;      /* whoever accepted the knock or sent the invitation */
    struct span key_package; /* MLSMessage */
};
struct wire_work_remove {
    struct id person;
    struct id device;
    uint8_t reason;             /* enum wire_remove_reason */
    struct message_leave leave; /* when the reason is LEFT */
};
enum wire_remove_reason {
    REMOVE_LEFT = 1,
    REMOVE_REVOKED = 2, /* a fact in the directory log, as the next two */
    REMOVE_SUSPENDED = 3,
    REMOVE_ERASED = 4,
    REMOVE_ABSENT = 5, /* likewise: the directory says that it has not been seen for long */
};
struct wire_work {
    struct id work;
    struct id channel;
    uint32_t generation;
    int64_t lease_until;
    struct wire_work_add *adds;
    size_t add_count;
    struct wire_work_remove *removes;
    size_t remove_count;
    bool path; /* nothing but a path, which fills blank nodes of the tree */
};
extern const struct schema wire_work_schema;

struct wire_work_list_request {
    struct id channel;
};
struct wire_work_list_response {
    struct wire_work work; /* its id is none when nothing waits */
};

#endif
