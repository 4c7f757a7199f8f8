/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Files that a command writes for whoever asked: a name is of their working directory, and a file
 * is whole or not there; what was there before stays until the new one is on the disk.
 *
 * Errors: STATUS_IO, STATUS_FULL, STATUS_DENIED, STATUS_NOT_FOUND, STATUS_LIMIT, explained in the
 * invocation with the file's name. Thread rule: the engine's.
 */
#ifndef WEFT_COMMANDS_SAVE_H
#define WEFT_COMMANDS_SAVE_H

#include "client-cli/commands/command.h"

enum save_readers {
    SAVE_FOR_OWNER,  /* what people wrote: whoever saves it decides who else may read it */
    SAVE_FOR_OTHERS, /* what everybody in the community may know */
};

MUST_CHECK enum status save_file(struct invocation *invocation,
                                 const char *name,
                                 enum save_readers readers,
                                 struct span bytes);

/* Makes the directory unless it is there. */
MUST_CHECK enum status save_directory(struct invocation *invocation, const char *name);

#endif
