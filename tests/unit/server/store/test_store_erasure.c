/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What was erased is in none of the store's files. */
#include "tests/unit/server/store/fixture.h"
#include "tests/unit/server/store/loop.h"

#include "server/store/profiles.h"

#include <stdio.h>
#include <unistd.h>

#define NAME "Quetzalcoatlus Bartholomew-Nnamdi"
#define EXTERNAL_ID "staff-4711-external"
#define TOPIC "unmistakable topic of conversation"

static enum status add_named_person(struct store_db *db, void *context)
{
    struct span topics[] = {SPAN_LITERAL(TOPIC)};
    struct store_profile profile = {.opted_in = true, .topics = topics, .topics_count = 1};
    struct store_person person = {
        .person = id_number(1),
        .role = STORE_ROLE_STAFF,
        .state = STORE_PERSON_IMPORTED,
        .name = SPAN_LITERAL(NAME),
        .external_id = SPAN_LITERAL(EXTERNAL_ID),
    };
    (void)context;
    TRY(store_people_add(db, &person));
    TRY(store_profiles_set(db, &person.person, &profile));
    return STATUS_OK;
}

static enum status erase_named_person(struct store_db *db, void *context)
{
    (void)context;
    struct id person = id_number(1);
    return store_people_erase(db, &person, NOW);
}

static void an_erased_name_is_in_no_file(void **state)
{
    struct fixture *f = *state;
    ASSERT_OK(fixture_open_store(f, &f->store));
    ASSERT_OK(fixture_run(f->store, add_named_person, NULL));
    assert_true(files_contain(f, NAME));
    store_close(&f->store);
    assert_true(files_contain(f, NAME));
    ASSERT_OK(fixture_open_store(f, &f->store));
    ASSERT_OK(fixture_run(f->store, erase_named_person, NULL));
    store_close(&f->store);
    assert_false(files_contain(f, NAME));
    assert_false(files_contain(f, EXTERNAL_ID));
    assert_false(files_contain(f, TOPIC));
}

#define CROWD 2000

/* So many rows that pages were split and merged: copies of moved rows must not stay either. */
static enum status add_crowd(struct store_db *db, void *context)
{
    (void)context;
    for (uint32_t i = 0; i < CROWD; i++) {
        char name[32];
        struct store_person person = {.person = id_number(i * 2654435761u),
                                      .role = STORE_ROLE_STAFF,
                                      .state = STORE_PERSON_IMPORTED};
        snprintf(name, sizeof name, "crowd-%05u-end", (unsigned)i);
        person.name = person.external_id = span_from_text(name);
        TRY(store_people_add(db, &person));
    }
    return STATUS_OK;
}

static enum status erase_some(struct store_db *db, void *context)
{
    (void)context;
    for (uint32_t i = 0; i < CROWD; i += 41) {
        struct id person = id_number(i * 2654435761u);
        TRY(store_people_erase(db, &person, NOW));
    }
    return STATUS_OK;
}

static void names_erased_among_many_are_in_no_file(void **state)
{
    struct fixture *f = *state;
    ASSERT_OK(fixture_open_store(f, &f->store));
    ASSERT_OK(fixture_run(f->store, add_crowd, NULL));
    ASSERT_OK(fixture_run(f->store, erase_some, NULL));
    store_close(&f->store);
    for (uint32_t i = 0; i < CROWD; i++) {
        char name[32];
        snprintf(name, sizeof name, "crowd-%05u-end", (unsigned)i);
        if (i % 41 <= 1)
            assert_int_equal(files_contain(f, name), i % 41 != 0);
    }
}

struct erase_job {
    struct store_job job;
    size_t done;
    enum status result;
};

static enum status run_erase(struct store_db *db, struct store_job *job)
{
    (void)job;
    return erase_named_person(db, NULL);
}

static void done_erase(struct store_job *job, enum status status)
{
    struct erase_job *erase = (struct erase_job *)job;
    erase->result = status;
    erase->done++;
}

static void a_running_server_s_log_forgets_an_erased_name_in_time(void **state)
{
    struct fixture *f = *state;
    struct store_options options = {.state_directory = f->directory,
                                    .create = true,
                                    .free_bytes_min = 1,
                                    .wal_truncate_interval_ms = 300};
    struct erase_job erase = {.job = {.run = run_erase, .done = done_erase}};
    struct loop loop;
    struct store_figures figures = {0};
    ASSERT_OK(store_open(&options, &f->store));
    ASSERT_OK(fixture_run(f->store, add_named_person, NULL));
    ASSERT_OK(loop_start(&loop, f->store));
    ASSERT_OK(store_write(f->store, &erase.job));
    assert_true(loop_run_until(&loop, &erase.done, 1));
    ASSERT_OK(erase.result);
    for (int i = 0; i < 100 && figures.truncations == 0; i++) {
        usleep(50000);
        store_figures(f->store, &figures);
    }
    assert_true(figures.truncations >= 1);
    usleep(100000); /* the fill that follows */
    assert_false(files_contain(f, NAME));
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, fixture_make_directory, fixture_remove_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_erased_name_is_in_no_file),
        TEST(names_erased_among_many_are_in_no_file),
        TEST(a_running_server_s_log_forgets_an_erased_name_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
