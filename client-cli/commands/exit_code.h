/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The exit codes of `weft`, which scripts may rely on, and which status gives which.
 * Thread rule: pure functions.
 */
#ifndef WEFT_COMMANDS_EXIT_CODE_H
#define WEFT_COMMANDS_EXIT_CODE_H

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
    EXIT_CODE_NOT_NOW = 9,
};

enum exit_code exit_code_of(enum status status);

#endif
