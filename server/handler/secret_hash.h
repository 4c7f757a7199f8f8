/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The only form in which the server keeps an invite's secret. 128 random bits need no slow hash.
 */
#ifndef WEFT_HANDLER_SECRET_HASH_H
#define WEFT_HANDLER_SECRET_HASH_H

#include "protocol/wire/invite_link.h"
#include "server/store/store.h"

MUST_CHECK enum status secret_hash(const uint8_t secret[INVITE_SECRET_SIZE],
                                   struct store_hash *hash);

#endif
