/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/find.h"

#include <string.h>
#include <strings.h>

enum match {
    MATCH_NONE,
    MATCH_NAME_BEGINS,
    MATCH_ID_BEGINS,
    MATCH_NAME,
    MATCH_ID,
};

static enum match match_id(const char *wanted, const struct id *id)
{
    char text[ID_TEXT_SIZE];
    size_t length = strlen(wanted);
    if (id == NULL || length < FIND_ID_LETTERS_MIN || length >= sizeof text)
        return MATCH_NONE;
    id_text(id, text);
    if (strncasecmp(text, wanted, length) != 0)
        return MATCH_NONE;
    return length == sizeof text - 1 ? MATCH_ID : MATCH_ID_BEGINS;
}

static enum match match_name(const char *wanted, struct span name)
{
    size_t length = strlen(wanted);
    if (length == 0 || name.len < length ||
        strncasecmp(wanted, (const char *)name.ptr, length) != 0)
        return MATCH_NONE;
    return length == name.len ? MATCH_NAME : MATCH_NAME_BEGINS;
}

void find_begin(struct find *find, const char *wanted)
{
    *find = (struct find){.wanted = wanted};
}

void find_offer(struct find *find, const struct id *id, struct span name)
{
    size_t at = find->offered++;
    enum match by_id = match_id(find->wanted, id);
    enum match by_name = match_name(find->wanted, name);
    enum match match = by_id > by_name ? by_id : by_name;
    if (match == MATCH_NONE || match < find->best)
        return;
    if (match == find->best) {
        find->equals++;
        return;
    }
    find->best = match;
    find->at = at;
    find->equals = 1;
}

enum status find_finish(const struct find *find, size_t *at)
{
    if (find->best == MATCH_NONE)
        return STATUS_NOT_FOUND;
    if (find->equals > 1)
        return STATUS_CONFLICT;
    *at = find->at;
    return STATUS_OK;
}
