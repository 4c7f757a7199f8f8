/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Somebody keeps every publication and computes with them: sums and differences of any tables of
 * any weeks, and the equations within each. From sequences of networks at random, in which people
 * come, leave, change groups and make ties in ones and twos, nothing about fewer than ten people
 * must come out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/figures/publication.h"
#include "server/figures/whole.h"
#include "server/weave/seeded.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ASSERT_OK(call) assert_int_equal((call), STATUS_OK)

#define GROUPS 6 /* the last: no group */
#define PEOPLE 110
#define WEEKS 7
#define SEQUENCES 60

/* ---- a community, and what happens in it ---- */

struct person {
    bool here;
    uint32_t group;
};

struct community {
    uint64_t state;
    struct person people[PEOPLE];
    uint8_t ties[PEOPLE][PEOPLE]; /* 1: declared, 2: introduced */
};

static const char *const names[GROUPS] = {"Ward 1", "Ward 2", "Ward 3", "Ward 4", "Ward 5", ""};

static uint32_t below(struct community *community, uint32_t limit)
{
    return seeded_below(&community->state, limit);
}

static void tie_somebody(struct community *community, uint8_t kind)
{
    uint32_t a = below(community, PEOPLE), b = below(community, PEOPLE);
    bool same = community->people[a].group == community->people[b].group;
    /* As networks are: mostly within groups. */
    if (a == b || (!same && kind == 1 && below(community, 4) != 0))
        return;
    if (a > b) {
        uint32_t c = a;
        a = b;
        b = c;
    }
    if (community->ties[a][b] == 0)
        community->ties[a][b] = kind;
}

/* Groups of very different sizes, so that small ones, pools and hidden cells come. */
static void begin(struct community *community, uint64_t seed)
{
    *community = (struct community){.state = seed};
    uint32_t biased = 1 + below(community, GROUPS);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        uint32_t group = below(community, GROUPS);
        if (below(community, 2) == 0)
            group = below(community, biased);
        community->people[i] = (struct person){below(community, 5) != 0, group};
    }
    uint32_t ties = 100 + below(community, 600);
    for (uint32_t i = 0; i < ties; i++)
        tie_somebody(community, 1);
}

/* A week: mostly little happens, and what happens is what an attacker waits for. */
static void pass_week(struct community *community)
{
    uint32_t changes = below(community, 2) == 0 ? below(community, 300) : below(community, 8);
    for (uint32_t i = 0; i < changes; i++) {
        struct person *person = &community->people[below(community, PEOPLE)];
        switch (below(community, 5)) {
        case 0:
            person->here = !person->here;
            break;
        case 1:
            person->group = below(community, GROUPS);
            break;
        case 2:
            community->ties[below(community, PEOPLE)][below(community, PEOPLE)] = 0;
            break;
        case 3:
            tie_somebody(community, 2);
            break;
        default:
            tie_somebody(community, 1);
        }
    }
}

struct snapshot {
    struct store_node people[PEOPLE];
    uint32_t groups[PEOPLE];
    struct span names[GROUPS];
    struct graph_tie ties[PEOPLE * PEOPLE];
    uint8_t origins[PEOPLE * PEOPLE];
    struct network network;
};

static struct id id_of(uint64_t number)
{
    struct id id = {{0}};
    uint64_t mixed = seeded_for(number, 7);
    memcpy(id.bytes, &mixed, sizeof mixed);
    return id;
}

