/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/member/commit_build.h"
#include "protocol/mls/member/group_state.h"
#include "protocol/mls/member/protection.h"
#include "protocol/mls/member/psk.h"

void mls_commit_bundle_clear(struct mls_commit_bundle *bundle)
{
    buffer_clear(&bundle->commit);
    buffer_clear(&bundle->welcome);
    buffer_clear(&bundle->group_info);
}

/* ---- our commit as the next epoch ---- */

/* The keys we have in the new tree: what stays, the new leaf, the path. */
static enum status own_keys(const struct mls_group *group,
                            const struct mls_own_commit *own,
                            const struct mls_path_secrets *secrets,
                            struct mls_next *next)
{
    const struct mls_proposal_effect *effect = mls_staged_commit_effect(next->staged);
    const struct mls_tree *after = mls_public_group_tree(mls_staged_commit_group(next->staged));
    struct mls_path_step steps[MLS_PATH_MAX];
    TRY(mls_private_keys_carry(&group->keys, mls_public_group_tree(group->public_group), after,
                               &next->keys));
    if (mls_staged_commit_path(next->staged) == NULL)
        return STATUS_OK;
    size_t count = mls_tree_filtered_path(effect->tree, group->own_leaf, steps);
    if (count != secrets->count)
        return STATUS_CORRUPT;
    TRY(mls_private_keys_set(&next->keys, mls_node_of_leaf(group->own_leaf), own->leaf_key));
    for (size_t i = 0; i < count; i++)
        TRY(mls_private_keys_set(&next->keys, steps[i].node,
                                 secret_span(&secrets->private_keys[i])));
    return STATUS_OK;
}

/* The secrets of our path, as they were drawn or from their first again. */
static enum status own_secrets(const struct mls_group *group,
                               const struct mls_own_commit *own,
                               const struct mls_next *next,
                               struct mls_path_secrets *secrets)
{
    struct mls_path_step steps[MLS_PATH_MAX];
    if (mls_staged_commit_path(next->staged) == NULL) {
        secrets->path[0] = mls_key_schedule_zero(group->suite);
        return STATUS_OK;
    }
    if (own->secrets != NULL) {
        *secrets = *own->secrets;
        return STATUS_OK;
    }
    const struct mls_tree *tree = mls_staged_commit_effect(next->staged)->tree;
    return mls_path_secrets_derive(group->suite, own->path_secret,
                                   mls_tree_filtered_path(tree, group->own_leaf, steps), secrets);
}

enum status mls_group_stage_own(struct mls_group *group,
                                const struct mls_own_commit *own,
                                const struct mls_options *options,
                                struct mls_next *next,
                                struct digest *confirmation_tag,
                                struct secret *joiner_secret)
{
    CLEANUP(mls_path_secrets_clear) struct mls_path_secrets secrets = {0};
    TRY(mls_public_group_stage_content(group->public_group, own->content, options, &next->staged));
    TRY(own_secrets(group, own, next, &secrets));
    TRY(own_keys(group, own, &secrets, next));
    if (own->leaf_key.len != 0) {
        TRY(mls_group_keep(next->arena, own->leaf_key, &next->leaf_key));
        TRY(mls_group_keep(next->arena, own->path_secret, &next->path_secret));
    }
    struct mls_next_input input = {
        .init_secret = mls_key_schedule_get(&group->epoch->secrets, MLS_SECRET_INIT),
        .commit_secret = secret_span(&secrets.path[secrets.count]),
        .psk_store = group->psk_store};
    TRY(mls_next_derive(group, next, &input, confirmation_tag, joiner_secret));
    struct span given = mls_staged_commit_content(next->staged)->auth.confirmation_tag;
    if (given.len == 0)
        return mls_staged_commit_set_confirmation_tag(next->staged, digest_span(confirmation_tag));
    return secret_equal(given, digest_span(confirmation_tag)) ? STATUS_OK : STATUS_CORRUPT;
}

