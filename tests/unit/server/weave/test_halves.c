/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Passes over a network that is large enough for two threads, with the second and without: where
 * none can be made, the caller does both halves. Run under the thread sanitizer as well. */
#include "server/weave/halves.h"
#include "server/weave/solver.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define PEOPLE HALVES_ROWS_MIN
#define GROUP_PEOPLE 500
#define STEPS_TIED 3

/* Enough for every kind of pass some times over. */
#define TOLERANCE .3

static bool threads_fail;
static int threads_made;

/* NOLINTBEGIN(*-reserved-identifier,*-dcl37-c,*-dcl51-cpp,readability-identifier-naming): the
 * linker's names. */
int __real_pthread_create(pthread_t *thread,
                          const pthread_attr_t *attributes,
                          void *(*run)(void *context),
                          void *context);
int __wrap_pthread_create(pthread_t *thread,
                          const pthread_attr_t *attributes,
                          void *(*run)(void *context),
                          void *context);
/* NOLINTEND(*-reserved-identifier,*-dcl37-c,*-dcl51-cpp,readability-identifier-naming) */

int __wrap_pthread_create(pthread_t *thread,
                          const pthread_attr_t *attributes,
                          void *(*run)(void *context),
                          void *context)
{
    if (threads_fail)
        return EAGAIN;
    threads_made++;
    return __real_pthread_create(thread, attributes, run, context);
}

/* A ring in which everybody is tied to those of the next steps, cut into groups. */
static struct graph *make_graph(void)
{
    size_t count = (size_t)PEOPLE * STEPS_TIED;
    struct graph_tie *ties = calloc(count, sizeof *ties);
    uint32_t *groups = calloc(PEOPLE, sizeof *groups);
    struct graph *graph = NULL;
    assert_non_null(ties);
    assert_non_null(groups);
    for (uint32_t u = 0; u < PEOPLE; u++) {
        groups[u] = u / GROUP_PEOPLE;
        for (uint32_t step = 1; step <= STEPS_TIED; step++)
            ties[(size_t)u * STEPS_TIED + step - 1] = (struct graph_tie){u, (u + step) % PEOPLE, 1};
    }
    struct graph_snapshot snapshot = {.person_count = PEOPLE,
                                      .groups = groups,
                                      .group_count = PEOPLE / GROUP_PEOPLE,
                                      .ties = ties,
                                      .tie_count = count};
    assert_int_equal(graph_new(&snapshot, &graph), STATUS_OK);
    free(ties);
    free(groups);
    return graph;
}

static float *solve(const struct mesh *mesh)
{
    struct solver *solver = NULL;
    float *y = block_new(mesh->n), *x = block_new(mesh->n);
    assert_non_null(y);
    assert_non_null(x);
    for (size_t i = 0; i < (size_t)mesh->n * BLOCK_COLUMNS; i++)
        y[i] = (float)(i * 2654435761u % 1024) / 512 - 1;
    block_centre(mesh->n, y);
    assert_int_equal(solver_new(mesh, &solver), STATUS_OK);
    assert_int_equal(solver_run(solver, y, TOLERANCE, x), STATUS_OK);
    solver_free(&solver);
    free(y);
    return x;
}

static void one_thread_and_two_give_the_same_to_the_last_bit(void **state)
{
    (void)state;
    struct graph *graph = make_graph();
    struct graph_components components = {0};
    struct mesh *mesh = NULL;
    assert_int_equal(graph_components_init(graph, &components), STATUS_OK);
    struct mesh_start start = {.graph = graph, .components = &components};
    assert_int_equal(mesh_new(&start, &mesh), STATUS_OK);
    assert_int_equal(mesh->n, PEOPLE);
    float *with_two = solve(mesh);
    assert_true(threads_made > 0);
    threads_fail = true;
    float *with_one = solve(mesh);
    threads_fail = false;
    assert_memory_equal(with_two, with_one, (size_t)PEOPLE * BLOCK_COLUMNS * sizeof(float));
    free(with_two);
    free(with_one);
    mesh_free(&mesh);
    graph_components_clear(&components);
    graph_free(&graph);
}

struct counts {
    uint32_t begins[HALVES];
    uint32_t ends[HALVES];
};

static void take(void *context, uint32_t half, uint32_t begin, uint32_t end)
{
    struct counts *counts = context;
    counts->begins[half] = begin;
    counts->ends[half] = end;
}

static void small_networks_leave_the_other_core_alone(void **state)
{
    (void)state;
    struct counts counts = {0};
    int before = threads_made;
    halves_run(HALVES_ROWS_MIN - 1, take, &counts);
    assert_int_equal(threads_made, before);
    assert_int_equal(counts.ends[0], HALVES_ROWS_MIN - 1);
    halves_run(HALVES_ROWS_MIN + 1, take, &counts);
    assert_int_equal(threads_made, before + 1);
    assert_int_equal(counts.ends[0], counts.begins[1]);
    assert_int_equal(counts.ends[1], HALVES_ROWS_MIN + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_networks_leave_the_other_core_alone),
        cmocka_unit_test(one_thread_and_two_give_the_same_to_the_last_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
