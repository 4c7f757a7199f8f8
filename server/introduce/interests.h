/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What people have in common by what they say of themselves: topics that both work on, and a topic
 * of one that the other can help with. Texts are compared word by word, without the case of ASCII
 * letters and without what is between the words; an offer also stands for each of its words.
 *
 * Only of people who may be introduced (network.h). Errors: STATUS_NO_MEMORY. Thread rule: pure
 * functions.
 */
#ifndef WEFT_INTRODUCE_INTERESTS_H
#define WEFT_INTRODUCE_INTERESTS_H

#include "server/figures/network.h"
#include "server/weave/pairwise.h"

/* Pairs that are listed: a community of 2,000 in which everybody shares something with everybody.
 */
#define INTERESTS_PAIRS_MAX 2000000

/* What many people say of themselves tells little about a pair of them, and makes many pairs. */
#define INTERESTS_COMMON_PEOPLE 1000

struct interests;

/* `network` is lent as long as the result is used. */
MUST_CHECK enum status interests_new(const struct network *network, struct interests **interests);

/* `*interests` becomes NULL. NULL is allowed. */
void interests_free(struct interests **interests);

/* Everybody in `takes_part` with whom somebody else there, of another group, has something in
 * common: a pair of persons once, with 1 for each topic that both have and 2 for each that one can
 * help the other with. The caller frees the list. */
MUST_CHECK enum status interests_pairs(const struct interests *interests,
                                       const bool *takes_part,
                                       struct pairwise_entry **entries,
                                       size_t *count);

enum interests_kind {
    INTERESTS_BOTH_WORK_ON,    /* a topic of both */
    INTERESTS_OTHER_CAN_HELP,  /* a topic of the person's, an offer of the other's */
    INTERESTS_PERSON_CAN_HELP, /* the other way round */
};

/* Something that a person has in common with another, in the person's own words. */
struct interests_common {
    enum interests_kind kind;
    struct span words;
    /* How many people of other groups than the person's have the same in common with them. */
    uint32_t others;
    /* How many of these are of the other's group. */
    uint32_t others_in_group;
};

/* Whom a person is to be told of. */
struct interests_pair {
    uint32_t person;
    uint32_t other;
    const bool *known; /* of each person: not to be counted among the others */
};

/* The first of each kind, in the order of the person's profile; at most three. Returns how many. */
uint32_t interests_between(const struct interests *interests,
                           const struct interests_pair *pair,
                           struct interests_common common[3]);

/* How many people of other groups have anything in common with the pair's person. Marks each of
 * them with `mark` in `marks`, of each person, which held another value before. */
uint32_t interests_count_others(const struct interests *interests,
                                const struct interests_pair *pair,
                                uint32_t *marks,
                                uint32_t mark);

#endif
