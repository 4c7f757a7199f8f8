/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The name of a person, a device, a channel, a session, a message or an invitation: 16 random
 * bytes, never a counter, so that an id says nothing. Its text form is 32 lowercase hex digits.
 * Thread rule: pure functions.
 */
#ifndef WEFT_BASE_ID_H
#define WEFT_BASE_ID_H

#include "protocol/base/random.h"
#include "protocol/base/span.h"

#define ID_SIZE 16
#define ID_TEXT_SIZE (2 * ID_SIZE + 1)

struct id {
    uint8_t bytes[ID_SIZE];
};

static inline struct span id_span(const struct id *id)
{
    return (struct span){id->bytes, ID_SIZE};
}

bool id_equal(const struct id *a, const struct id *b);

/* All zeros stands for "none" where a field is optional. */
bool id_is_none(const struct id *id);

MUST_CHECK enum status id_random(const struct random_source *random, struct id *id);

/* Writes 32 hex digits and the end of the string. */
void id_text(const struct id *id, char text[ID_TEXT_SIZE]);

/* STATUS_MALFORMED unless `text` is 32 hex digits. */
MUST_CHECK enum status id_parse(struct span text, struct id *id);

#endif
