/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/statistics/ring.h"

#include <inttypes.h>
#include <math.h>

#define PI 3.14159265358979323846

/* The smallest circle, and the least gap between two. */
#define CIRCLE_MIN 3.5
#define GAP 5.0

/* Lines bend towards the middle: so much of the way to it, between neighbours and across. */
#define BEND_NEAR 0.3
#define BEND_FAR 0.7

/* ---- the order ---- */

static uint64_t ties_of(const struct statistics *statistics, uint32_t a, uint32_t b)
{
    uint64_t ties = statistics->cells[statistics_place(statistics->part_count, a, b)];
    return ties == STATISTICS_HIDDEN ? 0 : ties;
}

/* Ties of two groups for each pair of their people: large groups are not everybody's neighbours. */
static double closeness(const struct statistics *statistics, uint32_t a, uint32_t b)
{
    double pairs = (double)statistics->parts[a].people * (double)statistics->parts[b].people;
    return pairs > 0 ? (double)ties_of(statistics, a, b) / sqrt(pairs) : 0;
}

static bool is_group(const struct statistics *statistics, uint32_t part)
{
    return statistics->parts[part].kind == STATISTICS_GROUP;
}

/* The group with the fewest others that it is tied to: the end of a chain, if there is one. */
static uint32_t find_end(const struct statistics *statistics)
{
    uint32_t best = 0, least = UINT32_MAX;
    for (uint32_t a = 0; a < statistics->part_count; a++) {
        uint32_t others = 0;
        for (uint32_t b = 0; b < statistics->part_count; b++)
            others += a != b && ties_of(statistics, a, b) != 0;
        if (is_group(statistics, a) && others != 0 && others < least) {
            least = others;
            best = a;
        }
    }
    return best;
}

void ring_order(const struct statistics *statistics, uint32_t *order)
{
    bool placed[STATISTICS_MATRIX_PARTS] = {false};
    uint32_t count = statistics->part_count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t best = UINT32_MAX;
        double most = -1;
        for (uint32_t part = 0; part < count; part++) {
            /* What is no group comes after all groups. */
            double value =
                i == 0 ? part == find_end(statistics) : closeness(statistics, order[i - 1], part);
            value += is_group(statistics, part) ? 1e9 : 0;
            if (!placed[part] && value > most) {
                most = value;
                best = part;
            }
        }
        order[i] = best;
        placed[best] = true;
    }
}

/* ---- places ---- */

static double radius_of(const struct statistics *statistics, uint32_t part, double largest)
{
    double most = 1;
    for (uint32_t i = 0; i < statistics->part_count; i++)
        most = fmax(most, (double)statistics->parts[i].people);
    return fmax(CIRCLE_MIN, largest * sqrt((double)statistics->parts[part].people / most));
}

/* How much of the circumference a node takes. */
static double room_of(const struct ring *ring, double radius)
{
    return fmax(2 * radius + GAP, ring->letters * 1.3);
}

static double room_of_all(struct ring *ring, const struct statistics *statistics, double largest)
{
    double room = 0;
    for (uint32_t i = 0; i < ring->count; i++) {
        struct ring_node *node = &ring->nodes[i];
        node->radius = radius_of(statistics, node->part, largest);
        room += room_of(ring, node->radius);
    }
    return room;
}

/* A group that is alone lacks nothing. */
static bool is_tied(const struct statistics *statistics, uint32_t part)
{
    if (statistics->part_count == 1)
        return true;
    for (uint32_t other = 0; other < statistics->part_count; other++)
        if (other != part && ties_of(statistics, part, other) != 0)
            return true;
    return false;
}

void ring_place(struct ring *ring, const struct statistics *statistics)
{
    uint32_t order[STATISTICS_MATRIX_PARTS];
    double around = 2 * PI * ring->radius, largest = RING_CIRCLE_MAX;
    ring->count = statistics->part_count;
    ring_order(statistics, order);
    for (uint32_t i = 0; i < ring->count; i++)
        ring->nodes[i] =
            (struct ring_node){.part = order[i], .tied = is_tied(statistics, order[i])};
    while (room_of_all(ring, statistics, largest) > around && largest > CIRCLE_MIN)
        largest *= 0.95;
    double room = room_of_all(ring, statistics, largest);
    double gap = fmax(0, around - room) / ring->count, at = 0;
    double first = (room_of(ring, ring->nodes[0].radius) + gap) / 2;
    for (uint32_t i = 0; i < ring->count; i++) {
        struct ring_node *node = &ring->nodes[i];
        double own = room_of(ring, node->radius) + gap;
        node->angle = (at + own / 2 - first) / fmax(around, room) * 2 * PI;
        node->x = ring->x + ring->radius * sin(node->angle);
        node->y = ring->y - ring->radius * cos(node->angle);
        at += own;
    }
}

/* ---- lines ---- */

struct line {
    uint32_t a; /* nodes */
    uint32_t b;
    uint64_t ties;
};

/* Up to where its style and its end belong. */
static void begin_line(struct page *page, const struct ring *ring, const struct line *line)
{
    const struct ring_node *a = &ring->nodes[line->a], *b = &ring->nodes[line->b];
    double apart = fabs(a->angle - b->angle) / PI;
    double bend = BEND_NEAR + (BEND_FAR - BEND_NEAR) * (apart > 1 ? 2 - apart : apart);
    double x = ring->x + ((a->x + b->x) / 2 - ring->x) * (1 - bend);
    double y = ring->y + ((a->y + b->y) / 2 - ring->y) * (1 - bend);
    page_print(page, "<path d=\"M%.1f %.1fQ%.1f %.1f %.1f %.1f\"", a->x, a->y, x, y, b->x, b->y);
}