static void take(const struct community *community, int64_t now_ms, struct snapshot *snapshot)
{
    uint32_t place[PEOPLE];
    struct network *network = &snapshot->network;
    *network = (struct network){.taken_at_ms = now_ms,
                                .people = snapshot->people,
                                .groups = snapshot->groups,
                                .group_names = snapshot->names,
                                .group_count = GROUPS,
                                .ties = snapshot->ties,
                                .tie_origins = snapshot->origins};
    for (uint32_t i = 0; i < GROUPS; i++)
        snapshot->names[i] = span_from_text(names[i]);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        const struct person *person = &community->people[i];
        place[i] = network->person_count;
        if (!person->here)
            continue;
        snapshot->groups[network->person_count] = person->group;
        snapshot->people[network->person_count++] =
            (struct store_node){.person = id_of(i), .group = id_of(1000 + person->group)};
    }
    for (uint32_t a = 0; a < PEOPLE; a++)
        for (uint32_t b = a + 1; b < PEOPLE; b++) {
            if (community->ties[a][b] == 0 || !community->people[a].here ||
                !community->people[b].here)
                continue;
            snapshot->origins[network->tie_count] =
                community->ties[a][b] == 2 ? NETWORK_INTRODUCED : NETWORK_IMPORTED;
            snapshot->ties[network->tie_count++] = (struct graph_tie){place[a], place[b], 1};
        }
}

/* ---- what the attacker keeps ---- */

struct history {
    struct publication weeks[WEEKS];
    struct snapshot snapshots[WEEKS];
    uint32_t count;
};

static void publish_all(struct history *history, uint64_t seed)
{
    struct community community;
    begin(&community, seed);
    history->count = 0;
    for (uint32_t week = 0; week < WEEKS; week++) {
        struct publication *made = &history->weeks[week];
        publication_init(made);
        take(&community, (int64_t)week * PUBLICATION_INTERVAL_MS, &history->snapshots[week]);
        ASSERT_OK(publication_make(&history->snapshots[week].network,
                                   week == 0 ? NULL : &history->weeks[week - 1], made));
        history->count++;
        pass_week(&community);
    }
}

static void forget_all(struct history *history)
{
    for (uint32_t week = 0; week < history->count; week++)
        publication_clear(&history->weeks[week]);
}

static const struct statistics *of_week(const struct history *history, uint32_t week)
{
    return &history->weeks[week].statistics;
}

/* Where a part of one publication is in another, or GRAPH_NONE. */
static uint32_t find(const struct statistics *in, const struct statistics_part *part)
{
    for (uint32_t i = 0; i < in->part_count; i++)
        if (in->parts[i].kind == part->kind && span_equal(in->parts[i].name, part->name))
            return i;
    return GRAPH_NONE;
}

/* Of two publications: whether a published count differs by whole tens. */
static void assert_whole_tens(uint64_t before, uint64_t after, const char *what)
{
    uint64_t more = before > after ? before - after : after - before;
    if (more % WEAVE_CELL_PEOPLE_MIN != 0)
        fail_msg("%s: from %llu to %llu", what, (unsigned long long)before,
                 (unsigned long long)after);
}

static uint64_t count_of(const struct statistics *statistics, enum indicator indicator)
{
    const struct statistics_number *number = &statistics->numbers[indicator];
    return number->shown ? (uint64_t)llround(number->value) : 0;
}

static uint64_t across_of(const struct statistics *statistics)
{
    const struct statistics_number *e_i = &statistics->numbers[INDICATOR_E_I];
    double ties = (double)count_of(statistics, INDICATOR_TIES);
    double exact = e_i->shown ? ties * (1 + e_i->value) / 2 : 0;
    assert_true(fabs(exact - round(exact)) < 1e-6);
    return (uint64_t)llround(exact);
}

/* Every number of people or ties that stands in both: the difference is whole tens. Whatever is
 * summed over groups, cells and weeks, with whole factors, then changes by whole tens too, and no
 * such sum is one to nine. A cell that is new is whole tens itself. */
