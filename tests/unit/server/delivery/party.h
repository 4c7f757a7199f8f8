/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A person with a device and its keys, for tests that need real groups.
 * Thread rule: one thread.
 */
#ifndef WEFT_TESTS_DELIVERY_PARTY_H
#define WEFT_TESTS_DELIVERY_PARTY_H

#include "protocol/channel/extension.h"
#include "protocol/channel/identity.h"
#include "protocol/directory/entry.h"
#include "protocol/mls/member/group.h"

struct party {
    struct channel_identity identity;
    struct secret login_private;
    struct secret leaf_private;
    struct signature_public login_public;
    struct signature_public leaf_public;
    uint8_t credential[CHANNEL_IDENTITY_SIZE];
    struct mls_identity mls;
};

/* Keys of somebody with this identity, good for 90 days from `now_ms` on. */
void party_make(struct party *party, const struct channel_identity *identity, int64_t now_ms);

/* The entry by which the directory knows the device. */
void party_sign_entry(const struct party *party, struct buffer *bytes);

/* A channel's group with the party alone in it, a facilitator. */
void party_begin_group(const struct party *party,
                       const struct id *channel,
                       uint32_t generation,
                       enum channel_visibility visibility,
                       struct mls_group **group);

#endif
