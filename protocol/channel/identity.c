/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/channel/identity.h"

#include <string.h>

void channel_identity_encode(const struct channel_identity *identity,
                             uint8_t bytes[CHANNEL_IDENTITY_SIZE])
{
    memcpy(bytes, identity->person.bytes, ID_SIZE);
    memcpy(bytes + ID_SIZE, identity->device.bytes, ID_SIZE);
}

enum status channel_identity_decode(const struct mls_credential *credential,
                                    struct channel_identity *identity)
{
    if (credential->type != MLS_CREDENTIAL_BASIC)
        return STATUS_UNSUPPORTED;
    if (credential->content.len != CHANNEL_IDENTITY_SIZE)
        return STATUS_MALFORMED;
    memcpy(identity->person.bytes, credential->content.ptr, ID_SIZE);
    memcpy(identity->device.bytes, credential->content.ptr + ID_SIZE, ID_SIZE);
    return STATUS_OK;
}

bool channel_identity_in_tree(const struct mls_tree *tree, const struct id *person)
{
    for (uint32_t leaf = mls_tree_next_member(tree, 0); leaf != MLS_NO_LEAF;
         leaf = mls_tree_next_member(tree, leaf + 1)) {
        struct channel_identity identity;
        if (channel_identity_decode(&mls_tree_leaf(tree, leaf)->credential, &identity) ==
                STATUS_OK &&
            id_equal(&identity.person, person))
            return true;
    }
    return false;
}

void channel_group_id_encode(const struct id *channel,
                             uint32_t generation,
                             uint8_t bytes[CHANNEL_GROUP_ID_SIZE])
{
    memcpy(bytes, channel->bytes, ID_SIZE);
    for (size_t i = CHANNEL_GROUP_ID_SIZE; i-- > ID_SIZE; generation >>= 8)
        bytes[i] = (uint8_t)generation;
}

enum status channel_group_id_decode(struct span group_id, struct id *channel, uint32_t *generation)
{
    struct reader reader = reader_of(group_id);
    struct id read_channel;
    uint32_t read_generation;
    if (reader_copy(&reader, read_channel.bytes, ID_SIZE) != STATUS_OK ||
        reader_u32(&reader, &read_generation) != STATUS_OK || reader_finish(&reader) != STATUS_OK)
        return STATUS_MALFORMED;
    *channel = read_channel;
    *generation = read_generation;
    return STATUS_OK;
}
