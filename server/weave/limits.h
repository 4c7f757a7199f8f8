/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Every maximum of the network folder, each with its reason.
 */
#ifndef WEFT_WEAVE_LIMITS_H
#define WEFT_WEAVE_LIMITS_H

#include "protocol/base/limits.h"

/* Rows of one imported file: ten times the ties of a region of 200,000 people. At the limit the
 * ties take 16 bytes each and the people 40, so an import stays under 1 GiB. */
#define WEAVE_ROWS_MAX (1u << 24)

/* Columns of a header: an export of a staff system has dozens; more is another kind of file. */
#define WEAVE_COLUMNS_MAX 64

/* Bytes of an id: the longest staff numbers and mail addresses in use are about 64. */
#define WEAVE_ID_BYTES_MAX 128

/* Bytes of a person's or a group's name: as many as a request can carry. */
#define WEAVE_NAME_BYTES_MAX LIMIT_NAME_BYTES

/* Groups of one community: England's health service has about 8,000 organisations. */
#define WEAVE_GROUPS_MAX 65536

/* Bad rows that are kept for showing; all are counted. More than a screen or two helps nobody. */
#define WEAVE_ERRORS_LISTED 100

/* The strongest weight of one tie in a file: more than the seconds of a working year (6 million).
 * Whole numbers up to there are exact in the single precision that a graph keeps. */
#define WEAVE_WEIGHT_MAX 1e7

/* People up to which path measures start from everybody (people x ties steps: 5,000 x 40,000 x 2
 * takes a few seconds); above it from a sample of WEAVE_SAMPLES people. */
#define WEAVE_EXACT_PEOPLE_MAX 5000

/* Starting points of a sample: the standard error of a mean is 1/32 of the spread. */
#define WEAVE_SAMPLES 1024

/* Starting points for betweenness, which costs several times a search: eight batches of 16, whose
 * differences give the error. */
#define WEAVE_BETWEENNESS_BATCHES 8
#define WEAVE_BETWEENNESS_SAMPLES 16

/* People up to which dense matrices are used: 3,000 x 3,000 doubles are 72 MB, and a factoring
 * takes some seconds. */
#define WEAVE_DENSE_PEOPLE_MAX 3000

/* Below this many people, a figure about a group or a cell is not shown. */
#define WEAVE_CELL_PEOPLE_MIN 10

/* New ties that one person is asked to take on in one round of introductions. */
#define WEAVE_LOAD_CAP 3

/* Peer assist: people asked to a session of 6 to 8. */
#define WEAVE_ASSISTERS_MIN 6
#define WEAVE_ASSISTERS_MAX 8

/* Topics of one request or one profile: one 32-bit set. */
#define WEAVE_TOPICS_MAX 32

#endif
