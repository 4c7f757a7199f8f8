/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A member that only listens: it joins from a Welcome and follows every commit. Any
 * implementation's recording in this form can be played.
 */
#include "protocol/crypto/hpke.h"
#include "protocol/mls/member/group.h"
#include "tests/vectors/harness.h"

/* Lifetimes of recordings are over or endless: each leaf's own time, and no maximum. */
static const struct mls_options options;

static enum status find_psk(void *context, const struct mls_psk_id *id, struct buffer *psk)
{
    struct vector_case *test = context;
    const json_t *psks = json_object_get(test->json, "external_psks");
    for (size_t i = 0; id->type == MLS_PSK_EXTERNAL && i < json_array_size(psks); i++) {
        const json_t *item = json_array_get(psks, i);
        struct span name;
        struct span value;
        if (vector_hex(test, item, "psk_id", &name) && vector_hex(test, item, "psk", &value) &&
            span_equal(name, id->psk_id))
            return buffer_append(psk, value);
    }
    return STATUS_NOT_FOUND;
}

/* The private keys are those of the KeyPackage. */
static enum vector_result check_keys(struct vector_case *test,
                                     const struct suite *suite,
                                     const struct mls_key_package *package,
                                     const struct mls_key_package_private *keys)
{
    struct hpke_public init_key;
    struct hpke_public encryption_key;
    struct signature_public signature_key;
    CHECK_OK(hpke_public_of(suite, keys->init_key, &init_key));
    CHECK(span_equal(hpke_public_span(&init_key), package->init_key));
    CHECK_OK(hpke_public_of(suite, keys->encryption_key, &encryption_key));
    CHECK(span_equal(hpke_public_span(&encryption_key), package->leaf_node.encryption_key));
    CHECK_OK(signature_public_of(suite->signature, keys->signature_key, &signature_key));
    CHECK(span_equal(signature_public_span(&signature_key), package->leaf_node.signature_key));
    return VECTOR_PASSED;
}

static enum vector_result join(struct vector_case *test,
                               const struct suite *suite,
                               const struct mls_psk_store *store,
                               struct mls_group **group)
{
    struct mls_join_request request = {.psk_store = store};
    struct mls_key_package_private keys;
    struct mls_message package;
    CLEANUP(buffer_clear) struct buffer private_part = BUFFER_INIT(SIZE_MAX);
    CHECK(vector_hex(test, test->json, "key_package", &request.key_package));
    CHECK(vector_hex(test, test->json, "welcome", &request.welcome));
    CHECK(vector_hex(test, test->json, "init_priv", &keys.init_key));
    CHECK(vector_hex(test, test->json, "encryption_priv", &keys.encryption_key));
    CHECK(vector_hex(test, test->json, "signature_priv", &keys.signature_key));
    if (vector_has(test->json, "ratchet_tree"))
        CHECK(vector_hex(test, test->json, "ratchet_tree", &request.ratchet_tree));
    CHECK_OK(mls_message_decode(request.key_package, &test->arena, &package));
    CHECK_PASSED(check_keys(test, suite, &package.key_package, &keys));
    CHECK_OK(mls_key_package_private_encode(&keys, &private_part));
    request.private_part = buffer_span(&private_part);
    CHECK_OK(mls_group_join(&request, &options, group));
    return VECTOR_PASSED;
}

static enum vector_result
check_authenticator(struct vector_case *test, const struct mls_group *group, const json_t *value)
{
    struct span expected;
    CHECK(vector_hex_value(test, value, &expected));
    CHECK(span_equal(mls_group_epoch_authenticator(group), expected));
    return VECTOR_PASSED;
}

static enum vector_result
receive(struct vector_case *test, struct mls_group *group, const json_t *value, bool is_commit)
{
    struct span message;
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    CHECK(vector_hex_value(test, value, &message));
    CHECK_OK(mls_group_receive(group, message, &options, &received));
    CHECK(received.kind == (is_commit ? MLS_RECEIVED_COMMIT : MLS_RECEIVED_PROPOSAL));
    if (is_commit)
        CHECK_OK(mls_group_merge_staged(group));
    return VECTOR_PASSED;
}

static enum vector_result follow(struct vector_case *test, struct mls_group *group)
{
    const json_t *epochs = vector_array(test->json, "epochs");
    CHECK(epochs != NULL);
    CHECK_PASSED(check_authenticator(test, group,
                                     json_object_get(test->json, "initial_epoch_authenticator")));
    for (size_t i = 0; i < json_array_size(epochs); i++) {
        const json_t *epoch = json_array_get(epochs, i);
        const json_t *proposals = json_object_get(epoch, "proposals");
        for (size_t j = 0; j < json_array_size(proposals); j++)
            CHECK_PASSED(receive(test, group, json_array_get(proposals, j), false));
        CHECK_PASSED(receive(test, group, json_object_get(epoch, "commit"), true));
        CHECK_PASSED(
            check_authenticator(test, group, json_object_get(epoch, "epoch_authenticator")));
    }
    return VECTOR_PASSED;
}

static enum vector_result run(struct vector_case *test)
{
    const struct suite *suite = NULL;
    const struct mls_psk_store store = {find_psk, test};
    struct mls_group *group = NULL;
    CHECK(vector_suite(test->json, &suite));
    if (suite == NULL)
        return VECTOR_SKIPPED;
    enum vector_result result = join(test, suite, &store, &group);
    if (result == VECTOR_PASSED)
        result = follow(test, group);
    mls_group_free(&group);
    return result;
}

static const char *const fields[] = {"initial_epoch_authenticator", "epochs", NULL};
const struct vector_kind kind_passive_client = {"passive-client", fields, run};