/* Puts a line into a list that rises with the ties. */
static void insert(struct line *lines, uint32_t *count, struct line line)
{
    uint32_t at = (*count)++;
    for (; at > 0 && lines[at - 1].ties > line.ties; at--)
        lines[at] = lines[at - 1];
    lines[at] = line;
}

#define LINES_MAX (STATISTICS_MATRIX_PARTS * (STATISTICS_MATRIX_PARTS - 1) / 2)

static uint32_t list_lines(const struct ring *ring, const uint64_t *cells, struct line *lines)
{
    uint32_t count = 0;
    for (uint32_t a = 0; a < ring->count; a++)
        for (uint32_t b = a + 1; b < ring->count; b++) {
            uint64_t ties =
                cells[statistics_place(ring->count, ring->nodes[a].part, ring->nodes[b].part)];
            if (ties != STATISTICS_HIDDEN && ties != 0)
                insert(lines, &count, (struct line){a, b, ties});
        }
    return count;
}

void ring_stroke(struct page *page, double strength, double width_max)
{
    struct canvas_colour colour = canvas_blue(0.35 + 0.5 * strength);
    page_print(page, " stroke=\"#%02x%02x%02x\" stroke-width=\"%.2f\" stroke-opacity=\"%.2f\"",
               colour.red, colour.green, colour.blue, 0.5 + (width_max - 0.5) * strength,
               0.25 + 0.6 * strength);
}

void ring_ties(struct page *page, const struct ring *ring, const uint64_t *cells, double width_max)
{
    struct line lines[LINES_MAX];
    uint32_t count = list_lines(ring, cells, lines);
    page_print(page, "<g fill=\"none\" stroke-linecap=\"round\">\n");
    for (uint32_t i = 0; i < count; i++) {
        double strength = sqrt((double)lines[i].ties / (double)lines[count - 1].ties);
        begin_line(page, ring, &lines[i]);
        ring_stroke(page, strength, width_max);
        page_print(page, "/>\n");
    }
    page_print(page, "</g>\n");
}

void ring_new_ties(struct page *page,
                   const struct ring *ring,
                   const uint64_t *cells,
                   double width_max)
{
    struct line lines[LINES_MAX];
    uint32_t count = list_lines(ring, cells, lines);
    page_print(page,
               "<g fill=\"none\" stroke=\"%s\" stroke-width=\"%.1f\" stroke-linecap=\"round\">\n",
               CANVAS_ORANGE, width_max);
    for (uint32_t i = 0; i < count; i++) {
        begin_line(page, ring, &lines[i]);
        page_print(page, "/>\n");
    }
    page_print(page, "</g>\n");
}

/* ---- circles and names ---- */

static void
draw_circle(struct page *page, const struct ring_node *node, const struct statistics_part *part)
{
    const char *fill = part->kind == STATISTICS_POOL       ? "url(#hidden)"
                       : part->kind == STATISTICS_NO_GROUP ? "#ffffff"
                       : node->tied                        ? CANVAS_BLUE
                                                           : CANVAS_ORANGE;
    const char *edge = part->kind == STATISTICS_GROUP ? "#ffffff" : CANVAS_MUTED;
    page_print(page,
               "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\" stroke=\"%s\""
               " stroke-width=\"1.5\"/>\n",
               node->x, node->y, node->radius, fill, edge);
}

static void upright_name(struct page *page,
                         const struct ring *ring,
                         const struct ring_node *node,
                         const struct statistics_part *part)
{
    char people[PAGE_DATE_BYTES];
    double side = sin(node->angle), away = ring->radius + node->radius + 9;
    bool middle = fabs(side) < 0.12;
    double y = ring->y - away * cos(node->angle);
    struct canvas_text text = {
        .x = ring->x + away * side,
        .y = middle ? y + (cos(node->angle) < 0 ? ring->letters * 0.8 : 0)
                    : y + ring->letters * 0.35,
        .size = ring->letters,
        .anchor = middle     ? CANVAS_MIDDLE
                  : side > 0 ? CANVAS_START
                             : CANVAS_END,
        .colour = CANVAS_INK,
        .bold = true,
    };
    page_number((double)part->people, true, people);
    canvas_name(page, &text, part, ring->columns, people);
}

static void pointing_name(struct page *page,
                          const struct ring *ring,
                          const struct ring_node *node,
                          const struct statistics_part *part)
{
    double away = ring->radius + node->radius + 6;
    bool left = sin(node->angle) < 0;
    double turn = node->angle - PI / 2 + (left ? PI : 0);
    /* Letters stand on their line: down by a third of them, their middle points to the circle. */
    double down = ring->letters * 0.35;
    struct canvas_text text = {
        .x = ring->x + away * sin(node->angle) - down * sin(turn),
        .y = ring->y - away * cos(node->angle) + down * cos(turn),
        .size = ring->letters,
        .anchor = left ? CANVAS_END : CANVAS_START,
        .colour = CANVAS_INK,
        .turn = turn * 180 / PI,
    };
    canvas_name(page, &text, part, ring->columns, "");
}

void ring_groups(struct page *page, const struct ring *ring, const struct statistics *statistics)
{
    for (uint32_t i = 0; i < ring->count; i++) {
        const struct ring_node *node = &ring->nodes[i];
        const struct statistics_part *part = &statistics->parts[node->part];
        draw_circle(page, node, part);
        if (ring->count <= RING_UPRIGHT_MAX)
            upright_name(page, ring, node, part);
        else
            pointing_name(page, ring, node, part);
    }
}
