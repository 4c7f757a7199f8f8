/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Names of files that came from somebody else, made harmless: no path, nothing hidden, nothing that
 * a terminal would obey or a command would take for a flag.
 * Thread rule: pure functions.
 */
#ifndef WEFT_COMMANDS_FILE_NAME_H
#define WEFT_COMMANDS_FILE_NAME_H

#include "protocol/base/span.h"

#define FILE_NAME_SIZE 256

/* The last part of what may be a path, as a name in a folder: never empty, "." or "..". */
void file_name_clean(struct span given, char name[FILE_NAME_SIZE]);

/* What the ending of a name says of its contents; "application/octet-stream" when nothing. */
const char *file_name_media_type(const char *name);

#endif
