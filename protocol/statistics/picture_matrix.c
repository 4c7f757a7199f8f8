/* SPDX-License-Identifier: Apache-2.0 */
/* Each group with each other, as a table of colours. */
#include "protocol/statistics/drawings.h"
#include "protocol/statistics/naming.h"
#include "protocol/statistics/ring.h"

#include <math.h>

#define CELL_MAX 72.0
#define CELLS_HEIGHT 930.0

/* A number in a cell needs so much room. */
#define NUMBER_CELL 26.0

/* How the names of columns are turned: lines of letters are closer to each other then. */
#define TURN 45.0
#define TURNED 0.7071

struct matrix {
    const struct statistics *statistics;
    uint32_t count;
    uint32_t order[STATISTICS_MATRIX_PARTS];
    double cell;
    double letters;
    double turn;      /* of the names of columns, degrees */
    uint32_t columns; /* characters of a name */
    double x;         /* of the first cell */
    double y;
    double most; /* the largest share of the ties there could be */
};

static uint64_t ties_of(const struct matrix *matrix, uint32_t row, uint32_t column)
{
    return matrix->statistics
        ->cells[statistics_place(matrix->count, matrix->order[row], matrix->order[column])];
}

/* Of all ties there could be between two groups, or in one, the share that exists. */
static double share_of(const struct matrix *matrix, uint32_t row, uint32_t column)
{
    double a = (double)matrix->statistics->parts[matrix->order[row]].people;
    double b = (double)matrix->statistics->parts[matrix->order[column]].people;
    double pairs = row == column ? a * (a - 1) / 2 : a * b;
    return pairs > 0 ? fmin(1, (double)ties_of(matrix, row, column) / pairs) : 0;
}

static void lay_out(struct matrix *matrix)
{
    ring_order(matrix->statistics, matrix->order);
    matrix->columns = naming_longest(matrix->statistics, matrix->count <= 12 ? 28 : 24);
    matrix->letters = matrix->count <= 36 ? 14 : 11;
    double name = canvas_width(matrix->columns, matrix->letters);
    double room = CANVAS_WIDTH - 2 * CANVAS_MARGIN - name * (1 + TURNED) - 10;
    matrix->cell = floor(fmin(CELL_MAX, fmin(room, CELLS_HEIGHT) / matrix->count));
    matrix->letters = fmin(matrix->letters, matrix->cell * 0.85);
    matrix->turn = matrix->cell * TURNED < matrix->letters * 1.1 ? 90 : TURN;
    matrix->x = CANVAS_MARGIN + name + 10;
    matrix->y = CANVAS_TOP + name * (matrix->turn > TURN ? 1 : TURNED) + 16;
    for (uint32_t row = 0; row < matrix->count; row++)
        for (uint32_t column = row; column < matrix->count; column++)
            if (ties_of(matrix, row, column) != STATISTICS_HIDDEN)
                matrix->most = fmax(matrix->most, share_of(matrix, row, column));
}

static double strength_of(const struct matrix *matrix, double share)
{
    return matrix->most > 0 ? sqrt(share / matrix->most) : 0;
}

static void draw_number(
    struct page *page, const struct matrix *matrix, double x, double y, uint64_t ties, bool dark)
{
    char number[PAGE_DATE_BYTES];
    page_number((double)ties, true, number);
    struct canvas_text text = {
        .x = x + matrix->cell / 2,
        .y = y + matrix->cell / 2 + 4.5,
        .size = fmin(13, matrix->cell * 0.34),
        .anchor = CANVAS_MIDDLE,
        .colour = dark ? "#ffffff" : CANVAS_INK,
    };
    canvas_print(page, &text, "%s", number);
}

