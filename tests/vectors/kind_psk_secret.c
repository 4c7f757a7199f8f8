/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pre-shared keys chained into one secret. */
#include "protocol/mls/member/psk.h"
#include "tests/vectors/harness.h"

static enum vector_result run(struct vector_case *test)
{
    const struct suite *suite = NULL;
    const json_t *psks = vector_array(test->json, "psks");
    struct span expected;
    CHECK(vector_suite(test->json, &suite));
    if (suite == NULL)
        return VECTOR_SKIPPED;
    CHECK(psks != NULL);
    CHECK(vector_hex(test, test->json, "psk_secret", &expected));
    CLEANUP(mls_psk_chain_clear) struct mls_psk_chain chain = {0};
    CHECK_OK(mls_psk_chain_init(&chain, suite, json_array_size(psks)));
    for (size_t i = 0; i < json_array_size(psks); i++) {
        const json_t *item = json_array_get(psks, i);
        struct mls_psk_id id = {.type = MLS_PSK_EXTERNAL};
        struct span psk;
        CHECK(vector_hex(test, item, "psk_id", &id.psk_id));
        CHECK(vector_hex(test, item, "psk_nonce", &id.nonce));
        CHECK(vector_hex(test, item, "psk", &psk));
        CHECK_OK(mls_psk_chain_add(&chain, &id, psk));
    }
    CHECK(span_equal(secret_span(&chain.secret), expected));
    return VECTOR_PASSED;
}

static const char *const fields[] = {"psks", "psk_secret", NULL};
const struct vector_kind kind_psk_secret = {"psk_secret", fields, run};
