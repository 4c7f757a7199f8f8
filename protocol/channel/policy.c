/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/channel/policy.h"

#include "protocol/base/limits.h"
#include "protocol/channel/leave.h"
#include "protocol/mls/public/registry.h"

/* All that a check needs at hand. */
struct check {
    const struct mls_public_group *group;
    const struct mls_staged_commit *staged;
    const struct directory *directory;
    struct channel_extension extension;
    struct channel_extension after; /* of the epoch after the commit */
    struct message_header header;
    struct id channel;
    uint32_t generation;
    struct id committer; /* the person */
    uint16_t committer_roles;
    struct channel_refusal *refusal;
};

static enum status refuse(struct channel_refusal *refusal, enum status status, const char *reason)
{
    refusal->reason = reason;
    return status;
}

enum status channel_policy_extension(const struct mls_public_group *group,
                                     struct arena *arena,
                                     struct channel_extension *extension)
{
    struct span data;
    if (!mls_public_group_extension(group, CHANNEL_EXTENSION_TYPE, &data))
        return STATUS_INVALID;
    return channel_extension_decode(data, arena, extension);
}

/* RFC 9420, 5.3.1: a credential is believed when the directory lists its device with this key; one
 * that was shut out since is who it says, and stays in the tree until its removal is committed. A
 * later credential in the same leaf must be of the same device. */
static enum status check_credential(void *context,
                                    const struct mls_credential *credential,
                                    struct span signature_key,
                                    const struct mls_credential *replaced)
{
    const struct directory *directory = context;
    /* RFC 9420, 5.3.1: "In cases where a member's credential is being replaced, such as the Update
     * and Commit cases above, the AS MUST also verify that the set of presented identifiers in the
     * new credential is valid as a successor to the set of presented identifiers in the old
     * credential, according to the application's policy." Ours: a device stays that device. */
    if (replaced != NULL && !mls_credential_equal(credential, replaced))
        return STATUS_UNTRUSTED;
    struct channel_identity identity;
    TRY(channel_identity_decode(credential, &identity));
    enum status listed =
        directory_check_leaf(directory, &identity.person, &identity.device, signature_key);
    return listed == STATUS_DENIED ? STATUS_OK : listed;
}

static const uint16_t understood_types[] = {CHANNEL_EXTENSION_TYPE};

void channel_policy_options(const struct directory *directory, struct mls_options *options)
{
    options->check_credential = check_credential;
    options->check_context = (void *)(uintptr_t)directory; /* read only, see check_credential */
    options->extension_types = understood_types;
    options->extension_type_count = sizeof understood_types / sizeof *understood_types;
}

/* ---- a new channel ---- */

static enum status check_requirements(const struct mls_public_group *group,
                                      struct channel_refusal *refusal)
{
    if (mls_public_group_suite(group)->id != SUITE_X25519_AES128GCM_SHA256_ED25519)
        return refuse(refusal, STATUS_UNSUPPORTED, "channels use cipher suite 1");
    struct span data;
    if (!mls_public_group_extension(group, MLS_EXTENSION_REQUIRED_CAPABILITIES, &data))
        return refuse(refusal, STATUS_INVALID, "the group has no required_capabilities");
    struct mls_required_capabilities required;
    TRY(mls_required_capabilities_decode(data, &required));
    if (!mls_type_list_contains(required.extensions, CHANNEL_EXTENSION_TYPE))
        return refuse(refusal, STATUS_INVALID, "the group does not require weft_channel");
    /* Above all no external_senders, whose proposals would stop all messages until a commit. */
    struct mls_extensions extensions = mls_public_group_context(group)->extensions;
    struct mls_extension extension;
    size_t at = 0;
    while (mls_extensions_next(extensions, &at, &extension))
        if (extension.type != CHANNEL_EXTENSION_TYPE &&
            extension.type != MLS_EXTENSION_REQUIRED_CAPABILITIES)
            return refuse(refusal, STATUS_DENIED, "channels have no other extensions");
    return STATUS_OK;
}

/* Whoever was dormant in the generation before is added again by a member. */
static enum status check_no_dormant(const struct channel_extension *extension,
                                    struct channel_refusal *refusal)
{
    return extension->dormant_count == 0
               ? STATUS_OK
               : refuse(refusal, STATUS_INVALID, "a group begins without dormant devices");
}

