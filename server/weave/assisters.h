/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Whom to ask to a peer assist: 6 to 8 people of other groups, for what they know of the matter
 * and for what a tie to them would join; spread over groups, and not the usual suspects.
 *
 * The caller hands over only what people put into their public profile. A candidate who did not
 * join, did not opt in, has no contact left this week, is of the asker's group or of none, may not
 * be proposed, or is on the never-match list with the asker is never chosen, whatever else holds.
 * Somebody who was asked recently is chosen only where there would be fewer than
 * WEAVE_ASSISTERS_MIN without.
 *
 * How the choice is made (DESIGN.md says why): relevance is the share of the request's topics that
 * are among the person's own or stand in their can-help-with text; connection is the mean of: their
 * group has no tie with the asker's; 1 - 1/distance; people brought near, on a logarithmic scale.
 * The score is the mean of the two, times the share of the week's contacts that is left. One after
 * another is taken with the highest score, a third of it for each already taken of the same group.
 *
 * Each one chosen has a reason, as fields and as a sentence. The same input and seed give the
 * same choice. Topics are compared without the case of ASCII letters.
 * Errors: STATUS_DENIED for a graph that is for counts only, STATUS_INVALID for a node or a group
 * out of range, STATUS_LIMIT above WEAVE_TOPICS_MAX topics, STATUS_NO_MEMORY. Thread rule: pure
 * functions.
 */
#ifndef WEFT_WEAVE_ASSISTERS_H
#define WEFT_WEAVE_ASSISTERS_H

#include "protocol/base/buffer.h"
#include "protocol/base/span.h"
#include "server/weave/graph.h"

/* Everything is lent for the call. */
struct assisters_candidate {
    uint32_t node;  /* in the graph, or GRAPH_NONE for somebody without node */
    uint32_t group; /* of the graph's groups */
    bool joined;
    bool opted_in;
    uint32_t contacts_per_week;  /* the person's own limit; 0: wants none */
    uint32_t contacts_this_week; /* as far as others may know of them */
    bool asked_recently;         /* to one of the last assists, by the caller's own measure */
    const struct span *topics;   /* as the person wrote them */
    size_t topic_count;
    struct span can_help_with; /* free text */
};

struct assisters_request {
    uint32_t node;  /* of the asker, or GRAPH_NONE */
    uint32_t group; /* of the asker; GRAPH_NONE: nobody is of it */
    const struct span *topics;
    size_t topic_count;
    uint32_t wanted; /* 0: WEAVE_ASSISTERS_MAX; at most that */
    uint64_t seed;   /* decides between equals */
};

/* Why somebody was chosen. */
struct assisters_reason {
    uint32_t topics_shared; /* bit i: topic i of the request is one of theirs */
    uint32_t topics_helped; /* bit i: their can-help-with text speaks of it */
    bool group_is_new;      /* no tie between their group and the asker's */
    bool in_network;        /* both have a node: the next two are known */
    uint32_t distance;      /* steps from the asker; GRAPH_NONE: no path */
    uint32_t brings_near;   /* people who would come within two steps of the asker */
    uint32_t load;          /* contacts this week, so far */
};

struct assisters_choice {
    uint32_t candidate; /* position in the list of candidates */
    double score;       /* 0 to 1, before the care for spread */
    struct assisters_reason reason;
};

struct assisters {
    struct assisters_choice choices[WEAVE_ASSISTERS_MAX]; /* in order of choice */
    uint32_t count;
    uint32_t eligible; /* how many candidates could be asked at all */
    bool too_few;      /* fewer than WEAVE_ASSISTERS_MIN could be chosen: say so */
};

MUST_CHECK enum status assisters_choose(const struct graph *graph,
                                        const struct assisters_request *request,
                                        const struct assisters_candidate *candidates,
                                        size_t candidate_count,
                                        struct assisters *assisters);

/* Appends the reason as one English sentence; `group_name` is the candidate's. The text holds
 * topics and group names as they came: clean it before it reaches a terminal. STATUS_LIMIT when
 * the buffer is full. */
MUST_CHECK enum status assisters_sentence(const struct assisters_reason *reason,
                                          const struct assisters_request *request,
                                          struct span group_name,
                                          struct buffer *sentence);

#endif
