/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who this server is: the directory log's signing key and the key that will follow it, each in a
 * file of the state directory (0600, 64 hex digits).
 *
 * An invite link pins the first key and the hash of the second, so losing both means inviting
 * everybody again. No backup has them: they are to be copied once.
 * Errors: STATUS_EXISTS, STATUS_NOT_FOUND, STATUS_IO, STATUS_MALFORMED, those of crypto/.
 * Thread rule: loop thread only.
 */
#ifndef WEFT_SESSION_IDENTITY_H
#define WEFT_SESSION_IDENTITY_H

#include "protocol/base/buffer.h"
#include "protocol/base/random.h"
#include "protocol/base/secret.h"

struct identity;

/* Makes both keys; existing files are refused. */
MUST_CHECK enum status identity_create(const char *state_directory,
                                       const struct random_source *random);

MUST_CHECK enum status identity_open(const char *state_directory, struct identity **identity);

/* `*identity` becomes NULL. NULL is allowed. */
void identity_close(struct identity **identity);

/* The private key of the log; lent. */
struct span identity_log_private_key(const struct identity *identity);

/* The public key of the log, and the hash of the next one: 32 bytes each. */
const uint8_t *identity_log_key(const struct identity *identity);
const uint8_t *identity_next_log_key_sha256(const struct identity *identity);

#endif
