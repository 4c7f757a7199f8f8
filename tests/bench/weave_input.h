/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the network benchmarks read: people and ties as server/weave/tables.h reads them, and
 * numbers of pairs, a `u v value` a line. A bad file ends the program with the reason.
 */
#ifndef WEFT_BENCH_WEAVE_INPUT_H
#define WEFT_BENCH_WEAVE_INPUT_H

#include "server/weave/pairwise.h"
#include "server/weave/tables.h"

#include <stdio.h>

/* Ends the program; the name is the one of the program. */
_Noreturn void weave_input_fail(const char *what, const char *why);

void weave_input_check(enum status status, const char *what);

/* One item more than asked for, all 0, and never NULL. */
void *weave_input_allocate(size_t count, size_t size);

/* The whole file; its bytes are the caller's (weave_input_free). */
struct span weave_input_read(const char *path);
void weave_input_free(struct span bytes);

/* A number from the command line, 0 or more. */
double weave_input_number(const char *text, const char *name);

/* Passed by the clock, and by the processor. */
double weave_input_seconds(void);
double weave_input_cpu_seconds(void);

struct weave_input {
    struct span edges;
    struct span groups;
    struct tables_people *people;
    struct graph *graph;
};

void weave_input_init(struct weave_input *input,
                      const char *edges,
                      const char *groups,
                      double weight_min,
                      bool without_isolates);

void weave_input_clear(struct weave_input *input);

/* Values up to `most`. Pairs of people who are no nodes are skipped. `missing` is for pairs that
 * are not listed; negative: the least value that is. */
struct pairwise *weave_input_pairwise(const struct weave_input *input,
                                      const char *path,
                                      double most,
                                      double missing);

/* `u v gain` with the file's own ids. */
void weave_input_print_pair(
    const struct weave_input *input, uint32_t u, uint32_t v, double gain, FILE *file);

#endif
