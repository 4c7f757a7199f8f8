/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Devices with real keys, and the entries that add them, for tests of the directory.
 * Errors: failed assertions. Thread rule: one thread.
 */
#ifndef WEFT_TEST_MADE_DEVICE_H
#define WEFT_TEST_MADE_DEVICE_H

#include "protocol/crypto/signature.h"
#include "protocol/directory/directory.h"

struct made_device {
    struct id person;
    struct id device;
    struct secret login_private;
    struct secret leaf_private;
    struct signature_public login_public;
    struct signature_public leaf_public;
};

/* Fresh ids and keys; without a person, of a new one. */
void made_device_init(struct made_device *device, const struct id *person);

/* An entry that adds it, to be signed. */
struct directory_entry made_device_entry(const struct made_device *device, uint8_t authority);

/* The signed entry: approved by `authority`, or the person's first without one. */
void made_device_sign(const struct made_device *device,
                      const struct made_device *authority,
                      struct buffer *bytes);

/* Adds it to a directory by that entry. */
void made_device_add(const struct made_device *device,
                     const struct made_device *authority,
                     struct directory *directory);

/* What the directory says of a leaf of this device. */
enum status made_device_check(const struct directory *directory, const struct made_device *device);

#endif
