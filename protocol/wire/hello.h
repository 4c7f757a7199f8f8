/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two hellos: who the server is, and which version and capabilities both speak (PROTOCOL.md,
 * 3).
 *
 * The server proves itself with a key that the invite link pins, over the key of the TLS
 * connection; before that verifies, the client sends nothing. Certificates may so be renewed by
 * anybody's tools.
 * Errors: those of schema.h and signature.h; STATUS_UNTRUSTED. Thread rule: pure functions.
 */
#ifndef WEFT_WIRE_HELLO_H
#define WEFT_WIRE_HELLO_H

#include "protocol/base/secret.h"
#include "protocol/codec/schema.h"

#define WIRE_VERSION 1
#define WIRE_CAPABILITIES_MAX 64
#define WIRE_NONCE_SIZE 32

/* Either side ignores a capability that it does not know. */
enum wire_capability {
    WIRE_CAPABILITY_SESSIONS = 1,
    WIRE_CAPABILITY_ASSISTERS = 2,
};

struct wire_capability_item {
    uint16_t capability;
};

struct wire_server_hello {
    uint16_t version_min;
    uint16_t version_max;
    struct span server_name;        /* of the community's deployment, signed */
    uint8_t log_key[32];            /* the directory log's Ed25519 key */
    uint8_t tls_key_sha256[32];     /* of the TLS key's SubjectPublicKeyInfo */
    int64_t not_after;              /* until when the signature may be used */
    struct span signature;          /* by log_key, LABEL_SERVER_KEY, over wire_server_key */
    uint8_t nonce[WIRE_NONCE_SIZE]; /* fresh; what a login signs */
    struct wire_capability_item *capabilities;
    size_t capability_count;
};
extern const struct schema wire_server_hello_schema;

/* What the server's signature covers. */
struct wire_server_key {
    struct span server_name;
    uint8_t tls_key_sha256[32];
    int64_t not_after;
};
extern const struct schema wire_server_key_schema;

struct wire_client_hello {
    uint16_t version;
    struct span software; /* name and version, for the log */
    struct wire_capability_item *capabilities;
    size_t capability_count;
};
extern const struct schema wire_client_hello_schema;

/* Signs what a server_hello says of the TLS key; `signature` is appended. */
MUST_CHECK enum status wire_server_key_sign(const struct wire_server_key *key,
                                            struct span log_private_key,
                                            struct buffer *signature);

/* STATUS_UNTRUSTED unless the hello is signed by `pinned_log_key`, names `tls_key_sha256` (of the
 * connection it came over) and is valid at `now_ms`; STATUS_UNSUPPORTED when no version fits. */
MUST_CHECK enum status wire_server_hello_verify(const struct wire_server_hello *hello,
                                                struct span pinned_log_key,
                                                struct span tls_key_sha256,
                                                int64_t now_ms);

/* What a login signs with LABEL_LOGIN: a signature serves one server, one connection, one
 * device. */
struct wire_login_proof {
    struct span server_name;
    uint8_t log_key[32];
    uint8_t tls_key_sha256[32];
    uint8_t nonce[WIRE_NONCE_SIZE];
    uint8_t device[16];
};
extern const struct schema wire_login_proof_schema;

/* `hello` is the one that opened the connection. */
void wire_login_proof_init(struct wire_login_proof *proof,
                           const struct wire_server_hello *hello,
                           const uint8_t device[16]);

MUST_CHECK enum status wire_login_sign(const struct wire_login_proof *proof,
                                       struct span login_private_key,
                                       struct buffer *signature);

MUST_CHECK enum status wire_login_verify(const struct wire_login_proof *proof,
                                         struct span login_public_key,
                                         struct span signature);

#endif
