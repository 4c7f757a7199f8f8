/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/figures/whole.h"

#include <math.h>
#include <stdlib.h>

#define STEP WEAVE_CELL_PEOPLE_MIN

/* Decimals of what is measured; a value below .1 keeps as many digits that say something. */
#define DECIMALS 4

/* ---- computing ---- */

/* Everybody with some of the ties. */
static enum status graph_with(const struct network *network,
                              const struct graph_tie *ties,
                              size_t tie_count,
                              struct graph **graph)
{
    struct graph_snapshot snapshot = {.person_count = network->person_count,
                                      .groups = network->groups,
                                      .group_count = network->group_count,
                                      .ties = ties,
                                      .tie_count = tie_count};
    return graph_new(&snapshot, graph);
}

/* Puts the ties that would be there without introductions first; how many. */
static size_t split(const struct network *network, struct graph_tie *ties)
{
    size_t count = 0, end = network->tie_count;
    for (size_t i = 0; i < network->tie_count; i++)
        if (network->tie_origins[i] == NETWORK_INTRODUCED)
            ties[--end] = network->ties[i];
        else
            ties[count++] = network->ties[i];
    return count;
}

/* The network without introductions, and the ties that introductions alone made. Everybody is
 * counted, so that a person of the snapshot and the node are the same number. */
static enum status
take_apart(const struct network *network, struct graph **without, struct whole *whole)
{
    struct graph_tie *ties = calloc(network->tie_count + 1, sizeof *ties);
    if (ties == NULL)
        return STATUS_NO_MEMORY;
    size_t first = split(network, ties), end = first;
    enum status status = graph_with(network, ties, first, without);
    for (size_t i = first; status == STATUS_OK && i < network->tie_count; i++)
        if (!graph_is_tied(*without, ties[i].a, ties[i].b))
            ties[end++] = ties[i];
    if (status == STATUS_OK)
        status = graph_with(network, ties + first, end - first, &whole->introduced);
    free(ties);
    for (uint32_t u = 0; status == STATUS_OK && u < whole->introduced->node_count; u++)
        whole->introduced_people += graph_degree(whole->introduced, u) != 0;
    return status;
}

static bool is_few(uint64_t people)
{
    return people != 0 && people < WEAVE_CELL_PEOPLE_MIN;
}

/* Whether one to nine people hold all ties across groups, or all within. */
static bool few_hold(const struct graph *graph, bool across)
{
    uint64_t people = 0;
    for (uint32_t u = 0; u < graph->node_count; u++) {
        bool holds = false;
        for (uint32_t i = 0; i < graph_degree(graph, u) && !holds; i++) {
            uint32_t v = graph_neighbours(graph, u)[i];
            holds = (graph_group(graph, u) != graph_group(graph, v)) == across;
        }
        people += holds;
    }
    return is_few(people);
}

static enum status compute(const struct network *network, struct whole *whole)
{
    CLEANUP(graph_free) struct graph *without = NULL;
    TRY(network_graph(network, false, &whole->graph));
    whole->few_within = few_hold(whole->graph, false);
    whole->few_across = few_hold(whole->graph, true);
    TRY(take_apart(network, &without, whole));
    TRY(measures_compute(whole->graph, NULL, &whole->measures));
    enum status status = profile_compute(whole->graph, 0, NULL, &whole->profile);
    whole->has_profile = status == STATUS_OK;
    if (status != STATUS_OK && status != STATUS_INVALID)
        return status;
    if (whole->introduced_people < WEAVE_CELL_PEOPLE_MIN)
        return STATUS_OK;
    return measures_compute(without, NULL, &whole->without);
}

enum status whole_init(const struct network *network, struct whole *whole)
{
    *whole = (struct whole){0};
    enum status status = compute(network, whole);
    if (status != STATUS_OK)
        whole_clear(whole);
    return status;
}

void whole_clear(struct whole *whole)
{
    graph_free(&whole->graph);
    graph_free(&whole->introduced);
}

/* ---- counts ---- */

uint64_t whole_step(uint64_t published, uint64_t now)
{
    return now >= published ? published + (now - published) / STEP * STEP
                            : published - (published - now) / STEP * STEP;
}

static void count(const struct whole *whole, uint64_t counts[WHOLE_COUNTS])
{
    const struct measures_value *values = whole->measures.values;
    double people = values[MEASURES_PEOPLE].value, ties = values[MEASURES_TIES].value;
    /* E-I is (across - within) / (across + within). */
    double e_i = values[MEASURES_E_I].defined ? values[MEASURES_E_I].value : -1;
    counts[WHOLE_PEOPLE] = (uint64_t)people;
    counts[WHOLE_ACROSS] = (uint64_t)llround(ties * (1 + e_i) / 2);
    counts[WHOLE_WITHIN] = (uint64_t)ties - counts[WHOLE_ACROSS];
    counts[WHOLE_ISOLATES] = (uint64_t)values[MEASURES_ISOLATES].value;
    counts[WHOLE_LARGEST] = (uint64_t)llround(values[MEASURES_LARGEST_COMPONENT].value * people);
    counts[WHOLE_INTRODUCED] = whole->introduced->tie_count;
}

