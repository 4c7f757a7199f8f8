/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/transport/certificate.h"

#include "protocol/base/span.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Its key is pinned by a signature of the server, so nothing is gained by a short life, and a
 * deployment that outlives it renews it by hand. */
#define VALID_DAYS 3650
#define DAY_SECONDS 86400

static void free_certificate(X509 **certificate)
{
    X509_free(*certificate);
}

static void free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void close_stream(FILE **stream)
{
    if (*stream != NULL)
        fclose(*stream);
}

static enum status load_certificate(const char *path, X509 **certificate)
{
    CLEANUP(close_stream) FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return STATUS_IO;
    X509 *loaded = PEM_read_X509(stream, NULL, NULL, NULL);
    if (loaded == NULL)
        return STATUS_MALFORMED;
    *certificate = loaded;
    return STATUS_OK;
}

static enum status load_key(const char *path, EVP_PKEY **key)
{
    CLEANUP(close_stream) FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return STATUS_IO;
    EVP_PKEY *loaded = PEM_read_PrivateKey(stream, NULL, NULL, NULL);
    if (loaded == NULL)
        return STATUS_MALFORMED;
    *key = loaded;
    return STATUS_OK;
}

static enum status hash_key(const X509 *certificate, uint8_t hash[32])
{
    uint8_t *encoded = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded);
    if (len <= 0)
        return STATUS_CRYPTO;
    int hashed = EVP_Digest(encoded, (size_t)len, hash, NULL, EVP_sha256(), NULL);
    OPENSSL_free(encoded);
    return hashed == 1 ? STATUS_OK : STATUS_CRYPTO;
}

enum status certificate_read(const char *certificate_path, struct certificate_facts *facts)
{
    CLEANUP(free_certificate) X509 *certificate = NULL;
    TRY(load_certificate(certificate_path, &certificate));
    struct certificate_facts read = {0};
    TRY(hash_key(certificate, read.key_sha256));
    struct tm end;
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1)
        return STATUS_MALFORMED;
    read.not_after_ms = (int64_t)timegm(&end) * 1000;
    *facts = read;
    return STATUS_OK;
}

enum status certificate_check_key(const char *certificate_path, const char *key_path)
{
    CLEANUP(free_certificate) X509 *certificate = NULL;
    CLEANUP(free_key) EVP_PKEY *key = NULL;
    TRY(load_certificate(certificate_path, &certificate));
    TRY(load_key(key_path, &key));
    return X509_check_private_key(certificate, key) == 1 ? STATUS_OK : STATUS_BAD_KEY;
}

void certificate_problem(const char *certificate_path,
                         const char *key_path,
                         char text[CERTIFICATE_PROBLEM_SIZE])
{
    CLEANUP(free_certificate) X509 *certificate = NULL;
    CLEANUP(free_key) EVP_PKEY *key = NULL;
    const char *path = certificate_path, *holds = "certificate";
    text[0] = '\0';
    enum status status = load_certificate(certificate_path, &certificate);
    if (status == STATUS_OK) {
        path = key_path;
        holds = "private key";
        status = load_key(key_path, &key);
    }
    if (status == STATUS_IO)
        (void)snprintf(text, CERTIFICATE_PROBLEM_SIZE, "%.200s cannot be read: %s", path,
                       strerror(errno));
    else if (status != STATUS_OK)
        (void)snprintf(text, CERTIFICATE_PROBLEM_SIZE, "%.200s holds no %s in PEM", path, holds);
    else if (X509_check_private_key(certificate, key) != 1)
        (void)snprintf(text, CERTIFICATE_PROBLEM_SIZE, "%.200s is not the key of %.200s", key_path,
                       certificate_path);
}

