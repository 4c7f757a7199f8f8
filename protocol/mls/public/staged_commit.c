/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/staged_commit.h"

#include "protocol/base/limits.h"
#include "protocol/mls/public/public_group_private.h"
#include "protocol/mls/public/transcript.h"
#include "protocol/mls/public/tree_validate.h"

#include <stdlib.h>

void mls_staged_commit_free(struct mls_staged_commit **staged)
{
    struct mls_staged_commit *old = *staged;
    *staged = NULL;
    if (old == NULL)
        return;
    mls_public_group_free(&old->next);
    mls_tree_free(&old->effect.tree);
    mls_tree_free(&old->base_tree);
    for (size_t i = 0; i < old->held_count; i++)
        group_proposal_release(old->held[i]);
    free(old->held);
    arena_clear(&old->arena);
    buffer_clear(&old->bytes);
    buffer_clear(&old->base_context);
    buffer_clear(&old->provisional_context);
    free(old);
}

/* ---- staging ---- */

static enum status new_staged(struct mls_staged_commit **staged)
{
    struct mls_staged_commit *made = calloc(1, sizeof *made);
    if (made == NULL)
        return STATUS_NO_MEMORY;
    arena_init(&made->arena, LIMIT_DECODED_BYTES);
    buffer_init(&made->bytes, LIMIT_OBJECT_BYTES);
    buffer_init(&made->base_context, LIMIT_OBJECT_BYTES);
    buffer_init(&made->provisional_context, LIMIT_OBJECT_BYTES);
    *staged = made;
    return STATUS_OK;
}

static enum status decode_content(struct mls_staged_commit *staged, struct span bytes)
{
    TRY(buffer_append(&staged->bytes, bytes));
    struct reader reader = reader_of(buffer_span(&staged->bytes));
    TRY(mls_authenticated_content_read(&reader, &staged->arena, &staged->content));
    TRY(reader_finish(&reader));
    return staged->content.content.type == MLS_CONTENT_COMMIT ? STATUS_OK : STATUS_MALFORMED;
}

static enum status hold_proposal(const struct mls_public_group *group,
                                 struct mls_staged_commit *staged,
                                 struct span reference,
                                 struct mls_sent_proposal *item)
{
    /* More references than proposals means that one occurs twice, which 12.2 forbids for every
     * type; it also bounds the search. */
    struct group_proposal *found = NULL;
    if (staged->held_count < group->proposal_count)
        found = group_find_proposal(group, reference);
    if (found == NULL)
        return STATUS_INVALID_PROPOSAL;
    staged->held[staged->held_count++] = group_proposal_hold(found);
    *item = (struct mls_sent_proposal){&found->view.proposal, found->view.sender, true};
    return STATUS_OK;
}

static enum status list_proposals(const struct mls_public_group *group,
                                  struct mls_staged_commit *staged)
{
    const struct mls_commit *commit = &staged->content.content.commit;
    void *room;
    TRY(arena_take(&staged->arena, commit->proposal_count, sizeof(struct mls_sent_proposal),
                   &room));
    struct mls_sent_proposal *items = room;
    if (group->proposal_count != 0) {
        staged->held = calloc(group->proposal_count, sizeof(struct group_proposal *));
        if (staged->held == NULL)
            return STATUS_NO_MEMORY;
    }
    struct mls_sender sender = staged->content.content.sender;
    for (size_t i = 0; i < commit->proposal_count; i++) {
        const struct mls_proposal_or_ref *given = &commit->proposals[i];
        items[i] = (struct mls_sent_proposal){&given->proposal, sender, false};
        if (given->by_reference)
            TRY(hold_proposal(group, staged, given->reference, &items[i]));
    }
    staged->list = (struct mls_proposal_list){items, commit->proposal_count, sender};
    return STATUS_OK;
}

static enum status write_context(const struct mls_group_context *context, struct buffer *bytes)
{
    struct writer writer = writer_of(bytes);
    mls_group_context_write(&writer, context);
    return writer_finish(&writer);
}

/* The new epoch's context, once with the old transcript (12.4.1: provisional), once with the
 * new. */
static enum status make_next(const struct mls_public_group *group,
                             struct mls_staged_commit *staged,
                             struct mls_tree **tree)
{
    struct digest confirmed;
    struct mls_group_context context = group->context;
    if (context.epoch == UINT64_MAX)
        return STATUS_INVALID;
    /* RFC 9420, 8.1: "The `epoch` field increments by one for each Commit message that is
     * processed." */
    context.epoch++;
    context.tree_hash = mls_tree_root_hash(*tree);
    context.extensions = staged->effect.extensions;
    TRY(write_context(&context, &staged->provisional_context));
    TRY(mls_transcript_confirmed(group->suite, digest_span(&group->interim), &staged->content,
                                 &confirmed));
    context.confirmed_transcript_hash = digest_span(&confirmed);
    TRY(group_make(&context, tree, staged->content.auth.confirmation_tag, &staged->next));
    if (staged->effect.reinit == NULL)
        return STATUS_OK;
    return group_set_reinit(staged->next, staged->effect.reinit);
}

