/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A person with a device and its keys, perhaps in a group, for tests that need real ones.
 * Thread rule: one thread.
 */
#ifndef WEFT_TEST_CHANNEL_PARTY_H
#define WEFT_TEST_CHANNEL_PARTY_H

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
    struct mls_group *group; /* the test's own */
};

extern const uint16_t party_extension_types[2];

/* Keys of somebody with this identity, good for 90 days from `now_ms` on. */
void party_make(struct party *party, const struct channel_identity *identity, int64_t now_ms);

/* The entry by which the directory knows the device. */
void party_sign_entry(const struct party *party, struct buffer *bytes);

/* The GroupContext extensions of a channel. */
void party_write_extensions(const struct channel_extension *extension, struct buffer *bytes);

/* A channel's group with the party alone in it, and these extensions. */
void party_begin_group(const struct party *party,
                       const struct id *channel,
                       uint32_t generation,
                       struct span extensions,
                       struct mls_group **group);

/* The same where the party is its facilitator, and newcomers get nothing of what was said before.
 */
void party_begin_channel(const struct party *party,
                         const struct id *channel,
                         uint32_t generation,
                         enum channel_visibility visibility,
                         struct mls_group **group);

#endif
