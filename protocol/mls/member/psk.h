/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pre-shared keys: nonces for them, and one psk_secret out of them.
 * Errors: STATUS_CRYPTO, STATUS_NO_RANDOMNESS, STATUS_LIMIT for more than 65535. Source: RFC
 * 9420, 8.4. Thread rule: one thread at a time.
 */
#ifndef WEFT_MLS_MEMBER_PSK_H
#define WEFT_MLS_MEMBER_PSK_H

#include "protocol/base/random.h"
#include "protocol/base/secret.h"
#include "protocol/crypto/hash.h"
#include "protocol/crypto/suite.h"
#include "protocol/mls/public/psk.h"

/* A nonce for a PSK that we inject into a group of the suite. */
MUST_CHECK enum status mls_psk_nonce_draw(const struct suite *suite,
                                          const struct random_source *random,
                                          struct digest *nonce);

/* One pass over `count` PSKs: init, one add each in the order of the Commit or GroupSecrets;
 * `secret` is psk_secret after the last. Without any it is Nh zeros. */
struct mls_psk_chain {
    const struct suite *suite;
    uint16_t index;
    uint16_t count;
    struct secret secret;
};

MUST_CHECK enum status
mls_psk_chain_init(struct mls_psk_chain *chain, const struct suite *suite, size_t count);

/* Wipes it. */
void mls_psk_chain_clear(struct mls_psk_chain *chain);

/* Adds the next PSK. */
MUST_CHECK enum status
mls_psk_chain_add(struct mls_psk_chain *chain, const struct mls_psk_id *id, struct span psk);

#endif
