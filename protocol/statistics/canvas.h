/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all pictures have in common: the frame with title, explanation and date, colours, and text
 * of a known size. Lengths are the units of the picture, one for a pixel on a screen.
 * Thread rule: pure functions.
 */
#ifndef WEFT_STATISTICS_CANVAS_H
#define WEFT_STATISTICS_CANVAS_H

#include "protocol/statistics/page.h"
#include "protocol/statistics/statistics.h"

#define CANVAS_WIDTH 1200.0
#define CANVAS_MARGIN 48.0

/* Where a picture's own part begins, below title and explanation, and what is kept below it. */
#define CANVAS_TOP 150.0
#define CANVAS_FOOT 64.0

/* Colours of Okabe and Ito, whom colour-blind people helped to choose them, and greys. */
#define CANVAS_INK "#1d2939"
#define CANVAS_MUTED "#5d6b82"
#define CANVAS_LINE "#d5dbe5"
#define CANVAS_BLUE "#0072b2"
#define CANVAS_ORANGE "#d55e00"
#define CANVAS_GREEN "#00795a"
#define CANVAS_HATCH "#cbd2de"

struct canvas_frame {
    const char *title;
    const char *explanation; /* one sentence */
    double height;
};

/* The frame around what is drawn between the two. */
void canvas_begin(struct page *page,
                  const struct statistics *statistics,
                  const struct canvas_frame *frame);
void canvas_end(struct page *page);

enum canvas_anchor { CANVAS_START, CANVAS_MIDDLE, CANVAS_END };

struct canvas_text {
    double x;
    double y; /* of the line that letters stand on */
    double size;
    enum canvas_anchor anchor;
    const char *colour;
    bool bold;
    double turn; /* degrees, clockwise, around x and y */
};

/* Words of ours. */
__attribute__((format(printf, 3, 4))) void
canvas_print(struct page *page, const struct canvas_text *text, const char *format, ...);

/* A part's name of at most so many characters, whole in its <title>, and `after` behind it. */
void canvas_name(struct page *page,
                 const struct canvas_text *text,
                 const struct statistics_part *part,
                 uint32_t columns,
                 const char *after);

/* How wide so many characters are at most, on average letters. */
double canvas_width(uint32_t columns, double size);

/* A sentence in the place of a picture that there is nothing for. */
void canvas_nothing(struct page *page,
                    const struct statistics *statistics,
                    const struct canvas_frame *frame,
                    const char *why);

/* Why there is no picture of groups, or NULL when there is one. */
const char *canvas_lacks_groups(const struct statistics *statistics);

/* A colour between pale and dark blue; `strength` from 0 to 1. */
struct canvas_colour {
    unsigned red, green, blue;
    bool dark; /* so that letters on it are white */
};
struct canvas_colour canvas_blue(double strength);

#endif