/* What is not shown the first time counts from nothing, so that its last digit is never told. */
static void first_counts(const struct whole *whole,
                         const struct statistics *after,
                         const uint64_t now[WHOLE_COUNTS],
                         uint64_t counts[WHOLE_COUNTS])
{
    const struct statistics_number *numbers = after->numbers;
    bool ties = numbers[INDICATOR_TIES].shown;
    const bool shown[WHOLE_COUNTS] = {
        [WHOLE_PEOPLE] = true,
        [WHOLE_WITHIN] = ties && !whole->few_within,
        [WHOLE_ACROSS] = ties && !whole->few_across,
        [WHOLE_ISOLATES] = numbers[INDICATOR_ISOLATES].shown,
        [WHOLE_LARGEST] = numbers[INDICATOR_LARGEST_COMPONENT].shown,
        [WHOLE_INTRODUCED] = ties && whole->introduced_people >= WEAVE_CELL_PEOPLE_MIN,
    };
    for (int i = 0; i < WHOLE_COUNTS; i++)
        counts[i] = shown[i] ? now[i] : whole_step(0, now[i]);
}

static void next_counts(const uint64_t now[WHOLE_COUNTS], uint64_t counts[WHOLE_COUNTS])
{
    for (int i = 0; i < WHOLE_COUNTS; i++)
        counts[i] = whole_step(counts[i], now[i]);
}

/* ---- what is made of counts ---- */

static double pairs_of(double people)
{
    return people * (people - 1) / 2;
}

/* Of the pairs of people in the pool, those of one group; to two decimals, so that it does not
 * tell the sizes that the pool hides. */
static double pool_share(const struct groups_parts *parts, const struct graph *graph)
{
    uint32_t pool = parts->count - 1;
    double same = 0, all = pairs_of(parts->people[pool]);
    uint32_t *sizes = calloc(graph->group_count + 1u, sizeof *sizes);
    if (sizes == NULL || parts->group[pool] != GRAPH_NONE || all == 0) {
        free(sizes);
        return 0;
    }
    for (uint32_t u = 0; u < graph->node_count; u++)
        sizes[graph->groups[u]]++;
    for (uint32_t i = 0; i < parts->group_count; i++)
        if (parts->of_group[i] == pool)
            same += pairs_of(sizes[i]);
    free(sizes);
    return round(same / all * 100) / 100;
}

/* E-I of ties that pay no heed to groups, from the published sizes. */
static double random_e_i(const struct groups_parts *parts,
                         const struct graph *graph,
                         const struct statistics *after)
{
    double within = 0, people = 0;
    for (uint32_t i = 0; i < after->part_count; i++) {
        double size = (double)after->parts[i].people;
        bool pool = after->parts[i].kind == STATISTICS_POOL;
        people += size;
        within += pairs_of(size) * (pool ? pool_share(parts, graph) : 1);
    }
    return 1 - 2 * within / pairs_of(people);
}

static double rescale(double e_i, double random)
{
    double room = e_i >= random ? 1 - random : 1 + random;
    return room > 0 ? (e_i - random) / room : 0;
}

static double e_i_of(uint64_t across, uint64_t within)
{
    return 2 * (double)across / (double)(across + within) - 1;
}

/* Where none of a kind is published, few hold them or nobody: all within, or all across, would be
 * said as if it were known. */
static void tell_e_i(const uint64_t counts[WHOLE_COUNTS], struct statistics *after)
{
    double random = after->numbers[INDICATOR_E_I_RANDOM].value;
    bool shown = after->numbers[INDICATOR_E_I_RANDOM].shown &&
                 after->numbers[INDICATOR_TIES].shown && counts[WHOLE_ACROSS] != 0 &&
                 counts[WHOLE_WITHIN] != 0;
    after->numbers[INDICATOR_E_I].shown = shown;
    after->numbers[INDICATOR_E_I_RESCALED].shown = shown;
    if (!shown)
        return;
    after->numbers[INDICATOR_E_I].value = e_i_of(counts[WHOLE_ACROSS], counts[WHOLE_WITHIN]);
    after->numbers[INDICATOR_E_I_RESCALED].value =
        rescale(after->numbers[INDICATOR_E_I].value, random);
}

/* Steps lag behind by up to nine people, so that a part may seem more than the whole. */
static bool may_tell_parts(const uint64_t counts[WHOLE_COUNTS])
{
    uint64_t people = counts[WHOLE_PEOPLE];
    return counts[WHOLE_ISOLATES] <= people && counts[WHOLE_LARGEST] <= people &&
           !is_few(counts[WHOLE_ISOLATES]) && !is_few(people - counts[WHOLE_ISOLATES]) &&
           !is_few(counts[WHOLE_LARGEST]) && !is_few(people - counts[WHOLE_LARGEST]);
}