/* ---- the list of proposals ---- */

/* The leaf that an Update or Remove is about, or MLS_NO_LEAF. */
static uint32_t target_of(const struct mls_proposal *proposal, struct mls_sender sender)
{
    if (proposal->type == MLS_PROPOSAL_REMOVE)
        return proposal->removed;
    return proposal->type == MLS_PROPOSAL_UPDATE ? sender.index : MLS_NO_LEAF;
}

/* RFC 9420, 12.2: "If the committer has received multiple such proposals they SHOULD prefer any
 * Remove received, or the most recent Update if there are no Removes." Whether one at `later`
 * takes the place of the one at `at`. */
static bool is_superseded(const struct mls_public_group *group, size_t at, size_t later)
{
    const struct mls_cached_proposal *one = mls_public_group_cached_at(group, at);
    const struct mls_cached_proposal *other = mls_public_group_cached_at(group, later);
    uint32_t target = target_of(&one->proposal, one->sender);
    if (at == later || target == MLS_NO_LEAF ||
        target != target_of(&other->proposal, other->sender))
        return false;
    if (one->proposal.type != other->proposal.type)
        return other->proposal.type == MLS_PROPOSAL_REMOVE;
    return later > at;
}

/* Whether one of the request's own proposals is about the same leaf. */
static bool is_overruled(const struct mls_commit_request *request,
                         const struct mls_cached_proposal *cached)
{
    uint32_t target = target_of(&cached->proposal, cached->sender);
    for (size_t i = 0; i < request->proposal_count; i++) {
        const struct mls_proposal *own = &request->proposals[i];
        if (own->type == MLS_PROPOSAL_REMOVE && own->removed == target)
            return true;
        if (own->type == cached->proposal.type &&
            own->type == MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS)
            return true;
    }
    return false;
}

/* Whether a cached proposal goes into our commit. */
static bool
is_covered(const struct mls_group *group, const struct mls_commit_request *request, size_t at)
{
    const struct mls_public_group *public_group = group->public_group;
    const struct mls_cached_proposal *cached = mls_public_group_cached_at(public_group, at);
    size_t count = mls_public_group_cached_count(public_group);
    /* RFC 9420, 12.2: invalid with "an Update proposal generated by the committer" or "a Remove
     * proposal that removes the committer". */
    if (request->ignore_cached || target_of(&cached->proposal, cached->sender) == group->own_leaf)
        return false;
    /* "If the committer has received other proposals during the epoch, they SHOULD prefer them
     * over the ReInit proposal" */
    if (cached->proposal.type == MLS_PROPOSAL_REINIT && count + request->proposal_count > 1)
        return false;
    if (is_overruled(request, cached))
        return false;
    for (size_t i = 0; i < count; i++)
        if (is_superseded(public_group, at, i))
            return false;
    return true;
}

/* What a commit covers, in its two forms: as sent and as applied. */
struct covered {
    struct mls_proposal_or_ref *items;
    struct mls_sent_proposal *sent;
    size_t count;
    size_t add_count;
    bool needs_path;
};

static void cover(struct covered *covered,
                  const struct mls_proposal *proposal,
                  struct mls_sender sender,
                  struct span reference)
{
    struct mls_proposal_or_ref *item = &covered->items[covered->count];
    item->by_reference = reference.len != 0;
    if (item->by_reference)
        item->reference = reference;
    else
        item->proposal = *proposal;
    covered->sent[covered->count] =
        (struct mls_sent_proposal){proposal, sender, item->by_reference};
    covered->count++;
    covered->add_count += proposal->type == MLS_PROPOSAL_ADD;
    covered->needs_path = covered->needs_path || mls_proposal_type_needs_path(proposal->type);
}

