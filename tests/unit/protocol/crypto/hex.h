/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Published vectors are written in hexadecimal. Thread rule: pure functions. */
#ifndef WEFT_TESTS_UNIT_HEX_H
#define WEFT_TESTS_UNIT_HEX_H

#include "protocol/base/span.h"

#define HEX_SIZE_MAX 256

struct hex {
    uint8_t bytes[HEX_SIZE_MAX];
    size_t len;
};

/* Fails the test when `text` is not hexadecimal or too long. */
struct hex hex_of(const char *text);

static inline struct span hex_span(const struct hex *hex)
{
    return (struct span){hex->bytes, hex->len};
}

/* Fails the test unless `bytes` are those of `text`. */
void hex_assert_equal(struct span bytes, const char *text);

#endif