/* All that follows from counts; what is not defined or not to be shown stays so. */
static void tell_counts(const struct whole *whole,
                        const uint64_t counts[WHOLE_COUNTS],
                        struct statistics *after)
{
    const struct measures_value *values = whole->measures.values;
    double people = (double)counts[WHOLE_PEOPLE],
           ties = (double)(counts[WHOLE_WITHIN] + counts[WHOLE_ACROSS]);
    double parts = values[MEASURES_COMPONENTS].value - values[MEASURES_ISOLATES].value;
    after->numbers[INDICATOR_PEOPLE].value = people;
    after->numbers[INDICATOR_TIES].value = ties;
    after->numbers[INDICATOR_MEAN_DEGREE].value = 2 * ties / people;
    after->numbers[INDICATOR_DENSITY].value = ties / pairs_of(people);
    after->numbers[INDICATOR_ISOLATES].value = (double)counts[WHOLE_ISOLATES];
    after->numbers[INDICATOR_COMPONENTS].value = parts + (double)counts[WHOLE_ISOLATES];
    after->numbers[INDICATOR_LARGEST_COMPONENT].value = (double)counts[WHOLE_LARGEST] / people;
    bool parts_told = may_tell_parts(counts);
    after->numbers[INDICATOR_ISOLATES].shown &= parts_told;
    after->numbers[INDICATOR_COMPONENTS].shown &= parts_told;
    after->numbers[INDICATOR_LARGEST_COMPONENT].shown &= parts_told;
    tell_e_i(counts, after);
}

/* ---- what is measured ---- */

static double rounded(double value)
{
    double size = fabs(value);
    int more = size == 0 || size >= 0.1 ? 0 : -1 - (int)floor(log10(size));
    double scale = pow(10, DECIMALS + more);
    return round(value * scale) / scale;
}

static void tell_measures(const struct measures *measures,
                          struct statistics_number numbers[INDICATOR_COUNT])
{
    for (int i = 0; i < MEASURES_COUNT; i++) {
        const struct measures_value *value = &measures->values[i];
        numbers[i] = (struct statistics_number){
            .value = rounded(value->value),
            .error = rounded(value->error),
            .shown = measures_may_show(measures, (enum measures_kind)i),
        };
    }
}

static void tell_profile(const struct whole *whole, struct statistics *after)
{
    const struct profile *profile = &whole->profile;
    after->cover.shown = whole->has_profile && measures_may_show(&whole->measures, MEASURES_TIES);
    after->cover.people = profile->covering;
    after->cover.share = rounded((double)profile->covering / whole->graph->node_count);
    /* One of its aspects is E-I, and of the very ties. */
    after->profile.shown = after->cover.shown && !whole->few_within && !whole->few_across;
    if (!after->profile.shown)
        return;
    after->profile.letter = profile->letter;
    after->profile.score = rounded(profile->score);
    after->profile.hub_share = rounded(profile->hub_share);
    after->profile.stage = (enum indicator_stage)profile->stage;
    for (int i = 0; i < PROFILE_PART_COUNT; i++)
        after->profile.aspects[i] = rounded(profile->parts[i]);
}

/* Introductions are across groups: without them, so many ties across are missing. */
static void tell_introductions(const struct whole *whole,
                               const uint64_t counts[WHOLE_COUNTS],
                               struct statistics *after)
{
    struct statistics_introductions *introductions = &after->introductions;
    introductions->shown =
        whole->introduced_people >= WEAVE_CELL_PEOPLE_MIN && counts[WHOLE_INTRODUCED] != 0;
    if (!introductions->shown)
        return;
    introductions->ties = counts[WHOLE_INTRODUCED];
    tell_measures(&whole->without, introductions->without);
    uint64_t across = counts[WHOLE_ACROSS] > counts[WHOLE_INTRODUCED]
                          ? counts[WHOLE_ACROSS] - counts[WHOLE_INTRODUCED]
                          : 0;
    struct statistics_number *number = &introductions->without[INDICATOR_E_I_RESCALED];
    number->shown =
        after->numbers[INDICATOR_E_I_RESCALED].shown && across + counts[WHOLE_WITHIN] != 0;
    if (number->shown)
        number->value = rescale(e_i_of(across, counts[WHOLE_WITHIN]),
                                after->numbers[INDICATOR_E_I_RANDOM].value);
}

void whole_tell(const struct whole *whole,
                const struct groups_parts *parts,
                bool first,
                uint64_t counts[WHOLE_COUNTS],
                struct statistics *after)
{
    uint64_t now[WHOLE_COUNTS];
    count(whole, now);
    tell_measures(&whole->measures, after->numbers);
    double random = whole->measures.values[MEASURES_E_I_RANDOM].value;
    if (first) {
        first_counts(whole, after, now, counts);
    } else {
        next_counts(now, counts);
        random = random_e_i(parts, whole->graph, after);
    }
    after->numbers[INDICATOR_E_I_RANDOM].value = random;
    tell_counts(whole, counts, after);
    tell_profile(whole, after);
    tell_introductions(whole, counts, after);
}

void whole_keep(const struct statistics *before, struct statistics *after)
{
    for (int i = 0; i < INDICATOR_COUNT; i++)
        after->numbers[i] = before->numbers[i];
    after->profile = before->profile;
    after->cover = before->cover;
    uint64_t *cells = after->introductions.cells;
    after->introductions = before->introductions;
    after->introductions.cells = cells;
}
