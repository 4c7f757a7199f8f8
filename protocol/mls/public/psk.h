/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PreSharedKeyID and PSKLabel: names of pre-shared keys. The keys are the member half's.
 * Errors: those of reader.h; STATUS_MALFORMED for an unknown psktype or usage.
 * Source: RFC 9420, 8.4. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_PUBLIC_PSK_H
#define WEFT_MLS_PUBLIC_PSK_H

#include "protocol/base/arena.h"
#include "protocol/codec/reader.h"
#include "protocol/codec/writer.h"

/* The values are those on the wire. */
enum mls_psk_type { MLS_PSK_EXTERNAL = 1, MLS_PSK_RESUMPTION = 2 };
enum mls_psk_usage { MLS_PSK_APPLICATION = 1, MLS_PSK_REINIT = 2, MLS_PSK_BRANCH = 3 };

struct mls_psk_id {
    enum mls_psk_type type;
    struct span psk_id;       /* external only */
    enum mls_psk_usage usage; /* resumption only, with the next two */
    struct span group_id;
    uint64_t epoch;
    struct span nonce;
};

MUST_CHECK enum status mls_psk_id_read(struct reader *reader, struct mls_psk_id *id);
void mls_psk_id_write(struct writer *writer, const struct mls_psk_id *id);

/* The same PreSharedKeyID, nonce included. */
bool mls_psk_id_equal(const struct mls_psk_id *a, const struct mls_psk_id *b);

/* Whether no two of them are the same. They are sorted, so that a long list takes no square of its
 * length; the room for that comes from the arena. */
MUST_CHECK enum status
mls_psk_ids_differ(const struct mls_psk_id *ids, size_t count, struct arena *arena, bool *differ);

/* Writes PSKLabel. */
void mls_psk_label_write(struct writer *writer,
                         const struct mls_psk_id *id,
                         uint16_t index,
                         uint16_t count);

#endif
