/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/statistics/report.h"

#include "protocol/statistics/naming.h"
#include "protocol/statistics/page.h"

#include <string.h>

/* A terminal has 80 columns. */
#define WIDTH 78
#define LABEL_WIDTH 27
#define NAME_WIDTH 26
#define PAIR_NAME_WIDTH 32

/* Longer lists are for programs: --json and --export have all. */
#define GROUPS_LISTED 70
#define PAIRS_LISTED 20
#define MATRIX_SHOWN 8
#define POINTS_LISTED 10

static void format_number(enum indicator indicator,
                          const struct statistics_number *number,
                          char text[PAGE_DATE_BYTES])
{
    if (number->shown)
        page_number(number->value, naming_is_whole(indicator), text);
    else
        memcpy(text, "-", 2);
}

static void format_count(uint64_t count, char text[PAGE_DATE_BYTES])
{
    if (count == STATISTICS_HIDDEN)
        memcpy(text, ".", 2);
    else
        page_number((double)count, true, text);
}

/* A text of words in lines of at most WIDTH characters, each after two spaces. */
static void write_paragraph(struct page *page, const char *text)
{
    size_t column = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        if (column != 0 && column + 1 + len > WIDTH) {
            page_print(page, "\n");
            column = 0;
        }
        page_print(page, "%s%.*s", column == 0 ? "  " : " ", (int)len, text);
        column += len + (column == 0 ? 2 : 1);
        text += len + strspn(text + len, " ");
    }
    page_print(page, "\n");
}

/* The name of a part, filled up with spaces. */
static void write_name(struct page *page, const struct statistics_part *part, uint32_t width)
{
    struct span name = naming_part(part);
    uint32_t columns = page_columns(name);
    page_short(page, name, width);
    page_print(page, "%*s", columns < width ? (int)(width - columns) : 0, "");
}

/* ---- figures ---- */

static void write_numbers(struct page *page, const struct statistics *statistics)
{
    for (int i = 0; i < INDICATOR_COUNT; i++) {
        enum indicator indicator = (enum indicator)i;
        const struct statistics_number *number = &statistics->numbers[i];
        char text[PAGE_DATE_BYTES], error[PAGE_DATE_BYTES];
        format_number(indicator, number, text);
        page_print(page, "  %-*s %8s  %s", LABEL_WIDTH, indicator_label(indicator), text,
                   indicator_text(indicator));
        if (number->shown && number->error > 0) {
            page_number(number->error, false, error);
            page_print(page, "\n  %*s  estimated, +- %s", LABEL_WIDTH + 9, "", error);
        }
        page_print(page, "\n");
    }
}

static void write_profile(struct page *page, const struct statistics_profile *profile)
{
    if (!profile->shown)
        return;
    page_print(page, "\nWhat kind of network it is\n");
    page_print(page, "  Stage    %s\n", indicator_stage_text(profile->stage));
    page_print(page,
               "  Profile  %c, from A (many ways, no middle) to D (chains and islands)\n"
               "           %.3f  the score, of 1, out of these:\n",
               profile->letter, profile->score);
    for (int i = 0; i < INDICATOR_ASPECT_COUNT; i++)
        page_print(page, "           %.3f  %s\n", profile->aspects[i],
                   indicator_aspect_text((enum indicator_aspect)i));
    page_print(page, "           %.0f %% of the ties touch the best-connected 5 %% of the people\n",
               100 * profile->hub_share);
    write_paragraph(page, indicator_profile_caveat());
}

static void write_cover(struct page *page, const struct statistics_cover *cover)
{
    char text[PAGE_DATE_BYTES];
    if (!cover->shown)
        return;
    page_number((double)cover->people, true, text);
    page_print(page,
               "\nCoverage\n  %s people (%.1f %% of all) are together one step from everybody.\n"
               "  Who they are is not said.\n",
               text, 100 * cover->share);
}

/* ---- groups ---- */

static uint64_t cell_of(const struct statistics *statistics, uint32_t a, uint32_t b)
{
    return statistics->cells[statistics_place(statistics->part_count, a, b)];
}

static void write_groups(struct page *page, const struct statistics *statistics)
{
    if (statistics->part_count == 0)
        return;
    page_print(page, "\nPeople in each group\n");
    for (uint32_t i = 0; i < statistics->part_count && i < GROUPS_LISTED; i++) {
        char text[PAGE_DATE_BYTES];
        format_count(statistics->parts[i].people, text);
        page_print(page, "  ");
        write_name(page, &statistics->parts[i], 60);
        page_print(page, " %8s\n", text);
    }
    if (statistics->part_count > GROUPS_LISTED)
        page_print(page, "  and %u more: --json has all\n", statistics->part_count - GROUPS_LISTED);
}

static void write_matrix(struct page *page, const struct statistics *statistics)
{
    page_print(page, "  %*s", NAME_WIDTH + 3, "");
    for (uint32_t b = 0; b < statistics->part_count; b++)
        page_print(page, "%6u", b + 1);
    page_print(page, "\n");
    for (uint32_t a = 0; a < statistics->part_count; a++) {
        page_print(page, "  %2u ", a + 1);
        write_name(page, &statistics->parts[a], NAME_WIDTH);
        for (uint32_t b = 0; b < statistics->part_count; b++) {
            char text[PAGE_DATE_BYTES];
            format_count(cell_of(statistics, a, b), text);
            page_print(page, "%6s", text);
        }
        page_print(page, "\n");
    }
}

struct pair {
    uint32_t a;
    uint32_t b;
    uint64_t ties;
};

