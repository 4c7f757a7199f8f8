/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* KeyPackages and the leaves in them: RFC 9420, 7.2, 7.3, 10.1. */
#include "tests/unit/protocol/mls/public/fixture.h"

#include "protocol/crypto/random_system.h"
#include "protocol/mls/public/label.h"
#include "protocol/mls/public/ref_hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define must(call) assert_int_equal((call), STATUS_OK)
#define BYTES CLEANUP(buffer_clear) struct buffer

static enum status check(const struct person *person,
                         const struct mls_key_package *package,
                         const struct mls_options *options)
{
    BYTES bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct mls_key_package_checked checked;
    fixture_write_key_package(person, *package, &bytes);
    return mls_key_package_check(buffer_span(&bytes), options, &checked);
}

/* RFC 9420, 13.4: "A client processing a KeyPackage object MUST ignore all unrecognized values in
 * the `capabilities` field of the LeafNode and all unknown extensions in the `extensions` and
 * `leaf_node.extensions` fields." 10: "As discussed in Section 13, unknown extensions in
 * `KeyPackage.extensions` MUST be ignored, and the creator of a KeyPackage object SHOULD include
 * some random GREASE extensions to help ensure that other clients correctly ignore unknown
 * extensions." */
static void accepts_a_good_key_package_and_names_it(void **state)
{
    (void)state;
    struct person person;
    person_init(&person, 1);
    struct mls_key_package package = fixture_key_package(&person);
    package.extensions.bytes = SPAN_LITERAL("\0\x0a\0\x4a\x4a\3abc"); /* last resort, GREASE */
    BYTES bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct mls_key_package_checked checked;
    struct digest ref;
    fixture_write_key_package(&person, package, &bytes);
    must(mls_key_package_check(buffer_span(&bytes), &fixture_options, &checked));
    assert_true(checked.last_resort);
    must(mls_ref_of_key_package(fixture_suite(), span_of(bytes.ptr + 4, bytes.len - 4), &ref));
    assert_true(span_equal(digest_span(&ref), digest_span(&checked.ref)));
    assert_int_equal(checked.package.leaf_node.not_after, 2000);
}

/* RFC 9420, 7.2: "The types of any non-default extensions that appear in the `extensions` field of
 * a LeafNode MUST be included in the `extensions` field of the `capabilities` field, and the
 * credential type used in the LeafNode MUST be included in the `credentials` field of the
 * `capabilities` field." 10: "The value for `init_key` MUST be a public key for the asymmetric
 * encryption scheme defined by `cipher_suite`, and it MUST be unique among the set of KeyPackages
 * created by this client." "Likewise, the `leaf_node` field MUST be valid for the cipher suite,
 * including both the `encryption_key` and `signature_key` fields." "If a client receives a
 * KeyPackage carried within an MLSMessage object, then it MUST verify that the `version` field of
 * the KeyPackage has the same value as the `version` field of the MLSMessage." "The field
 * `leaf_node.leaf_node_source` of the LeafNode in a KeyPackage MUST be set to `key_package`." 16.7:
 * "The encryption and signature keys stored in the `encryption_key` and `signature_key` fields of
 * ratchet tree nodes MUST be distinct from one another." */
static void refuses_key_packages_that_break_a_rule(void **state)
{
    (void)state;
    struct person person;
    struct person other;
    person_init(&person, 1);
    person_init(&other, 2);
    const struct mls_key_package good = fixture_key_package(&person);
    must(check(&person, &good, &fixture_options));
    struct mls_key_package bad = good;
    bad.init_key = good.leaf_node.encryption_key;
    assert_int_equal(check(&person, &bad, &fixture_options), STATUS_INVALID);
    bad = good;
    bad.init_key.len--;
    assert_int_equal(check(&person, &bad, &fixture_options), STATUS_INVALID);
    bad = good;
    bad.version = 2;
    assert_int_equal(check(&person, &bad, &fixture_options), STATUS_UNSUPPORTED);
    bad = good;
    bad.cipher_suite = 0x0a0a;
    assert_int_equal(check(&person, &bad, &fixture_options), STATUS_UNSUPPORTED);
    bad = good;
    bad.leaf_node.source = MLS_LEAF_UPDATE;
    assert_int_equal(check(&person, &bad, &fixture_options), STATUS_INVALID_LEAF);
    bad = good;
    bad.leaf_node.capabilities.cipher_suites.bytes = SPAN_LITERAL("\0\3");
    assert_int_equal(check(&person, &bad, &fixture_options), STATUS_INVALID_LEAF);
    bad = good;
    bad.leaf_node.capabilities.versions.bytes = SPAN_EMPTY;
    assert_int_equal(check(&person, &bad, &fixture_options), STATUS_INVALID_LEAF);
    bad = good;
    bad.leaf_node.capabilities.credentials.bytes = SPAN_LITERAL("\0\2");
    assert_int_equal(check(&person, &bad, &fixture_options), STATUS_INVALID_LEAF);
    bad = good;
    bad.leaf_node.encryption_key.len--;
    assert_int_equal(check(&person, &bad, &fixture_options), STATUS_INVALID_LEAF);
    bad = good;
    const struct signature_public mixed = fixture_mixed_key(&person);
    bad.leaf_node.signature_key = signature_public_span(&mixed);
    assert_int_equal(check(&person, &bad, &fixture_options), STATUS_INVALID_LEAF);
    bad = good;
    bad.leaf_node.encryption_key = good.leaf_node.signature_key;
    assert_int_equal(check(&person, &bad, &fixture_options), STATUS_INVALID_LEAF);
    bad = good;
    bad.leaf_node.extensions.bytes = SPAN_LITERAL("\xf0\xff\0");
    assert_int_equal(check(&person, &bad, &fixture_options), STATUS_INVALID_LEAF);
    assert_int_equal(check(&other, &good, &fixture_options), STATUS_BAD_SIGNATURE);
}

