/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/statistics/naming.h"

#include "protocol/statistics/page.h"

struct span naming_part(const struct statistics_part *part)
{
    switch (part->kind) {
    case STATISTICS_GROUP:
        return part->name;
    case STATISTICS_NO_GROUP:
        return SPAN_LITERAL("no group");
    case STATISTICS_POOL:
        return SPAN_LITERAL("smaller groups");
    }
    return SPAN_EMPTY;
}

uint32_t naming_longest(const struct statistics *statistics, uint32_t most)
{
    uint32_t longest = 0;
    for (uint32_t i = 0; i < statistics->part_count; i++) {
        uint32_t columns = page_columns(naming_part(&statistics->parts[i]));
        longest = columns > longest ? columns : longest;
    }
    return longest < most ? longest : most;
}

const char *naming_indicator(enum indicator indicator)
{
    if (indicator == INDICATOR_E_I_RANDOM)
        return "Across groups by chance";
    if (indicator == INDICATOR_E_I_RESCALED)
        return "Across groups, against chance";
    return indicator_label(indicator);
}

bool naming_is_whole(enum indicator indicator)
{
    return indicator == INDICATOR_PEOPLE || indicator == INDICATOR_TIES ||
           indicator == INDICATOR_GROUPS || indicator == INDICATOR_COMPONENTS ||
           indicator == INDICATOR_ISOLATES;
}