static enum status apply_commit(const struct mls_public_group *group,
                                struct mls_staged_commit *staged,
                                const struct mls_options *options)
{
    CLEANUP(mls_tree_free) struct mls_tree *tree = NULL;
    const struct mls_proposal_base base = {group->tree, &group->context};
    TRY(list_proposals(group, staged));
    /* RFC 9420, 12.2: "If the list of proposals is invalid, then the Commit message MUST be
     * rejected as invalid." */
    TRY(mls_proposal_list_apply(&base, &staged->list, options, &staged->arena, &staged->effect));
    const struct mls_update_path *path = staged->content.content.commit.path;
    /* RFC 9420, 12.4: "By default, the `path` field of a Commit MUST be populated.  The `path`
     * field MAY be omitted if (a) it covers at least one proposal and (b) none of the proposals
     * covered by the Commit are of "path required" types." */
    if (staged->effect.path_required && path == NULL)
        return STATUS_PATH_REQUIRED;
    TRY(mls_tree_clone(staged->effect.tree, &tree));
    if (path != NULL)
        TRY(staged_apply_path(group, staged, options, tree));
    TRY(mls_tree_update_hashes(tree));
    /* RFC 9420, 12.2: "After processing the Commit the ratchet tree is invalid, in particular, if
     * it contains any leaf node that is invalid according to" 7.3. Leaves that came in were
     * checked; the others can only be hurt by new extensions or credential types. */
    struct mls_extensions changed = {SPAN_EMPTY};
    if (staged->effect.extensions_changed)
        changed = staged->effect.extensions;
    TRY(mls_tree_check_support(tree, changed));
    return make_next(group, staged, &tree);
}

static enum status fill_staged(const struct mls_public_group *group,
                               struct mls_staged_commit *staged,
                               struct span bytes,
                               const struct mls_options *options)
{
    TRY(decode_content(staged, bytes));
    size_t tag_size = staged->content.auth.confirmation_tag.len;
    if (tag_size != 0 && tag_size != group->suite->hash_size)
        return STATUS_BAD_MAC;
    /* RFC 9420, 12.4.2: "Verify the signature on the FramedContent message as described in" 6.1. */
    TRY(group_check_content(group, &staged->content));
    TRY(buffer_append(&staged->base_context, buffer_span(&group->context_bytes)));
    TRY(mls_tree_clone(group->tree, &staged->base_tree));
    staged->committer = MLS_NO_LEAF;
    if (staged->content.content.sender.type == MLS_SENDER_MEMBER) {
        staged->committer = staged->content.content.sender.index;
        staged->committer_before = mls_tree_leaf(staged->base_tree, staged->committer);
    }
    return apply_commit(group, staged, options);
}

enum status mls_public_group_stage_content(const struct mls_public_group *group,
                                           struct span bytes,
                                           const struct mls_options *options,
                                           struct mls_staged_commit **staged)
{
    CLEANUP(mls_staged_commit_free) struct mls_staged_commit *made = NULL;
    TRY(new_staged(&made));
    TRY(fill_staged(group, made, bytes, options));
    *staged = made;
    made = NULL;
    return STATUS_OK;
}

enum status mls_public_group_stage(const struct mls_public_group *group,
                                   struct span message,
                                   const struct mls_options *options,
                                   struct mls_staged_commit **staged)
{
    CLEANUP(buffer_clear) struct buffer content = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    CLEANUP(mls_staged_commit_free) struct mls_staged_commit *made = NULL;
    TRY(group_content_of_message(group, message, &content));
    TRY(mls_public_group_stage_content(group, buffer_span(&content), options, &made));
    /* Only a commit's own maker may still be without its tag. */
    if (made->content.auth.confirmation_tag.len == 0)
        return STATUS_BAD_MAC;
    *staged = made;
    made = NULL;
    return STATUS_OK;
}

enum status mls_public_group_merge(struct mls_public_group *group,
                                   struct mls_staged_commit **staged)
{
    struct mls_staged_commit *commit = *staged;
    if (commit->next->confirmation_tag.len == 0)
        return STATUS_USAGE;
    if (!span_equal(buffer_span(&commit->base_context), buffer_span(&group->context_bytes)))
        return STATUS_WRONG_EPOCH;
    struct mls_public_group old = *group;
    *group = *commit->next;
    *commit->next = old;
    mls_staged_commit_free(staged);
    return STATUS_OK;
}

enum status mls_staged_commit_set_confirmation_tag(struct mls_staged_commit *staged,
                                                   struct span confirmation_tag)
{
    if (staged->next->confirmation_tag.len != 0)
        return STATUS_USAGE;
    if (confirmation_tag.len != staged->next->suite->hash_size)
        return STATUS_BAD_MAC;
    return group_set_tag(staged->next, confirmation_tag);
}

/* ---- what it does ---- */

const struct mls_authenticated_content *
mls_staged_commit_content(const struct mls_staged_commit *staged)
{
    return &staged->content;
}

bool mls_staged_commit_is_external(const struct mls_staged_commit *staged)
{
    return staged->content.content.sender.type == MLS_SENDER_NEW_MEMBER_COMMIT;
}

uint32_t mls_staged_commit_committer(const struct mls_staged_commit *staged)
{
    return staged->committer;
}

const struct mls_proposal_effect *mls_staged_commit_effect(const struct mls_staged_commit *staged)
{
    return &staged->effect;
}

const struct mls_proposal_list *mls_staged_commit_proposals(const struct mls_staged_commit *staged)
{
    return &staged->list;
}

const struct mls_update_path *mls_staged_commit_path(const struct mls_staged_commit *staged)
{
    return staged->content.content.commit.path;
}

const struct mls_public_group *mls_staged_commit_group(const struct mls_staged_commit *staged)
{
    return staged->next;
}

struct span mls_staged_commit_provisional_context(const struct mls_staged_commit *staged)
{
    return buffer_span(&staged->provisional_context);
}
