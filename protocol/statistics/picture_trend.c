/* SPDX-License-Identifier: Apache-2.0 */
/* What changed from publication to publication: one small panel for each figure. */
#include "protocol/statistics/drawings.h"
#include "protocol/statistics/naming.h"

#include <math.h>

#define PANELS_ACROSS 2
#define PANEL_WIDTH 528.0
#define PANEL_HEIGHT 200.0
#define PANEL_GAP 48.0

/* Within a panel: where its curve is. */
#define CURVE_LEFT 62.0
#define CURVE_RIGHT 66.0
#define CURVE_TOP 58.0
#define CURVE_BOTTOM 24.0

/* Above and below a curve that is level at 0; figures are rounded to more than that. */
#define ROOM_LEAST 1e-9

struct panel {
    const char *title;
    const char *text;
    enum indicator indicator; /* INDICATOR_COUNT: the score of the profile */
};

static const struct panel panels[] = {
    {"Reach in two steps", "the share of others who are a contact's contact; higher is better",
     INDICATOR_TWO_STEP_REACH},
    {"Across groups, against chance", "0: as by chance; below: people keep to their own group",
     INDICATOR_E_I_RESCALED},
    {"Mean resistance", "the lower, the more ways lead from one person to another",
     INDICATOR_MEAN_RESISTANCE},
    {"Algebraic connectivity", "how hard it is to cut the network in two; higher is better",
     INDICATOR_ALGEBRAIC_CONNECTIVITY},
    {"Profile, from D to A", "a hint and no verdict: weft stats says what it is made of",
     INDICATOR_COUNT},
    {"People", "who are counted", INDICATOR_PEOPLE},
};

#define PANEL_COUNT (sizeof panels / sizeof *panels)

/* One panel's curve: its points, and what its edges stand for. */
struct curve {
    const struct statistics *statistics;
    const struct panel *panel;
    double x;
    double y;
    double low;
    double high;
};

static const struct statistics_number *number_of(const struct statistics_point *point,
                                                 const struct panel *panel)
{
    return panel->indicator == INDICATOR_COUNT ? &point->score : &point->numbers[panel->indicator];
}

static bool is_whole(const struct panel *panel)
{
    return panel->indicator != INDICATOR_COUNT && naming_is_whole(panel->indicator);
}

/* Whether there is a point at all. */
static bool find_range(struct curve *curve)
{
    bool any = false;
    for (uint32_t i = 0; i < curve->statistics->point_count; i++) {
        const struct statistics_number *number =
            number_of(&curve->statistics->points[i], curve->panel);
        if (!number->shown)
            continue;
        curve->low = any ? fmin(curve->low, number->value) : number->value;
        curve->high = any ? fmax(curve->high, number->value) : number->value;
        any = true;
    }
    double room = (curve->high - curve->low) * 0.15;
    if (room < fabs(curve->high) * 0.02)
        room = fabs(curve->high) * 0.1;
    if (room < ROOM_LEAST)
        room = 0.1;
    double least = curve->panel->indicator == INDICATOR_E_I_RESCALED ? -1 : 0;
    /* A server may say anything: what is less than can be is drawn where it is. */
    curve->low = curve->low < least ? curve->low - room : fmax(curve->low - room, least);
    curve->high += room;
    return any;
}

static double place_x(const struct curve *curve, uint32_t point)
{
    const struct statistics *statistics = curve->statistics;
    double first = (double)statistics->points[0].as_of_ms;
    double span = (double)statistics->points[statistics->point_count - 1].as_of_ms - first;
    double share = span > 0 ? ((double)statistics->points[point].as_of_ms - first) / span : 0.5;
    return curve->x + CURVE_LEFT + share * (PANEL_WIDTH - CURVE_LEFT - CURVE_RIGHT);
}

static double place_y(const struct curve *curve, double value)
{
    double share = (value - curve->low) / (curve->high - curve->low);
    return curve->y + PANEL_HEIGHT - CURVE_BOTTOM -
           share * (PANEL_HEIGHT - CURVE_TOP - CURVE_BOTTOM);
}

/* A step of 1, 2 or 5 times a power of ten, so that a range has two to five of them. */
static double step_of(double range)
{
    double scale = pow(10, floor(log10(range / 3))), times = range / 3 / scale;
    return scale * (times >= 5 ? 5 : times >= 2 ? 2 : 1);
}

static void draw_tick(struct page *page, const struct curve *curve, double value, const char *text)
{
    double y = place_y(curve, value);
    page_print(page, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n",
               curve->x + CURVE_LEFT, y, curve->x + PANEL_WIDTH - CURVE_RIGHT, y, CANVAS_LINE);
    struct canvas_text label = {.x = curve->x + CURVE_LEFT - 10,
                                .y = y + 4,
                                .size = 12,
                                .anchor = CANVAS_END,
                                .colour = CANVAS_MUTED};
    canvas_print(page, &label, "%s", text);
}

static void draw_axis(struct page *page, const struct curve *curve)
{
    double step = step_of(curve->high - curve->low);
    if (is_whole(curve->panel))
        step = fmax(1, step);
    int decimals = (int)fmax(0, -floor(log10(step) + 1e-9));
    long first = (long)ceil(curve->low / step), last = (long)floor(curve->high / step);
    for (long at = first; at <= last; at++) {
        char text[PAGE_DATE_BYTES];
        page_decimals((double)at * step, decimals, text);
        draw_tick(page, curve, (double)at * step, text);
    }
}

