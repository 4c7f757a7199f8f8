/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/member/psk.h"

#include "protocol/mls/member/kdf.h"
#include "protocol/mls/member/key_schedule.h"

#include <assert.h>

/* RFC 9420, 8.4: "Each time a client injects a PSK into a group, the `psk_nonce` of its
 * PreSharedKeyID MUST be set to a fresh random value of length `KDF.Nh`, where `KDF` is the KDF for
 * the cipher suite of the group into which the PSK is being injected."
 * 12.1.4: "The `psk_nonce` MUST be randomly sampled." */
enum status mls_psk_nonce_draw(const struct suite *suite,
                               const struct random_source *random,
                               struct digest *nonce)
{
    struct digest drawn = {.len = suite->hash_size};
    TRY(random_fill(random, drawn.bytes, drawn.len));
    *nonce = drawn;
    return STATUS_OK;
}

enum status mls_psk_chain_init(struct mls_psk_chain *chain, const struct suite *suite, size_t count)
{
    if (count > UINT16_MAX)
        return STATUS_LIMIT;
    *chain = (struct mls_psk_chain){
        .suite = suite, .count = (uint16_t)count, .secret = mls_key_schedule_zero(suite)};
    return STATUS_OK;
}

void mls_psk_chain_clear(struct mls_psk_chain *chain)
{
    secret_clear(&chain->secret);
}

enum status
mls_psk_chain_add(struct mls_psk_chain *chain, const struct mls_psk_id *id, struct span psk)
{
    assert(chain->index < chain->count);
    const struct suite *suite = chain->suite;
    CLEANUP(buffer_clear) struct buffer label = BUFFER_INIT(SIZE_MAX);
    struct writer writer = writer_of(&label);
    mls_psk_label_write(&writer, id, chain->index, chain->count);
    TRY(writer_finish(&writer));

    const struct secret zero = mls_key_schedule_zero(suite);
    CLEANUP(secret_clear) struct secret extracted = {0};
    CLEANUP(secret_clear) struct secret input = {0};
    CLEANUP(secret_clear) struct secret next = {0};
    TRY(hkdf_extract(suite->hash, secret_span(&zero), psk, &extracted));
    TRY(mls_kdf_expand_secret(suite, secret_span(&extracted), "derived psk", buffer_span(&label),
                              suite->hash_size, &input));
    TRY(hkdf_extract(suite->hash, secret_span(&input), secret_span(&chain->secret), &next));
    chain->secret = next;
    chain->index++;
    return STATUS_OK;
}
