/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/exit_code.h"

enum exit_code exit_code_of(enum status status)
{
    switch (status) {
    case STATUS_OK:
        return EXIT_CODE_OK;
    case STATUS_USAGE:
    case STATUS_NOT_UTF8:
    case STATUS_LIMIT: /* too long, too many: of what was typed */
        return EXIT_CODE_USAGE;
    case STATUS_NETWORK:
    case STATUS_TIMEOUT:
        return EXIT_CODE_NETWORK;
    case STATUS_UNTRUSTED:
    case STATUS_BAD_SIGNATURE:
    case STATUS_BAD_MAC:
    case STATUS_BAD_KEY:
        return EXIT_CODE_TRUST;
    case STATUS_RATE_LIMITED:
        return EXIT_CODE_RATE_LIMIT;
    case STATUS_UNAUTHENTICATED:
    case STATUS_EXPIRED: /* an invite or a login that was good once */
        return EXIT_CODE_AUTHENTICATION;
    case STATUS_NOT_FOUND:
        return EXIT_CODE_NOT_FOUND;
    case STATUS_CONFLICT:
    case STATUS_EXISTS:
    case STATUS_LOCKED:
    case STATUS_WRONG_EPOCH:
    case STATUS_PENDING:
        return EXIT_CODE_CONFLICT;
    case STATUS_DENIED:
    case STATUS_NOT_NOW:
    case STATUS_REMOVED:
    case STATUS_CANCELLED:
        return EXIT_CODE_NOT_NOW;
    case STATUS_NO_MEMORY:
    case STATUS_NO_RANDOMNESS:
    case STATUS_INTERNAL:
    case STATUS_IO:
    case STATUS_FULL:
    case STATUS_CORRUPT:
    case STATUS_TRUNCATED:
    case STATUS_TRAILING:
    case STATUS_MALFORMED:
    case STATUS_UNSUPPORTED:
    case STATUS_CRYPTO:
    case STATUS_NOT_DECRYPTED:
    case STATUS_WRONG_GROUP:
    case STATUS_REPLAYED:
    case STATUS_INVALID:
    case STATUS_INVALID_LEAF:
    case STATUS_INVALID_TREE:
    case STATUS_INVALID_PROPOSAL:
    case STATUS_PATH_REQUIRED:
        return EXIT_CODE_INTERNAL;
    }
    return EXIT_CODE_INTERNAL;
}
