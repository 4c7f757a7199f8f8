/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/span.h"

#include <string.h>

struct span span_from_text(const char *text)
{
    return span_of(text, strlen(text));
}

bool span_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

int span_compare(struct span a, struct span b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : memcmp(a.ptr, b.ptr, common);
    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool span_starts_with(struct span whole, struct span start)
{
    return whole.len >= start.len && span_equal(span_of(whole.ptr, start.len), start);
}
