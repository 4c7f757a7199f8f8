/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the primitives of a suite cost: one figure a line, `name value unit`, in CPU time.
 * Usage: bench_crypto [suite number...]; without one, suites 1 and 3. */
#include "protocol/crypto/aead.h"
#include "protocol/crypto/hash.h"
#include "protocol/crypto/hpke.h"
#include "protocol/crypto/random_system.h"
#include "protocol/crypto/signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Long enough to be steady to a few per cent. */
#define MEASURE_US 200000.0

/* Keys and messages for every operation of one suite. */
struct subject {
    const struct suite *suite;
    struct secret signing_key, prepared_key, private_key;
    struct signature_public signing_public;
    struct hpke_public public_key, encapsulated;
    struct signature signature;
    struct buffer sealed, sealed_kilobyte, out;
    uint8_t kilobyte[1024];
};

static struct span key_of(const struct subject *subject)
{
    return span_of(subject->kilobyte, subject->suite->aead_key_size);
}

static struct span nonce_of(const struct subject *subject)
{
    return span_of(subject->kilobyte, subject->suite->aead_nonce_size);
}

/* As long as the group context of a channel; a path secret is as long as a hash. */
static struct span info_of(const struct subject *subject)
{
    return span_of(subject->kilobyte, 160);
}

static struct span path_secret_of(const struct subject *subject)
{
    return span_of(subject->kilobyte, subject->suite->hash_size);
}

static enum status sign(struct subject *subject)
{
    return signature_sign(subject->suite->signature, secret_span(&subject->signing_key),
                          SPAN_OF(subject->kilobyte), &subject->signature);
}

static enum status sign_prepared(struct subject *subject)
{
    return signature_sign_prepared(subject->suite->signature, &subject->prepared_key,
                                   SPAN_OF(subject->kilobyte), &subject->signature);
}

static enum status verify(struct subject *subject)
{
    return signature_verify(subject->suite->signature,
                            signature_public_span(&subject->signing_public),
                            SPAN_OF(subject->kilobyte), signature_span(&subject->signature));
}

static enum status check_public(struct subject *subject)
{
    return signature_check_public(subject->suite->signature,
                                  signature_public_span(&subject->signing_public));
}

static enum status derive_key_pair(struct subject *subject)
{
    struct secret private_key;
    struct hpke_public public_key;
    return hpke_derive_key_pair(subject->suite, path_secret_of(subject), &private_key, &public_key);
}

static enum status public_of(struct subject *subject)
{
    struct hpke_public public_key;
    return hpke_public_of(subject->suite, secret_span(&subject->private_key), &public_key);
}

static enum status seal(struct subject *subject)
{
    buffer_truncate(&subject->sealed, 0);
    return hpke_seal(subject->suite, random_system(), hpke_public_span(&subject->public_key),
                     info_of(subject), SPAN_EMPTY, path_secret_of(subject), &subject->encapsulated,
                     &subject->sealed);
}

static enum status open_sealed(struct subject *subject)
{
    buffer_truncate(&subject->out, 0);
    return hpke_open(subject->suite, secret_span(&subject->private_key),
                     hpke_public_span(&subject->encapsulated), info_of(subject), SPAN_EMPTY,
                     buffer_span(&subject->sealed), &subject->out);
}

static enum status aead_seal_kilobyte(struct subject *subject)
{
    buffer_truncate(&subject->sealed_kilobyte, 0);
    return aead_seal(subject->suite->aead, key_of(subject), nonce_of(subject), SPAN_EMPTY,
                     SPAN_OF(subject->kilobyte), &subject->sealed_kilobyte);
}

static enum status aead_open_kilobyte(struct subject *subject)
{
    buffer_truncate(&subject->out, 0);
    return aead_open(subject->suite->aead, key_of(subject), nonce_of(subject), SPAN_EMPTY,
                     buffer_span(&subject->sealed_kilobyte), &subject->out);
}

static enum status extract(struct subject *subject)
{
    struct secret prk;
    return hkdf_extract(subject->suite->hash, path_secret_of(subject), path_secret_of(subject),
                        &prk);
}

static enum status expand(struct subject *subject)
{
    uint8_t out[HASH_SIZE_MAX];
    return hkdf_expand(subject->suite->hash, path_secret_of(subject), info_of(subject), out,
                       subject->suite->hash_size);
}

static enum status hash_kilobyte(struct subject *subject)
{
    struct digest digest;
    return hash_bytes(subject->suite->hash, SPAN_OF(subject->kilobyte), &digest);
}

/* In an order in which each finds what it needs. */
static const struct operation {
    const char *name;
    enum status (*run)(struct subject *subject);
} operations[] = {
    {"sign", sign},
    {"sign_prepared", sign_prepared},
    {"verify", verify},
    {"check_signature_key", check_public},
    {"kem_public_of", public_of},
    {"kem_derive_key_pair", derive_key_pair},
    {"hpke_seal", seal},
    {"hpke_open", open_sealed},
    {"aead_seal_1024", aead_seal_kilobyte},
    {"aead_open_1024", aead_open_kilobyte},
    {"hkdf_extract", extract},
    {"hkdf_expand", expand},
    {"hash_1024", hash_kilobyte},
};

static double cpu_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static enum status measure(const struct operation *operation, struct subject *subject)
{
    double begin = cpu_us(), passed = 0;
    size_t runs = 0;
    while (passed < MEASURE_US) {
        for (size_t i = 0; i < 16; i++)
            TRY(operation->run(subject));
        runs += 16;
        passed = cpu_us() - begin;
    }
    printf("suite%u.%s %.2f us\n", subject->suite->id, operation->name, passed / (double)runs);
    return STATUS_OK;
}

static void subject_clear(struct subject *subject)
{
    buffer_clear(&subject->sealed);
    buffer_clear(&subject->sealed_kilobyte);
    buffer_clear(&subject->out);
    secret_wipe(subject, sizeof *subject);
}

static enum status measure_suite(const struct suite *suite)
{
    CLEANUP(subject_clear)
    struct subject subject = {.suite = suite,
                              .sealed = BUFFER_INIT(4096),
                              .sealed_kilobyte = BUFFER_INIT(4096),
                              .out = BUFFER_INIT(4096)};
    TRY(random_fill(random_system(), subject.kilobyte, sizeof subject.kilobyte));
    TRY(signature_generate(suite->signature, random_system(), &subject.signing_key,
                           &subject.signing_public));
    TRY(signature_prepare(suite->signature, secret_span(&subject.signing_key),
                          &subject.prepared_key));
    TRY(hpke_generate_key_pair(suite, random_system(), &subject.private_key, &subject.public_key));
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        TRY(measure(&operations[i], &subject));
    return STATUS_OK;
}

static enum status measure_number(unsigned long number)
{
    const struct suite *suite = number > UINT16_MAX ? NULL : suite_find((uint16_t)number);
    return suite == NULL ? STATUS_UNSUPPORTED : measure_suite(suite);
}

int main(int argc, char **argv)
{
    enum status status = crypto_start();
    if (argc < 2) {
        if (status == STATUS_OK)
            status = measure_number(SUITE_X25519_AES128GCM_SHA256_ED25519);
        if (status == STATUS_OK)
            status = measure_number(SUITE_X25519_CHACHA20POLY1305_SHA256_ED25519);
    }
    for (int i = 1; i < argc && status == STATUS_OK; i++)
        status = measure_number(strtoul(argv[i], NULL, 10));
    if (status != STATUS_OK)
        fprintf(stderr, "bench_crypto: %s\n", status_text(status));
    return status == STATUS_OK ? 0 : 1;
}