/* Covers a proposal of our own; a PSK without a nonce gets one. */
static enum status cover_own(const struct mls_group *group,
                             const struct mls_proposal *proposal,
                             const struct random_source *random,
                             struct arena *arena,
                             struct covered *covered)
{
    struct mls_sender self = {MLS_SENDER_MEMBER, group->own_leaf};
    void *memory = NULL;
    struct digest nonce;
    if (proposal->type != MLS_PROPOSAL_PSK || proposal->psk.nonce.len != 0) {
        cover(covered, proposal, self, SPAN_EMPTY);
        return STATUS_OK;
    }
    TRY(mls_psk_nonce_draw(group->suite, random, &nonce));
    TRY(arena_take(arena, 1, sizeof *proposal, &memory));
    struct mls_proposal *with_nonce = memory;
    *with_nonce = *proposal;
    TRY(arena_copy(arena, digest_span(&nonce), &with_nonce->psk.nonce));
    cover(covered, with_nonce, self, SPAN_EMPTY);
    return STATUS_OK;
}

static enum status collect(const struct mls_group *group,
                           const struct mls_commit_request *request,
                           const struct random_source *random,
                           struct arena *arena,
                           struct covered *covered)
{
    size_t cached_count = mls_public_group_cached_count(group->public_group);
    size_t room = cached_count + request->proposal_count;
    void *memory = NULL;
    TRY(arena_take(arena, room, sizeof *covered->items, &memory));
    covered->items = memory;
    TRY(arena_take(arena, room, sizeof *covered->sent, &memory));
    covered->sent = memory;
    for (size_t i = 0; i < cached_count; i++) {
        const struct mls_cached_proposal *cached =
            mls_public_group_cached_at(group->public_group, i);
        if (is_covered(group, request, i))
            cover(covered, &cached->proposal, cached->sender, cached->reference);
    }
    for (size_t i = 0; i < request->proposal_count; i++)
        TRY(cover_own(group, &request->proposals[i], random, arena, covered));
    size_t adds_max = request->adds_max == 0 ? LIMIT_ADDS_PER_COMMIT : request->adds_max;
    return covered->add_count > adds_max ? STATUS_LIMIT : STATUS_OK;
}

/* Whether the list can be committed: it is valid, and we have its PSKs. */
static enum status check_covered(const struct mls_group *group,
                                 const struct covered *covered,
                                 const struct mls_options *options,
                                 struct arena *arena)
{
    struct mls_proposal_base base = {mls_public_group_tree(group->public_group),
                                     mls_public_group_context(group->public_group)};
    struct mls_proposal_list list = {
        covered->sent, covered->count, {MLS_SENDER_MEMBER, group->own_leaf}};
    struct mls_proposal_effect effect = {0};
    CLEANUP(secret_clear) struct secret psk_secret = {0};
    TRY(mls_proposal_list_apply(&base, &list, options, arena, &effect));
    mls_tree_free(&effect.tree);
    return mls_group_psk_secret(group, group->suite, group->psk_store, effect.psks,
                                effect.psk_count, &psk_secret);
}

/* Each cached proposal is valid alone, but one of them may stand against another, against ours or
 * against the tree (an Add of a member), or need a PSK that we do not have. Then ours go alone:
 * else whoever made such a proposal could keep everybody from committing. */
static enum status choose(const struct mls_group *group,
                          const struct mls_commit_request *request,
                          const struct mls_options *options,
                          const struct random_source *random,
                          struct arena *arena,
                          struct covered *covered)
{
    struct mls_commit_request alone = *request;
    alone.ignore_cached = true;
    TRY(collect(group, request, random, arena, covered));
    if (covered->count == request->proposal_count)
        return STATUS_OK;
    enum status status = check_covered(group, covered, options, arena);
    if (status == STATUS_OK || status == STATUS_NO_MEMORY)
        return status;
    *covered = (struct covered){0};
    return collect(group, &alone, random, arena, covered);
}

/* ---- making the commit ---- */

