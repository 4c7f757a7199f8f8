/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session's format as data: its roles, its stages with their timings and who may speak in each,
 * and what its harvest holds. The server runs any format by these fields alone; what is said
 * stays inside the encryption, so the kinds that belong in a stage are for clients to keep.
 *
 * A channel names its format by digest in weft_channel, so the server cannot swap it.
 * Ownership: decoding lends from the input and the arena. Errors: those of schema.h;
 * STATUS_INVALID for a format that cannot be run. Thread rule: pure functions.
 */
#ifndef WEFT_FORMAT_FORMAT_H
#define WEFT_FORMAT_FORMAT_H

#include "protocol/channel/extension.h"
#include "protocol/codec/schema.h"

#define FORMAT_VERSION 1
#define FORMAT_DIGEST_SIZE 32

/* More stages than any format of the literature; a summit's run of show has about thirty. */
#define FORMAT_STAGES_MAX 40
#define FORMAT_ROLES_MAX 8
#define FORMAT_KINDS_MAX 16
#define FORMAT_FIELDS_MAX 16

/* In `speak`: every member of the channel, whatever their role. */
#define FORMAT_EVERYBODY 0x8000

struct format_role {
    uint16_t role; /* one bit of enum channel_role */
    struct span title;
    struct span purpose;
};

struct format_kind {
    uint16_t kind; /* enum content_kind */
};

struct format_stage {
    struct span name; /* one word, for commands */
    struct span title;
    struct span prompt;              /* what to do now, to everybody */
    uint16_t minutes;                /* of the clock; 0: not timed */
    uint16_t deadline_days;          /* of wall time, for those who cannot all meet; 0: none */
    uint16_t speak;                  /* role bits that may use the floor, or FORMAT_EVERYBODY */
    const struct format_kind *kinds; /* that belong on the floor here; empty: all */
    size_t kind_count;
    bool reveal; /* what was sealed before is opened now */
};

/* A heading of the harvest, filled from the messages of some kinds. */
struct format_harvest_field {
    struct span name;
    struct span title;
    uint16_t kind;     /* enum content_kind whose messages belong here */
    struct span stage; /* said in this stage; empty: in any */
};

struct format {
    uint8_t version;
    struct span name; /* for commands: peer-assist */
    struct span title;
    struct span purpose;
    uint8_t people_min;
    uint8_t people_max;
    const struct format_role *roles;
    size_t role_count;
    const struct format_stage *stages;
    size_t stage_count;
    const struct format_harvest_field *harvest;
    size_t harvest_count;
    bool harvest_approval; /* the group approves before it is published */
};
extern const struct schema format_schema;

MUST_CHECK enum status format_decode(struct span bytes, struct arena *arena, struct format *format);

MUST_CHECK enum status format_encode(const struct format *format, struct buffer *bytes);

/* SHA-256 of the encoded format. */
MUST_CHECK enum status format_digest(struct span bytes, uint8_t digest[FORMAT_DIGEST_SIZE]);

/* STATUS_INVALID unless it can be run: a name, stages with names of their own, somebody who may
 * speak or a clock in each, known roles. Decoding checks it too. */
MUST_CHECK enum status format_check(const struct format *format);

/* Whether somebody with these role bits may use the floor in this stage. */
bool format_may_speak(const struct format_stage *stage, uint16_t roles);

/* Whether this kind belongs on the floor in this stage. */
bool format_allows_kind(const struct format_stage *stage, uint16_t kind);

#endif