static void assert_differences(const struct statistics *early, const struct statistics *late)
{
    assert_whole_tens(count_of(early, INDICATOR_PEOPLE), count_of(late, INDICATOR_PEOPLE),
                      "people");
    assert_whole_tens(count_of(early, INDICATOR_TIES), count_of(late, INDICATOR_TIES), "ties");
    if (early->numbers[INDICATOR_E_I].shown && late->numbers[INDICATOR_E_I].shown)
        assert_whole_tens(across_of(early), across_of(late), "ties across");
    if (early->numbers[INDICATOR_ISOLATES].shown && late->numbers[INDICATOR_ISOLATES].shown)
        assert_whole_tens(count_of(early, INDICATOR_ISOLATES), count_of(late, INDICATOR_ISOLATES),
                          "isolates");
    for (uint32_t a = 0; a < late->part_count; a++) {
        uint32_t x = find(early, &late->parts[a]);
        if (x == GRAPH_NONE)
            continue;
        assert_whole_tens(early->parts[x].people, late->parts[a].people, "a group");
        for (uint32_t b = a; b < late->part_count; b++) {
            uint32_t y = find(early, &late->parts[b]);
            uint64_t now = late->cells[statistics_place(late->part_count, a, b)];
            uint64_t was = y == GRAPH_NONE
                               ? STATISTICS_HIDDEN
                               : early->cells[statistics_place(early->part_count, x, y)];
            if (now != STATISTICS_HIDDEN && was != STATISTICS_HIDDEN)
                assert_whole_tens(was, now, "a cell");
        }
    }
}

/* Whether a cell was shown in any week before. */
static bool was_shown(const struct history *history,
                      uint32_t week,
                      const struct statistics_part *a,
                      const struct statistics_part *b)
{
    for (uint32_t early = 0; early < week; early++) {
        const struct statistics *statistics = of_week(history, early);
        uint32_t x = find(statistics, a), y = find(statistics, b);
        if (x != GRAPH_NONE && y != GRAPH_NONE &&
            statistics->cells[statistics_place(statistics->part_count, x, y)] != STATISTICS_HIDDEN)
            return true;
    }
    return false;
}

/* What stands in this one and in none before. */
static void assert_new(const struct history *history, uint32_t week)
{
    const struct statistics *late = of_week(history, week);
    for (uint32_t a = 0; a < late->part_count; a++) {
        bool known = false;
        for (uint32_t early = 0; early < week; early++)
            known = known || find(of_week(history, early), &late->parts[a]) != GRAPH_NONE;
        if (!known)
            assert_whole_tens(0, late->parts[a].people, "a new group");
        for (uint32_t b = a; b < late->part_count; b++) {
            uint64_t now = late->cells[statistics_place(late->part_count, a, b)];
            if (now != STATISTICS_HIDDEN &&
                !was_shown(history, week, &late->parts[a], &late->parts[b]))
                assert_whole_tens(0, now, "a new cell");
        }
    }
}

static void no_difference_of_two_publications_is_about_fewer_than_ten(void **state)
{
    (void)state;
    struct history *history = calloc(1, sizeof *history);
    for (uint64_t seed = 1; seed <= SEQUENCES; seed++) {
        publish_all(history, seed);
        for (uint32_t early = 0; early < history->count; early++)
            for (uint32_t late = early + 1; late < history->count; late++)
                assert_differences(of_week(history, early), of_week(history, late));
        for (uint32_t week = 1; week < history->count; week++)
            assert_new(history, week);
        forget_all(history);
    }
    free(history);
}

/* ---- ten people, whatever the tables say ---- */

static bool
is_of(const struct network *network, uint32_t person, const struct statistics_part *part)
{
    return span_equal(network->group_names[network->groups[person]], part->name);
}

/* Of two groups that are told by name. */
static void find_holders(const struct network *network,
                         const struct statistics_part *a,
                         const struct statistics_part *b,
                         uint64_t numbers[PEOPLE][2],
                         size_t *count)
{
    uint64_t sums[PEOPLE] = {0};
    *count = 0;
    for (size_t i = 0; i < network->tie_count; i++) {
        uint32_t u = network->ties[i].a, v = network->ties[i].b;
        bool in = (is_of(network, u, a) && is_of(network, v, b)) ||
                  (is_of(network, u, b) && is_of(network, v, a));
        uint64_t x, y;
        memcpy(&x, network->people[u].person.bytes, sizeof x);
        memcpy(&y, network->people[v].person.bytes, sizeof y);
        sums[u] += in ? y | 1 : 0;
        sums[v] += in ? x | 1 : 0;
    }
    for (uint32_t i = 0; i < network->person_count; i++)
        if (sums[i] != 0) {
            memcpy(&numbers[*count][0], network->people[i].person.bytes, sizeof(uint64_t));
            numbers[(*count)++][1] = sums[i];
        }
}

