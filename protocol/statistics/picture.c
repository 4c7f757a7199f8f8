/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/statistics/picture.h"

#include "protocol/statistics/canvas.h"
#include "protocol/statistics/drawings.h"

struct drawing {
    const char *file;
    void (*draw)(struct page *page, const struct statistics *statistics);
};

static const struct drawing drawings[PICTURE_COUNT] = {
    [PICTURE_NETWORK] = {"network.svg", picture_network_draw},
    [PICTURE_MATRIX] = {"matrix.svg", picture_matrix_draw},
    [PICTURE_TREND] = {"trend.svg", picture_trend_draw},
    [PICTURE_INTRODUCTIONS] = {"introductions.svg", picture_effect_draw},
};

const char *picture_file(enum picture picture)
{
    return drawings[picture].file;
}

enum status
picture_write(enum picture picture, const struct statistics *statistics, struct buffer *out)
{
    struct page page = {.out = out};
    drawings[picture].draw(&page, statistics);
    return page.status;
}
