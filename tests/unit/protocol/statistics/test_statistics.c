/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is made of a publication: its document and back, text, pictures, tables; from none of 64
 * groups with hostile names to 64. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/statistics/document.h"
#include "protocol/statistics/files.h"
#include "protocol/statistics/page.h"
#include "protocol/statistics/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASSERT_OK(call) assert_int_equal((call), STATUS_OK)
#define AS_OF INT64_C(1795824000000) /* 28 November 2026 */
#define WEEK INT64_C(604800000)

static const char *const hostile[] = {
    "<script>alert('x')</script> & \"Ward\"",
    "A name that is far longer than any picture or any line of a terminal has room for it",
    "Übergangspflege – Süd",
    "=2+5, \"quoted\"",
};

static void *take(struct statistics *statistics, size_t count, size_t size)
{
    void *taken = NULL;
    ASSERT_OK(arena_take(&statistics->arena, count, size, &taken));
    return taken;
}

static struct statistics_number number(double value)
{
    return (struct statistics_number){.value = value, .shown = true};
}

static void fill_numbers(struct statistics *statistics)
{
    for (int i = 0; i < INDICATOR_COUNT; i++)
        statistics->numbers[i] = number(i == INDICATOR_PEOPLE ? 1005 : 0.25 * i);
    statistics->numbers[INDICATOR_MEAN_PATH].shown = false;
    statistics->numbers[INDICATOR_EFFICIENCY].error = 0.0125;
    for (int i = 0; i < STATISTICS_EFFECT_COUNT; i++)
        statistics->introductions.without[statistics_effects[i]] = number(0.5);
}

static void fill_trend(struct statistics *statistics, uint32_t points)
{
    statistics->points = take(statistics, points, sizeof *statistics->points);
    for (uint32_t i = 0; i < points; i++) {
        struct statistics_point *point = &statistics->points[statistics->point_count++];
        point->as_of_ms = AS_OF - (int64_t)(points - 1 - i) * WEEK;
        for (int k = 0; k < STATISTICS_TREND_COUNT; k++)
            point->numbers[statistics_trend[k]] = number(10 + i);
        point->score = number(0.5);
    }
}

/* Many groups, the last two "no group" and the pool. */
static void fill(struct statistics *statistics, uint32_t parts, uint32_t points)
{
    statistics_init(statistics);
    statistics->as_of_ms = AS_OF;
    statistics->next_ms = AS_OF + WEEK;
    fill_numbers(statistics);
    fill_trend(statistics, points);
    statistics->part_count = parts;
    statistics->parts = take(statistics, parts, sizeof *statistics->parts);
    statistics->cells = take(statistics, statistics_cell_count(parts), sizeof(uint64_t));
    statistics->introductions.cells =
        take(statistics, statistics_cell_count(parts), sizeof(uint64_t));
    for (uint32_t i = 0; i < parts; i++) {
        statistics->parts[i] = (struct statistics_part){
            .kind = STATISTICS_GROUP, .name = span_from_text(hostile[i % 4]), .people = 10 + i};
        if (i + 2 == parts && i != 0)
            statistics->parts[i] =
                (struct statistics_part){.kind = STATISTICS_NO_GROUP, .people = 12};
        if (i + 1 == parts && i != 0)
            statistics->parts[i] = (struct statistics_part){.kind = STATISTICS_POOL, .people = 15};
    }
    for (size_t i = 0; i < statistics_cell_count(parts); i++) {
        statistics->cells[i] = i % 3 == 1 ? STATISTICS_HIDDEN : i % 40;
        statistics->introductions.cells[i] = i % 7 == 2 ? 10 : STATISTICS_HIDDEN;
    }
    statistics->profile = (struct statistics_profile){.shown = true,
                                                      .letter = 'B',
                                                      .score = 0.5,
                                                      .aspects = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6},
                                                      .hub_share = 0.25,
                                                      .stage = INDICATOR_STAGE_MULTI_HUB};
    statistics->cover = (struct statistics_cover){true, 136, 0.135};
    statistics->introductions.shown = true;
    statistics->introductions.ties = 40;
}

/* ---- the document ---- */

static void write_text(const struct statistics *statistics, struct buffer *text)
{
    ASSERT_OK(document_append(document_write(statistics), text));
}