static uint32_t
missing(uint64_t some[PEOPLE][2], size_t count, uint64_t others[PEOPLE][2], size_t other_count)
{
    uint32_t result = 0;
    for (size_t i = 0; i < count; i++) {
        bool found = false;
        for (size_t k = 0; k < other_count; k++)
            found = found || (some[i][0] == others[k][0] && some[i][1] == others[k][1]);
        result += !found;
    }
    return result;
}

/* A cell that changed in a week: in the weeks since it last did, so many entered or left. */
static void assert_ten_moved(const struct history *history, uint32_t week, uint32_t a, uint32_t b)
{
    static uint64_t before[PEOPLE][2], after[PEOPLE][2];
    const struct statistics *late = of_week(history, week);
    size_t before_count, after_count;
    find_holders(&history->snapshots[week].network, &late->parts[a], &late->parts[b], after,
                 &after_count);
    for (uint32_t early = 0; early < week; early++) {
        find_holders(&history->snapshots[early].network, &late->parts[a], &late->parts[b], before,
                     &before_count);
        uint32_t entered = missing(after, after_count, before, before_count);
        uint32_t left = missing(before, before_count, after, after_count);
        if (entered >= WEAVE_CELL_PEOPLE_MIN || left >= WEAVE_CELL_PEOPLE_MIN)
            return;
    }
    fail_msg("a cell changed, and fewer than ten people entered or left it");
}

static void a_cell_changes_only_when_ten_people_entered_or_left_it(void **state)
{
    (void)state;
    struct history *history = calloc(1, sizeof *history);
    uint32_t changed = 0;
    for (uint64_t seed = 1; seed <= SEQUENCES; seed++) {
        publish_all(history, seed);
        for (uint32_t week = 1; week < history->count; week++) {
            const struct statistics *early = of_week(history, week - 1),
                                    *late = of_week(history, week);
            for (uint32_t a = 0; a < late->part_count; a++)
                for (uint32_t b = a; b < late->part_count; b++) {
                    uint32_t x = find(early, &late->parts[a]), y = find(early, &late->parts[b]);
                    uint64_t now = late->cells[statistics_place(late->part_count, a, b)];
                    if (x == GRAPH_NONE || y == GRAPH_NONE || now == STATISTICS_HIDDEN ||
                        late->parts[a].kind == STATISTICS_POOL ||
                        late->parts[b].kind == STATISTICS_POOL ||
                        now == early->cells[statistics_place(early->part_count, x, y)])
                        continue;
                    assert_ten_moved(history, week, a, b);
                    changed++;
                }
        }
        forget_all(history);
    }
    free(history);
    assert_true(changed > 50); /* or it has shown nothing */
}

/* ---- within one table ---- */

static bool
is_in_pool(const struct network *network, uint32_t person, const struct statistics *statistics)
{
    uint32_t pool = statistics->part_count - 1;
    for (uint32_t i = 0; i < pool; i++)
        if (is_of(network, person, &statistics->parts[i]))
            return false;
    return statistics->part_count != 0 && statistics->parts[pool].kind == STATISTICS_POOL;
}

/* Whether there is a pool, and fewer than ten people hold the ties between its groups, or within
 * them. */
static bool
few_in_pool(const struct network *network, const struct statistics *statistics, bool within)
{
    bool holds[PEOPLE] = {false};
    uint32_t people = 0, holders = 0;
    for (uint32_t i = 0; i < network->person_count; i++)
        people += is_in_pool(network, i, statistics);
    for (size_t i = 0; i < network->tie_count; i++) {
        uint32_t a = network->ties[i].a, b = network->ties[i].b;
        if (!is_in_pool(network, a, statistics) || !is_in_pool(network, b, statistics) ||
            (network->groups[a] == network->groups[b]) != within)
            continue;
        holders += holds[a] ? 0 : 1;
        holders += holds[b] ? 0 : 1;
        holds[a] = holds[b] = true;
    }
    return people != 0 && holders < WEAVE_CELL_PEOPLE_MIN;
}

