/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A publication in pictures: SVG 1.1 that browsers and librsvg draw alike, each with a title, one
 * sentence of explanation, a legend and the date. Colours are told apart by colour-blind people
 * too, and never say anything alone. Names are shortened where they would overlap; the whole name
 * is in the element's <title>.
 *
 * Errors: those of buffer.h. Thread rule: pure functions; the same publication gives the same
 * bytes.
 */
#ifndef WEFT_STATISTICS_PICTURE_H
#define WEFT_STATISTICS_PICTURE_H

#include "protocol/base/buffer.h"
#include "protocol/statistics/statistics.h"

enum picture {
    PICTURE_NETWORK,       /* groups on a ring, lines for their ties */
    PICTURE_MATRIX,        /* each group with each other */
    PICTURE_TREND,         /* what changed from publication to publication */
    PICTURE_INTRODUCTIONS, /* without and with the introductions that were accepted */
    PICTURE_COUNT
};

/* 64 groups with long names and 2,080 cells. */
#define PICTURE_BYTES_MAX (16u << 20)

/* "network.svg" */
const char *picture_file(enum picture picture);

MUST_CHECK enum status
picture_write(enum picture picture, const struct statistics *statistics, struct buffer *out);

#endif