/* The profile's scale is the same whatever the network: its letters, and where they begin. */
static void draw_letters(struct page *page, const struct curve *curve)
{
    static const double begins[] = {0, INDICATOR_C_LEAST, INDICATOR_B_LEAST, INDICATOR_A_LEAST, 1};
    for (size_t i = 0; i < 5; i++) {
        char text[PAGE_DATE_BYTES];
        page_decimals(begins[i], 2, text);
        draw_tick(page, curve, begins[i], text);
        if (i == 4)
            break;
        struct canvas_text letter = {.x = curve->x + 9,
                                     .y = place_y(curve, (begins[i] + begins[i + 1]) / 2) + 5,
                                     .size = 15,
                                     .anchor = CANVAS_MIDDLE,
                                     .colour = CANVAS_MUTED,
                                     .bold = true};
        canvas_print(page, &letter, "%c", (char)('D' - i));
    }
}

static void draw_dates(struct page *page, const struct curve *curve)
{
    uint32_t last = curve->statistics->point_count - 1;
    uint32_t shown[] = {0, last / 2, last};
    for (size_t i = 0; i < 3; i++) {
        if (i != 0 && (shown[i] == shown[i - 1] || last < 2))
            if (i != 2 || last == 0)
                continue;
        char text[PAGE_DATE_BYTES];
        page_short_date(curve->statistics->points[shown[i]].as_of_ms, text);
        struct canvas_text label = {.x = place_x(curve, shown[i]),
                                    .y = curve->y + PANEL_HEIGHT - 2,
                                    .size = 12,
                                    .anchor = CANVAS_MIDDLE,
                                    .colour = CANVAS_MUTED};
        canvas_print(page, &label, "%s", text);
    }
}

/* A line through what is shown, broken where something is not. */
static void draw_curve(struct page *page, const struct curve *curve)
{
    const struct statistics *statistics = curve->statistics;
    bool drawing = false;
    page_print(page,
               "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2.5\""
               " stroke-linejoin=\"round\" d=\"",
               CANVAS_BLUE);
    for (uint32_t i = 0; i < statistics->point_count; i++) {
        const struct statistics_number *number = number_of(&statistics->points[i], curve->panel);
        if (number->shown)
            page_print(page, "%c%.1f %.1f", drawing ? 'L' : 'M', place_x(curve, i),
                       place_y(curve, number->value));
        drawing = number->shown;
    }
    page_print(page, "\"/>\n");
    for (uint32_t i = 0; i < statistics->point_count; i++) {
        const struct statistics_number *number = number_of(&statistics->points[i], curve->panel);
        bool last = i + 1 == statistics->point_count;
        if (!number->shown)
            continue;
        page_print(page, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%s\" fill=\"%s\"/>\n",
                   place_x(curve, i), place_y(curve, number->value), last ? "5" : "2.5",
                   CANVAS_BLUE);
        if (!last)
            continue;
        char text[PAGE_DATE_BYTES];
        page_number(number->value, is_whole(curve->panel), text);
        struct canvas_text label = {.x = place_x(curve, i) + 10,
                                    .y = place_y(curve, number->value) - 9,
                                    .size = 15,
                                    .colour = CANVAS_INK,
                                    .bold = true};
        canvas_print(page, &label, "%s", text);
    }
}

static void draw_panel(struct page *page, struct curve *curve)
{
    struct canvas_text title = {
        .x = curve->x, .y = curve->y + 16, .size = 17, .colour = CANVAS_INK, .bold = true};
    canvas_print(page, &title, "%s", curve->panel->title);
    struct canvas_text text = {
        .x = curve->x, .y = curve->y + 37, .size = 13.5, .colour = CANVAS_MUTED};
    canvas_print(page, &text, "%s", curve->panel->text);
    if (!find_range(curve)) {
        text.y = curve->y + PANEL_HEIGHT / 2 + 16;
        canvas_print(page, &text, "Not shown for this network.");
        return;
    }
    if (curve->panel->indicator == INDICATOR_COUNT) {
        curve->low = 0;
        curve->high = 1;
        draw_letters(page, curve);
    } else {
        draw_axis(page, curve);
    }
    draw_dates(page, curve);
    draw_curve(page, curve);
}

void picture_trend_draw(struct page *page, const struct statistics *statistics)
{
    size_t rows = (PANEL_COUNT + PANELS_ACROSS - 1) / PANELS_ACROSS;
    bool begins = statistics->point_count < 2;
    struct canvas_frame frame = {
        .title = "How our connections change",
        .explanation = begins ? "Each panel is a figure of the whole network; this is the first "
                                "publication, and the next ones will make a line of it."
                              : "Each panel follows one figure of the whole network from "
                                "publication to publication; the large dot is this one.",
        .height = CANVAS_TOP + (double)rows * (PANEL_HEIGHT + PANEL_GAP) + CANVAS_FOOT,
    };
    if (statistics->point_count == 0) {
        canvas_nothing(page, statistics, &frame,
                       "There are fewer than ten people so far, too few for a picture.");
        return;
    }
    canvas_begin(page, statistics, &frame);
    for (size_t i = 0; i < PANEL_COUNT; i++) {
        size_t row = i / PANELS_ACROSS, column = i % PANELS_ACROSS;
        struct curve curve = {
            .statistics = statistics,
            .panel = &panels[i],
            .x = CANVAS_MARGIN + (double)column * (PANEL_WIDTH + PANEL_GAP),
            .y = CANVAS_TOP + (double)row * (PANEL_HEIGHT + PANEL_GAP),
        };
        draw_panel(page, &curve);
    }
    canvas_end(page);
}
