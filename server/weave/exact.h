/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Introductions in networks of up to WEAVE_DENSE_PEOPLE_MAX people: again and again the pair that
 * lowers the total effective resistance most (exact greedy), then each pair exchanged for a better
 * one while there is one.
 *
 * Errors: STATUS_LIMIT, STATUS_NO_MEMORY, STATUS_INTERNAL, STATUS_CANCELLED.
 * Thread rule: introductions.h.
 */
#ifndef WEFT_WEAVE_EXACT_H
#define WEFT_WEAVE_EXACT_H

#include "server/weave/choosing.h"

/* Adds pairs until there are as many as wanted or none is allowed. The bridges stand already. */
MUST_CHECK enum status exact_choose(struct choosing *choosing, bool exchanges);

#endif