/* Puts a pair into its place of a list that holds the PAIRS_LISTED with the most ties. */
static void insert(struct pair *list, size_t *count, struct pair pair)
{
    size_t at = *count;
    while (at > 0 && list[at - 1].ties < pair.ties)
        at--;
    if (at == PAIRS_LISTED)
        return;
    if (*count < PAIRS_LISTED)
        ++*count;
    for (size_t i = *count - 1; i > at; i--)
        list[i] = list[i - 1];
    list[at] = pair;
}

static void write_pairs(struct page *page, const struct statistics *statistics)
{
    struct pair list[PAIRS_LISTED];
    size_t count = 0;
    for (uint32_t a = 0; a < statistics->part_count; a++)
        for (uint32_t b = a + 1; b < statistics->part_count; b++) {
            uint64_t ties = cell_of(statistics, a, b);
            if (ties != STATISTICS_HIDDEN && ties != 0)
                insert(list, &count, (struct pair){a, b, ties});
        }
    for (size_t i = 0; i < count; i++) {
        char text[PAGE_DATE_BYTES];
        format_count(list[i].ties, text);
        page_print(page, "  %8s  ", text);
        page_short(page, naming_part(&statistics->parts[list[i].a]), PAIR_NAME_WIDTH);
        page_print(page, " - ");
        page_short(page, naming_part(&statistics->parts[list[i].b]), PAIR_NAME_WIDTH);
        page_print(page, "\n");
    }
    if (count == 0)
        page_print(page, "  none that ten people or more hold\n");
}

static void write_ties(struct page *page, const struct statistics *statistics)
{
    if (statistics->cells == NULL || statistics->part_count < 2)
        return;
    if (statistics->part_count <= MATRIX_SHOWN) {
        page_print(page, "\nTies between groups (. : hidden, as fewer than ten people hold them,\n"
                         "  or to keep such a cell)\n");
        write_matrix(page, statistics);
        return;
    }
    page_print(page, "\nThe pairs of groups with the most ties (--json and --svg have all)\n");
    write_pairs(page, statistics);
}

/* ---- introductions and trend ---- */

static void write_introductions(struct page *page, const struct statistics *statistics)
{
    const struct statistics_introductions *introductions = &statistics->introductions;
    char ties[PAGE_DATE_BYTES];
    if (!introductions->shown)
        return;
    page_number((double)introductions->ties, true, ties);
    page_print(page, "\nWhat accepted introductions changed: %s ties\n  %-*s %10s %10s\n", ties,
               LABEL_WIDTH, "", "without", "with");
    for (int i = 0; i < STATISTICS_EFFECT_COUNT; i++) {
        enum indicator indicator = statistics_effects[i];
        char without[PAGE_DATE_BYTES], with[PAGE_DATE_BYTES];
        format_number(indicator, &introductions->without[indicator], without);
        format_number(indicator, &statistics->numbers[indicator], with);
        page_print(page, "  %-*s %10s %10s  %s\n", LABEL_WIDTH, naming_indicator(indicator),
                   without, with,
                   statistics_higher_is_better(indicator) ? "higher is better" : "lower is better");
    }
}

static void write_trend(struct page *page, const struct statistics *statistics)
{
    uint32_t count = statistics->point_count;
    if (count < 2)
        return;
    page_print(page, "\nTrend\n  %-17s %7s %7s %7s %7s %7s %7s %7s\n", "", "people", "ties",
               "effic.", "2 steps", "chance", "resist.", "score");
    for (uint32_t i = count > POINTS_LISTED ? count - POINTS_LISTED : 0; i < count; i++) {
        static const enum indicator columns[] = {INDICATOR_PEOPLE,       INDICATOR_TIES,
                                                 INDICATOR_EFFICIENCY,   INDICATOR_TWO_STEP_REACH,
                                                 INDICATOR_E_I_RESCALED, INDICATOR_MEAN_RESISTANCE};
        const struct statistics_point *point = &statistics->points[i];
        char text[PAGE_DATE_BYTES];
        page_date(point->as_of_ms, text);
        page_print(page, "  %-17s", text);
        for (size_t k = 0; k < sizeof columns / sizeof *columns; k++) {
            format_number(columns[k], &point->numbers[columns[k]], text);
            page_print(page, " %7s", text);
        }
        format_number(INDICATOR_EFFICIENCY, &point->score, text);
        page_print(page, " %7s\n", text);
    }
}

static void write_closing(struct page *page, const struct statistics *statistics)
{
    bool few = statistics->point_count == 0;
    page_print(page, "\n");
    write_paragraph(page,
                    few ? "Below ten people only their number is told: anything more would be "
                          "about somebody."
                        : "Members and admins see these figures alike, and nobody is named. They "
                          "come once a week, and a number changes only when ten people or more "
                          "came or went, then by whole tens. A dash: not defined here, or too few "
                          "people to tell.");
}

enum status report_write(const struct statistics *statistics, struct buffer *out)
{
    struct page page = {.out = out};
    char date[PAGE_DATE_BYTES], next[PAGE_DATE_BYTES];
    page_date(statistics->as_of_ms, date);
    page_date(statistics->next_ms, next);
    page_print(&page, "How connected everybody is, as of %s", date);
    if (statistics->point_count != 0)
        page_print(&page, " (next: %s)", next);
    page_print(&page, "\n\n");
    write_numbers(&page, statistics);
    write_profile(&page, &statistics->profile);
    write_cover(&page, &statistics->cover);
    write_groups(&page, statistics);
    write_ties(&page, statistics);
    write_introductions(&page, statistics);
    write_trend(&page, statistics);
    write_closing(&page, statistics);
    return page.status;
}