/* What every first state of a group must be, and who made it. */
static enum status check_first(const struct mls_public_group *group,
                               const struct directory *directory,
                               struct channel_identity *creator_identity,
                               struct channel_refusal *refusal)
{
    struct id channel;
    uint32_t generation;
    refusal->reason = "";
    TRY(channel_group_id_decode(mls_public_group_id(group), &channel, &generation));
    TRY(check_requirements(group, refusal));
    const struct mls_tree *tree = mls_public_group_tree(group);
    if (mls_public_group_epoch(group) != 0 || mls_tree_member_count(tree) != 1)
        return refuse(refusal, STATUS_INVALID, "a new channel has one member, in epoch 0");
    const struct mls_leaf_node *creator = mls_tree_leaf(tree, mls_tree_next_member(tree, 0));
    TRY(channel_identity_decode(&creator->credential, creator_identity));
    return directory_check_leaf(directory, &creator_identity->person, &creator_identity->device,
                                creator->signature_key);
}

enum status channel_policy_check_next(const struct mls_public_group *group,
                                      const struct directory *directory,
                                      struct channel_refusal *refusal)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct channel_extension extension;
    struct channel_identity identity;
    TRY(check_first(group, directory, &identity, refusal));
    TRY(channel_policy_extension(group, &arena, &extension));
    TRY(check_no_dormant(&extension, refusal));
    for (size_t i = 0; i < extension.role_count; i++) {
        if ((extension.roles[i].roles & CHANNEL_ROLE_FACILITATOR) != 0)
            return STATUS_OK;
    }
    return refuse(refusal, STATUS_INVALID, "a channel needs a facilitator");
}

enum status channel_policy_check_new(const struct mls_public_group *group,
                                     const struct directory *directory,
                                     struct channel_refusal *refusal)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct channel_extension extension;
    struct channel_identity identity;
    TRY(check_first(group, directory, &identity, refusal));
    TRY(channel_policy_extension(group, &arena, &extension));
    TRY(check_no_dormant(&extension, refusal));
    uint16_t roles = channel_extension_roles(&extension, &identity.person);
    if ((roles & CHANNEL_ROLE_FACILITATOR) == 0)
        return refuse(refusal, STATUS_INVALID, "a channel's creator is its first facilitator");
    return STATUS_OK;
}

/* ---- a commit ---- */

/* A device has one leaf, so that nobody counts twice or outlives a removal. */
static enum status
check_single_leaf(const struct check *check, const struct mls_credential *credential, uint32_t leaf)
{
    const struct mls_tree *tree = mls_public_group_tree(mls_staged_commit_group(check->staged));
    uint32_t other = mls_tree_next_member(tree, 0);
    for (; other != MLS_NO_LEAF; other = mls_tree_next_member(tree, other + 1))
        if (other != leaf &&
            mls_credential_equal(&mls_tree_leaf(tree, other)->credential, credential))
            return refuse(check->refusal, STATUS_DENIED, "the device has a leaf already");
    return STATUS_OK;
}

static enum status check_active(const struct check *check, const struct mls_leaf_node *leaf)
{
    struct channel_identity identity;
    TRY(channel_identity_decode(&leaf->credential, &identity));
    enum status listed =
        directory_check_leaf_at(check->directory, check->header.log_size, &identity.person,
                                &identity.device, leaf->signature_key);
    if (listed != STATUS_OK)
        return refuse(check->refusal, listed, "a leaf is not an active device of the directory");
    return STATUS_OK;
}

static enum status check_adds(const struct check *check)
{
    const struct mls_proposal_effect *effect = mls_staged_commit_effect(check->staged);
    bool anybody = check->extension.visibility == CHANNEL_OPEN ||
                   (check->committer_roles & CHANNEL_ROLES_ADDING) != 0;
    for (size_t i = 0; i < effect->added_count; i++) {
        const struct mls_leaf_node *leaf = &effect->added[i].key_package->leaf_node;
        struct channel_identity added;
        TRY(check_active(check, leaf));
        TRY(channel_identity_decode(&leaf->credential, &added));
        if (!anybody && !id_equal(&added.person, &check->committer))
            return refuse(check->refusal, STATUS_DENIED,
                          "only a facilitator or sponsor adds people here");
        TRY(check_single_leaf(check, &leaf->credential, effect->added[i].leaf));
    }
    return STATUS_OK;
}

