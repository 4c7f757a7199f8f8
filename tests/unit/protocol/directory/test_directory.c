/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/limits.h"
#include "protocol/crypto/hash.h"
#include "protocol/crypto/random_system.h"
#include "protocol/crypto/signature.h"
#include "protocol/directory/directory.h"
#include "tests/unit/protocol/directory/made_device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- the log ---- */

/* RFC 9162, 2.1.1, word by word: split at the largest power of two smaller than n. */
static void tree_hash(const uint8_t *entries, size_t count, uint8_t hash[32])
{
    struct digest digest;
    if (count == 0) {
        assert_int_equal(hash_bytes(HASH_SHA256, SPAN_EMPTY, &digest), STATUS_OK);
        memcpy(hash, digest.bytes, 32);
        return;
    }
    if (count == 1) {
        assert_int_equal(directory_leaf_hash(span_of(entries, 1), hash), STATUS_OK);
        return;
    }
    size_t split = 1;
    while (split * 2 < count)
        split *= 2;
    uint8_t parts[65] = {0x01};
    tree_hash(entries, split, parts + 1);
    tree_hash(entries + split, count - split, parts + 33);
    assert_int_equal(hash_bytes(HASH_SHA256, SPAN_OF(parts), &digest), STATUS_OK);
    memcpy(hash, digest.bytes, 32);
}

static void the_root_is_that_of_rfc_9162_at_every_size(void **state)
{
    (void)state;
    uint8_t entries[200];
    struct directory_log log;
    directory_log_init(&log);
    for (size_t size = 0; size < sizeof entries; size++) {
        uint8_t root[32];
        uint8_t expected[32];
        assert_int_equal(directory_log_root(&log, root), STATUS_OK);
        tree_hash(entries, size, expected);
        assert_memory_equal(root, expected, 32);
        entries[size] = (uint8_t)(size * 7);
        assert_int_equal(directory_log_append(&log, span_of(&entries[size], 1)), STATUS_OK);
    }
}

static void a_head_matches_only_its_own_log_and_key(void **state)
{
    (void)state;
    struct secret private_key;
    struct signature_public public_key;
    assert_int_equal(
        signature_generate(SIGNATURE_ED25519, random_system(), &private_key, &public_key),
        STATUS_OK);
    struct directory_log log;
    directory_log_init(&log);
    assert_int_equal(directory_log_append(&log, SPAN_LITERAL("one")), STATUS_OK);
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(1024);
    assert_int_equal(directory_head_sign(&log, 5, secret_span(&private_key), &bytes), STATUS_OK);
    struct directory_head head;
    struct span key = signature_public_span(&public_key);
    assert_int_equal(directory_head_open(buffer_span(&bytes), key, &head), STATUS_OK);
    assert_int_equal(head.size, 1);
    assert_int_equal(directory_head_match(&head, &log), STATUS_OK);
    assert_int_equal(directory_log_append(&log, SPAN_LITERAL("two")), STATUS_OK);
    assert_int_equal(directory_head_match(&head, &log), STATUS_UNTRUSTED);
    struct secret other_private;
    struct signature_public other_key;
    assert_int_equal(
        signature_generate(SIGNATURE_ED25519, random_system(), &other_private, &other_key),
        STATUS_OK);
    assert_int_equal(
        directory_head_open(buffer_span(&bytes), signature_public_span(&other_key), &head),
        STATUS_UNTRUSTED);
    for (size_t i = 0; i < bytes.len * 8; i++) {
        bytes.ptr[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_int_not_equal(directory_head_open(buffer_span(&bytes), key, &head), STATUS_OK);
        bytes.ptr[i / 8] ^= (uint8_t)(1 << i % 8);
    }
}

/* ---- entries ---- */

static enum status
apply_about(struct directory *directory, uint8_t kind, const struct made_device *device)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    struct directory_entry entry = {
        .version = DIRECTORY_ENTRY_VERSION,
        .kind = kind,
        .authority = DIRECTORY_BY_SERVER,
        .person = device->person,
    };
    if (kind == DIRECTORY_REVOKE_DEVICE || kind == DIRECTORY_ABSENT_DEVICE ||
        kind == DIRECTORY_PRESENT_DEVICE)
        entry.device = device->device;
    struct directory_signers none = {0};
    assert_int_equal(directory_entry_sign(&entry, &none, &bytes), STATUS_OK);
    return directory_apply(directory, buffer_span(&bytes), false);
}

