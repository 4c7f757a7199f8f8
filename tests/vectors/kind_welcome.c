/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Opening a Welcome: the secrets, the GroupInfo, its signature and its confirmation tag. */
#include "protocol/crypto/aead.h"
#include "protocol/mls/member/kdf.h"
#include "protocol/mls/member/key_schedule.h"
#include "protocol/mls/public/framing.h"
#include "tests/vectors/harness.h"

struct opened {
    const struct suite *suite;
    struct span welcome_info; /* encrypted */
    struct secret joiner;
    struct secret psk;
    struct buffer info_bytes;
};

static enum vector_result open_secrets(struct vector_case *test, struct opened *opened)
{
    struct span bytes;
    struct span init_key;
    struct mls_message package;
    struct mls_message welcome;
    struct digest ref;
    CHECK(vector_hex(test, test->json, "init_priv", &init_key));
    CHECK(vector_hex(test, test->json, "key_package", &bytes));
    CHECK_OK(mls_message_decode(bytes, &test->arena, &package));
    CHECK(package.wire_format == MLS_WIRE_KEY_PACKAGE);
    CHECK(vector_hex(test, test->json, "welcome", &bytes));
    CHECK_OK(mls_message_decode(bytes, &test->arena, &welcome));
    CHECK(welcome.wire_format == MLS_WIRE_WELCOME);
    CHECK_OK(mls_key_package_ref(&package.key_package, &ref));
    opened->welcome_info = welcome.welcome.encrypted_group_info;
    size_t at = 0;
    while (at < welcome.welcome.secret_count &&
           !span_equal(welcome.welcome.secrets[at].new_member, digest_span(&ref)))
        at++;
    CHECK(at < welcome.welcome.secret_count);
    const struct mls_hpke_ciphertext *sealed = &welcome.welcome.secrets[at].secrets;
    CLEANUP(buffer_clear) struct buffer plain = BUFFER_INIT(SIZE_MAX);
    struct mls_group_secrets secrets;
    CHECK_OK(mls_kdf_decrypt(opened->suite, init_key, "Welcome", opened->welcome_info,
                             sealed->kem_output, sealed->ciphertext, &plain));
    struct reader reader = reader_of(buffer_span(&plain));
    CHECK_OK(mls_group_secrets_read(&reader, &test->arena, &secrets));
    CHECK_OK(reader_finish(&reader));
    CHECK(secrets.psk_count == 0);
    CHECK_OK(secret_set(&opened->joiner, secrets.joiner_secret));
    return VECTOR_PASSED;
}

static enum vector_result open_info(struct vector_case *test, struct opened *opened)
{
    struct secret welcome = {0};
    struct secret key = {0};
    struct secret nonce = {0};
    opened->psk = mls_key_schedule_zero(opened->suite);
    CHECK_OK(mls_key_schedule_welcome(opened->suite, secret_span(&opened->joiner),
                                      secret_span(&opened->psk), &welcome));
    CHECK_OK(mls_key_schedule_welcome_key(opened->suite, secret_span(&welcome), &key, &nonce));
    CHECK_OK(aead_open(opened->suite->aead, secret_span(&key), secret_span(&nonce), SPAN_EMPTY,
                       opened->welcome_info, &opened->info_bytes));
    return VECTOR_PASSED;
}

static enum vector_result
check_info(struct vector_case *test, struct opened *opened, struct secret_arena *arena)
{
    struct span signer;
    struct mls_group_info info;
    struct mls_epoch_secrets secrets = {0};
    struct digest tag;
    CHECK(vector_hex(test, test->json, "signer_pub", &signer));
    CHECK_OK(mls_group_info_decode(buffer_span(&opened->info_bytes), &info));
    CHECK_OK(mls_group_info_verify(opened->suite, &info, signer));
    CHECK_OK(mls_key_schedule_epoch(opened->suite, secret_span(&opened->joiner),
                                    secret_span(&opened->psk), info.context_bytes, arena,
                                    &secrets));
    CHECK_OK(mls_key_schedule_confirmation_tag(opened->suite, &secrets,
                                               info.group_context.confirmed_transcript_hash, &tag));
    CHECK(span_equal(digest_span(&tag), info.confirmation_tag));
    return VECTOR_PASSED;
}

static enum vector_result
check_all(struct vector_case *test, struct opened *opened, struct secret_arena *arena)
{
    CHECK_PASSED(open_secrets(test, opened));
    CHECK_PASSED(open_info(test, opened));
    return check_info(test, opened, arena);
}

static enum vector_result run(struct vector_case *test)
{
    struct opened opened = {.info_bytes = BUFFER_INIT(SIZE_MAX)};
    struct secret_arena *arena = NULL;
    CHECK(vector_suite(test->json, &opened.suite));
    if (opened.suite == NULL)
        return VECTOR_SKIPPED;
    CHECK_OK(secret_arena_new(&arena));
    enum vector_result result = check_all(test, &opened, arena);
    secret_arena_free(&arena);
    buffer_clear(&opened.info_bytes);
    return result;
}

static const char *const fields[] = {"init_priv", "signer_pub", "welcome", NULL};
const struct vector_kind kind_welcome = {"welcome", fields, run};
