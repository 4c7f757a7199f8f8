/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From a real store to the published document: what stands in it, and when it changes. */
#include "tests/unit/server/store/fixture.h"

#include "protocol/crypto/random_system.h"
#include "server/figures/figures.h"
#include "server/figures/suggestions.h"
#include "server/store/profiles.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEEK (7 * DAY)

struct scene {
    struct fixture *fixture;
    struct store *store;
    struct pool *pool;
    struct journal journal;
    FILE *nowhere;
    struct hub hub;
    struct clock_source clock;
    struct figures *figures;
    int64_t now_ms;
};

static int64_t now_ms(void *context)
{
    return NOW + ((struct scene *)context)->now_ms;
}

static int set_up(void **state)
{
    fixture_make_directory(state);
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->fixture = *state;
    ASSERT_OK(fixture_open_store(scene->fixture, &scene->store));
    scene->clock = (struct clock_source){now_ms, now_ms, scene};
    scene->nowhere = fopen("/dev/null", "w");
    assert_non_null(scene->nowhere);
    ASSERT_OK(journal_init(&scene->journal, scene->nowhere, JOURNAL_ERROR, &scene->clock,
                           random_system()));
    struct pool_options in_place = {0};
    ASSERT_OK(pool_new(&in_place, &scene->pool));
    scene->hub = (struct hub){
        .clock = &scene->clock,
        .journal = &scene->journal,
        .store = scene->store,
        .figures = scene->pool,
    };
    ASSERT_OK(figures_new(&scene->hub, &scene->figures));
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    *state = scene->fixture;
    store_close(&scene->store);
    pool_free(&scene->pool);
    figures_free(&scene->figures);
    journal_clear(&scene->journal);
    fclose(scene->nowhere);
    free(scene);
    return fixture_remove_directory(state);
}

/* ---- who there is: a ring of people, some of each group in turn ---- */

struct ring {
    uint32_t first;
    uint32_t count;
    uint32_t groups;
};

static void add_to_ring(struct store_db *db, uint32_t number, uint32_t group)
{
    char name[32];
    struct id fresh = id_number(9000 + group);
    struct id ward;
    snprintf(name, sizeof name, "Ward %u", (unsigned)group);
    ASSERT_OK(store_groups_ensure(db, span_from_text(name), &fresh, &ward));
    struct id person = make_person(db, number);
    ASSERT_OK(store_people_rename(db, &person, SPAN_LITERAL("Somebody"), &ward));
}

static enum status make_ring(struct store_db *db, void *context)
{
    const struct ring *ring = context;
    for (uint32_t i = 0; i < ring->count; i++)
        add_to_ring(db, ring->first + i, i % ring->groups);
    for (uint32_t i = 0; i < ring->count && ring->count > 2; i++) {
        struct store_tie tie = {
            .a = id_number(ring->first + i),
            .b = id_number(ring->first + (i + 1) % ring->count),
            .kind = STORE_TIE_IMPORTED,
            .weight = 1,
            .at_ms = NOW,
        };
        TRY(store_ties_set(db, &tie));
    }
    return STATUS_OK;
}

static void add_people(struct scene *scene, uint32_t first, uint32_t count, uint32_t groups)
{
    struct ring ring = {first, count, groups};
    ASSERT_OK(fixture_run(scene->store, make_ring, &ring));
}

struct page {
    struct figures_waiter waiter;
    json_t *document;
    char text[65536];
};