static enum status make_path(const struct mls_group *group,
                             const struct mls_commit_build *build,
                             const struct covered *covered,
                             const struct mls_options *options,
                             struct mls_built_path *built,
                             const struct mls_update_path **path)
{
    struct mls_proposal_base base = {mls_public_group_tree(group->public_group),
                                     mls_public_group_context(group->public_group)};
    struct mls_proposal_list list = {covered->sent, covered->count, build->sender};
    struct mls_proposal_effect effect = {0};
    TRY(mls_proposal_list_apply(&base, &list, options, build->arena, &effect));
    enum status status = mls_commit_build_path(build, &effect, built, path);
    mls_tree_free(&effect.tree);
    return status;
}

/* The commit's message, once its tag is known. */
static enum status seal_commit(const struct mls_group *group,
                               const struct mls_next *next,
                               const struct digest *tag,
                               struct buffer *out)
{
    struct mls_authenticated_content content = *mls_staged_commit_content(next->staged);
    content.auth.confirmation_tag = digest_span(tag);
    return mls_protection_seal_public(
        group->suite, mls_key_schedule_get(&group->epoch->secrets, MLS_SECRET_MEMBERSHIP), &content,
        mls_group_context_bytes(group), out);
}

/* Fills the bundle from the finished next epoch. */
static enum status make_bundle(const struct mls_group *group,
                               const struct mls_commit_request *request,
                               const struct mls_next *next,
                               const struct mls_path_secrets *secrets,
                               struct span joiner_secret,
                               const struct mls_commit_build *build,
                               struct mls_commit_bundle *bundle)
{
    struct mls_group_info_request info = {.public_group = mls_staged_commit_group(next->staged),
                                          .secrets = &next->epoch->secrets,
                                          .prepared_key = build->leaf_key,
                                          .signer = group->own_leaf,
                                          .with_external_pub = true,
                                          .as_message = true,
                                          .extensions = request->info_extensions};
    TRY(buffer_append(&bundle->commit, buffer_span(&next->message)));
    TRY(mls_group_build_group_info(&info, &bundle->group_info));
    if (mls_staged_commit_effect(next->staged)->added_count == 0)
        return STATUS_OK;
    struct mls_welcome_build welcome = {.next = next,
                                        .joiner_secret = joiner_secret,
                                        .secrets = secrets,
                                        .psk_store = group->psk_store,
                                        .group = group,
                                        .prepared_key = build->leaf_key,
                                        .with_tree = request->tree_in_welcome,
                                        .info_extensions = request->info_extensions,
                                        .random = build->random};
    return mls_commit_build_welcome(&welcome, &bundle->welcome);
}

/* The key that signs the new leaf: that of a new identity, which `next` keeps, or the present. */
static enum status choose_leaf_key(struct mls_group *group,
                                   const struct mls_identity *identity,
                                   struct mls_next *next,
                                   struct secret *fresh,
                                   const struct secret **leaf_key)
{
    TRY(mls_group_prepare_key(group));
    *leaf_key = group->prepared_key;
    if (identity == NULL)
        return STATUS_OK;
    *leaf_key = fresh;
    TRY(signature_prepare(group->suite->signature, identity->signature_private_key, fresh));
    return mls_group_keep(next->arena, identity->signature_private_key, &next->signature_key);
}