static bool is_address(const char *name)
{
    struct in6_addr address;
    return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

/* "DNS:a,IP:b" of the names; those with a character that the form uses are refused. */
static enum status alternative_names(const char *const *names, size_t count, char **text)
{
    char *built = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&built, &size);
    if (stream == NULL)
        return STATUS_NO_MEMORY;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count; i++) {
        if (strpbrk(names[i], ",;\\\" \t\r\n") != NULL || names[i][0] == '\0')
            status = STATUS_MALFORMED;
        fprintf(stream, "%s%s:%s", i == 0 ? "" : ",", is_address(names[i]) ? "IP" : "DNS",
                names[i]);
    }
    if (fclose(stream) != 0)
        status = STATUS_NO_MEMORY;
    if (status != STATUS_OK)
        free(built);
    else
        *text = built;
    return status;
}

static enum status add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension == NULL)
        return STATUS_MALFORMED;
    int added = X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added == 1 ? STATUS_OK : STATUS_CRYPTO;
}

static enum status fill_certificate(X509 *certificate,
                                    EVP_PKEY *key,
                                    const char *names_text,
                                    const char *common_name,
                                    int64_t now_ms)
{
    uint8_t serial[8];
    if (RAND_bytes(serial, sizeof serial) != 1)
        return STATUS_NO_RANDOMNESS;
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40); /* positive, and of its full length */
    BIGNUM *number = BN_bin2bn(serial, sizeof serial, NULL);
    bool ok =
        number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    time_t start = (time_t)(now_ms / 1000) - DAY_SECONDS;
    X509_NAME *subject = X509_get_subject_name(certificate);
    ok = ok && X509_set_version(certificate, 2) == 1 &&
         X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const uint8_t *)common_name, -1,
                                    -1, 0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1 &&
         ASN1_TIME_set(X509_getm_notBefore(certificate), start) != NULL &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), start + (time_t)VALID_DAYS * DAY_SECONDS) !=
             NULL &&
         X509_set_pubkey(certificate, key) == 1;
    if (!ok)
        return STATUS_CRYPTO;
    TRY(add_extension(certificate, NID_subject_alt_name, names_text));
    TRY(add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE"));
    TRY(add_extension(certificate, NID_key_usage, "critical,digitalSignature"));
    TRY(add_extension(certificate, NID_ext_key_usage, "serverAuth"));
    return X509_sign(certificate, key, EVP_sha256()) > 0 ? STATUS_OK : STATUS_CRYPTO;
}

static enum status create_file(const char *path, mode_t mode, FILE **stream)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (descriptor < 0)
        return errno == EEXIST ? STATUS_EXISTS : STATUS_IO;
    FILE *opened = fdopen(descriptor, "w");
    if (opened == NULL) {
        close(descriptor);
        return STATUS_IO;
    }
    *stream = opened;
    return STATUS_OK;
}

static enum status sync_and_close(FILE **stream, bool written)
{
    bool ok = written && fflush(*stream) == 0 && fsync(fileno(*stream)) == 0;
    ok = fclose(*stream) == 0 && ok;
    *stream = NULL;
    return ok ? STATUS_OK : STATUS_IO;
}

static enum status write_key(const char *path, EVP_PKEY *key)
{
    FILE *stream = NULL;
    TRY(create_file(path, 0600, &stream));
    return sync_and_close(&stream,
                          PEM_write_PrivateKey(stream, key, NULL, NULL, 0, NULL, NULL) == 1);
}

static enum status write_certificate(const char *path, X509 *certificate)
{
    FILE *stream = NULL;
    TRY(create_file(path, 0644, &stream));
    return sync_and_close(&stream, PEM_write_X509(stream, certificate) == 1);
}

enum status certificate_make(const char *certificate_path,
                             const char *key_path,
                             const char *const *names,
                             size_t name_count,
                             int64_t now_ms)
{
    CLEANUP(free_key) EVP_PKEY *key = EVP_EC_gen("P-256");
    CLEANUP(free_certificate) X509 *certificate = X509_new();
    if (key == NULL || certificate == NULL)
        return STATUS_CRYPTO;
    char *names_text = NULL;
    TRY(alternative_names(names, name_count, &names_text));
    enum status status = fill_certificate(certificate, key, names_text, names[0], now_ms);
    free(names_text);
    TRY(status);
    TRY(write_key(key_path, key));
    return write_certificate(certificate_path, certificate);
}
