/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests about sessions and peer assists (PROTOCOL.md, 6.7 and 6.8).
 * Decoded structures lend the frame's bytes and the arena's lists. Thread rule: plain data.
 */
#ifndef WEFT_WIRE_SESSIONS_H
#define WEFT_WIRE_SESSIONS_H

#include "protocol/base/id.h"
#include "protocol/wire/people.h"
#include "protocol/wire/requests.h"

enum wire_session_state {
    SESSION_PLANNED = 1, /* made, not begun */
    SESSION_RUNNING = 2,
    SESSION_PAUSED = 3,
    SESSION_ENDED = 4,
};

/* A session as the server's clock has it. */
struct wire_session {
    struct id session;
    struct id channel;
    struct id parent;     /* the session whose room this is, or none */
    struct span format;   /* encoded (format/format.h); its digest is in weft_channel */
    uint8_t state;        /* enum wire_session_state */
    uint16_t stage;       /* index into the format's stages */
    uint32_t counter;     /* rises by one with every change: messages of the floor name it */
    bool timed;           /* the stage has a length: remaining_ms counts */
    int64_t remaining_ms; /* below 0: over time */
    int64_t deadline;     /* wall time of a stage in days; 0: none */
    int64_t starts;       /* planned beginning; 0: at once */
    struct id control;    /* the control message that changed it last; none: `set by the server` */
    int64_t now;          /* the server's time when this was said */
};
extern const struct schema wire_session_schema;

/* SESSION_CREATE: by a facilitator or host of the channel; one session a channel. */
struct wire_session_create_request {
    struct id session;
    struct id channel;
    struct id parent;
    struct span format;
    int64_t starts;
};
struct wire_session_show_request {
    struct id channel;
};
struct wire_session_show_response {
    struct wire_session session;
};

enum wire_stage_action {
    STAGE_START = 1,
    STAGE_NEXT = 2,
    STAGE_EXTEND = 3, /* by `minutes` */
    STAGE_PAUSE = 4,
    STAGE_RESUME = 5,
    STAGE_END = 6, /* the whole session */
};

/* SESSION_STAGE: by a facilitator of the channel. `control` is the id of the control message
 * that says the same inside the encryption. CONFLICT when the counter moved meanwhile. */
struct wire_session_stage_request {
    struct id session;
    uint8_t action; /* enum wire_stage_action */
    uint16_t minutes;
    uint32_t counter; /* of the session as the caller saw it */
    struct id control;
};

/* ASSISTERS_PROPOSE: people of other groups who joined and opted in, best first. */
struct wire_assisters_propose_request {
    struct id channel;
    struct wire_topic *topics;
    size_t topic_count;
    uint8_t wanted; /* 6 to 8; 0: the format's number */
};
struct wire_assister {
    struct wire_person person;
    struct span reason; /* in plain words */
};
struct wire_assisters_propose_response {
    struct wire_assister *assisters;
    size_t assister_count;
};

struct wire_assisters_invite_request {
    struct id channel;
    struct wire_id_item *people;
    size_t person_count;
};

/* INVITATIONS: of the asking person, to channels. */
enum wire_invitation_state {
    INVITATION_OPEN = 1,
    INVITATION_ACCEPTED = 2,
    INVITATION_DECLINED = 3,
};
struct wire_invitation {
    struct id invitation;
    struct id channel;
    struct span title; /* of a listed channel */
    struct span brief;
    struct id by;
    struct span by_name;
    struct span by_group;
    struct span reason; /* why you, in plain words */
    uint8_t state;      /* enum wire_invitation_state */
    int64_t time;
};
extern const struct schema wire_invitation_schema;
struct wire_invitations_response {
    struct wire_invitation *invitations;
    size_t invitation_count;
};
struct wire_invitation_answer_request {
    struct id invitation;
    bool accept;
};

#endif
