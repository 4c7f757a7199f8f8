/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vector of uint16 values (versions, cipher suites, extension, proposal or credential types),
 * kept in its encoded form: `bytes` is the contents of the vector, of even length.
 * Errors: STATUS_MALFORMED for an odd length, STATUS_LIMIT for more values than there are, and
 * those of reader.h. Source: RFC 9420, 7.2. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_PUBLIC_TYPE_LIST_H
#define WEFT_MLS_PUBLIC_TYPE_LIST_H

#include "protocol/codec/reader.h"
#include "protocol/codec/writer.h"

struct mls_type_list {
    struct span bytes;
};

MUST_CHECK enum status mls_type_list_read(struct reader *reader, struct mls_type_list *list);
void mls_type_list_write(struct writer *writer, const struct mls_type_list *list);

static inline size_t mls_type_list_count(struct mls_type_list list)
{
    return list.bytes.len / 2;
}

/* `at` is less than the count. */
static inline uint16_t mls_type_list_at(struct mls_type_list list, size_t at)
{
    return (uint16_t)(list.bytes.ptr[2 * at] << 8 | list.bytes.ptr[2 * at + 1]);
}

bool mls_type_list_contains(struct mls_type_list list, uint16_t type);

/* The values of a list, one bit each: for asking a long list often. */
struct mls_type_set {
    uint64_t bits[(UINT16_MAX + 1) / 64];
};

void mls_type_set_init(struct mls_type_set *set, struct mls_type_list list);

static inline bool mls_type_set_has(const struct mls_type_set *set, uint16_t type)
{
    return (set->bits[type / 64] >> type % 64 & 1) != 0;
}

#endif
