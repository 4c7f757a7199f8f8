/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/channel/leave.h"

#include "protocol/channel/identity.h"

bool channel_leave_is_of(const struct message_leave *leave,
                         const struct id *channel,
                         uint32_t generation,
                         const struct mls_tree *tree,
                         const struct directory *directory,
                         uint64_t log_size,
                         const struct id *person)
{
    uint8_t bytes[CHANNEL_IDENTITY_SIZE];
    struct channel_identity identity = {*person, leave->device};
    channel_identity_encode(&identity, bytes);
    struct mls_credential credential = {.type = MLS_CREDENTIAL_BASIC, .content = SPAN_OF(bytes)};
    uint32_t at = mls_tree_find_credential(tree, &credential);
    if (at == MLS_NO_LEAF || !id_equal(&leave->channel, channel) || leave->generation != generation)
        return false;
    const struct mls_leaf_node *leaf = mls_tree_leaf(tree, at);
    return span_equal(leave->encryption_key, leaf->encryption_key) &&
           directory_check_leaf_at(directory, log_size, person, &leave->device,
                                   leaf->signature_key) == STATUS_OK &&
           message_leave_verify(leave, leaf->signature_key) == STATUS_OK;
}