/* Whether the directory no longer let this leaf in. */
static bool is_shut_out(const struct check *check,
                        const struct channel_identity *identity,
                        const struct mls_leaf_node *leaf)
{
    return directory_check_leaf_at(check->directory, check->header.log_size, &identity->person,
                                   &identity->device, leaf->signature_key) == STATUS_DENIED;
}

/* Whether the commit carries a request to leave this group, signed by a leaf of that person: one
 * device speaks for all that the person has in the channel. */
static bool has_left(const struct check *check, const struct channel_identity *identity)
{
    const struct mls_tree *tree = mls_public_group_tree(check->group);
    for (size_t i = 0; i < check->header.leave_count; i++)
        if (channel_leave_is_of(&check->header.leaves[i], &check->channel, check->generation, tree,
                                check->directory, check->header.log_size, &identity->person))
            return true;
    return false;
}

/* Whether the server says that the device has not been seen for long. */
static bool is_absent(const struct check *check, const struct id *device)
{
    return directory_was_absent(check->directory, check->header.log_size, device);
}

static bool is_listed(const struct channel_extension *extension,
                      const struct channel_identity *identity,
                      struct span key)
{
    const struct channel_dormant *dormant = channel_extension_dormant(extension, &identity->device);
    return dormant != NULL && span_equal(dormant->key, key);
}

/* Who goes for another reason than absence does not come back by itself, whatever was before: not
 * with the device that is shut out, nor with any when it is the person who goes. */
static enum status
check_not_listed(const struct check *check, const struct channel_identity *identity, bool shut_out)
{
    for (size_t i = 0; i < check->after.dormant_count; i++) {
        const struct id *listed = &check->after.dormant[i].device;
        const struct directory_device *device = directory_find(check->directory, listed);
        bool of_person = device != NULL && id_equal(&device->person, &identity->person);
        if (id_equal(listed, &identity->device) || (of_person && !shut_out))
            return refuse(check->refusal, STATUS_DENIED,
                          "who is removed must not stay among the dormant devices");
    }
    return STATUS_OK;
}

static enum status check_removed(const struct check *check, const struct mls_leaf_node *leaf)
{
    struct channel_identity identity;
    TRY(channel_identity_decode(&leaf->credential, &identity));
    bool facilitator = (check->committer_roles & CHANNEL_ROLE_FACILITATOR) != 0;
    bool shut_out = is_shut_out(check, &identity, leaf);
    bool left = has_left(check, &identity);
    bool absent = is_absent(check, &identity.device) && !left && !shut_out;
    if (!absent)
        TRY(check_not_listed(check, &identity, shut_out && !left));
    if (facilitator || shut_out || left)
        return STATUS_OK;
    if (!absent)
        return refuse(check->refusal, STATUS_DENIED,
                      "only a facilitator removes somebody who did not ask for it");
    return is_listed(&check->after, &identity, leaf->signature_key)
               ? STATUS_OK
               : refuse(check->refusal, STATUS_DENIED,
                        "who is removed for absence must be listed as dormant");
}

static enum status check_removes(const struct check *check)
{
    const struct mls_proposal_effect *effect = mls_staged_commit_effect(check->staged);
    for (size_t i = 0; i < effect->removed_count; i++)
        TRY(check_removed(check, effect->removed[i].leaf_node));
    return STATUS_OK;
}

/* Whether the commit removes this device's leaf. */
static const struct mls_leaf_node *removed_leaf(const struct check *check, const struct id *device)
{
    const struct mls_proposal_effect *effect = mls_staged_commit_effect(check->staged);
    for (size_t i = 0; i < effect->removed_count; i++) {
        struct channel_identity identity;
        const struct mls_leaf_node *leaf = effect->removed[i].leaf_node;
        if (channel_identity_decode(&leaf->credential, &identity) == STATUS_OK &&
            id_equal(&identity.device, device))
            return leaf;
    }
    return NULL;
}

/* Nobody is listed but who was, or goes with this commit for absence: else a member could keep a
 * way in for somebody who never was here. */
