/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/message_number.h"

#include "protocol/wire/generations.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define IN_GENERATION UINT32_MAX

struct message_number message_number(uint64_t sequence)
{
    struct message_number number;
    uint64_t before = sequence >> 32; /* generations */
    if (before == 0)
        snprintf(number.text, sizeof number.text, "%llu", (unsigned long long)sequence);
    else
        snprintf(number.text, sizeof number.text, "%llu.%llu", (unsigned long long)before + 1,
                 (unsigned long long)(sequence & IN_GENERATION));
    return number;
}

static bool read_digits(const char **text, uint64_t *value)
{
    char *end = NULL;
    errno = 0;
    if (**text < '0' || **text > '9')
        return false;
    *value = strtoull(*text, &end, 10);
    *text = end;
    return errno == 0 && *value <= INT64_MAX;
}

bool message_number_read(const char *text, uint64_t *sequence)
{
    uint64_t first = 0;
    uint64_t second = 0;
    if (!read_digits(&text, &first))
        return false;
    if (*text == '\0') {
        *sequence = first;
        return true;
    }
    if (*text++ != '.' || !read_digits(&text, &second) || *text != '\0' || first < 1 ||
        first > INT32_MAX || second > IN_GENERATION)
        return false;
    *sequence = generation_base((uint32_t)first) + second;
    return true;
}
