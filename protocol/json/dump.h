/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON values as text.
 *
 * Thread rule: any thread, with a value that no other thread changes.
 */
#ifndef WEFT_JSON_DUMP_H
#define WEFT_JSON_DUMP_H

#include <jansson.h>

/* json_dumps() with its flags, to be given to free(); NULL where memory ended or `value` is NULL.
 * jansson 2.14 itself does not look whether a key was written, and so leaves one out where its
 * buffer cannot grow. */
char *dump_json(const json_t *value, size_t flags);

#endif
