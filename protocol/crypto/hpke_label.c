/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/crypto/hpke_label.h"

#define VERSION SPAN_LITERAL("HPKE-v1")

/* labeled_ikm = concat("HPKE-v1", suite_id, label, ikm) */
enum status hpke_label_extract(enum hash_id hash,
                               struct span suite_id,
                               struct span salt,
                               const char *label,
                               struct span ikm,
                               struct secret *prk)
{
    const struct span parts[] = {VERSION, suite_id, span_from_text(label), ikm};
    return hkdf_extract_parts(hash, salt, parts, sizeof parts / sizeof *parts, prk);
}

/* labeled_info = concat(I2OSP(L, 2), "HPKE-v1", suite_id, label, info) */
enum status hpke_label_expand(enum hash_id hash,
                              struct span suite_id,
                              const struct secret *prk,
                              const char *label,
                              const struct span info[2],
                              uint8_t *out,
                              size_t length)
{
    if (length > UINT16_MAX)
        return STATUS_LIMIT;
    const uint8_t length_bytes[] = {(uint8_t)(length >> 8), (uint8_t)length};
    const struct span parts[] = {SPAN_OF(length_bytes), VERSION, suite_id,
                                 span_from_text(label), info[0], info[1]};
    return hkdf_expand_parts(hash, secret_span(prk), parts, sizeof parts / sizeof *parts, out,
                             length);
}