static void a_document_is_read_as_it_was_written(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(1u << 22);
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(1u << 22);
    CLEANUP(statistics_clear) struct statistics statistics;
    CLEANUP(statistics_clear) struct statistics read;
    fill(&statistics, 9, 5);
    statistics_init(&read);
    write_text(&statistics, &text);
    ASSERT_OK(document_read(buffer_span(&text), &read));
    write_text(&read, &again);
    assert_true(span_equal(buffer_span(&text), buffer_span(&again)));
    assert_int_equal(read.part_count, 9);
    assert_int_equal(read.parts[8].kind, STATISTICS_POOL);
    assert_int_equal(read.parts[7].kind, STATISTICS_NO_GROUP);
    assert_int_equal(read.cells[1], STATISTICS_HIDDEN);
    assert_int_equal(read.profile.letter, 'B');
    assert_false(read.numbers[INDICATOR_MEAN_PATH].shown);
}

static void a_document_explains_every_number_in_ascii(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(1u << 22);
    CLEANUP(statistics_clear) struct statistics statistics;
    fill(&statistics, 4, 1);
    write_text(&statistics, &text);
    for (size_t i = 0; i < text.len; i++)
        assert_true(text.ptr[i] >= 0x20 && text.ptr[i] < 0x7f);
    json_t *object = json_loadb((const char *)text.ptr, text.len, 0, NULL);
    const json_t *explanations = json_object_get(object, "explanations");
    for (int i = 0; i < INDICATOR_COUNT; i++) {
        const char *key = indicator_key((enum indicator)i);
        assert_true(json_is_string(json_object_get(explanations, key)));
        assert_non_null(json_object_get(object, key));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(key, indicator_key((enum indicator)k));
    }
    assert_non_null(strstr(indicator_profile_caveat(), "5 %"));
    json_decref(object);
}

static void every_cut_of_a_document_is_refused_whole(void **state)
{
    (void)state;
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(1u << 22);
    CLEANUP(statistics_clear) struct statistics statistics;
    fill(&statistics, 3, 2);
    write_text(&statistics, &text);
    for (size_t len = 0; len < text.len; len++) {
        CLEANUP(statistics_clear) struct statistics read;
        statistics_init(&read);
        assert_int_equal(document_read(span_of(text.ptr, len), &read), STATUS_MALFORMED);
    }
}

static void what_is_no_publication_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "[]",
        "{}",
        "{\"as_of\":1,\"next\":2}",
        "{\"as_of\":1,\"next\":2,\"group_sizes\":[{\"group\":7,\"people\":10}],\"group_ties\":"
        "null}",
        "{\"as_of\":1,\"next\":2,\"group_sizes\":[{\"group\":\"x\",\"people\":-1}],"
        "\"group_ties\":null}",
        "{\"as_of\":1,\"next\":2,\"group_sizes\":[{\"group\":\"x\",\"people\":10}],"
        "\"group_ties\":[]}",
        "{\"as_of\":1,\"next\":2,\"group_sizes\":[],\"group_ties\":[{\"ties\":3}]}",
        "{\"as_of\":1,\"next\":2,\"group_sizes\":[],\"group_ties\":[],\"profile\":{\"letter\":"
        "\"E\"}}",
        "{\"as_of\":1,\"next\":2,\"group_sizes\":[],\"group_ties\":[],\"trend\":[{}]}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CLEANUP(statistics_clear) struct statistics read;
        statistics_init(&read);
        assert_int_equal(document_read(span_from_text(wrong[i]), &read), STATUS_MALFORMED);
    }
}

static void names_lose_what_would_move_a_terminal(void **state)
{
    (void)state;
    static const char text[] =
        "{\"as_of\":1,\"next\":2,\"group_sizes\":[{\"group\":\"a\\u001b[31mb\\u202ec\\u009bd\","
        "\"people\":10}],\"group_ties\":null}";
    CLEANUP(statistics_clear) struct statistics read;
    statistics_init(&read);
    ASSERT_OK(document_read(span_from_text(text), &read));
    assert_true(span_equal(read.parts[0].name, SPAN_LITERAL("a[31mbcd")));
}

/* ---- text ---- */

static void a_report_says_everything_within_eighty_columns(void **state)
{
    (void)state;
    /* With a table of all groups, and with the pairs that have most ties. */
    for (uint32_t parts = 8; parts <= 9; parts++) {
        CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(1u << 20);
        CLEANUP(statistics_clear) struct statistics statistics;
        fill(&statistics, parts, 5);
        ASSERT_OK(report_write(&statistics, &text));
        ASSERT_OK(buffer_append(&text, span_of("", 1)));
        const char *report = (const char *)text.ptr;
        static const char *const said[] = {
            "28 November 2026", "5 December 2026", "1,005",      "estimated, +- 0.0125",
            "Profile  B",       "several hubs",    "136 people", "smaller groups",
            "no group",         "40 ties",         "Trend",      "nobody is named",
        };
        for (size_t i = 0; i < sizeof said / sizeof *said; i++)
            if (strstr(report, said[i]) == NULL)
                fail_msg("the report does not say: %s", said[i]);
        for (const char *line = report; *line != '\0'; line = strchr(line, '\n') + 1)
            if (page_columns(span_of(line, strcspn(line, "\n"))) > 80)
                fail_msg("too long: %.*s", (int)strcspn(line, "\n"), line);
    }
}