static void a_first_device_adds_itself_once(void **state)
{
    (void)state;
    struct directory *directory = NULL;
    assert_int_equal(directory_new(&directory), STATUS_OK);
    struct made_device first;
    struct made_device ghost;
    made_device_init(&first, NULL);
    made_device_init(&ghost, &first.person);
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    made_device_sign(&first, NULL, &bytes);
    assert_int_equal(made_device_check(directory, &first), STATUS_NOT_FOUND);
    assert_int_equal(directory_apply(directory, buffer_span(&bytes), false), STATUS_OK);
    assert_int_equal(made_device_check(directory, &first), STATUS_OK);
    assert_int_equal(directory_apply(directory, buffer_span(&bytes), false), STATUS_EXISTS);
    assert_int_equal(directory_log_of(directory)->size, 1);
    /* A server that slips a second "first" device under a person is caught by everybody. */
    buffer_clear(&bytes);
    made_device_sign(&ghost, NULL, &bytes);
    assert_int_equal(directory_apply(directory, buffer_span(&bytes), false), STATUS_EXISTS);
    assert_int_equal(made_device_check(directory, &ghost), STATUS_NOT_FOUND);
    directory_free(&directory);
}

static void a_further_device_needs_one_of_the_same_person(void **state)
{
    (void)state;
    struct directory *directory = NULL;
    assert_int_equal(directory_new(&directory), STATUS_OK);
    struct made_device first;
    struct made_device second;
    struct made_device other;
    made_device_init(&first, NULL);
    made_device_init(&second, &first.person);
    made_device_init(&other, NULL);
    made_device_add(&first, NULL, directory);
    made_device_add(&other, NULL, directory);
    CLEANUP(buffer_clear) struct buffer forged = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    made_device_sign(&second, &other, &forged);
    assert_int_equal(directory_apply(directory, buffer_span(&forged), true), STATUS_DENIED);
    made_device_add(&second, &first, directory);
    assert_int_equal(apply_about(directory, DIRECTORY_REVOKE_DEVICE, &second), STATUS_OK);
    assert_int_equal(made_device_check(directory, &second), STATUS_DENIED);
    assert_int_equal(made_device_check(directory, &first), STATUS_OK);
    directory_free(&directory);
}

static void suspension_ends_and_erasure_does_not(void **state)
{
    (void)state;
    struct directory *directory = NULL;
    assert_int_equal(directory_new(&directory), STATUS_OK);
    struct made_device device;
    made_device_init(&device, NULL);
    made_device_add(&device, NULL, directory);
    assert_int_equal(directory_shut_out_size(directory), 0);
    assert_int_equal(apply_about(directory, DIRECTORY_SUSPEND_PERSON, &device), STATUS_OK);
    assert_int_equal(made_device_check(directory, &device), STATUS_DENIED);
    assert_int_equal(directory_shut_out_size(directory), 2);
    assert_int_equal(apply_about(directory, DIRECTORY_RESTORE_PERSON, &device), STATUS_OK);
    assert_int_equal(made_device_check(directory, &device), STATUS_OK);
    assert_int_equal(directory_shut_out_size(directory), 2);
    assert_int_equal(apply_about(directory, DIRECTORY_ERASE_PERSON, &device), STATUS_OK);
    assert_int_equal(apply_about(directory, DIRECTORY_RESTORE_PERSON, &device), STATUS_OK);
    assert_int_equal(made_device_check(directory, &device), STATUS_DENIED);
    directory_free(&directory);
}

