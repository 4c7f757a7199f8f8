/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pictures that picture.h chooses from, a file each. For this folder only.
 */
#ifndef WEFT_STATISTICS_DRAWINGS_H
#define WEFT_STATISTICS_DRAWINGS_H

#include "protocol/statistics/canvas.h"

void picture_network_draw(struct page *page, const struct statistics *statistics);
void picture_matrix_draw(struct page *page, const struct statistics *statistics);
void picture_trend_draw(struct page *page, const struct statistics *statistics);
void picture_effect_draw(struct page *page, const struct statistics *statistics);

#endif
