/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What clients must see to themselves in a session, because the server cannot read: that a message
 * is of the lane it travelled in and of a kind that its stage asks for, and which answers that
 * were written first have been revealed.
 * Thread rule: pure functions.
 */
#ifndef WEFT_CORE_FLOOR_H
#define WEFT_CORE_FLOOR_H

#include "protocol/content/sealed.h"
#include "protocol/format/format.h"
#include "protocol/wire/message_header.h"

/* NULL when all is well, else what is wrong, for people; a static text. `stage` is NULL outside a
 * session or when the sender's stage is not known any more. */
const char *
floor_breach(const struct format_stage *stage, uint16_t sender_roles, uint8_t lane, uint16_t kind);

/* A sealed answer and what is known of its reveal. */
enum floor_reveal {
    REVEAL_WAITING = 1, /* no key yet */
    REVEAL_OPEN = 2,    /* opened: the text is there */
    REVEAL_FALSE = 3,   /* the key does not open it to what was committed to */
};

/* Opens what `author` sealed with the key of a reveal by the same person; `key` NULL: none came.
 * The text is appended to `text` when open. */
enum floor_reveal floor_open(const struct content_sealed *sealed,
                             const struct id *author,
                             const uint8_t *key,
                             struct buffer *text);

#endif
