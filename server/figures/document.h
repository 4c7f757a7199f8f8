/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The published figures of a network as one JSON object: every measure under its key (null where
 * it is not defined or may not be shown), and the tables of groups. Nobody is named, and small
 * cells are left out as weave/ says.
 *
 *     {"as_of": ms, "people": n, ..., "density": x, ..., "estimated": {"mean_path": standard
 * error}, "group_sizes": [{"group": name, "people": n}, ...], "group_ties": [{"a": name, "b": name,
 * "ties": n or null}, ...] or null}
 *
 * A group null is the pool of smaller groups, an empty name are people of no group. `group_ties`
 * is null above DOCUMENT_MATRIX_PARTS groups.
 * Errors: those of measures.h. Thread rule: that of weave/library.h.
 */
#ifndef WEFT_FIGURES_DOCUMENT_H
#define WEFT_FIGURES_DOCUMENT_H

#include "protocol/base/buffer.h"
#include "server/figures/network.h"
#include "server/weave/groups.h"

#include <jansson.h>

/* 2,080 cells: more is not read on a screen, and takes a megabyte. */
#define DOCUMENT_MATRIX_PARTS 64

/* Appends the JSON text. */
MUST_CHECK enum status document_write(const struct network *network, struct buffer *text);

/* The name of a part as it may be told. NULL without memory. */
json_t *
document_part_name(const struct network *network, const struct groups_parts *parts, uint32_t part);

/* Appends any object as a line of text; STATUS_NO_MEMORY for NULL, too. Takes the object. */
MUST_CHECK enum status document_append(json_t *object, struct buffer *text);

#endif