/* The equations are the sums within and across. A hidden cell is told when it is alone in one; what
 * is left out of the pool's own cell is hidden like a cell. */
static void no_hidden_cell_is_alone_in_its_sum(void **state)
{
    (void)state;
    struct history *history = calloc(1, sizeof *history);
    uint32_t seen = 0;
    for (uint64_t seed = 1; seed <= SEQUENCES; seed++) {
        publish_all(history, seed);
        for (uint32_t week = 0; week < history->count; week++) {
            const struct statistics *statistics = of_week(history, week);
            uint32_t hidden[2] = {0, 0}, cells[2] = {0, 0};
            for (uint32_t a = 0; a < statistics->part_count; a++)
                for (uint32_t b = a; b < statistics->part_count; b++) {
                    uint64_t ties =
                        statistics->cells[statistics_place(statistics->part_count, a, b)];
                    cells[a == b]++;
                    hidden[a == b] += ties == STATISTICS_HIDDEN;
                }
            for (int within = 0; within < 2; within++) {
                hidden[within] +=
                    few_in_pool(&history->snapshots[week].network, statistics, within != 0);
                assert_false(hidden[within] == 1 && cells[within] > 1);
                seen += hidden[within] != 0;
            }
        }
        forget_all(history);
    }
    free(history);
    assert_true(seen > 50);
}

static void nothing_shown_is_about_fewer_than_ten(void **state)
{
    (void)state;
    struct history *history = calloc(1, sizeof *history);
    for (uint64_t seed = 1; seed <= SEQUENCES; seed++) {
        publish_all(history, seed);
        for (uint32_t week = 0; week < history->count; week++) {
            const struct statistics *statistics = of_week(history, week);
            uint64_t people = count_of(statistics, INDICATOR_PEOPLE);
            uint64_t isolates = count_of(statistics, INDICATOR_ISOLATES);
            assert_true(people >= WEAVE_CELL_PEOPLE_MIN);
            assert_true(isolates == 0 || isolates >= WEAVE_CELL_PEOPLE_MIN);
            for (uint32_t i = 0; i < statistics->part_count; i++)
                assert_true(statistics->parts[i].people >= WEAVE_CELL_PEOPLE_MIN);
        }
        forget_all(history);
    }
    free(history);
}

/* Two rings of twelve, and so many ties between them, of two people each. */
static void publish_rings(uint32_t across, struct publication *made)
{
    struct community *community = calloc(1, sizeof *community);
    struct snapshot *snapshot = calloc(1, sizeof *snapshot);
    for (uint32_t i = 0; i < 24; i++) {
        uint32_t next = i / 12 * 12 + (i + 1) % 12;
        community->people[i] = (struct person){true, i / 12};
        community->ties[i < next ? i : next][i < next ? next : i] = 1;
    }
    for (uint32_t i = 0; i < across; i++)
        community->ties[i][12 + i] = 1;
    take(community, 1, snapshot);
    ASSERT_OK(publication_make(&snapshot->network, NULL, made));
    free(snapshot);
    free(community);
}

static void ties_across_that_few_hold_are_not_told(void **state)
{
    (void)state;
    struct publication few, many;
    publication_init(&few);
    publication_init(&many);
    publish_rings(2, &few);
    publish_rings(5, &many);
    assert_int_equal(count_of(&few.statistics, INDICATOR_TIES), 24);
    assert_false(few.statistics.numbers[INDICATOR_E_I].shown); /* -1 would be no fact */
    assert_false(few.statistics.numbers[INDICATOR_E_I_RESCALED].shown);
    assert_false(few.statistics.profile.shown);
    assert_true(few.statistics.cover.shown);
    assert_int_equal(count_of(&many.statistics, INDICATOR_TIES), 29);
    assert_true(many.statistics.numbers[INDICATOR_E_I].value > -1);
    assert_true(many.statistics.profile.shown);
    publication_clear(&few);
    publication_clear(&many);
}