/* Absence is neither a revocation nor for ever, and each size of the log keeps its own answer. */
static void a_device_is_absent_until_it_is_seen_again(void **state)
{
    (void)state;
    struct directory *directory = NULL;
    assert_int_equal(directory_new(&directory), STATUS_OK);
    struct made_device device;
    made_device_init(&device, NULL);
    assert_int_equal(apply_about(directory, DIRECTORY_ABSENT_DEVICE, &device), STATUS_NOT_FOUND);
    made_device_add(&device, NULL, directory);
    assert_int_equal(apply_about(directory, DIRECTORY_PRESENT_DEVICE, &device), STATUS_EXISTS);
    assert_int_equal(apply_about(directory, DIRECTORY_ABSENT_DEVICE, &device), STATUS_OK);
    assert_int_equal(apply_about(directory, DIRECTORY_ABSENT_DEVICE, &device), STATUS_EXISTS);
    assert_int_equal(made_device_check(directory, &device), STATUS_OK);
    assert_int_equal(apply_about(directory, DIRECTORY_PRESENT_DEVICE, &device), STATUS_OK);
    assert_int_equal(apply_about(directory, DIRECTORY_ABSENT_DEVICE, &device), STATUS_OK);
    static const bool absent[] = {false, false, true, false, true};
    for (uint64_t size = 0; size < 5; size++)
        assert_int_equal(directory_was_absent(directory, size, &device.device), absent[size]);
    assert_true(directory_was_absent(directory, UINT64_MAX, &device.device));
    assert_int_equal(directory_shut_out_size(directory), 0);
    assert_int_equal(apply_about(directory, DIRECTORY_REVOKE_DEVICE, &device), STATUS_OK);
    assert_int_equal(directory_shut_out_size(directory), 5);
    assert_int_equal(apply_about(directory, DIRECTORY_PRESENT_DEVICE, &device), STATUS_DENIED);
    directory_free(&directory);
}

static enum status
check_leaf_at(const struct directory *directory, uint64_t size, const struct made_device *device)
{
    return directory_check_leaf_at(directory, size, &device->person, &device->device,
                                   signature_public_span(&device->leaf_public));
}

static enum status add_by_admin(struct directory *directory,
                                const struct made_device *device,
                                const struct made_device *admin)
{
    struct directory_entry entry = made_device_entry(device, DIRECTORY_BY_ADMIN);
    struct directory_signers signers = {
        .login_private_key = secret_span(&device->login_private),
        .leaf_private_key = secret_span(&device->leaf_private),
        .authority_private_key = secret_span(&admin->login_private),
    };
    entry.by_device = admin->device;
    entry.by_person = admin->person;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    assert_int_equal(directory_entry_sign(&entry, &signers, &bytes), STATUS_OK);
    assert_int_equal(directory_check(directory, buffer_span(&bytes), false), STATUS_DENIED);
    return directory_apply(directory, buffer_span(&bytes), true);
}

static void a_device_that_comes_later_is_as_its_person_is(void **state)
{
    (void)state;
    struct directory *directory = NULL;
    assert_int_equal(directory_new(&directory), STATUS_OK);
    struct made_device admin;
    struct made_device first;
    struct made_device second;
    struct made_device erased;
    made_device_init(&admin, NULL);
    made_device_init(&first, NULL);
    made_device_init(&second, &first.person);
    made_device_init(&erased, NULL);
    made_device_add(&admin, NULL, directory);
    /* Suspended before there is a device. */
    assert_int_equal(apply_about(directory, DIRECTORY_SUSPEND_PERSON, &first), STATUS_OK);
    made_device_add(&first, NULL, directory);
    assert_int_equal(made_device_check(directory, &first), STATUS_DENIED);
    assert_int_equal(directory_find(directory, &first.device)->state, DIRECTORY_SUSPENDED);
    /* Revoking all devices does not end the suspension. */
    assert_int_equal(apply_about(directory, DIRECTORY_REVOKE_DEVICE, &first), STATUS_OK);
    assert_int_equal(add_by_admin(directory, &second, &admin), STATUS_OK);
    assert_int_equal(made_device_check(directory, &second), STATUS_DENIED);
    assert_int_equal(apply_about(directory, DIRECTORY_RESTORE_PERSON, &second), STATUS_OK);
    assert_int_equal(made_device_check(directory, &second), STATUS_OK);
    assert_int_equal(made_device_check(directory, &first), STATUS_DENIED);
    assert_int_equal(directory_find(directory, &first.device)->state, DIRECTORY_REVOKED);
    /* Erased without a device is erased, too. */
    assert_int_equal(apply_about(directory, DIRECTORY_ERASE_PERSON, &erased), STATUS_OK);
    assert_int_equal(apply_about(directory, DIRECTORY_RESTORE_PERSON, &erased), STATUS_OK);
    assert_int_equal(add_by_admin(directory, &erased, &admin), STATUS_OK);
    assert_int_equal(made_device_check(directory, &erased), STATUS_DENIED);
    assert_int_equal(directory_find(directory, &erased.device)->state, DIRECTORY_ERASED);
    directory_free(&directory);
}

