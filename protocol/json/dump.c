/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/json/dump.h"

#include <stdlib.h>

char *dump_json(const json_t *value, size_t flags)
{
    size_t len = json_dumpb(value, NULL, 0, flags); /* 0: an error, no value is so short */
    char *text = len == 0 ? NULL : malloc(len + 1);
    if (text == NULL || json_dumpb(value, text, len, flags) != len) {
        free(text);
        return NULL;
    }
    text[len] = '\0';
    return text;
}
