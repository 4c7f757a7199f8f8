/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests about a person's own place in the network, and introductions (PROTOCOL.md, 6.9).
 * Decoded structures lend the frame's bytes and the arena's lists. Thread rule: plain data.
 */
#ifndef WEFT_WIRE_NETWORK_H
#define WEFT_WIRE_NETWORK_H

#include "protocol/wire/people.h"

/* Why two people are tied; combined with |. */
enum wire_tie_origin {
    TIE_DECLARED = 1, /* in what the organisation imported: a survey, a staff list */
    TIE_ASKED = 2,    /* one accepted the other's invitation */
    TIE_MET = 4,      /* an introduction, and they met */
    TIE_SESSIONS = 8, /* both took part in the same sessions */
};

struct wire_own_tie {
    struct id person;
    struct span name;
    struct span group_name;
    uint8_t origins; /* enum wire_tie_origin */
};

/* NETWORK: of the asking person, and told to nobody else. */
struct wire_network_response {
    struct wire_own_tie *ties; /* with people who opted in */
    size_t tie_count;
    uint32_t unnamed_ties; /* with people who did not */
    bool in_network;       /* the rest is known: the person counted when it was computed */
    int64_t as_of;
    uint32_t cut_off; /* people whom nothing else would connect to the rest */
    bool in_cover;    /* of the coverage set */
    uint32_t covering;
};

enum wire_suggestion_kind {
    SUGGESTION_INTRODUCTION = 1, /* nobody is named until all of them accepted */
    SUGGESTION_COFFEE = 2,       /* made of people who signed up to be named to each other */
};

enum wire_suggestion_state {
    SUGGESTION_OPEN = 1,    /* waits for this person's answer */
    SUGGESTION_WAITING = 2, /* this person accepted */
    SUGGESTION_AGREED = 3,  /* all accepted */
    SUGGESTION_OVER = 4,    /* its time is over, or this person passed */
};

enum wire_suggestion_choice {
    SUGGESTION_ACCEPT = 1,
    SUGGESTION_DECLINE = 2, /* not these people for a year */
    SUGGESTION_SNOOZE = 3,  /* not these people for some weeks */
    SUGGESTION_NEVER = 4,   /* not these people ever */
};

enum wire_suggestion_answer {
    SUGGESTION_YES = 1,
    SUGGESTION_NO = 2,
};

struct wire_other {
    struct id person;
    struct span name;
    struct span group_name;
};

struct wire_suggestion {
    struct id suggestion; /* this person's own number of it: the others have another */
    uint8_t kind;         /* enum wire_suggestion_kind */
    uint8_t state;        /* enum wire_suggestion_state */
    uint8_t choice;       /* enum wire_suggestion_choice; 0: none yet */
    struct span reason;   /* in plain words */
    int64_t made;
    int64_t ends;              /* until when all have to accept */
    struct wire_other *others; /* none until all accepted */
    size_t other_count;
    struct id channel; /* that opens for them, or none */
    bool opened;       /* somebody made it and let the others in */
    bool asks;         /* it is time to say whether they met */
    uint8_t met;       /* enum wire_suggestion_answer; 0: not said */
    uint8_t useful;    /* likewise */
    bool news;         /* the person has not been told, or may be reminded once */
};
extern const struct schema wire_suggestion_schema;

/* SUGGESTIONS: of the asking person. What is listed counts as told. */
struct wire_suggestions_response {
    struct wire_suggestion *suggestions;
    size_t suggestion_count;
    bool coffee; /* the person signed up for coffee rounds */
};

struct wire_suggestion_answer_request {
    struct id suggestion;
    uint8_t choice; /* enum wire_suggestion_choice */
    uint16_t weeks; /* of a snooze */
};
struct wire_suggestion_answer_response {
    struct wire_suggestion suggestion;
};

/* SUGGESTION_OPENED: its channel stands, and the others were let in. */
struct wire_suggestion_opened_request {
    struct id suggestion;
};

struct wire_suggestion_met_request {
    struct id suggestion;
    uint8_t met;    /* enum wire_suggestion_answer */
    uint8_t useful; /* likewise; 0: not said */
};

/* COFFEE: whether the person takes part in coffee rounds. */
struct wire_coffee_request {
    bool on;
};

#endif
