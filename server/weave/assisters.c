/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/assisters.h"

#include "server/weave/paths.h"
#include "server/weave/seeded.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Each further person of a group counts a third of the one before: the third of a group of
 * strangers is then worth less than the first of a group that is known. */
#define SPREAD (1.0 / 3)

/* What one request knows of the network. */
struct view {
    const struct graph *graph;
    const struct assisters_request *request;
    uint32_t *distances; /* from the asker; NULL when the asker has no node */
    uint32_t *queue;
    bool *group_is_tied; /* of each group: somebody of it is tied to somebody of the asker's */
};

static void view_clear(struct view *view)
{
    free(view->distances);
    free(view->queue);
    free(view->group_is_tied);
}

static void mark_tied_groups(const struct view *view)
{
    const struct graph *graph = view->graph;
    for (uint32_t u = 0; u < graph->node_count; u++) {
        if (graph_group(graph, u) == GRAPH_NONE || graph->groups[u] != view->request->group)
            continue;
        for (uint32_t i = 0; i < graph_degree(graph, u); i++)
            view->group_is_tied[graph->groups[graph_neighbours(graph, u)[i]]] = true;
    }
}

static enum status view_init(struct view *view)
{
    const struct graph *graph = view->graph;
    view->group_is_tied = calloc(graph->group_count + 1u, sizeof(bool));
    if (view->group_is_tied == NULL)
        return STATUS_NO_MEMORY;
    mark_tied_groups(view);
    if (view->request->node == GRAPH_NONE)
        return STATUS_OK;
    view->distances = calloc(graph->node_count, sizeof(uint32_t));
    view->queue = calloc(graph->node_count, sizeof(uint32_t));
    if (view->distances == NULL || view->queue == NULL)
        return STATUS_NO_MEMORY;
    paths_from(graph, view->request->node, view->distances, view->queue);
    return STATUS_OK;
}

static bool is_in_range(const struct graph *graph, uint32_t node, uint32_t group)
{
    return (node == GRAPH_NONE || node < graph->node_count) &&
           (group == GRAPH_NONE || group < graph->group_count);
}

static enum status check_input(const struct graph *graph,
                               const struct assisters_request *request,
                               const struct assisters_candidate *candidates,
                               size_t candidate_count)
{
    if (graph->for_counts_only)
        return STATUS_DENIED;
    if (request->topic_count > WEAVE_TOPICS_MAX || candidate_count > WEAVE_ROWS_MAX)
        return STATUS_LIMIT;
    if (!is_in_range(graph, request->node, request->group))
        return STATUS_INVALID;
    for (size_t i = 0; i < candidate_count; i++) {
        if (candidates[i].topic_count > WEAVE_TOPICS_MAX)
            return STATUS_LIMIT;
        if (!is_in_range(graph, candidates[i].node, candidates[i].group))
            return STATUS_INVALID;
    }
    return STATUS_OK;
}

static bool is_eligible(const struct view *view, const struct assisters_candidate *candidate)
{
    const struct assisters_request *request = view->request;
    if (!candidate->joined || !candidate->opted_in ||
        candidate->contacts_this_week >= candidate->contacts_per_week)
        return false;
    if (candidate->group == GRAPH_NONE || candidate->group == request->group)
        return false;
    if (candidate->node == GRAPH_NONE)
        return true;
    return candidate->node != request->node && view->graph->proposable[candidate->node] &&
           (request->node == GRAPH_NONE ||
            !graph_is_never(view->graph, request->node, candidate->node));
}

static bool is_same_topic(struct span a, struct span b)
{
    return a.len == b.len && a.len != 0 &&
           strncasecmp((const char *)a.ptr, (const char *)b.ptr, a.len) == 0;
}

static bool is_word_byte(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || byte >= 0x80;
}

/* Whether the words of `topic` stand in `text` as whole words. */
static bool speaks_of(struct span text, struct span topic)
{
    if (topic.len == 0)
        return false;
    for (size_t i = 0; i + topic.len <= text.len; i++) {
        size_t end = i + topic.len;
        if ((i == 0 || !is_word_byte(text.ptr[i - 1])) &&
            (end == text.len || !is_word_byte(text.ptr[end])) &&
            is_same_topic(span_of(text.ptr + i, topic.len), topic))
            return true;
    }
    return false;
}

