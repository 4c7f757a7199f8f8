/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of a connection and its account: invite, redeem, login, ping, read, the directory log
 * (PROTOCOL.md, 6.1).
 * Decoded structures lend the frame's bytes and the arena's lists. Thread rule: plain data.
 */
#ifndef WEFT_WIRE_ACCOUNTS_H
#define WEFT_WIRE_ACCOUNTS_H

#include "protocol/base/id.h"
#include "protocol/wire/invite_link.h"
#include "protocol/wire/requests.h"

/* What a person may do in the community; what they may do in a channel is in its roles. */
enum account_role {
    ACCOUNT_STAFF = 1,
    ACCOUNT_FACILITATOR = 2,
    ACCOUNT_ADMIN = 3,
};

/* INVITE_SHOW: what the link would make of its bearer; changes nothing. */
struct wire_invite_show_request {
    uint8_t secret[INVITE_SECRET_SIZE];
};
struct wire_invite_show_response {
    struct span community;
    struct span notice;      /* who keeps what for how long; shown before joining */
    uint8_t role;            /* enum account_role */
    struct span group_name;  /* the person's group, such as a trust or a department */
    struct span person_name; /* of an imported person, else empty */
    struct id person;        /* of an imported person, else none: the client makes one up */
    struct id invited_by;    /* none: the server's operator */
    int64_t expires;
};

/* REDEEM: `entry` is the signed directory entry that adds the first device (directory/entry.h).
 * Sent again with the same entry it succeeds again. */
struct wire_redeem_request {
    uint8_t secret[INVITE_SECRET_SIZE];
    struct span name; /* as others will see it */
    struct span entry;
};
struct wire_redeem_response {
    struct id person;
    uint8_t role;
    struct span group_name;
    uint64_t log_size; /* at which the entry is in the log */
};

/* LOGIN: `signature` is of wire_login_proof (hello.h). */
struct wire_login_request {
    struct id device;
    struct span signature;
    uint64_t vault_counter; /* of the client's state, raised before each login */
};
struct wire_login_response {
    struct id person;
    uint8_t role;
    struct span name;
    struct span group_name;
    int64_t server_time;
    bool vault_rolled_back; /* the server saw this counter or a higher one: resync */
    struct span head;       /* a signed directory head (directory/log.h) */
};

struct wire_ping_response {
    int64_t server_time;
};

/* READ: a piece of a large response of this connection. `request` is the one it answers. */
struct wire_read_request {
    uint32_t request;
    uint32_t offset;
};
struct wire_read_response {
    struct span bytes; /* the last piece is shorter than LIMIT_PART_BYTES, or empty */
};

/* LOG_ENTRIES: the directory log from a position, whole entries. */
struct wire_log_entries_request {
    uint64_t from; /* entries before it are known */
};
struct wire_log_entry {
    struct span entry;
};
struct wire_log_entries_response {
    struct wire_log_entry *entries;
    size_t entry_count;
    struct span head; /* signed; of the log's end, which may be further on */
};

#endif
