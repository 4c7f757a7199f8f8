/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The server's TLS certificate file: the hash of its key, which the server signs for its clients,
 * and a self-signed one for a first start.
 *
 * Clients do not trust a certificate for its issuer but for its key, which the directory log's key
 * vouches for in the server's first frame; a self-signed certificate is therefore as good as any
 * for weft itself.
 * Errors: STATUS_IO, STATUS_MALFORMED, STATUS_BAD_KEY (key and certificate do not match),
 * STATUS_CRYPTO. Thread rule: any thread.
 */
#ifndef WEFT_TRANSPORT_CERTIFICATE_H
#define WEFT_TRANSPORT_CERTIFICATE_H

#include "protocol/base/status.h"

#include <stddef.h>
#include <stdint.h>

struct certificate_facts {
    uint8_t key_sha256[32]; /* of the first certificate's SubjectPublicKeyInfo */
    int64_t not_after_ms;
};

/* Reads the first certificate of a PEM file. */
MUST_CHECK enum status certificate_read(const char *certificate_path,
                                        struct certificate_facts *facts);

/* Whether the private key of `key_path` is that of the certificate. */
MUST_CHECK enum status certificate_check_key(const char *certificate_path, const char *key_path);

/* What is wrong with the two, in a line for people that names the file; empty when nothing is. */
#define CERTIFICATE_PROBLEM_SIZE 512
void certificate_problem(const char *certificate_path,
                         const char *key_path,
                         char text[CERTIFICATE_PROBLEM_SIZE]);

/* Writes a P-256 key (0600) and a certificate for `names` (host names or addresses), valid from
 * `now_ms` for ten years; existing files are refused (STATUS_EXISTS). */
MUST_CHECK enum status certificate_make(const char *certificate_path,
                                        const char *key_path,
                                        const char *const *names,
                                        size_t name_count,
                                        int64_t now_ms);

#endif