static void only_an_active_device_that_is_known_has_authority(void **state)
{
    (void)state;
    struct directory *directory = NULL;
    assert_int_equal(directory_new(&directory), STATUS_OK);
    struct made_device first;
    struct made_device second;
    made_device_init(&first, NULL);
    made_device_init(&second, &first.person);
    CLEANUP(buffer_clear) struct buffer added = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    made_device_sign(&second, &first, &added);
    assert_int_equal(directory_check(directory, buffer_span(&added), true), STATUS_NOT_FOUND);
    made_device_add(&first, NULL, directory);
    assert_int_equal(directory_check(directory, buffer_span(&added), true), STATUS_OK);
    assert_int_equal(apply_about(directory, DIRECTORY_SUSPEND_PERSON, &first), STATUS_OK);
    assert_int_equal(directory_check(directory, buffer_span(&added), true), STATUS_DENIED);
    assert_int_equal(apply_about(directory, DIRECTORY_RESTORE_PERSON, &first), STATUS_OK);
    assert_int_equal(apply_about(directory, DIRECTORY_REVOKE_DEVICE, &first), STATUS_OK);
    assert_int_equal(directory_check(directory, buffer_span(&added), true), STATUS_DENIED);
    assert_int_equal(directory_log_of(directory)->size, 4);
    directory_free(&directory);
}

static void an_admins_ruling_is_not_used_twice(void **state)
{
    (void)state;
    struct directory *directory = NULL;
    assert_int_equal(directory_new(&directory), STATUS_OK);
    struct made_device admin;
    struct made_device device;
    made_device_init(&admin, NULL);
    made_device_init(&device, NULL);
    made_device_add(&admin, NULL, directory);
    made_device_add(&device, NULL, directory);
    struct directory_entry entry = {.version = DIRECTORY_ENTRY_VERSION,
                                    .kind = DIRECTORY_RESTORE_PERSON,
                                    .authority = DIRECTORY_BY_ADMIN,
                                    .time = 7,
                                    .person = device.person,
                                    .by_person = admin.person,
                                    .by_device = admin.device};
    struct directory_signers signers = {.authority_private_key = secret_span(&admin.login_private)};
    CLEANUP(buffer_clear) struct buffer restore = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    assert_int_equal(directory_entry_sign(&entry, &signers, &restore), STATUS_OK);
    entry.time = 8;
    assert_int_equal(directory_entry_sign(&entry, &signers, &again), STATUS_OK);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(apply_about(directory, DIRECTORY_SUSPEND_PERSON, &device), STATUS_OK);
    assert_int_equal(directory_apply(directory, buffer_span(&restore), true), STATUS_OK);
    assert_int_equal(made_device_check(directory, &device), STATUS_OK);
    assert_int_equal(apply_about(directory, DIRECTORY_SUSPEND_PERSON, &device), STATUS_OK);
    assert_int_equal(directory_apply(directory, buffer_span(&restore), true), STATUS_EXISTS);
    assert_int_equal(made_device_check(directory, &device), STATUS_DENIED);
    assert_int_equal(directory_apply(directory, buffer_span(&again), true), STATUS_OK);
    assert_int_equal(made_device_check(directory, &device), STATUS_OK);
    directory_free(&directory);
}

