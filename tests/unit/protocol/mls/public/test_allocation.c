/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every allocation of joining, caching, staging, storing and restoring is made to fail in turn:
 * nothing leaks (the sanitizer sees), and the group is as it was. */
#include "tests/unit/protocol/mls/public/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* NOLINTBEGIN(*-reserved-identifier,*-dcl37-c,*-dcl51-cpp,readability-identifier-naming): the
 * linker's names. It sends the allocations of all that is linked statically here (--wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);
/* NOLINTEND(*-reserved-identifier,*-dcl37-c,*-dcl51-cpp,readability-identifier-naming) */

/* Allocations that still succeed; negative: all do. */
static long allocations_left = -1;

static bool fails(void)
{
    if (allocations_left < 0)
        return false;
    if (allocations_left == 0)
        return true;
    allocations_left--;
    return false;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *ptr, size_t size)
{
    return fails() ? NULL : __real_realloc(ptr, size);
}

/* What the scenario works on, made while all allocations succeed. */
struct scene {
    struct person *people;
    struct mls_public_group *group;
    struct buffer info;
    struct buffer proposal;
    struct buffer commit;
    struct buffer package;
};

static void make_scene(struct scene *scene)
{
    *scene = (struct scene){.people = people_new(5),
                            .info = BUFFER_INIT(FIXTURE_BYTES_MAX),
                            .proposal = BUFFER_INIT(FIXTURE_BYTES_MAX),
                            .commit = BUFFER_INIT(FIXTURE_BYTES_MAX),
                            .package = BUFFER_INIT(FIXTURE_BYTES_MAX)};
    struct person *people = scene->people;
    scene->group = fixture_group(people, 4, SPAN_EMPTY);
    fixture_write_group_info(scene->group, &people[0], 0, true, &scene->info);
    const struct mls_proposal remove = {.type = MLS_PROPOSAL_REMOVE, .removed = 2};
    fixture_write_proposal(scene->group, &people[1], fixture_member(1), &remove, &scene->proposal);
    assert_int_equal(mls_public_group_cache_proposal(scene->group, buffer_span(&scene->proposal),
                                                     &fixture_options),
                     STATUS_OK);
    fixture_write_key_package(&people[4], fixture_key_package(&people[4]), &scene->package);
    const struct mls_key_package package = fixture_read_key_package(&scene->package);
    const struct mls_proposal_or_ref items[] = {
        {.by_reference = true, .reference = mls_public_group_cached_at(scene->group, 0)->reference},
        fixture_add(&package)};
    const struct fixture_commit commit = {&people[0], fixture_member(0), items, 2, true, 0};
    fixture_write_commit(scene->group, &commit, &scene->commit);
}

static void clear_scene(struct scene *scene)
{
    mls_public_group_free(&scene->group);
    buffer_clear(&scene->info);
    buffer_clear(&scene->proposal);
    buffer_clear(&scene->commit);
    buffer_clear(&scene->package);
    free(scene->people);
}

/* Joins, caches, stages, stores, restores and merges. */
static enum status play(const struct scene *scene, uint64_t *epoch)
{
    CLEANUP(mls_public_group_free) struct mls_public_group *group = NULL;
    CLEANUP(mls_public_group_free) struct mls_public_group *restored = NULL;
    CLEANUP(mls_staged_commit_free) struct mls_staged_commit *staged = NULL;
    CLEANUP(buffer_clear) struct buffer stored = BUFFER_INIT(FIXTURE_BYTES_MAX);
    TRY(mls_public_group_new(buffer_span(&scene->info), SPAN_EMPTY, &fixture_options, &group));
    *epoch = mls_public_group_epoch(group);
    TRY(mls_public_group_cache_proposal(group, buffer_span(&scene->proposal), &fixture_options));
    TRY(mls_public_group_encode(group, true, &stored));
    TRY(mls_public_group_decode(buffer_span(&stored), NULL, &restored));
    enum status status =
        mls_public_group_stage(restored, buffer_span(&scene->commit), &fixture_options, &staged);
    *epoch = mls_public_group_epoch(restored);
    TRY(status);
    TRY(mls_public_group_merge(restored, &staged));
    *epoch = mls_public_group_epoch(restored);
    return STATUS_OK;
}

static void survives_every_allocation_that_fails(void **state)
{
    (void)state;
    struct scene scene;
    make_scene(&scene);
    enum status status = STATUS_NO_MEMORY;
    long count = 0;
    while (status != STATUS_OK && count < 100000) {
        uint64_t epoch = 5;
        allocations_left = count++;
        status = play(&scene, &epoch);
        allocations_left = -1;
        assert_int_equal(epoch, status == STATUS_OK ? 6 : 5);
    }
    assert_int_equal(status, STATUS_OK);
    assert_in_range(count, 50, 5000);
    clear_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survives_every_allocation_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
