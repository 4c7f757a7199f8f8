/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Members whose credentials are X.509 certificates. Whether a chain is believed is the
 * application's question; that its first key is the member's own, the library asks. */
#include "tests/unit/protocol/mls/member/certificates.h"
#include "tests/unit/protocol/mls/member/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define OK(call) assert_string_equal(status_name(call), "OK")
#define FAILS(call, expected) assert_string_equal(status_name(call), status_name(expected))

static const uint16_t credential_types[] = {MLS_CREDENTIAL_X509};

struct certified {
    uint16_t suite;
    struct span private_key;
    struct span certificate;
};

/* Each signature scheme, in a suite that has it. */
static const struct certified schemes[] = {
    {1,
     {ed25519_private, sizeof ed25519_private},
     {ed25519_certificate, sizeof ed25519_certificate}},
    {2, {p256_private, sizeof p256_private}, {p256_certificate, sizeof p256_certificate}},
    {7, {p384_private, sizeof p384_private}, {p384_certificate, sizeof p384_certificate}},
    {5, {p521_private, sizeof p521_private}, {p521_certificate, sizeof p521_certificate}},
    {4, {ed448_private, sizeof ed448_private}, {ed448_certificate, sizeof ed448_certificate}},
};

#define SCHEME_COUNT (sizeof schemes / sizeof *schemes)

/* `opaque cert_data<V>` for each. */
static void write_chain(const struct span *certificates, size_t count, struct buffer *chain)
{
    buffer_truncate(chain, 0);
    struct writer writer = writer_of(chain);
    for (size_t i = 0; i < count; i++)
        writer_vector(&writer, certificates[i]);
    OK(writer_finish(&writer));
}

/* Gives member 1 the key and the chain, and a KeyPackage with them. */
static void certify(struct world *world, struct span private_key, const struct buffer *chain)
{
    struct member *member = &world->members[1];
    OK(secret_set(&member->signature_private, private_key));
    OK(signature_public_of(world->suite->signature, private_key, &member->signature_public));
    member->identity.signature_public_key = signature_public_span(&member->signature_public);
    member->identity.signature_private_key = secret_span(&member->signature_private);
    member->identity.credential = (struct mls_credential){MLS_CREDENTIAL_X509, buffer_span(chain)};
    world_renew_package(world, 1);
}

static enum status check_package(const struct world *world)
{
    struct mls_key_package_checked checked;
    return mls_key_package_check(buffer_span(&world->members[1].package), &world->options,
                                 &checked);
}

static void init(struct world *world, uint16_t suite)
{
    world_init(world, suite);
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        world->members[i].identity.credential_types = credential_types;
        world->members[i].identity.credential_type_count = 1;
        world_renew_package(world, i);
    }
}

/* The application sees the chain and the key, as it must to check who signed it. */
static enum status look_at_chain(void *context,
                                 const struct mls_credential *credential,
                                 struct span signature_key,
                                 const struct mls_credential *replaced)
{
    size_t *count = context;
    struct span certificate;
    size_t at = 0;
    (void)signature_key;
    (void)replaced;
    while (mls_credential_next_certificate(credential, &at, &certificate))
        ++*count;
    return STATUS_OK;
}

static void members_with_certificates_of_each_scheme(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCHEME_COUNT; i++) {
        struct world world;
        CLEANUP(buffer_clear) struct buffer chain = BUFFER_INIT(SIZE_MAX);
        const struct span certificates[] = {schemes[i].certificate, SPAN_LITERAL("the issuer's")};
        size_t seen = 0;
        init(&world, schemes[i].suite);
        world.options.check_credential = look_at_chain;
        world.options.check_context = &seen;
        write_chain(certificates, 2, &chain);
        certify(&world, schemes[i].private_key, &chain);
        world_start_group(&world, 3);
        assert_int_not_equal(seen, 0);
        assert_int_equal(seen % 2, 0);
        world_refresh(&world, 1);
        world_refresh(&world, 2);
        world_check(&world);
        world_clear(&world);
    }
}

