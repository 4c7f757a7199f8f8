/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How many introductions between which groups would connect the network best, as one JSON object:
 *
 *     {"people": n, "introductions": n, "pairs": [{"a": name, "b": name, "introductions": n}, ...]}
 *
 * Names as in protocol/statistics/document.h; most first. Never a person: everybody who is counted
 * may be one of a pair, joined or not, and only the counts leave. No pairs where there are too few
 * people to tell. Errors: those of introductions.h and groups.h. Thread rule: that of
 * weave/library.h.
 */
#ifndef WEFT_FIGURES_SUGGESTIONS_H
#define WEFT_FIGURES_SUGGESTIONS_H

#include "protocol/base/buffer.h"
#include "server/figures/network.h"

/* Without a number: so many of a hundred people, at least one. A twentieth is what people can be
 * asked to take up at a time (DESIGN.md of weave/ has what it brings). */
#define SUGGESTIONS_PERCENT 5

/* More takes minutes in a large network, and is more than anybody arranges. */
#define SUGGESTIONS_MAX 1000

struct suggestions_options {
    uint32_t count; /* 0: SUGGESTIONS_PERCENT */
    /* As in introductions.h; may be NULL. */
    bool (*cancelled)(void *context);
    void *context;
};

/* Appends the JSON text. STATUS_CANCELLED when it was. */
MUST_CHECK enum status suggestions_write(const struct network *network,
                                         const struct suggestions_options *options,
                                         struct buffer *text);

#endif
