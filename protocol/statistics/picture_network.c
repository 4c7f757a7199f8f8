/* SPDX-License-Identifier: Apache-2.0 */
/* The network by groups. */
#include "protocol/statistics/drawings.h"
#include "protocol/statistics/naming.h"
#include "protocol/statistics/ring.h"

#include <inttypes.h>
#include <math.h>

/* The ring is as large as the names around it allow. */
#define RADIUS_MAX 330.0
#define HEIGHT_MAX 1230.0
#define LEGEND_HEIGHT 40.0

static uint64_t most_ties(const struct statistics *statistics)
{
    uint64_t most = 0;
    for (uint32_t a = 0; a < statistics->part_count; a++)
        for (uint32_t b = a + 1; b < statistics->part_count; b++) {
            uint64_t ties = statistics->cells[statistics_place(statistics->part_count, a, b)];
            if (ties != STATISTICS_HIDDEN && ties > most)
                most = ties;
        }
    return most;
}

static bool has_kind(const struct statistics *statistics, enum statistics_part_kind kind)
{
    for (uint32_t i = 0; i < statistics->part_count; i++)
        if (statistics->parts[i].kind == kind)
            return true;
    return false;
}

/* Whether a group is drawn as one with ties to others, or as one without. */
static bool has_group(const struct ring *ring, const struct statistics *statistics, bool tied)
{
    for (uint32_t i = 0; i < ring->count; i++)
        if (statistics->parts[ring->nodes[i].part].kind == STATISTICS_GROUP &&
            ring->nodes[i].tied == tied)
            return true;
    return false;
}

/* ---- the legend, in the lower corners that a ring leaves free ---- */

struct key {
    const char *fill;
    const char *edge;
    const char *text;
};

static void draw_key(struct page *page, const struct key *key, double x, double y)
{
    page_print(page,
               "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"7\" fill=\"%s\" stroke=\"%s\""
               " stroke-width=\"1.5\"/>\n",
               x + 8, y - 5, key->fill, key->edge);
    struct canvas_text text = {.x = x + 26, .y = y, .size = 13, .colour = CANVAS_MUTED};
    canvas_print(page, &text, "%s", key->text);
}

static void draw_keys(struct page *page,
                      const struct ring *ring,
                      const struct statistics *statistics,
                      double bottom)
{
    struct key keys[5];
    size_t count = 0;
    bool tied = has_group(ring, statistics, true);
    if (tied)
        keys[count++] =
            (struct key){CANVAS_BLUE, "#ffffff", "a group: the larger, the more people"};
    if (has_group(ring, statistics, false))
        keys[count++] = (struct key){CANVAS_ORANGE, "#ffffff",
                                     tied ? "no tie to others, or too few to show"
                                          : "a group with no tie to others, or too few to show"};
    if (has_kind(statistics, STATISTICS_POOL))
        keys[count++] = (struct key){"url(#hidden)", CANVAS_MUTED, "smaller groups, together"};
    if (has_kind(statistics, STATISTICS_NO_GROUP))
        keys[count++] = (struct key){"#ffffff", CANVAS_MUTED, "people of no group"};
    for (size_t i = 0; i < count; i++)
        draw_key(page, &keys[i], CANVAS_MARGIN, bottom - 24 * (double)(count - 1 - i));
}

static void draw_scale(struct page *page, uint64_t most, double width_max, double bottom)
{
    double right = CANVAS_WIDTH - CANVAS_MARGIN;
    static const double shares[] = {1, 0.25, 0.04};
    size_t count = 0;
    while (count < 3 && (double)most * shares[count] >= 2)
        count++;
    for (size_t i = 0; i < count; i++) {
        double strength = sqrt(shares[i]), y = bottom - 24 * (double)(count - 1 - i);
        char text[PAGE_DATE_BYTES];
        page_number(round((double)most * shares[i]), true, text);
        page_print(page, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"", right - 52, y - 5,
                   right - 8, y - 5);
        ring_stroke(page, strength, width_max);
        page_print(page, "/>\n");
        struct canvas_text label = {
            .x = right - 70, .y = y, .size = 13, .anchor = CANVAS_END, .colour = CANVAS_MUTED};
        canvas_print(page, &label, "%s ties", text);
    }
}

void picture_network_draw(struct page *page, const struct statistics *statistics)
{
    struct canvas_frame frame = {
        .title = "How our groups are connected",
        .explanation = "Each circle is a group, each line the ties between the people of two "
                       "groups: the thicker and darker, the more ties. No line: none, or held by "
                       "fewer than ten people.",
    };
    const char *lacking = canvas_lacks_groups(statistics);
    if (lacking != NULL) {
        canvas_nothing(page, statistics, &frame, lacking);
        return;
    }
    bool upright = statistics->part_count <= RING_UPRIGHT_MAX;
    struct ring ring = {
        .x = CANVAS_WIDTH / 2,
        .letters = upright ? 15 : 12.5,
        .columns = naming_longest(statistics, upright ? 30 : 26),
    };
    double around = RING_CIRCLE_MAX + 14 +
                    (upright ? 1.5 * ring.letters : canvas_width(ring.columns, ring.letters));
    double room = HEIGHT_MAX - CANVAS_TOP - CANVAS_FOOT - LEGEND_HEIGHT;
    ring.radius = fmin(upright ? 270 : RADIUS_MAX, room / 2 - around);
    ring.y = CANVAS_TOP + around + ring.radius;
    frame.height = ring.y + ring.radius + around + LEGEND_HEIGHT + CANVAS_FOOT;
    double width_max = statistics->part_count <= 12 ? 14 : 8;
    ring_place(&ring, statistics);
    canvas_begin(page, statistics, &frame);
    ring_ties(page, &ring, statistics->cells, width_max);
    ring_groups(page, &ring, statistics);
    draw_keys(page, &ring, statistics, frame.height - 74);
    draw_scale(page, most_ties(statistics), width_max, frame.height - 74);
    canvas_end(page);
}
