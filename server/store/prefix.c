/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/store/prefix.h"

#include <string.h>

#define DIGITS_MIN 6

/* The id whose text is the digits, filled up with `filler`. */
static enum status filled_id(struct span hex_digits, char filler, struct id *id)
{
    char text[ID_TEXT_SIZE - 1];
    if (hex_digits.len < DIGITS_MIN || hex_digits.len > sizeof text)
        return STATUS_MALFORMED;
    memset(text, filler, sizeof text);
    memcpy(text, hex_digits.ptr, hex_digits.len);
    return id_parse(SPAN_OF(text), id);
}

enum status
store_prefix_find(struct store_db *db, const char *sql, struct span hex_digits, struct id *id)
{
    struct id first;
    struct id last;
    struct id found;
    TRY(filled_id(hex_digits, '0', &first));
    TRY(filled_id(hex_digits, 'f', &last));
    CLEANUP(query_end) struct query q = query_on(db, sql);
    query_bind_id(&q, &first);
    query_bind_id(&q, &last);
    TRY(query_one(&q));
    query_take_id(&q, &found);
    bool another = false;
    TRY(query_next(&q, &another));
    if (another)
        return STATUS_CONFLICT;
    *id = found;
    return STATUS_OK;
}
