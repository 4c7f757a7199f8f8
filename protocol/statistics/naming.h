/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands for a group, and for a figure that stands alone, in text and pictures.
 * Thread rule: pure functions.
 */
#ifndef WEFT_STATISTICS_NAMING_H
#define WEFT_STATISTICS_NAMING_H

#include "protocol/statistics/statistics.h"

/* The group's name, "no group" or "smaller groups". */
struct span naming_part(const struct statistics_part *part);

/* Characters of the longest name of a part, at most `most`. */
uint32_t naming_longest(const struct statistics *statistics, uint32_t most);

/* The indicator's label without the indent that it has in a list. */
const char *naming_indicator(enum indicator indicator);

/* Whether it is a count. */
bool naming_is_whole(enum indicator indicator);

#endif
