/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/crypto/hash.h"
#include "protocol/mls/public/transcript.h"
#include "tests/vectors/harness.h"

static const char *const fields[] = {"confirmation_key", "authenticated_content",
                                     "interim_transcript_hash_before",
                                     "confirmed_transcript_hash_after", NULL};

static enum vector_result check_hashes(struct vector_case *test,
                                       const struct suite *suite,
                                       const struct mls_authenticated_content *content)
{
    struct span before;
    struct span confirmed_expected;
    struct span interim_expected;
    struct digest confirmed;
    struct digest interim;
    CHECK(vector_hex(test, test->json, "interim_transcript_hash_before", &before));
    CHECK(vector_hex(test, test->json, "confirmed_transcript_hash_after", &confirmed_expected));
    CHECK(vector_hex(test, test->json, "interim_transcript_hash_after", &interim_expected));
    CHECK_OK(mls_transcript_confirmed(suite, before, content, &confirmed));
    CHECK(span_equal(digest_span(&confirmed), confirmed_expected));
    CHECK_OK(mls_transcript_interim(suite, digest_span(&confirmed), content->auth.confirmation_tag,
                                    &interim));
    CHECK(span_equal(digest_span(&interim), interim_expected));
    return VECTOR_PASSED;
}

static enum vector_result check_tag(struct vector_case *test,
                                    const struct suite *suite,
                                    const struct mls_authenticated_content *content)
{
    struct span key;
    struct span confirmed;
    struct digest tag;
    CHECK(vector_hex(test, test->json, "confirmation_key", &key));
    CHECK(vector_hex(test, test->json, "confirmed_transcript_hash_after", &confirmed));
    CHECK_OK(hash_mac(suite->hash, key, confirmed, &tag));
    CHECK(secret_equal(digest_span(&tag), content->auth.confirmation_tag));
    return VECTOR_PASSED;
}

static enum vector_result run(struct vector_case *test)
{
    const struct suite *suite;
    struct span bytes;
    struct mls_authenticated_content content;
    CHECK(vector_suite(test->json, &suite));
    if (suite == NULL)
        return VECTOR_SKIPPED;
    CHECK(vector_hex(test, test->json, "authenticated_content", &bytes));
    struct reader reader = reader_of(bytes);
    CHECK_OK(mls_authenticated_content_read(&reader, &test->arena, &content));
    CHECK(reader_at_end(&reader));
    CHECK(content.content.type == MLS_CONTENT_COMMIT);
    CHECK_PASSED(check_hashes(test, suite, &content));
    return check_tag(test, suite, &content);
}

const struct vector_kind kind_transcript_hashes = {"transcript-hashes", fields, run};
