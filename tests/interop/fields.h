/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Fields of the interop peer's requests and answers: bytes are hexadecimal text.
 * Errors: STATUS_USAGE for a field that is missing or of another type.
 * Thread rule: one thread.
 */
#ifndef WEFT_TESTS_INTEROP_FIELDS_H
#define WEFT_TESTS_INTEROP_FIELDS_H

#include "protocol/base/buffer.h"

#include <jansson.h>

/* Decodes a field and appends it; absent or null appends nothing. */
MUST_CHECK enum status fields_bytes(const json_t *object, const char *name, struct buffer *out);

MUST_CHECK enum status fields_number(const json_t *object, const char *name, uint64_t *value);

/* Lent by the object. */
MUST_CHECK enum status fields_text(const json_t *object, const char *name, const char **text);

/* Whether the field is there and true. */
bool fields_flag(const json_t *object, const char *name);

/* Sets a field of the answer. */
MUST_CHECK enum status fields_set_bytes(json_t *object, const char *name, struct span bytes);

/* Appends the contents of an extension list: [{"type": number, "data": hex}, ...]. */
MUST_CHECK enum status
fields_extensions(const json_t *object, const char *name, struct buffer *contents);

#endif
