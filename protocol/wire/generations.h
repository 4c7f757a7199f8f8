/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a channel goes on when its MLS group cannot: reports, and its next generation (PROTOCOL.md,
 * 6.13).
 * Decoded structures lend the frame's bytes and the arena's lists. Thread rule: plain data and pure
 * functions.
 */
#ifndef WEFT_WIRE_GENERATIONS_H
#define WEFT_WIRE_GENERATIONS_H

#include "protocol/base/id.h"
#include "protocol/wire/people.h"
#include "protocol/wire/requests.h"

/* Entries of a generation are numbered from here on, so that a channel's sequence rises over all
 * its generations, whatever a generation that was rolled back had reached. */
static inline uint64_t generation_base(uint32_t generation)
{
    return (uint64_t)(generation - 1) << 32;
}

enum report_reason {
    REPORT_CANNOT_APPLY = 1, /* MLS or the channel's policy refuses an accepted commit */
};

/* A member cannot follow an accepted commit. Signed by the leaf's key with LABEL_REPORT over the
 * fields before the signature. */
struct message_report {
    struct id channel;
    uint32_t generation;
    uint64_t sequence; /* of the commit */
    struct id device;  /* who says so */
    uint8_t reason;    /* enum report_reason */
    int64_t time;
    struct span signature;
};
extern const struct schema message_report_schema;

/* Signs for the leaf; `signature` is appended. */
MUST_CHECK enum status message_report_sign(const struct message_report *report,
                                           struct span leaf_private_key,
                                           struct buffer *signature);
MUST_CHECK enum status message_report_verify(const struct message_report *report,
                                             struct span leaf_public_key);

/* CHANNEL_REPORT: whether the channel takes no more entries now. */
struct wire_channel_report_request {
    struct message_report report;
};
struct wire_channel_report_response {
    bool frozen;
};

/* CHANNEL_CONTINUE: the first group of generation `generation`, of one member. The server takes the
 * first one for a frozen channel (CONFLICT: another was first). `people` are those of the last good
 * roster that the member lets in again. */
struct wire_channel_continue_request {
    struct id channel;
    uint32_t generation;
    struct wire_id_item *people;
    size_t person_count;
    struct span group_info;
    struct span ratchet_tree;
};

/* CHANNEL_GENERATION: how a channel stands, for its members and those who are to be let in again.
 */
struct wire_channel_generation_request {
    struct id channel;
};
struct wire_channel_generation_response {
    uint32_t generation;
    bool frozen;
    bool member;                    /* this device is one of the present generation */
    bool awaited;                   /* a member has let this person in: a Welcome will come */
    struct message_report *reports; /* of the generation that was frozen last */
    size_t report_count;
    struct id begun_by; /* the person who began the present generation; none: the first */
    struct wire_id_item *awaited_people; /* for members: who was let in and is none yet */
    size_t awaited_person_count;
};

/* LOG_RESTORES: that the directory log was put back, signed each time by the log's key. */
struct wire_log_restores_request {
    uint32_t after; /* the number of the last one that the client knows */
};
struct wire_log_restore {
    struct span bytes; /* a directory_restore */
};
struct wire_log_restores_response {
    struct wire_log_restore *restores;
    size_t restore_count;
};

#endif
