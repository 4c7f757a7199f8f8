/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Random histories: whatever members of a group do, be it right or wrong, in whatever order they
 * restart, all agree after each step on epoch, tree and exporter, and can read each other; and what
 * must be refused changes nothing.
 *
 *     test_mls_group_model [--histories N] [--steps N] [--seed N]
 *
 * The suite plays twelve of fixed seeds. The seed of a failing history is printed, with its steps.
 */
#include "tests/unit/protocol/mls/member/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Of the steps one in three is wrong. */
#define INVALID_PERCENT 33

static uint32_t history_count = 12;
static uint32_t step_count = 40;
static uint32_t first_seed = 1;

static const struct model_step *
choose(struct model *model, const struct model_step *steps, size_t count)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += steps[i].weight;
    uint32_t left = model_choose(model, sum);
    while (left >= steps->weight)
        left -= steps++->weight;
    return steps;
}

static void play(uint32_t seed)
{
    struct model *model = calloc(1, sizeof *model);
    assert_non_null(model);
    print_message("seed %u:", seed);
    model_init(model, seed);
    for (uint32_t i = 0; i < step_count; i++) {
        const struct model_step *step =
            model_chance(model, INVALID_PERCENT)
                ? choose(model, model_invalid_steps, model_invalid_step_count)
                : choose(model, model_valid_steps, model_valid_step_count);
        print_message(" %s,", step->name);
        fflush(stdout);
        step->take(model);
        model_check(model);
    }
    model_read(model, 100);
    print_message(" and %zu members agree in epoch %llu\n", model_count(model),
                  (unsigned long long)mls_public_group_epoch(model_public(model)));
    model_clear(model);
    free(model);
}

static void random_histories_end_in_agreement(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < history_count; i++)
        play(first_seed + i);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_histories_end_in_agreement),
    };
    for (int i = 1; i + 1 < argc; i += 2) {
        uint32_t value = (uint32_t)strtoul(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--histories") == 0)
            history_count = value;
        else if (strcmp(argv[i], "--steps") == 0)
            step_count = value;
        else if (strcmp(argv[i], "--seed") == 0)
            first_seed = value;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
