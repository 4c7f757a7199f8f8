/* SPDX-License-Identifier: Apache-2.0 */
/*
 * People who are named in a text: `@{`, the 32 digits of the person's id, and `}`. The text holds
 * no name, so that a name that is changed or erased is so in old texts too.
 * Thread rule: pure functions.
 */
#ifndef WEFT_CONTENT_MENTION_H
#define WEFT_CONTENT_MENTION_H

#include "protocol/base/buffer.h"
#include "protocol/base/id.h"

#define MENTION_SIZE (2 + 2 * ID_SIZE + 1)

/* Takes the next piece off the front of `*text`: `before` is what stands before a mention, and
 * `person` who is mentioned; false when `before` is the rest and nobody is. */
bool mention_next(struct span *text, struct span *before, struct id *person);

MUST_CHECK enum status mention_append(struct buffer *text, const struct id *person);

/* Whether a text mentions this person. */
bool mention_has(struct span text, const struct id *person);

#endif
