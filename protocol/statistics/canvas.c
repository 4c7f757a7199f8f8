/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/statistics/canvas.h"

#include "protocol/statistics/naming.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

/* A letter is so wide, in its size, in the fonts named below; DejaVu Sans is the widest of them. */
#define LETTER_WIDTH 0.58

#define TITLE_SIZE 28.0
#define TEXT_SIZE 16.0
#define EXPLANATION_COLUMNS 125

/* Words in lines of at most so many letters, one below the other. */
static void write_wrapped(struct page *page, const char *text, double x, double y)
{
    while (*text != '\0') {
        size_t len = strlen(text);
        if (len > EXPLANATION_COLUMNS) {
            len = EXPLANATION_COLUMNS;
            while (len > 1 && text[len] != ' ')
                len--;
        }
        struct canvas_text line = {.x = x, .y = y, .size = TEXT_SIZE, .colour = CANVAS_MUTED};
        canvas_print(page, &line, "%.*s", (int)len, text);
        text += len + strspn(text + len, " ");
        y += TEXT_SIZE * 1.4;
    }
}

void canvas_begin(struct page *page,
                  const struct statistics *statistics,
                  const struct canvas_frame *frame)
{
    char date[PAGE_DATE_BYTES];
    page_date(statistics->as_of_ms, date);
    page_print(page,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\""
               " viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-labelledby=\"title about\""
               " font-family=\"Inter, 'Segoe UI', 'Helvetica Neue', Arial, 'Liberation Sans',"
               " 'DejaVu Sans', sans-serif\">\n",
               CANVAS_WIDTH, frame->height, CANVAS_WIDTH, frame->height);
    page_print(page, "<title id=\"title\">%s</title>\n<desc id=\"about\">%s As of %s.</desc>\n",
               frame->title, frame->explanation, date);
    page_print(page,
               "<defs><pattern id=\"hidden\" width=\"6\" height=\"6\""
               " patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
               "<rect width=\"6\" height=\"6\" fill=\"#f2f4f7\"/>"
               "<rect width=\"1.5\" height=\"6\" fill=\"%s\"/></pattern></defs>\n"
               "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
               CANVAS_HATCH);
    struct canvas_text title = {
        .x = CANVAS_MARGIN, .y = 62, .size = TITLE_SIZE, .colour = CANVAS_INK, .bold = true};
    canvas_print(page, &title, "%s", frame->title);
    write_wrapped(page, frame->explanation, CANVAS_MARGIN, 94);
    page_print(page, "<line x1=\"%.0f\" y1=\"%.0f\" x2=\"%.0f\" y2=\"%.0f\" stroke=\"%s\"/>\n",
               CANVAS_MARGIN, frame->height - 52, CANVAS_WIDTH - CANVAS_MARGIN, frame->height - 52,
               CANVAS_LINE);
    struct canvas_text foot = {
        .x = CANVAS_MARGIN, .y = frame->height - 27, .size = 13, .colour = CANVAS_MUTED};
    canvas_print(
        page, &foot,
        "Published %s. The same for members and admins; nobody is named, and what is about "
        "fewer than ten people is not shown.",
        date);
}

void canvas_end(struct page *page)
{
    page_print(page, "</svg>\n");
}

static void open_text(struct page *page, const struct canvas_text *text)
{
    static const char *const anchors[] = {
        [CANVAS_START] = "start", [CANVAS_MIDDLE] = "middle", [CANVAS_END] = "end"};
    page_print(page, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%.1f\" fill=\"%s\"", text->x, text->y,
               text->size, text->colour);
    if (text->anchor != CANVAS_START)
        page_print(page, " text-anchor=\"%s\"", anchors[text->anchor]);
    if (text->bold)
        page_print(page, " font-weight=\"600\"");
    if (text->turn != 0)
        page_print(page, " transform=\"rotate(%.2f %.1f %.1f)\"", text->turn, text->x, text->y);
    page_print(page, ">");
}

void canvas_print(struct page *page, const struct canvas_text *text, const char *format, ...)
{
    CLEANUP(buffer_clear) struct buffer words = BUFFER_INIT(PAGE_PIECE_BYTES);
    struct page line = {.out = &words};
    va_list values;
    va_start(values, format);
    page_print_list(&line, format, values);
    va_end(values);
    if (page->status == STATUS_OK)
        page->status = line.status;
    open_text(page, text);
    page_xml(page, buffer_span(&words));
    page_print(page, "</text>\n");
}

void canvas_name(struct page *page,
                 const struct canvas_text *text,
                 const struct statistics_part *part,
                 uint32_t columns,
                 const char *after)
{
    struct span name = naming_part(part);
    open_text(page, text);
    page_xml_short(page, name, columns);
    if (after[0] != '\0')
        page_print(page, "<tspan dx=\"6\" fill=\"%s\" font-weight=\"400\">%s</tspan>", CANVAS_MUTED,
                   after);
    page_print(page, "<title>");
    page_xml(page, name);
    page_print(page, "</title></text>\n");
}

double canvas_width(uint32_t columns, double size)
{
    return columns * size * LETTER_WIDTH;
}

void canvas_nothing(struct page *page,
                    const struct statistics *statistics,
                    const struct canvas_frame *frame,
                    const char *why)
{
    struct canvas_frame small = *frame;
    small.height = 360;
    canvas_begin(page, statistics, &small);
    page_print(page,
               "<rect x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"110\" rx=\"10\""
               " fill=\"#f5f7fa\"/>\n",
               CANVAS_MARGIN, CANVAS_TOP, CANVAS_WIDTH - 2 * CANVAS_MARGIN);
    struct canvas_text text = {.x = CANVAS_WIDTH / 2,
                               .y = CANVAS_TOP + 61,
                               .size = 17,
                               .anchor = CANVAS_MIDDLE,
                               .colour = CANVAS_INK};
    canvas_print(page, &text, "%s", why);
    canvas_end(page);
}

const char *canvas_lacks_groups(const struct statistics *statistics)
{
    if (statistics->part_count == 0)
        return "There are fewer than ten people so far, too few for a picture.";
    if (statistics->part_count > 1 && statistics->cells == NULL)
        return "There are more than 64 groups, the most that a picture can show: weft stats "
               "--json has their sizes.";
    if (statistics->part_count > 1)
        return NULL;
    return statistics->parts[0].kind == STATISTICS_POOL
               ? "Every group has fewer than ten people, so that they are only told together."
               : "Everybody is of one group: a picture needs two that have ten people each.";
}

struct canvas_colour canvas_blue(double strength)
{
    static const double stops[][3] = {
        {237, 244, 250}, {190, 215, 235}, {107, 174, 214}, {33, 113, 181}, {8, 48, 107}};
    double at = fmin(1, fmax(0, strength)) * 4;
    size_t low = at >= 4 ? 3 : (size_t)at;
    double part = at - (double)low;
    unsigned mixed[3];
    for (size_t i = 0; i < 3; i++)
        mixed[i] = (unsigned)lround(stops[low][i] * (1 - part) + stops[low + 1][i] * part);
    return (struct canvas_colour){mixed[0], mixed[1], mixed[2], at > 2.2};
}
