/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What weftd's commands tell the shell; the same numbers as weft's.
 */
#ifndef WEFT_COMMAND_EXIT_CODE_H
#define WEFT_COMMAND_EXIT_CODE_H

#include "protocol/base/status.h"

enum exit_code {
    EXIT_CODE_OK = 0,
    EXIT_CODE_USAGE = 1,
    EXIT_CODE_INTERNAL = 2,
    EXIT_CODE_NETWORK = 3,
    EXIT_CODE_TRUST = 4,
    EXIT_CODE_RATE_LIMIT = 5,
    EXIT_CODE_AUTHENTICATION = 6,
    EXIT_CODE_NOT_FOUND = 7,
    EXIT_CODE_CONFLICT = 8,
    EXIT_CODE_NOT_ALLOWED = 9,
};

/* What has no code of its own is EXIT_CODE_INTERNAL. */
int exit_code_of(enum status status);

#endif
