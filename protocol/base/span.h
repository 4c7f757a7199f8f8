/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A view of bytes that somebody else owns: passed by value, never freed, valid as long as its
 * owner. The empty span has length 0; its pointer may be NULL.
 * Thread rule: pure functions.
 */
#ifndef WEFT_BASE_SPAN_H
#define WEFT_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    const uint8_t *ptr;
    size_t len;
};

/* `object` must be an array or a struct, not a pointer. */
#define SPAN_OF(object) ((struct span){(const uint8_t *)&(object), sizeof(object)})
#define SPAN_LITERAL(text) ((struct span){(const uint8_t *)(text), sizeof(text) - 1})
#define SPAN_EMPTY ((struct span){NULL, 0})

static inline struct span span_of(const void *ptr, size_t len)
{
    return (struct span){(const uint8_t *)ptr, len};
}

/* The bytes of a C string, without its end. */
struct span span_from_text(const char *text);

/* Not in constant time: never for secrets or tags (secret.h has secret_equal). */
bool span_equal(struct span a, struct span b);

/* Lexical order, shorter first on a common start. */
int span_compare(struct span a, struct span b);

bool span_starts_with(struct span whole, struct span start);

#endif
