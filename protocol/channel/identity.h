/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How people, devices and channels are named inside MLS: a basic credential's identity is the
 * person's id and the device's, and a group's id is the channel's and the generation.
 * Errors: STATUS_MALFORMED, STATUS_UNSUPPORTED (a credential that is not basic).
 * Thread rule: pure functions.
 */
#ifndef WEFT_CHANNEL_IDENTITY_H
#define WEFT_CHANNEL_IDENTITY_H

#include "protocol/base/id.h"
#include "protocol/mls/public/tree.h"

#define CHANNEL_IDENTITY_SIZE (2 * ID_SIZE)
#define CHANNEL_GROUP_ID_SIZE (ID_SIZE + 4)

struct channel_identity {
    struct id person;
    struct id device;
};

/* `bytes` becomes the identity of a basic credential. */
void channel_identity_encode(const struct channel_identity *identity,
                             uint8_t bytes[CHANNEL_IDENTITY_SIZE]);

MUST_CHECK enum status channel_identity_decode(const struct mls_credential *credential,
                                               struct channel_identity *identity);

/* Whether a leaf of the tree is of a device of this person. */
bool channel_identity_in_tree(const struct mls_tree *tree, const struct id *person);

void channel_group_id_encode(const struct id *channel,
                             uint32_t generation,
                             uint8_t bytes[CHANNEL_GROUP_ID_SIZE]);

MUST_CHECK enum status
channel_group_id_decode(struct span group_id, struct id *channel, uint32_t *generation);

#endif
