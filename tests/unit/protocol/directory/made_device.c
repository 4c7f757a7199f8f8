/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/protocol/directory/made_device.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/random_system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void made_device_init(struct made_device *device, const struct id *person)
{
    memset(device, 0, sizeof *device);
    if (person != NULL)
        device->person = *person;
    else
        assert_int_equal(id_random(random_system(), &device->person), STATUS_OK);
    assert_int_equal(id_random(random_system(), &device->device), STATUS_OK);
    assert_int_equal(signature_generate(SIGNATURE_ED25519, random_system(), &device->login_private,
                                        &device->login_public),
                     STATUS_OK);
    assert_int_equal(signature_generate(SIGNATURE_ED25519, random_system(), &device->leaf_private,
                                        &device->leaf_public),
                     STATUS_OK);
}

struct directory_entry made_device_entry(const struct made_device *device, uint8_t authority)
{
    return (struct directory_entry){
        .version = DIRECTORY_ENTRY_VERSION,
        .kind = DIRECTORY_ADD_DEVICE,
        .authority = authority,
        .time = 1,
        .person = device->person,
        .device = device->device,
        .login_key = signature_public_span(&device->login_public),
        .leaf_key = signature_public_span(&device->leaf_public),
    };
}

void made_device_sign(const struct made_device *device,
                      const struct made_device *authority,
                      struct buffer *bytes)
{
    uint8_t by = authority == NULL ? DIRECTORY_BY_FIRST : DIRECTORY_BY_DEVICE;
    struct directory_entry entry = made_device_entry(device, by);
    struct directory_signers signers = {
        .login_private_key = secret_span(&device->login_private),
        .leaf_private_key = secret_span(&device->leaf_private),
    };
    if (authority != NULL) {
        entry.by_device = authority->device;
        signers.authority_private_key = secret_span(&authority->login_private);
    }
    assert_int_equal(directory_entry_sign(&entry, &signers, bytes), STATUS_OK);
}

void made_device_add(const struct made_device *device,
                     const struct made_device *authority,
                     struct directory *directory)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    made_device_sign(device, authority, &bytes);
    assert_int_equal(directory_apply(directory, buffer_span(&bytes), false), STATUS_OK);
}

enum status made_device_check(const struct directory *directory, const struct made_device *device)
{
    return directory_check_leaf(directory, &device->person, &device->device,
                                signature_public_span(&device->leaf_public));
}