static enum status make_commit(struct mls_group *group,
                               const struct mls_commit_request *request,
                               const struct mls_options *options,
                               const struct random_source *random,
                               struct mls_next *next,
                               struct mls_commit_bundle *bundle)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    CLEANUP(mls_built_path_clear) struct mls_built_path built = {0};
    CLEANUP(buffer_clear) struct buffer content = BUFFER_INIT(MLS_BYTES_MAX);
    CLEANUP(secret_clear) struct secret joiner_secret = {0};
    struct covered covered = {0};
    const struct mls_update_path *path = NULL;
    struct digest tag;
    CLEANUP(secret_clear) struct secret fresh_key = {0};
    const struct secret *leaf_key = NULL;
    TRY(choose_leaf_key(group, request->identity, next, &fresh_key, &leaf_key));
    TRY(choose(group, request, options, random, &arena, &covered));
    struct mls_commit_build build = {.public_group = group->public_group,
                                     .sender = {MLS_SENDER_MEMBER, group->own_leaf},
                                     .message_key = group->prepared_key,
                                     .leaf_key = leaf_key,
                                     .identity = request->identity,
                                     .authenticated_data = request->authenticated_data,
                                     .items = covered.items,
                                     .item_count = covered.count,
                                     .random = random,
                                     .arena = &arena};
    /* RFC 9420, 12.4: "The `path` field MAY be omitted if (a) it covers at least one proposal and
     * (b) none of the proposals covered by the Commit are of "path required" types." */
    struct mls_own_commit own = {0};
    /* RFC 9420, 12.4.1: "If the `path` field is required based on the proposals that are in the
     * Commit (see above), then it MUST be populated." */
    if (covered.count == 0 || covered.needs_path || request->force_path ||
        request->identity != NULL) {
        TRY(make_path(group, &build, &covered, options, &built, &path));
        own.leaf_key = secret_span(&built.leaf_key);
        own.path_secret = secret_span(&built.secrets.path[0]);
        own.secrets = &built.secrets;
    }
    TRY(mls_commit_build_content(&build, path, &content));
    own.content = buffer_span(&content);
    TRY(mls_group_stage_own(group, &own, options, next, &tag, &joiner_secret));
    TRY(seal_commit(group, next, &tag, &next->message));
    return make_bundle(group, request, next, own.secrets, secret_span(&joiner_secret), &build,
                       bundle);
}

enum status mls_group_commit(struct mls_group *group,
                             const struct mls_commit_request *request,
                             const struct mls_options *options,
                             const struct random_source *random,
                             struct mls_commit_bundle *bundle)
{
    CLEANUP(mls_next_free) struct mls_next *next = NULL;
    CLEANUP(mls_commit_bundle_clear)
    struct mls_commit_bundle made = {BUFFER_INIT(MLS_BYTES_MAX), BUFFER_INIT(MLS_BYTES_MAX),
                                     BUFFER_INIT(MLS_BYTES_MAX)};
    TRY(mls_group_check_sending(group));
    if (group->pending != NULL)
        return STATUS_PENDING;
    TRY(mls_next_new(group->arena, &next));
    TRY(make_commit(group, request, options, random, next, &made));
    /* RFC 9420, 14: "The generation of Commit messages MUST NOT modify a client's state, since the
     * client doesn't know at that time whether the changes implied by the Commit message will
     * conflict with another Commit or not." It waits beside the present epoch. */
    group->pending = next;
    next = NULL;
    group->pending_changed = true;
    mls_commit_bundle_clear(bundle);
    *bundle = made;
    made = (struct mls_commit_bundle){0};
    return STATUS_OK;
}

/* ---- accepted or refused ---- */

bool mls_group_has_pending(const struct mls_group *group)
{
    return group->pending != NULL;
}

struct span mls_group_pending_commit(const struct mls_group *group)
{
    return group->pending == NULL ? SPAN_EMPTY : buffer_span(&group->pending->message);
}

const struct mls_staged_commit *mls_group_pending_staged(const struct mls_group *group)
{
    return group->pending == NULL ? NULL : group->pending->staged;
}

enum status mls_group_apply_pending(struct mls_group *group)
{
    if (group->removed)
        return STATUS_REMOVED;
    if (group->pending == NULL)
        return STATUS_NOT_FOUND;
    TRY(mls_next_merge(group, &group->pending));
    group->pending_changed = true;
    return STATUS_OK;
}

void mls_group_clear_pending(struct mls_group *group)
{
    if (group->pending == NULL)
        return;
    mls_next_free(&group->pending);
    group->pending_changed = true;
}