/* ---- pictures ---- */

/* Enough of XML: tags are closed in order, text and attributes hold no bare < or &. */
static void assert_well_formed(const char *text)
{
    const char *open[16];
    size_t depth = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '&')
            assert_true(strchr(at, ';') != NULL && strcspn(at, "; ") < 8);
        if (*at != '<')
            continue;
        const char *end = strchr(at, '>');
        assert_non_null(end);
        if (at[1] == '?') {
            at = end;
        } else if (at[1] == '/') {
            size_t len = (size_t)(end - at) - 2;
            assert_true(depth > 0);
            depth--;
            assert_true(strncmp(open[depth], at + 2, len) == 0);
            at = end;
        } else {
            assert_true(depth < 16);
            open[depth] = at + 1;
            depth += end[-1] != '/';
            assert_null(memchr(at + 1, '<', (size_t)(end - at) - 1));
            at = end;
        }
    }
    assert_int_equal(depth, 0);
}

static void assert_pictures(const struct statistics *statistics)
{
    for (int i = 0; i < PICTURE_COUNT; i++) {
        CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(PICTURE_BYTES_MAX);
        ASSERT_OK(picture_write((enum picture)i, statistics, &text));
        ASSERT_OK(buffer_append(&text, span_of("", 1)));
        const char *picture = (const char *)text.ptr;
        assert_well_formed(picture);
        assert_non_null(strstr(picture, "<title id=\"title\">"));
        assert_non_null(strstr(picture, "28 November 2026"));
        assert_null(strstr(picture, "nan"));
        assert_null(strstr(picture, "inf\""));
        assert_null(strstr(picture, "<script"));
    }
}

static void pictures_are_well_formed_for_any_number_of_groups(void **state)
{
    (void)state;
    for (uint32_t parts = 0; parts <= STATISTICS_MATRIX_PARTS; parts++) {
        CLEANUP(statistics_clear) struct statistics statistics;
        fill(&statistics, parts, parts % 4);
        assert_pictures(&statistics);
    }
}

static void pictures_of_nothing_say_so(void **state)
{
    (void)state;
    CLEANUP(statistics_clear) struct statistics statistics;
    statistics_init(&statistics);
    statistics.as_of_ms = AS_OF;
    assert_pictures(&statistics);
    CLEANUP(statistics_clear) struct statistics flat;
    fill(&flat, 3, 3);
    for (size_t i = 0; i < statistics_cell_count(3); i++)
        flat.cells[i] = flat.introductions.cells[i] = i % 2 == 0 ? 0 : STATISTICS_HIDDEN;
    for (int i = 0; i < INDICATOR_COUNT; i++)
        flat.numbers[i].value = flat.introductions.without[i].value = 0;
    for (uint32_t i = 0; i < 3; i++)
        for (int k = 0; k < INDICATOR_COUNT; k++)
            flat.points[i].numbers[k].value = 0;
    assert_pictures(&flat);
}

/* ---- files ---- */

struct saved {
    size_t count;
    char paths[8][64];
    char last[4096];
};

static enum status remember(void *context, const char *path, struct span bytes)
{
    struct saved *saved = context;
    snprintf(saved->paths[saved->count++], sizeof saved->paths[0], "%s", path);
    snprintf(saved->last, sizeof saved->last, "%.*s", (int)bytes.len, (const char *)bytes.ptr);
    return STATUS_OK;
}

static enum status refuse(void *context, const char *path, struct span bytes)
{
    (void)path;
    (void)bytes;
    ++*(int *)context;
    return STATUS_FULL;
}

