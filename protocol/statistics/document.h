/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A publication as one JSON object, as it travels, is kept, and is printed by --json:
 *
 *     {"as_of": ms, "next": ms,
 *      KEY: number or null, ...                          every indicator
 *      "estimated": {KEY: standard error, ...},          those that are not exact
 *      "explanations": {KEY: text, ...},
 *      "group_sizes": [{"group": G, "people": n}, ...],
 *      "group_ties": [{"a": G, "b": G, "ties": n or null}, ...] or null,
 *      "stage": {"key": text, "text": text} or null,
 *      "profile": {"letter": "A" to "D", "score": x, "parts": {KEY: x, ...}, "hub_share": x,
 *                  "explanations": {KEY: text, ...}, "caveat": text} or null,
 *      "coverage_set": {"people": n, "share": x} or null,
 *      "introductions": {"ties": n, "without": {KEY: number or null, ...},
 *                        "group_ties": as above} or null,
 *      "trend": [{"as_of": ms, KEY: number or null, ..., "score": number or null}, ...]}
 *
 * G is a group's name, "" for people without a group, null for the pool of smaller groups. Cells
 * stand row by row: each pair of groups once. A null is not defined for this network, or may not
 * be told. `group_ties` as a whole is null above STATISTICS_MATRIX_PARTS groups.
 *
 * Errors: STATUS_NO_MEMORY; reading also STATUS_MALFORMED and STATUS_LIMIT. Thread rule: pure.
 */
#ifndef WEFT_STATISTICS_DOCUMENT_H
#define WEFT_STATISTICS_DOCUMENT_H

#include "protocol/base/buffer.h"
#include "protocol/statistics/statistics.h"

#include <jansson.h>

/* NULL without memory. The caller's. */
json_t *document_write(const struct statistics *statistics);

/* Appends the object's text, without a line end: in ASCII, so that nothing in it moves a terminal.
 * Takes the object; NULL is STATUS_NO_MEMORY. */
MUST_CHECK enum status document_append(json_t *object, struct buffer *text);

/* Into a struct that statistics_init made. Names come out without what would lead a terminal or a
 * drawing astray. What is not known here is passed over, so that a newer server can say more. */
MUST_CHECK enum status document_read(struct span text, struct statistics *statistics);

#endif