static void on_ready(struct figures_waiter *waiter, struct span document, enum status status)
{
    struct page *page = (struct page *)(void *)waiter;
    assert_int_equal(status, STATUS_OK);
    assert_true(document.len < sizeof page->text);
    memcpy(page->text, document.ptr, document.len);
    page->text[document.len] = '\0';
    page->document = json_loadb(page->text, document.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(page->document);
}

static void read_document(struct scene *scene, struct page *page)
{
    json_decref(page->document);
    *page = (struct page){.waiter = {.ready = on_ready}};
    figures_document(scene->figures, &page->waiter);
    assert_non_null(page->document);
}

static json_int_t people_of(struct scene *scene)
{
    struct page page = {0};
    read_document(scene, &page);
    json_int_t people = json_integer_value(json_object_get(page.document, "people"));
    json_decref(page.document);
    return people;
}

/* ---- tests ---- */

static void shows_measures_groups_and_nobody(void **state)
{
    struct scene *scene = *state;
    struct page page = {0};
    add_people(scene, 1, 24, 2);
    read_document(scene, &page);
    assert_int_equal(json_integer_value(json_object_get(page.document, "ties")), 24);
    double density = json_real_value(json_object_get(page.document, "density"));
    assert_true(density > .0869 && density < .0870);
    assert_int_equal(json_integer_value(json_object_get(page.document, "as_of")), NOW);
    assert_int_equal(json_array_size(json_object_get(page.document, "group_sizes")), 2);
    assert_int_equal(json_array_size(json_object_get(page.document, "group_ties")), 3);
    assert_non_null(strstr(page.text, "Ward 1"));
    assert_null(strstr(page.text, "Somebody"));
    json_decref(page.document);
}

static void nine_people_are_only_counted(void **state)
{
    struct scene *scene = *state;
    struct page page = {0};
    add_people(scene, 1, 9, 1);
    read_document(scene, &page);
    assert_int_equal(json_integer_value(json_object_get(page.document, "people")), 9);
    assert_true(json_is_null(json_object_get(page.document, "ties")));
    assert_true(json_is_null(json_object_get(page.document, "density")));
    assert_int_equal(json_array_size(json_object_get(page.document, "group_sizes")), 0);
    assert_null(strstr(page.text, "Ward"));
    json_decref(page.document);
}

static void a_small_group_is_in_the_pool(void **state)
{
    struct scene *scene = *state;
    struct page page = {0};
    add_people(scene, 1, 12, 1);
    add_people(scene, 100, 15, 5); /* three more for Ward 0, three each for the others */
    read_document(scene, &page);
    const json_t *sizes = json_object_get(page.document, "group_sizes");
    assert_int_equal(json_array_size(sizes), 2);
    assert_null(strstr(page.text, "Ward 3"));
    assert_non_null(strstr(page.text, "Ward 0"));
    json_decref(page.document);
}

static void the_document_stands_for_a_week(void **state)
{
    struct scene *scene = *state;
    add_people(scene, 1, 20, 2);
    assert_int_equal(people_of(scene), 20);
    add_people(scene, 100, 1, 1);
    scene->now_ms += WEEK - 1;
    assert_int_equal(people_of(scene), 20);
    add_people(scene, 200, 9, 1);
    assert_int_equal(people_of(scene), 20);
    scene->now_ms += 1;
    assert_int_equal(people_of(scene), 30);
}

static void one_of_a_future_that_was_none_does_not_stand(void **state)
{
    struct scene *scene = *state;
    add_people(scene, 1, 20, 2);
    scene->now_ms += 50 * WEEK; /* the clock was ahead */
    assert_int_equal(people_of(scene), 20);
    add_people(scene, 100, 300, 3);
    scene->now_ms -= 50 * WEEK;
    assert_int_equal(figures_next_ms(scene->figures), 0);
    assert_int_equal(people_of(scene), 320);
    assert_int_equal(figures_next_ms(scene->figures), NOW + WEEK);
    add_people(scene, 1000, 300, 3);
    assert_int_equal(people_of(scene), 320);
}

static void new_figures(struct scene *scene)
{
    figures_free(&scene->figures);
    ASSERT_OK(figures_new(&scene->hub, &scene->figures));
}

static void the_document_stands_over_a_restart(void **state)
{
    struct scene *scene = *state;
    struct page before = {0}, after = {0};
    add_people(scene, 1, 20, 2);
    read_document(scene, &before);
    add_people(scene, 100, 300, 3);
    new_figures(scene);
    read_document(scene, &after);
    assert_string_equal(before.text, after.text);
    scene->now_ms += WEEK;
    new_figures(scene);
    assert_int_equal(people_of(scene), 320);
    json_decref(before.document);
    json_decref(after.document);
}

static void a_number_changes_by_whole_tens(void **state)
{
    struct scene *scene = *state;
    add_people(scene, 1, 23, 2);
    assert_int_equal(people_of(scene), 23);
    add_people(scene, 100, 9, 2);
    scene->now_ms += WEEK;
    assert_int_equal(people_of(scene), 23);
    add_people(scene, 200, 5, 1);
    scene->now_ms += WEEK;
    assert_int_equal(people_of(scene), 33);
}

static void the_trend_has_a_point_a_publication(void **state)
{
    struct scene *scene = *state;
    struct page page = {0};
    add_people(scene, 1, 20, 2);
    for (int week = 0; week < 3; week++) {
        read_document(scene, &page);
        scene->now_ms += WEEK;
        add_people(scene, 1000 + (uint32_t)week * 20, 20, 2);
    }
    const json_t *trend = json_object_get(page.document, "trend");
    assert_int_equal(json_array_size(trend), 3);
    for (size_t i = 0; i < 3; i++) {
        const json_t *point = json_array_get(trend, i);
        assert_int_equal(json_integer_value(json_object_get(point, "people")), 20 + 20 * i);
        assert_int_equal(json_integer_value(json_object_get(point, "as_of")),
                         NOW + (json_int_t)i * WEEK);
    }
    json_decref(page.document);
}

static void a_publication_that_is_due_is_made_though_nobody_asks(void **state)
{
    struct scene *scene = *state;
    struct page page = {0};
    add_people(scene, 1, 20, 2);
    figures_tick(scene->figures);
    add_people(scene, 100, 20, 2);
    assert_int_equal(people_of(scene), 40); /* the first waits for somebody to ask */
    scene->now_ms += WEEK;
    figures_tick(scene->figures);
    add_people(scene, 200, 20, 2);
    scene->now_ms += DAY;
    read_document(scene, &page);
    assert_int_equal(json_integer_value(json_object_get(page.document, "as_of")), NOW + WEEK);
    assert_int_equal(json_integer_value(json_object_get(page.document, "people")), 40);
    json_decref(page.document);
}

static enum status erase_most(struct store_db *db, void *context)
{
    (void)context;
    for (uint32_t i = 1; i <= 15; i++) {
        struct id person = id_number(i);
        TRY(store_people_erase(db, &person, NOW));
    }
    return STATUS_OK;
}

static void the_last_one_stands_when_fewer_than_ten_are_left(void **state)
{
    struct scene *scene = *state;
    add_people(scene, 1, 20, 2);
    assert_int_equal(people_of(scene), 20);
    ASSERT_OK(fixture_run(scene->store, erase_most, NULL));
    scene->now_ms += WEEK;
    assert_int_equal(people_of(scene), 20);
}

static void a_community_that_begins_is_counted_at_once(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(people_of(scene), 0);
    add_people(scene, 1, 3, 1);
    assert_int_equal(people_of(scene), 3);
    add_people(scene, 10, 9, 1);
    assert_int_equal(people_of(scene), 12);
}

struct loaded {
    struct network *network;
};

static enum status load(struct store_db *db, void *context)
{
    struct loaded *loaded = context;
    return network_load(db, NOW, true, &loaded->network);
}

static enum status opt_in(struct store_db *db, void *context)
{
    (void)context;
    static const struct span texts[] = {{(const uint8_t *)"falls", 5},
                                        {(const uint8_t *)"dementia", 8}};
    struct store_profile profile = {
        .opted_in = true,
        .contacts_per_week_max = 2,
        .topics = texts,
        .topics_count = 2,
        .can_help_with = texts + 1,
        .can_help_with_count = 1,
    };
    struct id person = id_number(2);
    return store_profiles_set(db, &person, &profile);
}

static void a_network_has_people_ties_groups_and_interests(void **state)
{
    struct scene *scene = *state;
    struct loaded loaded = {0};
    struct id person = id_number(2);
    struct id stranger = id_number(77);
    add_people(scene, 1, 4, 2);
    ASSERT_OK(fixture_run(scene->store, opt_in, NULL));
    ASSERT_OK(fixture_run(scene->store, load, &loaded));
    const struct network *network = loaded.network;
    assert_int_equal(network->person_count, 4);
    assert_int_equal(network->tie_count, 4);
    assert_int_equal(network->group_count, 3); /* and "no group" */
    uint32_t at = network_find(network, &person);
    assert_true(at < 4);
    assert_int_equal(network_find(network, &stranger), GRAPH_NONE);
    assert_true(network_has_group(network, at));
    assert_true(span_equal(network->group_names[network->groups[at]], SPAN_LITERAL("Ward 1")));
    assert_int_equal(network->interest_count, 3);
    assert_int_equal(network->interests[0].person, at);
    assert_false(network->interests[1].can_help_with);
    assert_true(network->interests[2].can_help_with);
    assert_true(span_equal(network->interests[2].text, SPAN_LITERAL("dementia")));
    struct graph *graph = NULL;
    ASSERT_OK(network_graph(network, false, &graph));
    assert_true(graph->proposable[graph->nodes[at]]);
    assert_false(graph->proposable[graph->nodes[(at + 1) % 4]]);
    graph_free(&graph);
    network_free(&loaded.network);
}

static void suggestions_are_counts_of_pairs_of_groups(void **state)
{
    struct scene *scene = *state;
    struct loaded loaded = {0};
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(1u << 20);
    add_people(scene, 1, 20, 1);
    struct ring apart = {100, 20, 1};
    ASSERT_OK(fixture_run(scene->store, make_ring, &apart));
    add_people(scene, 200, 20, 2);
    ASSERT_OK(fixture_run(scene->store, load, &loaded));
    ASSERT_OK(suggestions_write(loaded.network, &(struct suggestions_options){.count = 6}, &text));
    network_free(&loaded.network);
    json_t *object = json_loadb((const char *)text.ptr, text.len, 0, NULL);
    const json_t *pairs = json_object_get(object, "pairs");
    json_int_t total = json_integer_value(json_object_get(object, "introductions"));
    assert_int_equal(json_integer_value(json_object_get(object, "people")), 60);
    assert_true(total > 0 && total <= 6);
    assert_int_equal(json_array_size(pairs), 1);
    const json_t *pair = json_array_get(pairs, 0);
    assert_int_equal(json_integer_value(json_object_get(pair, "introductions")), total);
    json_decref(object);
}

/* One tie that joins the two parts, which is what introductions are to do. */
static enum status meet(struct store_db *db, void *context)
{
    (void)context;
    struct store_tie tie = {
        .a = id_number(1), .b = id_number(111), .kind = STORE_TIE_MET, .weight = 1, .at_ms = NOW};
    return store_ties_set(db, &tie);
}

static void suggest(struct scene *scene, struct buffer *text)
{
    struct loaded loaded = {0};
    ASSERT_OK(fixture_run(scene->store, load, &loaded));
    for (uint32_t count = 1; count < 8; count++)
        ASSERT_OK(
            suggestions_write(loaded.network, &(struct suggestions_options){.count = count}, text));
    network_free(&loaded.network);
}

static void suggestions_do_not_tell_who_met(void **state)
{
    struct scene *scene = *state;
    CLEANUP(buffer_clear) struct buffer before = BUFFER_INIT(1u << 20);
    CLEANUP(buffer_clear) struct buffer after = BUFFER_INIT(1u << 20);
    add_people(scene, 1, 20, 1);
    add_people(scene, 100, 60, 4);
    suggest(scene, &before);
    ASSERT_OK(fixture_run(scene->store, meet, NULL));
    suggest(scene, &after);
    assert_true(span_equal(buffer_span(&before), buffer_span(&after)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(shows_measures_groups_and_nobody),
        TEST(nine_people_are_only_counted),
        TEST(a_small_group_is_in_the_pool),
        TEST(the_document_stands_for_a_week),
        TEST(one_of_a_future_that_was_none_does_not_stand),
        TEST(the_document_stands_over_a_restart),
        TEST(a_number_changes_by_whole_tens),
        TEST(the_trend_has_a_point_a_publication),
        TEST(a_publication_that_is_due_is_made_though_nobody_asks),
        TEST(the_last_one_stands_when_fewer_than_ten_are_left),
        TEST(a_community_that_begins_is_counted_at_once),
        TEST(a_network_has_people_ties_groups_and_interests),
        TEST(suggestions_are_counts_of_pairs_of_groups),
        TEST(suggestions_do_not_tell_who_met),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
