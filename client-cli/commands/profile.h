/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Where a profile's files are: $XDG_DATA_HOME/weft/NAME, or, when the name has a slash, that
 * folder. It is made with mode 0700 when it is not there; one that others may enter is refused.
 * Errors: STATUS_USAGE (a name that cannot be a folder's), STATUS_DENIED (open to others),
 * STATUS_IO, STATUS_LIMIT. Thread rule: one thread.
 */
#ifndef WEFT_COMMANDS_PROFILE_H
#define WEFT_COMMANDS_PROFILE_H

#include "protocol/base/status.h"

#include <limits.h>

#define PROFILE_DEFAULT "default"

struct profile {
    char directory[PATH_MAX];
};

/* `name` NULL: $WEFT_PROFILE, or the default. */
MUST_CHECK enum status profile_open(const char *name, struct profile *profile);

#endif
