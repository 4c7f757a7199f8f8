/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/statistics/document.h"

#include "protocol/codec/utf8.h"

#include <math.h>
#include <string.h>

/* The largest whole number that a double holds exactly; counts of people and ties are far below. */
#define COUNT_MAX (INT64_C(1) << 53)

/* Groups of one publication: as many as a community may have. */
#define PARTS_MAX 65537

/* ---- numbers ---- */

static void read_number(const json_t *value, struct statistics_number *number)
{
    double read = json_number_value(value);
    bool sensible = json_is_number(value) && fabs(read) <= (double)COUNT_MAX;
    *number = (struct statistics_number){.value = sensible ? read : 0, .shown = sensible};
}

static enum status read_count(const json_t *value, uint64_t *count)
{
    json_int_t read = json_integer_value(value);
    if (json_is_null(value)) {
        *count = STATISTICS_HIDDEN;
        return STATUS_OK;
    }
    if (!json_is_integer(value) || read < 0 || read > COUNT_MAX)
        return STATUS_MALFORMED;
    *count = (uint64_t)read;
    return STATUS_OK;
}

static double real_of(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static enum status read_time(const json_t *object, const char *key, int64_t *time_ms)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value))
        return STATUS_MALFORMED;
    *time_ms = json_integer_value(value);
    return STATUS_OK;
}

static void read_numbers(const json_t *object, struct statistics_number *numbers)
{
    const json_t *estimated = json_object_get(object, "estimated");
    for (int i = 0; i < INDICATOR_COUNT; i++) {
        const char *key = indicator_key((enum indicator)i);
        read_number(json_object_get(object, key), &numbers[i]);
        numbers[i].error = real_of(estimated, key);
    }
}

/* ---- names ---- */

/* What is not shown anywhere, and what XML does not allow. */
static bool is_left_out(uint32_t point)
{
    return utf8_is_unsafe(point) || (point >= 0xfffc && point <= 0xffff);
}

static enum status read_name(const json_t *value, struct arena *arena, struct span *name)
{
    void *taken = NULL;
    const uint8_t *text = (const uint8_t *)json_string_value(value);
    size_t len = json_string_length(value), kept = 0;
    TRY(arena_take(arena, len + 1, 1, &taken));
    for (size_t at = 0; at < len;) {
        uint32_t point = 0;
        size_t step = utf8_decode(span_of(text + at, len - at), &point);
        if (step != 0 && !is_left_out(point)) {
            memcpy((uint8_t *)taken + kept, text + at, step);
            kept += step;
        }
        at += step == 0 ? 1 : step;
    }
    *name = span_of(taken, kept);
    return STATUS_OK;
}

/* ---- groups ---- */

static enum status read_part(const json_t *row, struct arena *arena, struct statistics_part *part)
{
    const json_t *group = json_object_get(row, "group");
    TRY(read_count(json_object_get(row, "people"), &part->people));
    if (json_is_null(group)) {
        part->kind = STATISTICS_POOL;
        return STATUS_OK;
    }
    if (!json_is_string(group))
        return STATUS_MALFORMED;
    part->kind = json_string_length(group) == 0 ? STATISTICS_NO_GROUP : STATISTICS_GROUP;
    return read_name(group, arena, &part->name);
}

static enum status read_parts(const json_t *list, struct statistics *statistics)
{
    void *taken = NULL;
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count > PARTS_MAX)
        return STATUS_MALFORMED;
    TRY(arena_take(&statistics->arena, count, sizeof *statistics->parts, &taken));
    statistics->parts = taken;
    statistics->part_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++)
        TRY(read_part(json_array_get(list, i), &statistics->arena, &statistics->parts[i]));
    return STATUS_OK;
}

/* Cells are found by their place, not by their names: two groups may be called alike once what
 * cannot be shown is taken from their names. */
