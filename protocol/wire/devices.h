/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests about a person's devices: approving another one by a short code (directory/pairing.h),
 * listing and revoking them, and how far the person has read (PROTOCOL.md, 6.11).
 * Decoded structures lend the frame's bytes and the arena's lists. Thread rule: plain data.
 */
#ifndef WEFT_WIRE_DEVICES_H
#define WEFT_WIRE_DEVICES_H

#include "protocol/base/id.h"
#include "protocol/wire/channels.h"

enum wire_pairing_state {
    WIRE_PAIRING_IS_OPEN = 1,      /* nobody has opened the link */
    WIRE_PAIRING_IS_COMMITTED = 2, /* the new device has committed to its keys */
    WIRE_PAIRING_IS_ANSWERED = 3,  /* the approver has said its part */
    WIRE_PAIRING_IS_REVEALED = 4,  /* the new device has said its own: people compare codes */
    WIRE_PAIRING_IS_APPROVED = 5,  /* the entry is in the log */
    WIRE_PAIRING_IS_REFUSED = 6,
};

/* PAIRING_OPEN: the caller wants to approve a device of `person`: their own or, as an admin, that
 * of somebody who has lost theirs. One at a time: an earlier one of the caller ends. */
struct wire_pairing_open_request {
    struct id pairing; /* pairing_id of the link's secret */
    struct id person;
};
struct wire_pairing_open_response {
    int64_t expires;
};

/* PAIRING_STEP: of the new device, before it has a login. The first gives the commitment; repeated,
 * it asks how things stand. With an entry it also reveals. */
struct wire_pairing_step_request {
    struct id pairing;
    uint8_t commitment[32];
    uint8_t nonce[32]; /* zeros until it reveals */
    struct span entry; /* signed by the new device; empty until it reveals */
};
struct wire_pairing_step_response {
    uint8_t state;        /* enum wire_pairing_state */
    struct span approver; /* an encoded pairing_approver, from WIRE_PAIRING_IS_ANSWERED on */
    struct span community;
    struct span person_name;
};

/* PAIRING_SHOW: how things stand, for the approver. */
struct wire_pairing_show_request {
    struct id pairing;
};
struct wire_pairing_show_response {
    uint8_t state;
    uint8_t commitment[32];
    uint8_t nonce[32];
    struct span entry;
};

/* PAIRING_ANSWER: the approver's part; the first stands. */
struct wire_pairing_answer_request {
    struct id pairing;
    struct span approver;
};

/* PAIRING_FINISH: `entry`, countersigned, adds the device; an empty one refuses it. */
struct wire_pairing_finish_request {
    struct id pairing;
    struct span entry;
};
struct wire_pairing_finish_response {
    uint64_t log_size;
};

/* DEVICE_LIST: of oneself; an admin may ask for anybody's. */
enum wire_device_state {
    WIRE_DEVICE_ACTIVE = 1,
    WIRE_DEVICE_REVOKED = 2,
};
struct wire_device_list_request {
    struct id person;
};
struct wire_device {
    struct id device;
    uint8_t state; /* enum wire_device_state */
    int64_t added;
    int64_t seen;      /* its last login; 0: none yet */
    int64_t revoked;   /* 0: it is not */
    uint32_t channels; /* in which it is; of a revoked one, those that it can still read */
};
struct wire_device_list_response {
    struct wire_device *devices;
    size_t device_count;
    uint32_t channels; /* in which the person is, with any active device */
};

/* DEVICE_REVOKE: `entry` is signed by a device of the person, or by an admin's. */
struct wire_device_revoke_request {
    struct span entry;
};
struct wire_device_revoke_response {
    uint64_t log_size;
    uint32_t channels; /* that the device can still read */
};

/* READ_POSITIONS: how far this person has read, on any device. */
struct wire_read_item {
    struct id channel;
    struct wire_cursor position;
};
struct wire_read_positions_response {
    struct wire_read_item *items;
    size_t item_count;
};

#endif
