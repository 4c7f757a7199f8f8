/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Graphs for the tests of the network: small ones whose measures are known, and files of the
 * shared data, when they are there.
 */
#ifndef WEFT_TEST_WEAVE_SAMPLE_H
#define WEFT_TEST_WEAVE_SAMPLE_H

#include "server/weave/graph.h"

/* All end the test when something fails; the caller frees the graph. Without groups: */
struct graph *sample_star(uint32_t people);
struct graph *sample_chain(uint32_t people);
struct graph *sample_kite(void); /* Krackhardt 1990 */

/* Two complete graphs of five, each a group, with so many ties between them. */
struct graph *sample_two_cliques(uint32_t bridges);

/* NAME.edges.tsv and NAME.groups.tsv of the shared networks; NULL, and a line that says so, when
 * they are not there. */
struct graph *sample_shared(const char *name, double weight_min, bool without_isolates);

/* cmocka's own compares floats, which have too few digits here. */
void sample_assert_near(double value, double wanted, double tolerance);

#endif