static enum status check_as_it_is(const struct directory *directory,
                                  const struct directory_entry *entry)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    assert_int_equal(schema_encode(&directory_entry_schema, entry, &bytes), STATUS_OK);
    return directory_check(directory, buffer_span(&bytes), true);
}

static void entries_of_no_known_form_are_refused(void **state)
{
    (void)state;
    struct directory *directory = NULL;
    assert_int_equal(directory_new(&directory), STATUS_OK);
    static const uint8_t key[DIRECTORY_KEY_SIZE] = {1};
    static const uint8_t signature[64];
    const struct directory_entry good = {.version = DIRECTORY_ENTRY_VERSION,
                                         .kind = DIRECTORY_SUSPEND_PERSON,
                                         .authority = DIRECTORY_BY_SERVER,
                                         .person = {{1}}};
    assert_int_equal(check_as_it_is(directory, &good), STATUS_OK);
    struct directory_entry bad = good;
    bad.version++;
    assert_int_equal(check_as_it_is(directory, &bad), STATUS_UNSUPPORTED);
    bad = good;
    bad.kind = DIRECTORY_PRESENT_DEVICE + 1;
    assert_int_equal(check_as_it_is(directory, &bad), STATUS_UNSUPPORTED);
    bad = good;
    bad.authority = DIRECTORY_BY_DEVICE; /* nobody suspends oneself */
    bad.by_device = (struct id){{2}};
    assert_int_equal(check_as_it_is(directory, &bad), STATUS_UNSUPPORTED);
    bad.authority = DIRECTORY_BY_SERVER;
    assert_int_equal(check_as_it_is(directory, &bad), STATUS_INVALID);
    bad = good;
    bad.authority = DIRECTORY_BY_ADMIN; /* who is not named */
    assert_int_equal(check_as_it_is(directory, &bad), STATUS_INVALID);
    bad = good;
    bad.person = (struct id){{0}};
    assert_int_equal(check_as_it_is(directory, &bad), STATUS_INVALID);
    bad = good;
    bad.device = (struct id){{3}};
    assert_int_equal(check_as_it_is(directory, &bad), STATUS_INVALID);
    bad = good;
    bad.login_key = SPAN_OF(key);
    assert_int_equal(check_as_it_is(directory, &bad), STATUS_INVALID);
    bad = good;
    bad.leaf_key = SPAN_OF(key);
    assert_int_equal(check_as_it_is(directory, &bad), STATUS_INVALID);
    /* A signature by nobody. */
    bad = good;
    bad.login_signature = SPAN_OF(signature);
    assert_int_equal(check_as_it_is(directory, &bad), STATUS_INVALID);
    bad = good;
    bad.authority_signature = SPAN_OF(signature);
    assert_int_equal(check_as_it_is(directory, &bad), STATUS_INVALID);
    struct directory_signers none = {0};
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    bad = good;
    bad.device = (struct id){{3}};
    assert_int_equal(directory_entry_sign(&bad, &none, &bytes), STATUS_INVALID);
    /* A revocation names its device, which is the person's. */
    bad = good;
    bad.kind = DIRECTORY_REVOKE_DEVICE;
    assert_int_equal(check_as_it_is(directory, &bad), STATUS_INVALID);
    bad.device = (struct id){{3}};
    assert_int_equal(check_as_it_is(directory, &bad), STATUS_NOT_FOUND);
    directory_free(&directory);
}