static void refuses_a_key_package_whose_leaf_is_not_signed(void **state)
{
    (void)state;
    struct person person;
    person_init(&person, 1);
    BYTES bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES tbs = BUFFER_INIT(FIXTURE_BYTES_MAX);
    fixture_write_key_package(&person, fixture_key_package(&person), &bytes);
    struct mls_key_package package = fixture_read_key_package(&bytes);
    package.leaf_node.signature = package.signature; /* well formed, of something else */
    struct writer writer = writer_of(&tbs);
    mls_key_package_write_tbs(&writer, &package);
    must(writer_finish(&writer));
    struct signature signature = fixture_sign(&person, "KeyPackageTBS", &tbs);
    package.signature = signature_span(&signature);
    assert_int_equal(mls_key_package_validate(&package, &fixture_options), STATUS_BAD_SIGNATURE);
}

/* RFC 9420, 5.1.2: "It MUST be the same as the signature algorithm specified in the credentials in
 * the leaves of the tree (including the leaf node information in KeyPackages used to add new
 * members)." */
static void refuses_a_leaf_that_is_signed_with_another_algorithm(void **state)
{
    (void)state;
    const struct suite *other = suite_find(SUITE_P256_AES128GCM_SHA256_P256);
    struct person person;
    struct secret private_key;
    struct signature_public public_key;
    struct signature signature;
    BYTES tbs = BUFFER_INIT(FIXTURE_BYTES_MAX);
    BYTES input = BUFFER_INIT(FIXTURE_BYTES_MAX);
    person_init(&person, 1);
    must(signature_generate(other->signature, random_system(), &private_key, &public_key));
    struct mls_leaf_node leaf = fixture_leaf(&person, MLS_LEAF_KEY_PACKAGE);
    leaf.signature_key = signature_public_span(&public_key);
    struct writer writer = writer_of(&tbs);
    mls_leaf_node_write_tbs(&writer, &leaf, SPAN_EMPTY, 0);
    must(writer_finish(&writer));
    writer = writer_of(&input);
    mls_sign_content_write(&writer, "LeafNodeTBS", buffer_span(&tbs));
    must(writer_finish(&writer));
    must(signature_sign(other->signature, secret_span(&private_key), buffer_span(&input),
                        &signature));
    leaf.signature = signature_span(&signature);
    must(mls_leaf_node_verify(other, &leaf, SPAN_EMPTY, 0));
    assert_int_not_equal(mls_leaf_node_verify(fixture_suite(), &leaf, SPAN_EMPTY, 0), STATUS_OK);
}

/* RFC 9420, 7.2: "Applications MUST define a maximum total lifetime that is acceptable for a
 * LeafNode, and reject any LeafNode where the total lifetime is longer than this duration." */
