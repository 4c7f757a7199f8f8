/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A TLS connection of the server with itself, in memory, before anybody else's.
 *
 * OpenSSL sets up each kind of algorithm where it is first wanted, and what it gets no memory for
 * then it does not find again as long as the process runs: the server would let nobody in any more
 * and not know it. So everything is wanted once at the start, which can fail and say so.
 * Errors: STATUS_CRYPTO. Thread rule: one thread at a time.
 */
#ifndef WEFT_TRANSPORT_REHEARSAL_H
#define WEFT_TRANSPORT_REHEARSAL_H

#include "protocol/base/status.h"

#include <openssl/ssl.h>

/* With the server's own settings, certificate and key, in each TLS version that it takes. */
MUST_CHECK enum status rehearsal_run(SSL_CTX *server);

#endif
