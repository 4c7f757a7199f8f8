/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How likely two people are to take up an introduction, estimated from what people answered so far.
 *
 * A person's own share of introductions taken up is drawn towards everybody's, which is drawn
 * towards 61 % (what a trial of coffee rounds in two hospitals found); so a first refusal changes
 * little and the tenth much. A pair is the product of the two, times how much more often
 * introductions with something in common were taken up, or were not. Taken up is what was accepted
 * and not followed by "we did not meet".
 *
 * Errors: STATUS_NO_MEMORY. Thread rule: pure functions.
 */
#ifndef WEFT_INTRODUCE_ACCEPTANCE_H
#define WEFT_INTRODUCE_ACCEPTANCE_H

#include "server/figures/network.h"
#include "server/store/introductions.h"

/* What is assumed before anybody answered; and how many answers it is worth against those of all,
 * and what all answered against those of one person. */
#define ACCEPTANCE_AT_FIRST .61
#define ACCEPTANCE_WORTH_OF_ALL 20
#define ACCEPTANCE_WORTH 4

/* Nobody is written off, and nobody is certain. */
#define ACCEPTANCE_LEAST .05
#define ACCEPTANCE_MOST .95

struct acceptance {
    double *people;     /* of each person of the network */
    double with_shared; /* factors of a pair with something in common, and of one without */
    double without_shared;
};

MUST_CHECK enum status acceptance_init(const struct network *network,
                                       const struct store_history *history,
                                       size_t history_count,
                                       struct acceptance *acceptance);

void acceptance_clear(struct acceptance *acceptance);

/* Of two persons, between ACCEPTANCE_LEAST and ACCEPTANCE_MOST. */
double acceptance_of(const struct acceptance *acceptance, uint32_t a, uint32_t b, bool shared);

#endif