/* RFC 9420, 5.3: "The public key encoded in the `subjectPublicKeyInfo` of the end-entity
 * certificate MUST be identical to the `signature_key` in the LeafNode containing this credential."
 */
static void a_certificate_of_another_key_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCHEME_COUNT; i++) {
        struct world world;
        CLEANUP(buffer_clear) struct buffer chain = BUFFER_INIT(SIZE_MAX);
        CLEANUP(buffer_clear) struct buffer longer = BUFFER_INIT(SIZE_MAX);
        const struct span own = schemes[i].certificate;
        init(&world, schemes[i].suite);
        /* Whoever makes a leaf signs it with a key of its own, and shows somebody's certificate. */
        write_chain(&own, 1, &chain);
        certify(&world, secret_span(&world.members[2].signature_private), &chain);
        FAILS(check_package(&world), STATUS_INVALID_LEAF);
        for (size_t j = 0; j < SCHEME_COUNT; j++) {
            const struct span certificates[] = {schemes[j].certificate, own};
            write_chain(certificates, 2, &chain);
            certify(&world, schemes[i].private_key, &chain);
            FAILS(check_package(&world), i == j ? STATUS_OK : STATUS_INVALID_LEAF);
        }
        /* A certificate that is cut or longer, and none at all. */
        OK(buffer_append(&longer, own));
        OK(buffer_append(&longer, SPAN_LITERAL("x")));
        const size_t lengths[] = {0, 1, own.len / 2, own.len - 1, own.len, own.len + 1};
        for (size_t j = 0; j < sizeof lengths / sizeof *lengths; j++) {
            const struct span part = span_of(longer.ptr, lengths[j]);
            write_chain(&part, 1, &chain);
            certify(&world, schemes[i].private_key, &chain);
            FAILS(check_package(&world), lengths[j] == own.len ? STATUS_OK : STATUS_INVALID_LEAF);
        }
        write_chain(NULL, 0, &chain);
        certify(&world, schemes[i].private_key, &chain);
        FAILS(check_package(&world), STATUS_INVALID_LEAF);
        world_clear(&world);
    }
}

/* RFC 5480, 2.1.1 and 2.2: a point may be compressed, a curve has a name. */
static void the_form_of_a_point_does_not_count_and_the_curve_has_a_name(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(buffer_clear) struct buffer chain = BUFFER_INIT(SIZE_MAX);
    const struct span compressed = SPAN_OF(compressed_certificate);
    const struct span by_parameters = SPAN_OF(explicit_certificate);
    init(&world, 2);
    write_chain(&compressed, 1, &chain);
    certify(&world, SPAN_OF(p256_private), &chain);
    OK(check_package(&world));
    write_chain(&by_parameters, 1, &chain);
    certify(&world, SPAN_OF(p256_private), &chain);
    FAILS(check_package(&world), STATUS_INVALID_LEAF);
    world_clear(&world);
}

static void nobody_creates_a_group_with_a_certificate_of_another_key(void **state)
{
    (void)state;
    struct world world;
    CLEANUP(buffer_clear) struct buffer chain = BUFFER_INIT(SIZE_MAX);
    const struct span other = SPAN_OF(ed25519_certificate);
    struct mls_group *group = NULL;
    init(&world, 1);
    write_chain(&other, 1, &chain);
    certify(&world, secret_span(&world.members[2].signature_private), &chain);
    const struct mls_group_config config = {.suite = world.suite,
                                            .group_id = SPAN_LITERAL("a group"),
                                            .identity = &world.members[1].identity};
    FAILS(mls_group_new(&config, &world.random, &group), STATUS_INVALID_LEAF);
    world_clear(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_with_certificates_of_each_scheme),
        cmocka_unit_test(a_certificate_of_another_key_is_refused),
        cmocka_unit_test(the_form_of_a_point_does_not_count_and_the_curve_has_a_name),
        cmocka_unit_test(nobody_creates_a_group_with_a_certificate_of_another_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