static void ids_and_keys_belong_to_one_device(void **state)
{
    (void)state;
    struct directory *directory = NULL;
    assert_int_equal(directory_new(&directory), STATUS_OK);
    struct made_device first;
    struct made_device other;
    made_device_init(&first, NULL);
    made_device_init(&other, NULL);
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    made_device_add(&first, NULL, directory);
    for (unsigned what = 0; what < 5; what++) {
        struct made_device changed = other;
        if (what == 0) {
            changed.device = first.device;
        } else if (what == 1) {
            changed.login_private = first.login_private;
            changed.login_public = first.login_public;
        } else if (what == 2) {
            changed.leaf_private = first.leaf_private;
            changed.leaf_public = first.leaf_public;
        } else if (what == 3) { /* as the other kind of key */
            changed.leaf_private = first.login_private;
            changed.leaf_public = first.login_public;
        }
        buffer_clear(&bytes);
        made_device_sign(&changed, NULL, &bytes);
        assert_int_equal(directory_check(directory, buffer_span(&bytes), false),
                         what == 4 ? STATUS_OK : STATUS_EXISTS);
    }
    /* A device is not revoked in another person's name, nor another's in a leaf. */
    struct made_device mixed = first;
    mixed.person = other.person;
    assert_int_equal(apply_about(directory, DIRECTORY_REVOKE_DEVICE, &mixed), STATUS_NOT_FOUND);
    assert_int_equal(made_device_check(directory, &mixed), STATUS_UNTRUSTED);
    assert_int_equal(made_device_check(directory, &first), STATUS_OK);
    directory_free(&directory);
}

static void what_was_the_case_earlier_can_still_be_asked(void **state)
{
    (void)state;
    struct directory *directory = NULL;
    assert_int_equal(directory_new(&directory), STATUS_OK);
    struct made_device device;
    made_device_init(&device, NULL);
    made_device_add(&device, NULL, directory);
    static const uint8_t kinds[] = {DIRECTORY_SUSPEND_PERSON, DIRECTORY_RESTORE_PERSON,
                                    DIRECTORY_SUSPEND_PERSON, DIRECTORY_RESTORE_PERSON,
                                    DIRECTORY_REVOKE_DEVICE,  DIRECTORY_REVOKE_DEVICE,
                                    DIRECTORY_ERASE_PERSON};
    for (size_t i = 0; i < sizeof kinds; i++)
        assert_int_equal(apply_about(directory, kinds[i], &device), STATUS_OK);
    static const enum status expected[] = {STATUS_NOT_FOUND, STATUS_OK,     STATUS_DENIED,
                                           STATUS_OK,        STATUS_DENIED, STATUS_OK,
                                           STATUS_DENIED,    STATUS_DENIED, STATUS_DENIED};
    for (uint64_t size = 0; size < sizeof expected / sizeof *expected; size++)
        assert_int_equal(check_leaf_at(directory, size, &device), expected[size]);
    directory_free(&directory);
}

static void how_it_stood_at_an_earlier_size_is_still_known(void **state)
{
    (void)state;
    struct directory *directory = NULL;
    assert_int_equal(directory_new(&directory), STATUS_OK);
    struct made_device devices[2];
    for (size_t i = 0; i < 2; i++) {
        made_device_init(&devices[i], NULL);
        made_device_add(&devices[i], NULL, directory);
    }
    assert_int_equal(apply_about(directory, DIRECTORY_SUSPEND_PERSON, &devices[0]), STATUS_OK);
    assert_int_equal(apply_about(directory, DIRECTORY_RESTORE_PERSON, &devices[0]), STATUS_OK);
    assert_int_equal(apply_about(directory, DIRECTORY_ERASE_PERSON, &devices[0]), STATUS_OK);
    static const enum status first[] = {STATUS_NOT_FOUND, STATUS_OK, STATUS_OK,
                                        STATUS_DENIED,    STATUS_OK, STATUS_DENIED};
    static const enum status second[] = {STATUS_NOT_FOUND, STATUS_NOT_FOUND, STATUS_OK,
                                         STATUS_OK,        STATUS_OK,        STATUS_OK};
    for (uint64_t size = 0; size < sizeof first / sizeof *first; size++) {
        assert_int_equal(check_leaf_at(directory, size, &devices[0]), first[size]);
        assert_int_equal(check_leaf_at(directory, size, &devices[1]), second[size]);
    }
    assert_int_equal(check_leaf_at(directory, 1000, &devices[0]), STATUS_DENIED);
    directory_free(&directory);
}