static enum status check_dormant(const struct check *check)
{
    for (size_t i = 0; i < check->after.dormant_count; i++) {
        const struct channel_dormant *dormant = &check->after.dormant[i];
        const struct channel_dormant *before =
            channel_extension_dormant(&check->extension, &dormant->device);
        if (before != NULL && span_equal(before->key, dormant->key) &&
            before->until == dormant->until)
            continue;
        const struct mls_leaf_node *leaf = removed_leaf(check, &dormant->device);
        if (leaf == NULL || !is_absent(check, &dormant->device) ||
            !span_equal(leaf->signature_key, dormant->key))
            return refuse(check->refusal, STATUS_DENIED,
                          "only who is removed for absence is listed as dormant");
    }
    return STATUS_OK;
}

/* Whether a listed device has no way back to lose: it is in the group, is shut out, or its person
 * leaves with this commit. */
static bool is_way_over(const struct check *check, const struct channel_dormant *dormant)
{
    const struct mls_tree *tree = mls_public_group_tree(check->group);
    const struct directory_device *device = directory_find(check->directory, &dormant->device);
    if (device == NULL || mls_tree_find_signature_key(tree, dormant->key) != MLS_NO_LEAF)
        return true;
    const struct channel_identity identity = {.person = device->person, .device = dormant->device};
    return directory_check_leaf_at(check->directory, check->header.log_size, &identity.person,
                                   &identity.device, dormant->key) != STATUS_OK ||
           has_left(check, &identity);
}

/* A facilitator strikes off whom they will. Anybody else could lock out who is away, and takes off
 * only those who lose nothing; that somebody's year is over, nobody can tell who has no clock. */
static enum status check_struck_off(const struct check *check)
{
    for (size_t i = 0; i < check->extension.dormant_count; i++) {
        const struct channel_dormant *dormant = &check->extension.dormant[i];
        if (channel_extension_dormant(&check->after, &dormant->device) == NULL &&
            !is_way_over(check, dormant))
            return refuse(check->refusal, STATUS_DENIED,
                          "only a facilitator closes the way back to who is away");
    }
    return STATUS_OK;
}

/* Whether some member of the group has the role of a facilitator. */
static bool has_facilitator(const struct mls_public_group *group,
                            const struct channel_extension *extension)
{
    const struct mls_tree *tree = mls_public_group_tree(group);
    uint32_t leaf = mls_tree_next_member(tree, 0);
    for (; leaf != MLS_NO_LEAF; leaf = mls_tree_next_member(tree, leaf + 1)) {
        struct channel_identity identity;
        if (channel_identity_decode(&mls_tree_leaf(tree, leaf)->credential, &identity) ==
                STATUS_OK &&
            (channel_extension_roles(extension, &identity.person) & CHANNEL_ROLE_FACILITATOR) != 0)
            return true;
    }
    return false;
}

/* The extension after the commit must still be one, and somebody must be left who may change it. A
 * member who is none of them changes the list of dormant devices alone. */
static enum status check_extensions(const struct check *check)
{
    if (!mls_staged_commit_effect(check->staged)->extensions_changed)
        return STATUS_OK;
    bool facilitator = (check->committer_roles & CHANNEL_ROLE_FACILITATOR) != 0;
    if (!facilitator && !channel_extension_same_rules(&check->extension, &check->after))
        return refuse(check->refusal, STATUS_DENIED, "only a facilitator changes the channel");
    if (check->after.visibility != check->extension.visibility)
        return refuse(check->refusal, STATUS_DENIED,
                      "a channel keeps its visibility, on which people came: make another");
    const struct mls_public_group *after = mls_staged_commit_group(check->staged);
    TRY(check_dormant(check));
    if (!facilitator)
        TRY(check_struck_off(check));
    TRY(check_requirements(after, check->refusal));
    /* What people said was said to those who were there. */
    if (check->after.history > check->extension.history)
        return refuse(
            check->refusal, STATUS_DENIED,
            "newcomers read what was said before only where it was so from the beginning");
    return !facilitator || has_facilitator(after, &check->after)
               ? STATUS_OK
               : refuse(check->refusal, STATUS_DENIED, "a channel needs a facilitator");
}

/* What MLS knows and channels do not use: proposals of others (they would stop all messages until
 * somebody commits, RFC 9420, 12.4), pre-shared keys, reinitialisation. */