static enum status read_cells(const json_t *list, struct statistics *statistics, uint64_t **cells)
{
    void *taken = NULL;
    uint32_t parts = statistics->part_count;
    if (json_is_null(list))
        return STATUS_OK;
    if (parts > STATISTICS_MATRIX_PARTS || !json_is_array(list) ||
        json_array_size(list) != statistics_cell_count(parts))
        return STATUS_MALFORMED;
    TRY(arena_take(&statistics->arena, statistics_cell_count(parts), sizeof **cells, &taken));
    *cells = taken;
    for (size_t i = 0; i < statistics_cell_count(parts); i++)
        TRY(read_count(json_object_get(json_array_get(list, i), "ties"), &(*cells)[i]));
    return STATUS_OK;
}

/* ---- the rest ---- */

static enum status read_stage(const json_t *object, enum indicator_stage *stage)
{
    const char *key = json_string_value(json_object_get(object, "key"));
    for (int i = 0; i < INDICATOR_STAGE_COUNT && key != NULL; i++)
        if (strcmp(key, indicator_stage_key((enum indicator_stage)i)) == 0) {
            *stage = (enum indicator_stage)i;
            return STATUS_OK;
        }
    return STATUS_MALFORMED;
}

static enum status
read_profile(const json_t *object, const json_t *stage, struct statistics_profile *profile)
{
    if (!json_is_object(object))
        return STATUS_OK;
    const char *letter = json_string_value(json_object_get(object, "letter"));
    if (letter == NULL || letter[0] < 'A' || letter[0] > 'D' || letter[1] != '\0')
        return STATUS_MALFORMED;
    profile->letter = letter[0];
    profile->score = real_of(object, "score");
    profile->hub_share = real_of(object, "hub_share");
    for (int i = 0; i < INDICATOR_ASPECT_COUNT; i++)
        profile->aspects[i] = real_of(json_object_get(object, "parts"),
                                      indicator_aspect_key((enum indicator_aspect)i));
    profile->shown = true;
    return read_stage(stage, &profile->stage);
}

static enum status read_cover(const json_t *object, struct statistics_cover *cover)
{
    if (!json_is_object(object))
        return STATUS_OK;
    cover->shown = true;
    cover->share = real_of(object, "share");
    return read_count(json_object_get(object, "people"), &cover->people);
}

static enum status read_introductions(const json_t *object, struct statistics *statistics)
{
    struct statistics_introductions *introductions = &statistics->introductions;
    if (!json_is_object(object))
        return STATUS_OK;
    introductions->shown = true;
    TRY(read_count(json_object_get(object, "ties"), &introductions->ties));
    read_numbers(json_object_get(object, "without"), introductions->without);
    return read_cells(json_object_get(object, "group_ties"), statistics, &introductions->cells);
}

static enum status read_trend(const json_t *list, struct statistics *statistics)
{
    void *taken = NULL;
    size_t count = json_array_size(list);
    if (count > STATISTICS_POINTS_MAX)
        return STATUS_MALFORMED;
    TRY(arena_take(&statistics->arena, count, sizeof *statistics->points, &taken));
    statistics->points = taken;
    statistics->point_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(list, i);
        TRY(read_time(row, "as_of", &statistics->points[i].as_of_ms));
        read_numbers(row, statistics->points[i].numbers);
        read_number(json_object_get(row, "score"), &statistics->points[i].score);
    }
    return STATUS_OK;
}

static enum status read_all(const json_t *object, struct statistics *statistics)
{
    TRY(read_time(object, "as_of", &statistics->as_of_ms));
    TRY(read_time(object, "next", &statistics->next_ms));
    read_numbers(object, statistics->numbers);
    TRY(read_parts(json_object_get(object, "group_sizes"), statistics));
    TRY(read_cells(json_object_get(object, "group_ties"), statistics, &statistics->cells));
    TRY(read_profile(json_object_get(object, "profile"), json_object_get(object, "stage"),
                     &statistics->profile));
    TRY(read_cover(json_object_get(object, "coverage_set"), &statistics->cover));
    TRY(read_introductions(json_object_get(object, "introductions"), statistics));
    return read_trend(json_object_get(object, "trend"), statistics);
}

enum status document_read(struct span text, struct statistics *statistics)
{
    json_t *object = json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    enum status status = json_is_object(object) ? read_all(object, statistics) : STATUS_MALFORMED;
    json_decref(object);
    return status;
}