static void no_flipped_bit_of_an_entry_is_accepted(void **state)
{
    (void)state;
    struct directory *directory = NULL;
    assert_int_equal(directory_new(&directory), STATUS_OK);
    struct made_device device;
    made_device_init(&device, NULL);
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    made_device_sign(&device, NULL, &bytes);
    for (size_t i = 0; i < bytes.len * 8; i++) {
        bytes.ptr[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_int_not_equal(directory_check(directory, buffer_span(&bytes), true), STATUS_OK);
        bytes.ptr[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t len = 0; len < bytes.len; len++)
        assert_int_not_equal(directory_check(directory, span_of(bytes.ptr, len), true), STATUS_OK);
    assert_int_equal(directory_check(directory, buffer_span(&bytes), true), STATUS_OK);
    directory_free(&directory);
}

static void what_others_saw_of_the_log_is_compared_at_its_size(void **state)
{
    (void)state;
    struct directory *directory = NULL;
    uint8_t roots[80][DIRECTORY_HASH_SIZE];
    assert_int_equal(directory_new(&directory), STATUS_OK);
    for (size_t size = 0; size < 80; size++) {
        assert_int_equal(directory_log_root(directory_log_of(directory), roots[size]), STATUS_OK);
        assert_int_equal(directory_check_root(directory, size + 1, roots[size]), STATUS_NOT_FOUND);
        struct made_device device;
        made_device_init(&device, NULL);
        made_device_add(&device, NULL, directory);
    }
    for (size_t size = 0; size < 80; size++) {
        assert_int_equal(directory_check_root(directory, size, roots[size]), STATUS_OK);
        roots[size][7] ^= 1;
        assert_int_equal(directory_check_root(directory, size, roots[size]), STATUS_UNTRUSTED);
    }
    directory_free(&directory);
}

static void many_devices_are_found_and_nobody_passes_as_another(void **state)
{
    (void)state;
    struct directory *directory = NULL;
    assert_int_equal(directory_new(&directory), STATUS_OK);
    static struct made_device devices[1000];
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        made_device_init(&devices[i], NULL);
        made_device_add(&devices[i], NULL, directory);
    }
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
        assert_int_equal(made_device_check(directory, &devices[i]), STATUS_OK);
    /* Another's key in one's own leaf is impersonation. */
    assert_int_equal(directory_check_leaf(directory, &devices[0].person, &devices[0].device,
                                          signature_public_span(&devices[1].leaf_public)),
                     STATUS_UNTRUSTED);
    directory_free(&directory);
}

int main(void)
{
    if (crypto_start() != STATUS_OK)
        return EXIT_FAILURE;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_root_is_that_of_rfc_9162_at_every_size),
        cmocka_unit_test(a_head_matches_only_its_own_log_and_key),
        cmocka_unit_test(a_first_device_adds_itself_once),
        cmocka_unit_test(a_further_device_needs_one_of_the_same_person),
        cmocka_unit_test(suspension_ends_and_erasure_does_not),
        cmocka_unit_test(a_device_is_absent_until_it_is_seen_again),
        cmocka_unit_test(a_device_that_comes_later_is_as_its_person_is),
        cmocka_unit_test(only_an_active_device_that_is_known_has_authority),
        cmocka_unit_test(an_admins_ruling_is_not_used_twice),
        cmocka_unit_test(entries_of_no_known_form_are_refused),
        cmocka_unit_test(ids_and_keys_belong_to_one_device),
        cmocka_unit_test(what_was_the_case_earlier_can_still_be_asked),
        cmocka_unit_test(how_it_stood_at_an_earlier_size_is_still_known),
        cmocka_unit_test(no_flipped_bit_of_an_entry_is_accepted),
        cmocka_unit_test(what_others_saw_of_the_log_is_compared_at_its_size),
        cmocka_unit_test(many_devices_are_found_and_nobody_passes_as_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
