/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Networks in memory for the tests of this folder: people who joined and opted in, numbered from 0,
 * two contacts a week each.
 */
#ifndef WEFT_TESTS_INTRODUCE_SAMPLE_H
#define WEFT_TESTS_INTRODUCE_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/figures/network.h"

#define SAMPLE_PEOPLE_MAX 64
#define SAMPLE_TIES_MAX 256
#define SAMPLE_NOW INT64_C(1800000000000)

struct sample {
    struct network network;
    struct store_node people[SAMPLE_PEOPLE_MAX];
    uint32_t groups[SAMPLE_PEOPLE_MAX];
    struct span names[SAMPLE_PEOPLE_MAX];
    struct graph_tie ties[SAMPLE_TIES_MAX];
    struct network_interest interests[SAMPLE_PEOPLE_MAX * 4];
    struct graph_pair never[SAMPLE_PEOPLE_MAX];
};

/* People 0 to count - 1; person i is of group i % groups, "Ward A" and so on. */
void sample_init(struct sample *sample, uint32_t count, uint32_t groups);

void sample_tie(struct sample *sample, uint32_t a, uint32_t b);

/* Everybody is tied to the next, and the last to the first. */
void sample_ring(struct sample *sample);

/* In rising order of person. */
void sample_topic(struct sample *sample, uint32_t person, const char *text);
void sample_offer(struct sample *sample, uint32_t person, const char *text);

#endif
