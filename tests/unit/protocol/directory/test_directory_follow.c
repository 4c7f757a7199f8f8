/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/base/limits.h"
#include "protocol/crypto/random_system.h"
#include "protocol/directory/directory.h"
#include "tests/unit/protocol/directory/made_device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* An entry of `device`, first of its person, with one signature spoilt. */
static void sign_spoilt(const struct made_device *device, bool leaf, struct buffer *bytes)
{
    CLEANUP(buffer_clear) struct buffer good = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    struct directory_entry entry;
    uint8_t spoilt[DIRECTORY_SIGNATURE_SIZE];
    made_device_sign(device, NULL, &good);
    assert_int_equal(directory_entry_open(buffer_span(&good), &entry), STATUS_OK);
    struct span *signature = leaf ? &entry.leaf_signature : &entry.login_signature;
    memcpy(spoilt, signature->ptr, sizeof spoilt);
    spoilt[7] ^= 1;
    *signature = SPAN_OF(spoilt);
    assert_int_equal(schema_encode(&directory_entry_schema, &entry, bytes), STATUS_OK);
}

static void a_first_device_is_checked_before_it_vouches(void **state)
{
    (void)state;
    for (int leaf = 0; leaf < 2; leaf++) {
        CLEANUP(directory_free) struct directory *directory = NULL;
        CLEANUP(buffer_clear) struct buffer spoilt = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
        CLEANUP(buffer_clear) struct buffer further = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
        struct id own;
        struct made_device first;
        struct made_device second;
        assert_int_equal(directory_new(&directory), STATUS_OK);
        assert_int_equal(id_random(random_system(), &own), STATUS_OK);
        made_device_init(&first, NULL);
        made_device_init(&second, &first.person);
        sign_spoilt(&first, leaf == 1, &spoilt);
        struct span entry = buffer_span(&spoilt);
        assert_int_equal(directory_apply(directory, entry, true), STATUS_BAD_SIGNATURE);
        assert_int_equal(directory_follow(directory, entry, &first.person), STATUS_BAD_SIGNATURE);
        assert_int_equal(directory_follow(directory, entry, &own), STATUS_OK);
        assert_int_equal(made_device_check(directory, &first), STATUS_OK);
        made_device_sign(&second, &first, &further);
        entry = buffer_span(&further);
        assert_int_equal(directory_follow(directory, entry, &own), STATUS_BAD_SIGNATURE);
        assert_int_equal(made_device_check(directory, &second), STATUS_NOT_FOUND);
        assert_int_equal(directory_log_of(directory)->size, 1);
    }
}

static void who_follows_comes_to_the_same_and_refuses_what_others_refuse(void **state)
{
    (void)state;
    CLEANUP(directory_free) struct directory *all = NULL;
    CLEANUP(directory_free) struct directory *followed = NULL;
    CLEANUP(directory_free) struct directory *kept = NULL;
    struct id own = {{1}};
    struct made_device first;
    struct made_device second;
    struct made_device ghost;
    assert_int_equal(directory_new(&all), STATUS_OK);
    assert_int_equal(directory_new(&followed), STATUS_OK);
    assert_int_equal(directory_new(&kept), STATUS_OK);
    made_device_init(&first, NULL);
    made_device_init(&second, &first.person);
    made_device_init(&ghost, &first.person);
    const struct made_device *const devices[] = {&first, &second};
    for (size_t i = 0; i < 2; i++) {
        CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
        made_device_sign(devices[i], i == 0 ? NULL : &first, &bytes);
        struct span entry = buffer_span(&bytes);
        assert_int_equal(directory_apply(all, entry, false), STATUS_OK);
        assert_int_equal(directory_follow(followed, entry, &own), STATUS_OK);
        assert_int_equal(directory_follow_again(kept, entry), STATUS_OK);
    }
    assert_memory_equal(directory_log_of(all), directory_log_of(followed),
                        sizeof *directory_log_of(all));
    assert_memory_equal(directory_log_of(all), directory_log_of(kept),
                        sizeof *directory_log_of(all));
    /* Whoever speaks for a device without its key is refused, whatever was left for later. */
    CLEANUP(buffer_clear) struct buffer forged = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    struct directory_entry entry = made_device_entry(&ghost, DIRECTORY_BY_DEVICE);
    struct directory_signers signers = {
        .login_private_key = secret_span(&ghost.login_private),
        .leaf_private_key = secret_span(&ghost.leaf_private),
        .authority_private_key = secret_span(&ghost.login_private),
    };
    entry.by_device = first.device;
    assert_int_equal(directory_entry_sign(&entry, &signers, &forged), STATUS_OK);
    assert_int_equal(directory_follow(followed, buffer_span(&forged), &own), STATUS_BAD_SIGNATURE);
    assert_int_equal(directory_follow(kept, buffer_span(&forged), &own), STATUS_BAD_SIGNATURE);
    assert_int_equal(made_device_check(kept, &ghost), STATUS_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_device_is_checked_before_it_vouches),
        cmocka_unit_test(who_follows_comes_to_the_same_and_refuses_what_others_refuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
