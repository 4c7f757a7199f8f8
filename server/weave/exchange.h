/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Makes a greedy choice better: each pair in turn is taken out, and the best pair without it takes
 * its place if it is better.
 *
 * Errors: STATUS_NO_MEMORY, STATUS_INTERNAL, STATUS_CANCELLED.
 * Thread rule: introductions.h.
 */
#ifndef WEFT_WEAVE_EXCHANGE_H
#define WEFT_WEAVE_EXCHANGE_H

#include "server/weave/choosing.h"
#include "server/weave/resistance.h"

/* Exchanges the pairs of `choosing` that are no bridges; `resistance` holds them all. The total
 * resistance (less the bonus) does not rise and the algebraic connectivity does not fall below
 * what the greedy choice reached. The pairs come out best first, each with its gain after those
 * before it. */
MUST_CHECK enum status exchange_run(struct choosing *choosing, struct resistance *resistance);

#endif