/* Sums of the cells of parts with themselves and of the others; whether all of them are shown. */
static bool add_up(const struct statistics *statistics, bool within, uint64_t *sum)
{
    bool all = true;
    *sum = 0;
    for (uint32_t a = 0; a < statistics->part_count; a++)
        for (uint32_t b = a; b < statistics->part_count; b++) {
            uint64_t ties = statistics->cells[statistics_place(statistics->part_count, a, b)];
            if ((a == b) != within)
                continue;
            all = all && ties != STATISTICS_HIDDEN;
            *sum += ties == STATISTICS_HIDDEN ? 0 : ties;
        }
    return all;
}

/* The pool's own cell has ties within its groups and between them; the totals know the two apart.
 */
static void what_few_hold_in_the_pool_does_not_come_out_of_sums(void **state)
{
    (void)state;
    struct history *history = calloc(1, sizeof *history);
    uint32_t seen = 0;
    for (uint64_t seed = 1; seed <= SEQUENCES; seed++) {
        publish_all(history, seed);
        const struct statistics *first = of_week(history, 0);
        const struct network *network = &history->snapshots[0].network;
        uint64_t diagonal, others, across = across_of(first);
        uint64_t within = count_of(first, INDICATOR_TIES) - across;
        bool few_between = few_in_pool(network, first, false);
        if (add_up(first, true, &diagonal) && few_between)
            assert_int_equal(diagonal, within);
        if (first->part_count > 1) {
            assert_false(add_up(first, false, &others) && few_between);
            assert_false(add_up(first, true, &diagonal) && few_in_pool(network, first, true));
        }
        seen += few_between;
        forget_all(history);
    }
    free(history);
    assert_true(seen > 10);
}

/* ---- what it is good for ---- */

static void a_published_number_is_never_ten_off(void **state)
{
    (void)state;
    struct history *history = calloc(1, sizeof *history);
    for (uint64_t seed = 1; seed <= SEQUENCES; seed++) {
        publish_all(history, seed);
        for (uint32_t week = 0; week < history->count; week++) {
            const struct statistics *statistics = of_week(history, week);
            const struct network *network = &history->snapshots[week].network;
            for (uint32_t i = 0; i < statistics->part_count; i++) {
                uint64_t people = 0;
                for (uint32_t k = 0; k < network->person_count; k++)
                    people += is_of(network, k, &statistics->parts[i]);
                if (statistics->parts[i].kind != STATISTICS_POOL)
                    assert_true(llabs((long long)people - (long long)statistics->parts[i].people) <
                                10);
            }
        }
        forget_all(history);
    }
    free(history);
}

static void a_step_goes_towards_what_is_there(void **state)
{
    (void)state;
    assert_int_equal(whole_step(23, 32), 23);
    assert_int_equal(whole_step(23, 33), 33);
    assert_int_equal(whole_step(23, 55), 53);
    assert_int_equal(whole_step(23, 14), 23);
    assert_int_equal(whole_step(23, 13), 13);
    assert_int_equal(whole_step(23, 0), 3);
    assert_int_equal(whole_step(0, 19), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_difference_of_two_publications_is_about_fewer_than_ten),
        cmocka_unit_test(a_cell_changes_only_when_ten_people_entered_or_left_it),
        cmocka_unit_test(no_hidden_cell_is_alone_in_its_sum),
        cmocka_unit_test(nothing_shown_is_about_fewer_than_ten),
        cmocka_unit_test(ties_across_that_few_hold_are_not_told),
        cmocka_unit_test(what_few_hold_in_the_pool_does_not_come_out_of_sums),
        cmocka_unit_test(a_published_number_is_never_ten_off),
        cmocka_unit_test(a_step_goes_towards_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
