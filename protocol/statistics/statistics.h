/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One publication of a community's statistics: what members and admins see alike. It is made by the
 * server (server/figures/publication.h), travels and is kept as JSON (document.h), and is shown by
 * whoever asked: as text (report.h), pictures (picture.h) or tables for other programs (export.h).
 *
 * Nobody is named in it, and what may not be told is not in it: it is hidden, not merely unsaid.
 * Times are milliseconds UTC. Ownership: everything belongs to the arena of the struct.
 * Thread rule: pure functions.
 */
#ifndef WEFT_STATISTICS_STATISTICS_H
#define WEFT_STATISTICS_STATISTICS_H

#include "protocol/base/arena.h"
#include "protocol/statistics/indicator.h"

/* Parts of the matrix of groups: 2,080 cells. More is not read on a screen. */
#define STATISTICS_MATRIX_PARTS 64

/* Points of the trend: two years of weeks. */
#define STATISTICS_POINTS_MAX 104

/* A publication in memory: 65,536 groups with long names, the matrix and the trend. */
#define STATISTICS_BYTES_MAX (32u << 20)

/* A number of people or ties that may not be told. */
#define STATISTICS_HIDDEN UINT64_MAX

struct statistics_number {
    double value;
    double error; /* standard error of an estimate; 0: exact */
    bool shown;   /* otherwise not defined for this network, or not to be told */
};

enum statistics_part_kind {
    STATISTICS_GROUP,
    STATISTICS_NO_GROUP, /* people without one */
    STATISTICS_POOL,     /* groups that are too small to be told alone */
};

struct statistics_part {
    enum statistics_part_kind kind;
    struct span name; /* of a group: UTF-8 */
    uint64_t people;
};

struct statistics_profile {
    bool shown;
    char letter;
    double score;
    double aspects[INDICATOR_ASPECT_COUNT];
    double hub_share; /* of the ties: those at the best-connected 5 % of the people */
    enum indicator_stage stage;
};

/* So many people have a tie to everybody else whom ties reach; who they are is told to nobody. */
struct statistics_cover {
    bool shown;
    uint64_t people;
    double share; /* of all people */
};

/* What accepted introductions have changed. */
struct statistics_introductions {
    bool shown;
    uint64_t ties;
    struct statistics_number without[INDICATOR_COUNT]; /* those of statistics_effects */
    uint64_t *cells;                                   /* of their ties, as `cells` below */
};

/* A publication of the past, in what the trend is drawn from. */
struct statistics_point {
    int64_t as_of_ms;
    struct statistics_number numbers[INDICATOR_COUNT]; /* those of statistics_trend */
    struct statistics_number score;
};

struct statistics {
    int64_t as_of_ms;
    int64_t next_ms;
    struct statistics_number numbers[INDICATOR_COUNT];
    uint32_t part_count;
    struct statistics_part *parts;
    uint64_t *cells; /* ties of each pair of parts, statistics_place; NULL above the maximum */
    struct statistics_profile profile;
    struct statistics_cover cover;
    struct statistics_introductions introductions;
    uint32_t point_count;
    struct statistics_point *points; /* oldest first, the last is this one */
    struct arena arena;
};

void statistics_init(struct statistics *statistics);
void statistics_clear(struct statistics *statistics);

/* How many cells a matrix of so many parts has. */
static inline size_t statistics_cell_count(uint32_t part_count)
{
    return (size_t)part_count * ((size_t)part_count + 1) / 2;
}

/* Where the cell of two parts is, in either order: the upper triangle row by row, of which row a
 * starts after a rows that are one shorter each. */
static inline size_t statistics_place(uint32_t part_count, uint32_t a, uint32_t b)
{
    size_t low = a < b ? a : b, high = a < b ? b : a;
    return low * part_count - low * (low + 1) / 2 + high;
}

/* What the trend shows, and what introductions are judged by. */
#define STATISTICS_TREND_COUNT 7
#define STATISTICS_EFFECT_COUNT 6
extern const enum indicator statistics_trend[STATISTICS_TREND_COUNT];
extern const enum indicator statistics_effects[STATISTICS_EFFECT_COUNT];

/* Whether a higher value means better connected; for those of statistics_effects. */
bool statistics_higher_is_better(enum indicator indicator);

#endif