static void match_topics(const struct assisters_request *request,
                         const struct assisters_candidate *candidate,
                         struct assisters_reason *reason)
{
    for (size_t i = 0; i < request->topic_count; i++) {
        for (size_t j = 0; j < candidate->topic_count; j++)
            if (is_same_topic(request->topics[i], candidate->topics[j]))
                reason->topics_shared |= UINT32_C(1) << i;
        if (speaks_of(candidate->can_help_with, request->topics[i]))
            reason->topics_helped |= UINT32_C(1) << i;
    }
}

/* Whom a tie to `node` would bring within two steps of the asker: the person and their contacts, as
 * far as they are further away now. */
static uint32_t brings_near(const struct view *view, uint32_t node)
{
    uint32_t near = view->distances[node] > 2;
    for (uint32_t i = 0; i < graph_degree(view->graph, node); i++)
        near += view->distances[graph_neighbours(view->graph, node)[i]] > 2;
    return near;
}

static struct assisters_reason reason_for(const struct view *view,
                                          const struct assisters_candidate *candidate)
{
    struct assisters_reason reason = {.distance = GRAPH_NONE,
                                      .load = candidate->contacts_this_week};
    match_topics(view->request, candidate, &reason);
    reason.group_is_new =
        view->request->group != GRAPH_NONE && !view->group_is_tied[candidate->group];
    reason.in_network = view->distances != NULL && candidate->node != GRAPH_NONE;
    if (reason.in_network) {
        reason.distance = view->distances[candidate->node];
        reason.brings_near = brings_near(view, candidate->node);
    }
    return reason;
}

static double score_of(const struct assisters_request *request,
                       const struct assisters_candidate *candidate,
                       const struct assisters_reason *reason,
                       uint32_t nearest_max)
{
    uint32_t covered = (uint32_t)__builtin_popcount(reason->topics_shared | reason->topics_helped);
    double relevance =
        request->topic_count == 0 ? 0 : (double)covered / (double)request->topic_count;
    double apart = 0;
    if (reason->in_network)
        apart = reason->distance == GRAPH_NONE ? 1 : 1 - 1.0 / reason->distance;
    double near = nearest_max == 0 ? 0 : log1p(reason->brings_near) / log1p(nearest_max);
    double connection = (reason->group_is_new + apart + near) / 3;
    double left = 1 - (double)candidate->contacts_this_week / candidate->contacts_per_week;
    return (relevance + connection) / 2 * left;
}

/* A candidate who could be asked. */
struct option {
    struct assisters_choice choice;
    uint32_t group;
    uint64_t lot; /* decides between equals */
    bool asked_recently;
    bool taken;
};

static uint32_t fill_options(const struct view *view,
                             const struct assisters_candidate *candidates,
                             size_t candidate_count,
                             struct option *options)
{
    uint32_t count = 0, nearest_max = 0;
    for (uint32_t i = 0; i < candidate_count; i++) {
        if (!is_eligible(view, &candidates[i]))
            continue;
        struct assisters_reason reason = reason_for(view, &candidates[i]);
        nearest_max = reason.brings_near > nearest_max ? reason.brings_near : nearest_max;
        options[count++] = (struct option){.choice = {.candidate = i, .reason = reason},
                                           .group = candidates[i].group,
                                           .lot = seeded_for(view->request->seed, i),
                                           .asked_recently = candidates[i].asked_recently};
    }
    for (uint32_t i = 0; i < count; i++)
        options[i].choice.score = score_of(view->request, &candidates[options[i].choice.candidate],
                                           &options[i].choice.reason, nearest_max);
    return count;
}

/* The option with the highest score after the care for spread; NULL when none is left. */
static struct option *best_option(struct option *options,
                                  uint32_t count,
                                  const uint32_t *taken_of_group,
                                  bool with_asked_recently)
{
    struct option *best = NULL;
    double best_value = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct option *option = &options[i];
        if (option->taken || (option->asked_recently && !with_asked_recently))
            continue;
        double value = option->choice.score * pow(SPREAD, taken_of_group[option->group]);
        bool is_equal = best != NULL && !(value > best_value) && !(value < best_value);
        if (best == NULL || value > best_value || (is_equal && option->lot < best->lot)) {
            best = option;
            best_value = value;
        }
    }
    return best;
}

static void take(struct option *option, uint32_t *taken_of_group, struct assisters *assisters)
{
    option->taken = true;
    taken_of_group[option->group]++;
    assisters->choices[assisters->count++] = option->choice;
}

