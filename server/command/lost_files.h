/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Files that a backup or a restore did not find whole: counted, and the first of them named.
 * Ownership: caller's storage, zeroed. Thread rule: one thread at a time.
 */
#ifndef WEFT_COMMAND_LOST_FILES_H
#define WEFT_COMMAND_LOST_FILES_H

#include "protocol/base/id.h"

#include <jansson.h>

/* More are counted only: whoever has lost so many looks for another backup. */
#define LOST_FILES_NAMED_MAX 100

struct lost_files {
    size_t missing;
    size_t damaged;
    struct {
        struct id file;
        bool damaged;
    } named[LOST_FILES_NAMED_MAX];
};

void lost_files_add(struct lost_files *lost, const struct id *file, bool damaged);
size_t lost_files_count(const struct lost_files *lost);

/* Which: a line each, `files/ID is missing`. To be freed; NULL without memory. */
char *lost_files_text(const struct lost_files *lost);

/* [{"file": ID, "damaged": BOOL}, ...]; NULL without memory. */
json_t *lost_files_json(const struct lost_files *lost);

#endif