static enum status check_proposals(const struct check *check)
{
    const struct mls_proposal_list *list = mls_staged_commit_proposals(check->staged);
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].by_reference)
            return refuse(check->refusal, STATUS_DENIED, "proposals travel inside their commit");
    const struct mls_proposal_effect *effect = mls_staged_commit_effect(check->staged);
    if (effect->psk_count != 0 || effect->reinit != NULL)
        return refuse(check->refusal, STATUS_DENIED,
                      "channels use no pre-shared keys and no ReInit");
    return STATUS_OK;
}

/* Whoever an admin gave a fresh start may be somebody else who borrows a name: a member who knows
 * the person lets them in, in open channels too. */
static bool is_reset(const struct check *check, const struct channel_identity *joiner)
{
    const struct directory_device *device = directory_find(check->directory, &joiner->device);
    return device == NULL || device->reset_size != 0;
}

static enum status check_external(const struct check *check, const struct mls_leaf_node *joiner)
{
    const struct mls_proposal_effect *effect = mls_staged_commit_effect(check->staged);
    if (effect->extensions_changed || effect->added_count != 0)
        return refuse(check->refusal, STATUS_DENIED, "a newcomer changes nothing but its own leaf");
    /* RFC 9420, 12.2: "In particular, the `credential` in the LeafNode MUST present a set of
     * identifiers that is acceptable to the application for the removed participant." Ours must
     * have the same signature key, so that nobody else can be removed. */
    bool resync = effect->removed_count == 1 &&
                  span_equal(effect->removed[0].leaf_node->signature_key, joiner->signature_key);
    if (effect->removed_count != 0 && !resync)
        return refuse(check->refusal, STATUS_DENIED, "a newcomer removes only its own old leaf");
    struct channel_identity identity;
    TRY(channel_identity_decode(&joiner->credential, &identity));
    bool returns = is_listed(&check->extension, &identity, joiner->signature_key);
    if (!resync && !returns && check->extension.visibility != CHANNEL_OPEN)
        return refuse(check->refusal, STATUS_DENIED,
                      "this channel is not open: knock, or be invited");
    if (!resync && !returns && is_reset(check, &identity))
        return refuse(check->refusal, STATUS_DENIED,
                      "an admin has set this device up: a member must let it in");
    return STATUS_OK;
}

static enum status check_member(const struct check *check)
{
    TRY(check_adds(check));
    TRY(check_removes(check));
    return check_extensions(check);
}

/* Else a server and a device that was shut out could together have the commit judged by a directory
 * in which it was not, and let people in. */
static enum status check_log_size(const struct check *check, uint64_t log_size_min)
{
    if (check->header.log_size > directory_log_of(check->directory)->size)
        return refuse(check->refusal, STATUS_INVALID,
                      "the commit names a size that the directory does not have");
    if (check->header.log_size < log_size_min)
        return refuse(check->refusal, STATUS_DENIED,
                      "the commit is older than what the channel knows of the directory");
    return STATUS_OK;
}

enum status channel_policy_check_commit(const struct mls_public_group *group,
                                        const struct mls_staged_commit *staged,
                                        const struct directory *directory,
                                        uint64_t log_size_min,
                                        struct channel_refusal *refusal)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct check check = {
        .group = group, .staged = staged, .directory = directory, .refusal = refusal};
    refusal->reason = "";
    const struct mls_framed_content *content = &mls_staged_commit_content(staged)->content;
    TRY(channel_group_id_decode(content->group_id, &check.channel, &check.generation));
    TRY(channel_policy_extension(group, &arena, &check.extension));
    TRY(message_header_decode(content->authenticated_data, &arena, &check.header));
    if (check.header.lane != LANE_CONTROL)
        return refuse(refusal, STATUS_INVALID, "commits travel in the control lane");
    TRY(check_log_size(&check, log_size_min));

    /* The committer's leaf after the commit is a device of the directory, and its only leaf. */
    const struct mls_tree *after = mls_public_group_tree(mls_staged_commit_group(staged));
    uint32_t committer = mls_staged_commit_committer(staged);
    const struct mls_leaf_node *leaf = mls_tree_leaf(after, committer);
    TRY(channel_policy_extension(mls_staged_commit_group(staged), &arena, &check.after));
    TRY(check_active(&check, leaf));
    TRY(check_single_leaf(&check, &leaf->credential, committer));
    struct channel_identity identity;
    TRY(channel_identity_decode(&leaf->credential, &identity));
    check.committer = identity.person;
    check.committer_roles = channel_extension_roles(&check.extension, &identity.person);
    TRY(check_proposals(&check));
    return mls_staged_commit_is_external(staged) ? check_external(&check, leaf)
                                                 : check_member(&check);
}