static void files_have_names_and_the_first_failure_ends_them(void **state)
{
    (void)state;
    CLEANUP(statistics_clear) struct statistics statistics;
    fill(&statistics, 5, 2);
    struct saved saved = {0};
    struct files_sink sink = {remember, &saved};
    ASSERT_OK(files_draw(&statistics, "out", &sink));
    assert_int_equal(saved.count, PICTURE_COUNT);
    assert_string_equal(saved.paths[0], "out/network.svg");
    saved.count = 0;
    ASSERT_OK(files_export(&statistics, EXPORT_CSV, "a.b/groups.csv", &sink));
    assert_int_equal(saved.count, 2);
    assert_string_equal(saved.paths[0], "a.b/groups-nodes.csv");
    assert_string_equal(saved.paths[1], "a.b/groups-edges.csv");
    saved.count = 0;
    ASSERT_OK(files_export(&statistics, EXPORT_CSV, "a.b/groups", &sink));
    assert_string_equal(saved.paths[0], "a.b/groups-nodes");
    int asked = 0;
    struct files_sink full = {refuse, &asked};
    assert_int_equal(files_draw(&statistics, "out", &full), STATUS_FULL);
    assert_int_equal(asked, 1);
}

static void exports_leave_out_what_is_hidden(void **state)
{
    (void)state;
    CLEANUP(statistics_clear) struct statistics statistics;
    fill(&statistics, 4, 1);
    struct saved saved = {0};
    struct files_sink sink = {remember, &saved};
    enum export_format format;
    assert_int_equal(export_format_from("xlsx", &format), STATUS_USAGE);
    ASSERT_OK(export_format_from("graphml", &format));
    ASSERT_OK(files_export(&statistics, format, "g", &sink));
    assert_well_formed(saved.last);
    assert_non_null(strstr(saved.last, "&lt;script&gt;"));
    assert_null(strstr(saved.last, "18446744073709551615"));
    assert_null(strstr(saved.last, "source=\"g0\" target=\"g1\"")); /* cell 1 is hidden */
    assert_non_null(strstr(saved.last, "source=\"g0\" target=\"g2\""));
    ASSERT_OK(export_format_from("gexf", &format));
    ASSERT_OK(files_export(&statistics, format, "g", &sink));
    assert_well_formed(saved.last);
    ASSERT_OK(export_format_from("csv", &format));
    ASSERT_OK(files_export(&statistics, format, "g", &sink));
    assert_string_equal(saved.last, "Source,Target,Type,Weight\r\n"
                                    "g0,g2,Undirected,2\r\n"
                                    "g0,g3,Undirected,3\r\n"
                                    "g1,g2,Undirected,5\r\n"
                                    "g1,g3,Undirected,6\r\n"
                                    "g2,g3,Undirected,8\r\n");
}

/* ---- numbers and dates ---- */

static void dates_are_right_over_leap_years(void **state)
{
    (void)state;
    static const struct {
        int64_t day;
        const char *text;
    } known[] = {
        {0, "1970-01-01"},     {-1, "1969-12-31"},    {11016, "2000-02-29"}, {11017, "2000-03-01"},
        {20785, "2026-11-28"}, {19782, "2024-02-29"}, {47540, "2100-02-28"}, {47541, "2100-03-01"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char text[PAGE_DATE_BYTES];
        page_iso_date(known[i].day * 86400000 + 5, text);
        assert_string_equal(text, known[i].text);
    }
}

static void numbers_keep_three_digits_that_say_something(void **state)
{
    (void)state;
    static const struct {
        double value;
        bool whole;
        const char *text;
    } known[] = {
        {0, true, "0"},
        {999, true, "999"},
        {1000, true, "1,000"},
        {1234567, true, "1,234,567"},
        {0, false, "0.000"},
        {31.97, false, "32.0"},
        {2.586, false, "2.59"},
        {-0.3, false, "-0.300"},
        {0.0318, false, "0.0318"},
        {0.000054, false, "0.0000540"},
        {1e-30, false, "0.00"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char text[PAGE_DATE_BYTES];
        page_number(known[i].value, known[i].whole, text);
        assert_string_equal(text, known[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_read_as_it_was_written),
        cmocka_unit_test(a_document_explains_every_number_in_ascii),
        cmocka_unit_test(every_cut_of_a_document_is_refused_whole),
        cmocka_unit_test(what_is_no_publication_is_refused),
        cmocka_unit_test(names_lose_what_would_move_a_terminal),
        cmocka_unit_test(a_report_says_everything_within_eighty_columns),
        cmocka_unit_test(pictures_are_well_formed_for_any_number_of_groups),
        cmocka_unit_test(pictures_of_nothing_say_so),
        cmocka_unit_test(files_have_names_and_the_first_failure_ends_them),
        cmocka_unit_test(exports_leave_out_what_is_hidden),
        cmocka_unit_test(dates_are_right_over_leap_years),
        cmocka_unit_test(numbers_keep_three_digits_that_say_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
