/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/exit_code.h"

#include <stddef.h>

static const struct {
    enum status status;
    enum exit_code code;
} codes[] = {
    {STATUS_OK, EXIT_CODE_OK},
    {STATUS_USAGE, EXIT_CODE_USAGE},
    {STATUS_MALFORMED, EXIT_CODE_USAGE},
    {STATUS_NOT_UTF8, EXIT_CODE_USAGE},
    {STATUS_NETWORK, EXIT_CODE_NETWORK},
    {STATUS_TIMEOUT, EXIT_CODE_NETWORK},
    {STATUS_UNTRUSTED, EXIT_CODE_TRUST},
    {STATUS_BAD_SIGNATURE, EXIT_CODE_TRUST},
    {STATUS_RATE_LIMITED, EXIT_CODE_RATE_LIMIT},
    {STATUS_UNAUTHENTICATED, EXIT_CODE_AUTHENTICATION},
    {STATUS_NOT_FOUND, EXIT_CODE_NOT_FOUND},
    {STATUS_EXISTS, EXIT_CODE_CONFLICT},
    {STATUS_CONFLICT, EXIT_CODE_CONFLICT},
    {STATUS_LOCKED, EXIT_CODE_CONFLICT},
    {STATUS_DENIED, EXIT_CODE_NOT_ALLOWED},
    {STATUS_NOT_NOW, EXIT_CODE_NOT_ALLOWED},
};

int exit_code_of(enum status status)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (codes[i].status == status)
            return codes[i].code;
    }
    return EXIT_CODE_INTERNAL;
}
