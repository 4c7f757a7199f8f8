/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/lost_files.h"

#include <stdio.h>
#include <stdlib.h>

void lost_files_add(struct lost_files *lost, const struct id *file, bool damaged)
{
    size_t count = lost_files_count(lost);
    if (count < LOST_FILES_NAMED_MAX) {
        lost->named[count].file = *file;
        lost->named[count].damaged = damaged;
    }
    if (damaged)
        lost->damaged++;
    else
        lost->missing++;
}

size_t lost_files_count(const struct lost_files *lost)
{
    return lost->missing + lost->damaged;
}

static size_t named(const struct lost_files *lost)
{
    size_t count = lost_files_count(lost);
    return count < LOST_FILES_NAMED_MAX ? count : LOST_FILES_NAMED_MAX;
}

char *lost_files_text(const struct lost_files *lost)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < named(lost); i++) {
        char id[ID_TEXT_SIZE];
        id_text(&lost->named[i].file, id);
        fprintf(out, "  files/%s is %s\n", id, lost->named[i].damaged ? "damaged" : "missing");
    }
    if (lost_files_count(lost) > named(lost))
        fprintf(out, "  and %zu more\n", lost_files_count(lost) - named(lost));
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

json_t *lost_files_json(const struct lost_files *lost)
{
    json_t *list = json_array();
    for (size_t i = 0; i < named(lost); i++) {
        char id[ID_TEXT_SIZE];
        id_text(&lost->named[i].file, id);
        json_t *item = json_pack("{s:s, s:b}", "file", id, "damaged", lost->named[i].damaged);
        if (json_array_append_new(list, item) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}