enum status channel_policy_log_size(const struct mls_staged_commit *staged, uint64_t *log_size)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct message_header header;
    TRY(message_header_decode(mls_staged_commit_content(staged)->content.authenticated_data, &arena,
                              &header));
    *log_size = header.log_size;
    return STATUS_OK;
}

static enum status check_unchanged(const struct mls_leaf_node *leaf,
                                   const struct directory *directory,
                                   uint64_t log_size,
                                   struct channel_refusal *refusal)
{
    struct channel_identity identity;
    TRY(channel_identity_decode(&leaf->credential, &identity));
    enum status then = directory_check_leaf_at(directory, log_size, &identity.person,
                                               &identity.device, leaf->signature_key);
    enum status now =
        directory_check_leaf(directory, &identity.person, &identity.device, leaf->signature_key);
    if (then != now || directory_was_absent(directory, log_size, &identity.device) !=
                           directory_was_absent(directory, UINT64_MAX, &identity.device))
        return refuse(refusal, STATUS_DENIED, "the directory has changed about that device since");
    return STATUS_OK;
}

#define DAY_MS (INT64_C(24) * 3600 * 1000)

/* What has to do with time, which whoever reads the log later cannot judge. */
static enum status check_dormant_now(const struct mls_staged_commit *staged,
                                     const struct mls_leaf_node *committer,
                                     int64_t now_ms,
                                     struct channel_refusal *refusal)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    const struct mls_proposal_effect *effect = mls_staged_commit_effect(staged);
    struct channel_extension after;
    struct channel_identity identity;
    TRY(channel_policy_extension(mls_staged_commit_group(staged), &arena, &after));
    TRY(channel_identity_decode(&committer->credential, &identity));
    const struct channel_dormant *own = channel_extension_dormant(&after, &identity.device);
    if (mls_staged_commit_is_external(staged) && effect->removed_count == 0 && own != NULL &&
        after.visibility != CHANNEL_OPEN && own->until < now_ms)
        return refuse(refusal, STATUS_EXPIRED, "away for too long: a member must let you in again");
    for (size_t i = 0; i < effect->removed_count; i++) {
        TRY(channel_identity_decode(&effect->removed[i].leaf_node->credential, &identity));
        const struct channel_dormant *item = channel_extension_dormant(&after, &identity.device);
        if (item == NULL)
            continue;
        if (item->until > now_ms + (CHANNEL_DORMANT_DAYS + 1) * DAY_MS)
            return refuse(refusal, STATUS_DENIED, "nobody stays dormant for longer than a year");
        /* Else a member could close the way back to whom they remove. */
        if (item->until < now_ms + (CHANNEL_DORMANT_DAYS - 1) * DAY_MS)
            return refuse(refusal, STATUS_DENIED, "who is away may come back for a year");
    }
    return STATUS_OK;
}

enum status channel_policy_check_now(const struct mls_staged_commit *staged,
                                     const struct directory *directory,
                                     int64_t now_ms,
                                     struct channel_refusal *refusal)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    const struct mls_framed_content *content = &mls_staged_commit_content(staged)->content;
    const struct mls_proposal_effect *effect = mls_staged_commit_effect(staged);
    const struct mls_tree *after = mls_public_group_tree(mls_staged_commit_group(staged));
    const struct mls_leaf_node *committer =
        mls_tree_leaf(after, mls_staged_commit_committer(staged));
    struct message_header header;
    refusal->reason = "";
    TRY(message_header_decode(content->authenticated_data, &arena, &header));
    TRY(check_dormant_now(staged, committer, now_ms, refusal));
    TRY(check_unchanged(committer, directory, header.log_size, refusal));
    for (size_t i = 0; i < effect->added_count; i++)
        TRY(check_unchanged(&effect->added[i].key_package->leaf_node, directory, header.log_size,
                            refusal));
    for (size_t i = 0; i < effect->removed_count; i++)
        TRY(check_unchanged(effect->removed[i].leaf_node, directory, header.log_size, refusal));
    return STATUS_OK;
}