static void draw_cell(struct page *page, const struct matrix *matrix, uint32_t row, uint32_t column)
{
    double x = matrix->x + column * matrix->cell, y = matrix->y + row * matrix->cell;
    double gap = matrix->cell >= 20 ? 2 : 1, share = share_of(matrix, row, column);
    uint64_t ties = ties_of(matrix, row, column);
    struct canvas_colour colour = canvas_blue(strength_of(matrix, share));
    page_print(page, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" ", x, y,
               matrix->cell - gap, matrix->cell - gap);
    if (ties == STATISTICS_HIDDEN)
        page_print(page, "fill=\"url(#hidden)\"><title>");
    else
        page_print(page, "fill=\"#%02x%02x%02x\"><title>", colour.red, colour.green, colour.blue);
    page_xml(page, naming_part(&matrix->statistics->parts[matrix->order[row]]));
    page_print(page, " and ");
    page_xml(page, naming_part(&matrix->statistics->parts[matrix->order[column]]));
    if (ties == STATISTICS_HIDDEN)
        page_print(page, ": too few people to show</title></rect>\n");
    else
        page_print(page, ": %.0f ties, %.1f %% of those there could be</title></rect>\n",
                   (double)ties, 100 * share);
    if (ties != STATISTICS_HIDDEN && matrix->cell >= NUMBER_CELL)
        draw_number(page, matrix, x, y, ties, colour.dark);
}

static void draw_names(struct page *page, const struct matrix *matrix)
{
    for (uint32_t i = 0; i < matrix->count; i++) {
        const struct statistics_part *part = &matrix->statistics->parts[matrix->order[i]];
        double middle = (i + 0.5) * matrix->cell;
        struct canvas_text row = {
            .x = matrix->x - 8,
            .y = matrix->y + middle + matrix->letters * 0.33,
            .size = matrix->letters,
            .anchor = CANVAS_END,
            .colour = CANVAS_INK,
        };
        canvas_name(page, &row, part, matrix->columns, "");
        struct canvas_text column = {
            .x = matrix->x + middle + matrix->letters * (matrix->turn > TURN ? 0.35 : 0.2),
            .y = matrix->y - 7,
            .size = matrix->letters,
            .colour = CANVAS_INK,
            .turn = -matrix->turn,
        };
        canvas_name(page, &column, part, matrix->columns, "");
    }
}

/* Ends of a legend's scale and what is hatched, below the cells. */
static void draw_legend(struct page *page, const struct matrix *matrix, double y)
{
    double x = CANVAS_MARGIN, width = 220;
    page_print(page, "<defs><linearGradient id=\"scale\">");
    for (int i = 0; i <= 8; i++) {
        struct canvas_colour colour = canvas_blue(sqrt(i / 8.0));
        page_print(page, "<stop offset=\"%.3f\" stop-color=\"#%02x%02x%02x\"/>", i / 8.0,
                   colour.red, colour.green, colour.blue);
    }
    page_print(page,
               "</linearGradient></defs>\n<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"14\""
               " fill=\"url(#scale)\"/>\n",
               x, y, width);
    struct canvas_text text = {.x = x, .y = y + 32, .size = 13, .colour = CANVAS_MUTED};
    canvas_print(page, &text, "0 %%");
    text.x = x + width;
    text.anchor = CANVAS_END;
    canvas_print(page, &text, "%.*f %%", matrix->most < 0.1 ? 1 : 0, 100 * matrix->most);
    text.x = x + width + 16;
    text.y = y + 12;
    text.anchor = CANVAS_START;
    canvas_print(page, &text, "of the ties there could be");
    page_print(page,
               "<rect x=\"%.1f\" y=\"%.1f\" width=\"14\" height=\"14\" fill=\"url(#hidden)\"/>\n",
               x + width + 250, y);
    text.x = x + width + 272;
    canvas_print(page, &text, "held by fewer than ten people, or hidden to keep such a number");
}

void picture_matrix_draw(struct page *page, const struct statistics *statistics)
{
    struct canvas_frame frame = {
        .title = "Who is tied with whom, group by group",
        .explanation = "Each square is a pair of groups, those on the diagonal the ties within a "
                       "group: the darker, the more of all possible ties exist. Numbers count "
                       "ties; pale rows are groups to reach out to."};
    const char *lacking = canvas_lacks_groups(statistics);
    if (lacking != NULL) {
        canvas_nothing(page, statistics, &frame, lacking);
        return;
    }
    struct matrix matrix = {.statistics = statistics, .count = statistics->part_count};
    lay_out(&matrix);
    double bottom = matrix.y + matrix.count * matrix.cell;
    frame.height = bottom + 60 + CANVAS_FOOT + 16;
    canvas_begin(page, statistics, &frame);
    for (uint32_t row = 0; row < matrix.count; row++)
        for (uint32_t column = 0; column < matrix.count; column++)
            draw_cell(page, &matrix, row, column);
    draw_names(page, &matrix);
    draw_legend(page, &matrix, bottom + 24);
    canvas_end(page);
}