static void checks_lifetimes_against_clock_tolerance_and_maximum(void **state)
{
    (void)state;
    static const struct {
        uint64_t now, tolerance, max;
        enum status status;
    } cases[] = {
        {0, 0, 0, STATUS_OK},           {1000, 0, 0, STATUS_OK},       {2000, 0, 0, STATUS_OK},
        {999, 0, 0, STATUS_EXPIRED},    {2001, 0, 0, STATUS_EXPIRED},  {990, 10, 0, STATUS_OK},
        {2010, 10, 0, STATUS_OK},       {2011, 10, 0, STATUS_EXPIRED}, {1500, 0, 1000, STATUS_OK},
        {1500, 0, 999, STATUS_EXPIRED},
    };
    struct person person;
    person_init(&person, 1);
    struct mls_leaf_node leaf = fixture_leaf(&person, MLS_LEAF_KEY_PACKAGE);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct mls_options options = {.now_seconds = cases[i].now,
                                            .tolerance_seconds = cases[i].tolerance,
                                            .lifetime_seconds_max = cases[i].max};
        assert_int_equal(mls_leaf_node_check_lifetime(&leaf, &options), cases[i].status);
    }
    leaf.not_after = 999;
    const struct mls_options options = {.tolerance_seconds = 10};
    assert_int_equal(mls_leaf_node_check_lifetime(&leaf, &options), STATUS_EXPIRED);
    leaf.not_after = 2000;
    leaf.source = MLS_LEAF_COMMIT; /* has none */
    assert_int_equal(mls_leaf_node_check_lifetime(&leaf, &options), STATUS_INVALID_LEAF);
    const struct mls_key_package package = fixture_key_package(&person);
    const struct mls_options late = {.now_seconds = 2001};
    assert_int_equal(check(&person, &package, &late), STATUS_EXPIRED);
}

/* RFC 9420, 7.3: "If the GroupContext has a `required_capabilities` extension, then the required
 * extensions, proposals, and credential types MUST be listed in the LeafNode's `capabilities`
 * field." 13.4: "The `capabilities` field MUST indicate support for each extension in the
 * GroupContext." */
static void a_leaf_must_support_what_the_group_requires(void **state)
{
    (void)state;
    struct person person;
    person_init(&person, 1);
    const struct mls_leaf_node leaf = fixture_leaf(&person, MLS_LEAF_KEY_PACKAGE);
    static const struct {
        struct span list;
        enum status status;
    } cases[] = {
        {{(const uint8_t *)"\0\3\5\2\xf0\xc1\0\0", 8}, STATUS_OK},
        {{(const uint8_t *)"\0\3\5\2\xf0\xc2\0\0", 8}, STATUS_INVALID_LEAF},
        {{(const uint8_t *)"\0\3\5\0\2\0\x07\0", 8}, STATUS_OK}, /* a default proposal */
        {{(const uint8_t *)"\0\3\5\0\2\0\x08\0", 8}, STATUS_INVALID_LEAF},
        {{(const uint8_t *)"\0\3\5\0\0\2\0\1", 8}, STATUS_OK},
        {{(const uint8_t *)"\0\3\5\0\0\2\0\2", 8}, STATUS_INVALID_LEAF}, /* no x509 */
        {{(const uint8_t *)"\xf0\xc1\0", 3}, STATUS_OK},
        {{(const uint8_t *)"\xf0\xc2\0", 3}, STATUS_INVALID_LEAF},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(
            mls_leaf_node_check_extensions(&leaf, (struct mls_extensions){cases[i].list}),
            cases[i].status);
}

/* ---- messages ---- */

/* RFC 9420, 7.2: "Each modification of LeafNode content MUST be reflected by a change in its
 * signature." 10: "A KeyPackage object with an invalid signature field MUST be considered
 * malformed." */
static void refuses_a_key_package_that_is_cut_longer_or_flipped(void **state)
{
    (void)state;
    struct person person;
    person_init(&person, 1);
    BYTES bytes = BUFFER_INIT(FIXTURE_BYTES_MAX);
    struct mls_key_package_checked checked;
    fixture_write_key_package(&person, fixture_key_package(&person), &bytes);
    for (size_t cut = 0; cut < bytes.len; cut++) {
        uint8_t *exact = malloc(cut == 0 ? 1 : cut);
        assert_non_null(exact);
        memcpy(exact, bytes.ptr, cut);
        assert_int_not_equal(mls_key_package_check(span_of(exact, cut), &fixture_options, &checked),
                             STATUS_OK);
        free(exact);
    }
    for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
        bytes.ptr[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(mls_key_package_check(buffer_span(&bytes), &fixture_options, &checked),
                             STATUS_OK);
        bytes.ptr[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    must(buffer_append(&bytes, SPAN_LITERAL("\0")));
    assert_int_equal(mls_key_package_check(buffer_span(&bytes), &fixture_options, &checked),
                     STATUS_TRAILING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_a_good_key_package_and_names_it),
        cmocka_unit_test(refuses_key_packages_that_break_a_rule),
        cmocka_unit_test(refuses_a_key_package_whose_leaf_is_not_signed),
        cmocka_unit_test(refuses_a_leaf_that_is_signed_with_another_algorithm),
        cmocka_unit_test(checks_lifetimes_against_clock_tolerance_and_maximum),
        cmocka_unit_test(a_leaf_must_support_what_the_group_requires),
        cmocka_unit_test(refuses_a_key_package_that_is_cut_longer_or_flipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
