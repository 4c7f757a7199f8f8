/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What waits to be written to one connection, in order, of bounded size.
 *
 * A client that does not keep up loses its events: when the outbox would grow over
 * LIMIT_OUTBOX_BYTES, the events in it are dropped and one `behind` event takes their place, and
 * later events are dropped too until everything that waits has been written. The client then
 * pages from its cursor, so that nothing is lost (a slow reader costs the server one megabyte, not
 * the memory of everything it missed). Answers are never dropped: a client that asks for more than
 * it reads is refused (STATUS_LIMIT), and its connection ends.
 * Ownership: packets are shared. Thread rule: loop thread only.
 */
#ifndef WEFT_TRANSPORT_OUTBOX_H
#define WEFT_TRANSPORT_OUTBOX_H

#include "protocol/base/buffer.h"
#include "server/transport/packet.h"

enum outbox_class {
    OUTBOX_ANSWER, /* somebody waits for it */
    OUTBOX_EVENT,  /* may be replaced by `behind` */
};

struct outbox_item {
    struct packet *packet;
    enum outbox_class class;
};

struct outbox {
    struct outbox_item *items; /* a ring */
    size_t head;
    size_t count;
    size_t capacity;
    size_t bytes; /* of memory, not only of payload */
    bool behind;  /* `behind` is in the outbox: events are dropped until it is empty */
    struct packet *behind_packet;
};

/* Shares `behind_packet`, which may be NULL where nothing but answers is sent. */
void outbox_init(struct outbox *outbox, struct packet *behind_packet);
void outbox_clear(struct outbox *outbox);

/* Shares `packet`. STATUS_LIMIT when answers alone fill the outbox; it is then unchanged. */
MUST_CHECK enum status
outbox_push(struct outbox *outbox, struct packet *packet, enum outbox_class class);

static inline bool outbox_is_empty(const struct outbox *outbox)
{
    return outbox->count == 0;
}

/* Moves packets, whole and in order, to the end of `bytes` while they fit `size_bytes_max`; the
 * first one always. */
MUST_CHECK enum status
outbox_gather(struct outbox *outbox, size_t size_bytes_max, struct buffer *bytes);

#endif
