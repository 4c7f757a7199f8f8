/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/wire/hello.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/labelled.h"

#include <string.h>

static const struct field capability_fields[] = {
    FIELD_PLAIN(FIELD_U16, struct wire_capability_item, capability),
};
static const struct schema capability_schema =
    SCHEMA("capability", struct wire_capability_item, capability_fields);

static const struct field server_hello_fields[] = {
    FIELD_PLAIN(FIELD_U16, struct wire_server_hello, version_min),
    FIELD_PLAIN(FIELD_U16, struct wire_server_hello, version_max),
    FIELD_SIZED(FIELD_TEXT, struct wire_server_hello, server_name, LIMIT_NAME_BYTES),
    FIELD_ID(struct wire_server_hello, log_key),
    FIELD_ID(struct wire_server_hello, tls_key_sha256),
    FIELD_PLAIN(FIELD_TIME, struct wire_server_hello, not_after),
    FIELD_SIZED(FIELD_BYTES, struct wire_server_hello, signature, SIGNATURE_SIZE_MAX),
    FIELD_ID(struct wire_server_hello, nonce),
    FIELD_ITEMS(struct wire_server_hello,
                capabilities,
                capability_count,
                &capability_schema,
                WIRE_CAPABILITIES_MAX),
};
const struct schema wire_server_hello_schema =
    SCHEMA("server_hello", struct wire_server_hello, server_hello_fields);

static const struct field server_key_fields[] = {
    FIELD_SIZED(FIELD_TEXT, struct wire_server_key, server_name, LIMIT_NAME_BYTES),
    FIELD_ID(struct wire_server_key, tls_key_sha256),
    FIELD_PLAIN(FIELD_TIME, struct wire_server_key, not_after),
};
const struct schema wire_server_key_schema =
    SCHEMA("server_key", struct wire_server_key, server_key_fields);

static const struct field client_hello_fields[] = {
    FIELD_PLAIN(FIELD_U16, struct wire_client_hello, version),
    FIELD_SIZED(FIELD_TEXT, struct wire_client_hello, software, LIMIT_NAME_BYTES),
    FIELD_ITEMS(struct wire_client_hello,
                capabilities,
                capability_count,
                &capability_schema,
                WIRE_CAPABILITIES_MAX),
};
const struct schema wire_client_hello_schema =
    SCHEMA("client_hello", struct wire_client_hello, client_hello_fields);

static const struct field login_proof_fields[] = {
    FIELD_SIZED(FIELD_TEXT, struct wire_login_proof, server_name, LIMIT_NAME_BYTES),
    FIELD_ID(struct wire_login_proof, log_key),
    FIELD_ID(struct wire_login_proof, tls_key_sha256),
    FIELD_ID(struct wire_login_proof, nonce),
    FIELD_ID(struct wire_login_proof, device),
};
const struct schema wire_login_proof_schema =
    SCHEMA("login_proof", struct wire_login_proof, login_proof_fields);

static enum status sign(const struct schema *schema,
                        const void *value,
                        const char *label,
                        struct span private_key,
                        struct buffer *signature)
{
    CLEANUP(buffer_clear) struct buffer content = BUFFER_INIT(LIMIT_FRAME_BYTES);
    TRY(schema_encode(schema, value, &content));
    struct signature made;
    TRY(labelled_sign(private_key, label, buffer_span(&content), &made));
    return buffer_append(signature, signature_span(&made));
}

static enum status verify(const struct schema *schema,
                          const void *value,
                          const char *label,
                          struct span public_key,
                          struct span signature)
{
    CLEANUP(buffer_clear) struct buffer content = BUFFER_INIT(LIMIT_FRAME_BYTES);
    TRY(schema_encode(schema, value, &content));
    return labelled_verify(public_key, label, buffer_span(&content), signature);
}

enum status wire_server_key_sign(const struct wire_server_key *key,
                                 struct span log_private_key,
                                 struct buffer *signature)
{
    return sign(&wire_server_key_schema, key, LABEL_SERVER_KEY, log_private_key, signature);
}

enum status wire_server_hello_verify(const struct wire_server_hello *hello,
                                     struct span pinned_log_key,
                                     struct span tls_key_sha256,
                                     int64_t now_ms)
{
    if (!span_equal(SPAN_OF(hello->log_key), pinned_log_key) ||
        !span_equal(SPAN_OF(hello->tls_key_sha256), tls_key_sha256) || hello->not_after < now_ms)
        return STATUS_UNTRUSTED;
    struct wire_server_key key = {.server_name = hello->server_name, .not_after = hello->not_after};
    memcpy(key.tls_key_sha256, hello->tls_key_sha256, sizeof key.tls_key_sha256);
    enum status verified =
        verify(&wire_server_key_schema, &key, LABEL_SERVER_KEY, pinned_log_key, hello->signature);
    if (verified == STATUS_BAD_SIGNATURE || verified == STATUS_BAD_KEY)
        return STATUS_UNTRUSTED;
    TRY(verified);
    bool fits = hello->version_min <= WIRE_VERSION && WIRE_VERSION <= hello->version_max;
    return fits ? STATUS_OK : STATUS_UNSUPPORTED;
}

void wire_login_proof_init(struct wire_login_proof *proof,
                           const struct wire_server_hello *hello,
                           const uint8_t device[16])
{
    proof->server_name = hello->server_name;
    memcpy(proof->log_key, hello->log_key, sizeof proof->log_key);
    memcpy(proof->tls_key_sha256, hello->tls_key_sha256, sizeof proof->tls_key_sha256);
    memcpy(proof->nonce, hello->nonce, sizeof proof->nonce);
    memcpy(proof->device, device, sizeof proof->device);
}

enum status wire_login_sign(const struct wire_login_proof *proof,
                            struct span login_private_key,
                            struct buffer *signature)
{
    return sign(&wire_login_proof_schema, proof, LABEL_LOGIN, login_private_key, signature);
}

enum status wire_login_verify(const struct wire_login_proof *proof,
                              struct span login_public_key,
                              struct span signature)
{
    return verify(&wire_login_proof_schema, proof, LABEL_LOGIN, login_public_key, signature);
}
