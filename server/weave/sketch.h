/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Introductions in networks of any size, on a sketch of the pseudo-inverse P of the Laplacian
 * (spectral.h): the pair with the largest gain by the sketch is taken again and again, and the
 * sketch changed for it; after some pairs it is made anew. DESIGN.md has the reasoning.
 *
 * Only people of the largest part, with the bridges, get pairs.
 * Errors: STATUS_NO_MEMORY, STATUS_INTERNAL, STATUS_CANCELLED.
 * Thread rule: introductions.h.
 */
#ifndef WEFT_WEAVE_SKETCH_H
#define WEFT_WEAVE_SKETCH_H

#include "server/weave/choosing.h"

/* Adds pairs until there are as many as wanted or none is allowed. The bridges stand already. */
MUST_CHECK enum status sketch_choose(struct choosing *choosing);

#endif
