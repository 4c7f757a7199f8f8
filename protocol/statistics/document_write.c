/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/statistics/document.h"

#include "protocol/json/dump.h"
#include "protocol/statistics/naming.h"

#include <stdlib.h>

/* Significant digits: more than any figure of a network deserves, and .2 stays .2. */
#define DIGITS 10

static json_t *number_of(enum indicator indicator, const struct statistics_number *number)
{
    if (!number->shown)
        return json_null();
    return naming_is_whole(indicator) ? json_integer((json_int_t)number->value)
                                      : json_real(number->value);
}

static json_t *count_of(uint64_t count)
{
    return count == STATISTICS_HIDDEN ? json_null() : json_integer((json_int_t)count);
}

/* Sets members only while all went well: a member that is lost makes the whole NULL. */
static bool put(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0;
}

static json_t *whole_or_nothing(json_t *value, bool ok)
{
    if (ok)
        return value;
    json_decref(value);
    return NULL;
}

static json_t *
write_some(const struct statistics_number *numbers, const enum indicator *which, size_t count)
{
    json_t *object = json_object();
    bool ok = object != NULL;
    for (size_t i = 0; i < count && ok; i++)
        ok = put(object, indicator_key(which[i]), number_of(which[i], &numbers[which[i]]));
    return whole_or_nothing(object, ok);
}

static bool put_numbers(json_t *object, const struct statistics *statistics)
{
    json_t *estimated = json_object(), *explanations = json_object();
    bool ok = put(object, "as_of", json_integer(statistics->as_of_ms)) &&
              put(object, "next", json_integer(statistics->next_ms));
    for (int i = 0; i < INDICATOR_COUNT && ok; i++) {
        enum indicator indicator = (enum indicator)i;
        const struct statistics_number *number = &statistics->numbers[i];
        const char *key = indicator_key(indicator);
        ok = put(object, key, number_of(indicator, number)) &&
             put(explanations, key,
                 json_sprintf("%s: %s", indicator_label(indicator), indicator_text(indicator)));
        if (number->shown && number->error > 0)
            ok = ok && put(estimated, key, json_real(number->error));
    }
    /* Both are taken, whether or not they could be put. */
    bool both = put(object, "estimated", estimated);
    return put(object, "explanations", explanations) && both && ok;
}

static json_t *part_name(const struct statistics *statistics, uint32_t part)
{
    const struct statistics_part *named = &statistics->parts[part];
    if (named->kind == STATISTICS_POOL)
        return json_null();
    return json_stringn(named->name.len == 0 ? "" : (const char *)named->name.ptr, named->name.len);
}

static json_t *write_sizes(const struct statistics *statistics)
{
    json_t *list = json_array();
    bool ok = list != NULL;
    for (uint32_t i = 0; i < statistics->part_count && ok; i++)
        ok = json_array_append_new(list,
                                   json_pack("{s:o, s:o}", "group", part_name(statistics, i),
                                             "people", count_of(statistics->parts[i].people))) == 0;
    return whole_or_nothing(list, ok);
}

static json_t *write_cells(const struct statistics *statistics, const uint64_t *cells)
{
    if (cells == NULL)
        return json_null();
    json_t *list = json_array();
    bool ok = list != NULL;
    for (uint32_t a = 0; a < statistics->part_count; a++) {
        for (uint32_t b = a; b < statistics->part_count && ok; b++) {
            uint64_t ties = cells[statistics_place(statistics->part_count, a, b)];
            ok = json_array_append_new(
                     list, json_pack("{s:o, s:o, s:o}", "a", part_name(statistics, a), "b",
                                     part_name(statistics, b), "ties", count_of(ties))) == 0;
        }
    }
    return whole_or_nothing(list, ok);
}

static json_t *write_profile(const struct statistics_profile *profile)
{
    if (!profile->shown)
        return json_null();
    json_t *parts = json_object(), *explanations = json_object();
    bool ok = parts != NULL && explanations != NULL;
    for (int i = 0; i < INDICATOR_ASPECT_COUNT && ok; i++) {
        enum indicator_aspect aspect = (enum indicator_aspect)i;
        const char *key = indicator_aspect_key(aspect);
        ok = put(parts, key, json_real(profile->aspects[i])) &&
             put(explanations, key, json_string(indicator_aspect_text(aspect)));
    }
    json_t *object =
        json_pack("{s:s%, s:f, s:o, s:f, s:o, s:s}", "letter", &profile->letter, (size_t)1, "score",
                  profile->score, "parts", parts, "hub_share", profile->hub_share, "explanations",
                  explanations, "caveat", indicator_profile_caveat());
    return whole_or_nothing(object, ok);
}

static json_t *write_stage(const struct statistics_profile *profile)
{
    if (!profile->shown)
        return json_null();
    return json_pack("{s:s, s:s}", "key", indicator_stage_key(profile->stage), "text",
                     indicator_stage_text(profile->stage));
}

static json_t *write_cover(const struct statistics_cover *cover)
{
    if (!cover->shown)
        return json_null();
    return json_pack("{s:I, s:f}", "people", (json_int_t)cover->people, "share", cover->share);
}

static json_t *write_introductions(const struct statistics *statistics)
{
    const struct statistics_introductions *introductions = &statistics->introductions;
    if (!introductions->shown)
        return json_null();
    return json_pack(
        "{s:I, s:o, s:o}", "ties", (json_int_t)introductions->ties, "without",
        write_some(introductions->without, statistics_effects, STATISTICS_EFFECT_COUNT),
        "group_ties", write_cells(statistics, introductions->cells));
}

static json_t *write_point(const struct statistics_point *point)
{
    json_t *object = write_some(point->numbers, statistics_trend, STATISTICS_TREND_COUNT);
    bool ok =
        object != NULL && put(object, "as_of", json_integer(point->as_of_ms)) &&
        put(object, "score", point->score.shown ? json_real(point->score.value) : json_null());
    return whole_or_nothing(object, ok);
}

static json_t *write_trend(const struct statistics *statistics)
{
    json_t *list = json_array();
    bool ok = list != NULL;
    for (uint32_t i = 0; i < statistics->point_count && ok; i++)
        ok = json_array_append_new(list, write_point(&statistics->points[i])) == 0;
    return whole_or_nothing(list, ok);
}

json_t *document_write(const struct statistics *statistics)
{
    json_t *object = json_object();
    bool ok = object != NULL && put_numbers(object, statistics) &&
              put(object, "group_sizes", write_sizes(statistics)) &&
              put(object, "group_ties", write_cells(statistics, statistics->cells)) &&
              put(object, "stage", write_stage(&statistics->profile)) &&
              put(object, "profile", write_profile(&statistics->profile)) &&
              put(object, "coverage_set", write_cover(&statistics->cover)) &&
              put(object, "introductions", write_introductions(statistics)) &&
              put(object, "trend", write_trend(statistics));
    return whole_or_nothing(object, ok);
}

enum status document_append(json_t *object, struct buffer *text)
{
    char *dumped =
        dump_json(object, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(DIGITS));
    json_decref(object);
    if (dumped == NULL)
        return STATUS_NO_MEMORY;
    enum status status = buffer_append(text, span_from_text(dumped));
    free(dumped);
    return status;
}
