/* SPDX-License-Identifier: Apache-2.0 */
/* What the introductions that were accepted have changed: figures without and with them on the
 * left, the groups that they tied on the right. */
#include "protocol/statistics/drawings.h"
#include "protocol/statistics/naming.h"
#include "protocol/statistics/ring.h"

#include <math.h>

#define ROW_HEIGHT 92.0
#define TRACK_WIDTH 330.0
#define HEIGHT 820.0

struct row {
    enum indicator indicator;
    double without;
    double with;
    double x;
    double y;
};

/* -1: worse, 0: the same, 1: better. */
static int judge(const struct row *row)
{
    double change = row->with - row->without;
    if (fabs(change) < 1e-9)
        return 0;
    return (change > 0) == statistics_higher_is_better(row->indicator) ? 1 : -1;
}

static double place(const struct row *row, double value)
{
    bool signed_one = row->indicator == INDICATOR_E_I_RESCALED;
    double most = signed_one ? 1 : 1.1 * fmax(row->without, row->with);
    double least = signed_one ? -1 : 0;
    return row->x + TRACK_WIDTH * (value - least) / fmax(most - least, 1e-12);
}

static void draw_change(struct page *page, const struct row *row, double y)
{
    static const char *const words[] = {"worse", "the same", "better"};
    static const char *const colours[] = {CANVAS_ORANGE, CANVAS_MUTED, CANVAS_GREEN};
    int judged = judge(row);
    struct canvas_text text = {.x = row->x + TRACK_WIDTH + 24,
                               .y = y + 5,
                               .size = 15,
                               .colour = colours[judged + 1],
                               .bold = true};
    double times = row->without > 0 ? row->with / row->without : 0;
    double change = 100 * fabs(times - 1);
    if (judged == 0 || times <= 0)
        canvas_print(page, &text, "%s", words[judged + 1]);
    else if (times >= 2)
        canvas_print(page, &text, "%.1f times as high", times);
    else
        canvas_print(page, &text, "%.*f %% %s", change < 10 ? 1 : 0, change, words[judged + 1]);
}

static void draw_row(struct page *page, const struct row *row)
{
    double from = place(row, row->without), to = place(row, row->with), y = row->y + 44;
    const char *colour = judge(row) < 0 ? CANVAS_ORANGE : CANVAS_GREEN;
    char without[PAGE_DATE_BYTES], with[PAGE_DATE_BYTES];
    page_number(row->without, false, without);
    page_number(row->with, false, with);
    struct canvas_text name = {
        .x = row->x, .y = row->y + 14, .size = 15, .colour = CANVAS_INK, .bold = true};
    canvas_print(page, &name, "%s", naming_indicator(row->indicator));
    struct canvas_text note = {
        .x = row->x + TRACK_WIDTH + 24, .y = row->y + 14, .size = 13, .colour = CANVAS_MUTED};
    canvas_print(page, &note, "%s",
                 statistics_higher_is_better(row->indicator) ? "higher is better"
                                                             : "lower is better");
    page_print(page,
               "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\""
               " stroke-width=\"6\" stroke-linecap=\"round\"/>\n",
               row->x, y, row->x + TRACK_WIDTH, y, "#edf0f5");
    page_print(page,
               "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\""
               " stroke-width=\"6\"/>\n",
               from, y, to, y, colour);
    page_print(page,
               "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"7\" fill=\"#ffffff\" stroke=\"%s\""
               " stroke-width=\"2.5\"/>\n"
               "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"7.5\" fill=\"%s\"/>\n",
               from, y, CANVAS_MUTED, to, y, colour);
    struct canvas_text numbers = {.x = row->x, .y = y + 25, .size = 13, .colour = CANVAS_MUTED};
    canvas_print(page, &numbers, "without %s, with %s", without, with);
    draw_change(page, row, y);
}

static void draw_rows(struct page *page, const struct statistics *statistics)
{
    double y = CANVAS_TOP + 44;
    for (int i = 0; i < STATISTICS_EFFECT_COUNT; i++) {
        enum indicator indicator = statistics_effects[i];
        const struct statistics_number *without = &statistics->introductions.without[indicator];
        const struct statistics_number *with = &statistics->numbers[indicator];
        if (!without->shown || !with->shown)
            continue;
        struct row row = {indicator, without->value, with->value, CANVAS_MARGIN, y};
        draw_row(page, &row);
        y += ROW_HEIGHT;
    }
}

static void draw_key(struct page *page, double x, double y, const char *colour, const char *text)
{
    page_print(page,
               "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\""
               " stroke-width=\"4\" stroke-linecap=\"round\"/>\n",
               x, y - 5, x + 30, y - 5, colour);
    struct canvas_text words = {.x = x + 42, .y = y, .size = 13, .colour = CANVAS_MUTED};
    canvas_print(page, &words, "%s", text);
}

static void draw_groups(struct page *page, const struct statistics *statistics)
{
    bool upright = statistics->part_count <= RING_UPRIGHT_MAX;
    struct ring ring = {
        .x = 870,
        .y = 440,
        .radius = upright ? 155 : 165,
        .letters = upright ? 13 : 9.5,
        .columns = upright ? 15 : 16,
    };
    ring_place(&ring, statistics);
    ring_ties(page, &ring, statistics->cells, 2.5);
    ring_new_ties(page, &ring, statistics->introductions.cells, 4.5);
    ring_groups(page, &ring, statistics);
    draw_key(page, 700, HEIGHT - 100, CANVAS_ORANGE,
             "pairs of groups that introductions tied (ten people or more)");
    draw_key(page, 700, HEIGHT - 76, "#6baed6", "all ties");
}

static void draw_ties(struct page *page, const struct statistics *statistics)
{
    char ties[PAGE_DATE_BYTES];
    page_number((double)statistics->introductions.ties, true, ties);
    struct canvas_text text = {
        .x = CANVAS_MARGIN, .y = CANVAS_TOP + 12, .size = 20, .colour = CANVAS_INK, .bold = true};
    canvas_print(page, &text, "%s ties", ties);
}

void picture_effect_draw(struct page *page, const struct statistics *statistics)
{
    const struct statistics_introductions *introductions = &statistics->introductions;
    struct canvas_frame frame = {
        .title = "What our introductions changed",
        .explanation = "The same network without (hollow) and with (filled) the ties from "
                       "introductions that both sides accepted.",
        .height = HEIGHT};
    if (!introductions->shown) {
        canvas_nothing(page, statistics, &frame,
                       "Fewer than ten people were brought together so far: from ten on, this "
                       "shows what it changed.");
        return;
    }
    canvas_begin(page, statistics, &frame);
    draw_ties(page, statistics);
    draw_rows(page, statistics);
    if (introductions->cells != NULL && canvas_lacks_groups(statistics) == NULL)
        draw_groups(page, statistics);
    canvas_end(page);
}