static void take_best(struct option *options,
                      uint32_t wanted,
                      uint32_t *taken_of_group,
                      struct assisters *assisters)
{
    struct option *option;
    uint32_t needed = wanted < WEAVE_ASSISTERS_MIN ? wanted : WEAVE_ASSISTERS_MIN;
    while (assisters->count < wanted &&
           (option = best_option(options, assisters->eligible, taken_of_group, false)) != NULL)
        take(option, taken_of_group, assisters);
    while (assisters->count < needed &&
           (option = best_option(options, assisters->eligible, taken_of_group, true)) != NULL)
        take(option, taken_of_group, assisters);
    assisters->too_few = assisters->count < WEAVE_ASSISTERS_MIN;
}

enum status assisters_choose(const struct graph *graph,
                             const struct assisters_request *request,
                             const struct assisters_candidate *candidates,
                             size_t candidate_count,
                             struct assisters *assisters)
{
    TRY(check_input(graph, request, candidates, candidate_count));
    CLEANUP(view_clear) struct view view = {.graph = graph, .request = request};
    TRY(view_init(&view));
    struct option *options = calloc(candidate_count + 1, sizeof(*options));
    uint32_t *taken_of_group = calloc(graph->group_count + 1u, sizeof(*taken_of_group));
    if (options != NULL && taken_of_group != NULL) {
        uint32_t wanted = request->wanted == 0 || request->wanted > WEAVE_ASSISTERS_MAX
                              ? WEAVE_ASSISTERS_MAX
                              : request->wanted;
        memset(assisters, 0, sizeof(*assisters));
        assisters->eligible = fill_options(&view, candidates, candidate_count, options);
        take_best(options, wanted, taken_of_group, assisters);
    }
    bool done = options != NULL && taken_of_group != NULL;
    free(options);
    free(taken_of_group);
    return done ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status append_text(struct buffer *sentence, const char *text)
{
    return buffer_append(sentence, span_from_text(text));
}

static enum status append_number(struct buffer *sentence, uint32_t number, const char *text)
{
    char digits[12];
    snprintf(digits, sizeof(digits), "%u", number);
    TRY(append_text(sentence, digits));
    return append_text(sentence, text);
}

/* "a", "a and b", "a, b and c". */
static enum status append_topics(const struct assisters_request *request,
                                 uint32_t set,
                                 const char *start,
                                 struct buffer *sentence)
{
    if (set == 0)
        return STATUS_OK;
    TRY(append_text(sentence, start));
    for (size_t i = 0; i < request->topic_count; i++) {
        uint32_t bit = UINT32_C(1) << i;
        if (!(set & bit))
            continue;
        uint32_t before = set & (bit - 1);
        uint32_t after = set & ~(bit | (bit - 1));
        if (before != 0)
            TRY(append_text(sentence, after != 0 ? ", " : " and "));
        TRY(buffer_append(sentence, request->topics[i]));
    }
    return STATUS_OK;
}

static enum status append_distance(const struct assisters_reason *reason, struct buffer *sentence)
{
    if (reason->distance == GRAPH_NONE)
        return append_text(sentence, "; no path leads to them yet");
    if (reason->distance <= 1)
        return append_text(sentence, "; a contact of yours already");
    TRY(append_text(sentence, "; "));
    return append_number(sentence, reason->distance, " steps away from you");
}

enum status assisters_sentence(const struct assisters_reason *reason,
                               const struct assisters_request *request,
                               struct span group_name,
                               struct buffer *sentence)
{
    TRY(append_text(sentence, "From "));
    TRY(buffer_append(sentence, group_name));
    if (reason->group_is_new)
        TRY(append_text(sentence, ", a group that has no tie with yours yet"));
    TRY(append_topics(request, reason->topics_shared, "; shares your topics: ", sentence));
    TRY(append_topics(request, reason->topics_helped & ~reason->topics_shared,
                      "; offers to help with ", sentence));
    if (reason->in_network)
        TRY(append_distance(reason, sentence));
    if (reason->brings_near != 0) {
        TRY(append_text(sentence, "; would bring "));
        TRY(append_number(sentence, reason->brings_near,
                          reason->brings_near == 1 ? " person more within two steps of you"
                                                   : " people more within two steps of you"));
    }
    return append_text(sentence, ".");
}
