/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/statistics/statistics.h"

const enum indicator statistics_trend[STATISTICS_TREND_COUNT] = {
    INDICATOR_PEOPLE,         INDICATOR_TIES,         INDICATOR_EFFICIENCY,
    INDICATOR_TWO_STEP_REACH, INDICATOR_E_I_RESCALED, INDICATOR_ALGEBRAIC_CONNECTIVITY,
    INDICATOR_MEAN_RESISTANCE};

const enum indicator statistics_effects[STATISTICS_EFFECT_COUNT] = {
    INDICATOR_MEAN_RESISTANCE, INDICATOR_ALGEBRAIC_CONNECTIVITY, INDICATOR_MEAN_PATH_REACHABLE,
    INDICATOR_EFFICIENCY,      INDICATOR_TWO_STEP_REACH,         INDICATOR_E_I_RESCALED};

void statistics_init(struct statistics *statistics)
{
    *statistics = (struct statistics){.arena = ARENA_INIT(STATISTICS_BYTES_MAX)};
}

void statistics_clear(struct statistics *statistics)
{
    arena_clear(&statistics->arena);
    statistics_init(statistics);
}

bool statistics_higher_is_better(enum indicator indicator)
{
    return indicator != INDICATOR_MEAN_RESISTANCE && indicator != INDICATOR_MEAN_PATH_REACHABLE;
}
