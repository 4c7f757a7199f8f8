/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/limits.h"
#include "protocol/mls/public/public_group_private.h"
#include "protocol/mls/public/ref_hash.h"

#include <stdlib.h>

struct group_proposal *group_proposal_hold(struct group_proposal *proposal)
{
    atomic_fetch_add_explicit(&proposal->references, 1, memory_order_relaxed);
    return proposal;
}

void group_proposal_release(struct group_proposal *proposal)
{
    if (proposal == NULL ||
        atomic_fetch_sub_explicit(&proposal->references, 1, memory_order_acq_rel) != 1)
        return;
    arena_clear(&proposal->arena);
    buffer_clear(&proposal->bytes);
    free(proposal);
}

static enum status decode(struct group_proposal *proposal)
{
    struct mls_authenticated_content *content = &proposal->content;
    struct reader reader = reader_of(buffer_span(&proposal->bytes));
    TRY(mls_authenticated_content_read(&reader, &proposal->arena, content));
    TRY(reader_finish(&reader));
    if (content->content.type != MLS_CONTENT_PROPOSAL)
        return STATUS_INVALID;
    proposal->view = (struct mls_cached_proposal){
        digest_span(&proposal->reference), content->content.sender, content->content.proposal};
    return STATUS_OK;
}

static enum status
fill(struct group_proposal *proposal, const struct suite *suite, struct span bytes)
{
    TRY(buffer_append(&proposal->bytes, bytes));
    TRY(mls_ref_of_proposal(suite, bytes, &proposal->reference));
    return decode(proposal);
}

enum status
group_proposal_new(const struct suite *suite, struct span bytes, struct group_proposal **proposal)
{
    struct group_proposal *made = calloc(1, sizeof *made);
    if (made == NULL)
        return STATUS_NO_MEMORY;
    atomic_init(&made->references, 1);
    arena_init(&made->arena, LIMIT_DECODED_BYTES);
    buffer_init(&made->bytes, LIMIT_OBJECT_BYTES);
    enum status status = fill(made, suite, bytes);
    if (status != STATUS_OK) {
        group_proposal_release(made);
        return status;
    }
    *proposal = made;
    return STATUS_OK;
}

struct group_proposal *group_find_proposal(const struct mls_public_group *group,
                                           struct span reference)
{
    for (size_t i = 0; i < group->proposal_count; i++)
        if (span_equal(group->proposals[i]->view.reference, reference))
            return group->proposals[i];
    return NULL;
}

enum status group_append_proposal(struct mls_public_group *group, struct group_proposal *proposal)
{
    if (group_find_proposal(group, proposal->view.reference) != NULL)
        return STATUS_EXISTS;
    if (group->proposal_count == LIMIT_CACHED_PROPOSALS ||
        proposal->bytes.len > LIMIT_OBJECT_BYTES - group->proposal_bytes)
        return STATUS_LIMIT;
    struct group_proposal **proposals =
        realloc(group->proposals, (group->proposal_count + 1) * sizeof *proposals);
    if (proposals == NULL)
        return STATUS_NO_MEMORY;
    group->proposals = proposals;
    group->proposals[group->proposal_count++] = proposal;
    group->proposal_bytes += proposal->bytes.len;
    return STATUS_OK;
}

void group_drop_proposals(struct mls_public_group *group)
{
    for (size_t i = 0; i < group->proposal_count; i++)
        group_proposal_release(group->proposals[i]);
    free(group->proposals);
    group->proposals = NULL;
    group->proposal_count = 0;
    group->proposal_bytes = 0;
}

/* RFC 9420, 12.1: "On receiving a FramedContent containing a Proposal, a client MUST verify the
 * signature inside FramedContentAuthData and that the `epoch` field of the enclosing FramedContent
 * is equal to the `epoch` field of the current GroupContext object." */
static enum status check_proposal(const struct mls_public_group *group,
                                  const struct group_proposal *proposal,
                                  const struct mls_options *options)
{
    const struct mls_proposal_base base = {group->tree, &group->context};
    TRY(group_check_content(group, &proposal->content));
    return mls_proposal_check(&base, &proposal->view.proposal, proposal->view.sender, options);
}

enum status mls_public_group_cache_content(struct mls_public_group *group,
                                           struct span bytes,
                                           const struct mls_options *options)
{
    struct group_proposal *proposal;
    TRY(group_proposal_new(group->suite, bytes, &proposal));
    enum status status = check_proposal(group, proposal, options);
    if (status == STATUS_OK)
        status = group_append_proposal(group, proposal);
    if (status != STATUS_OK)
        group_proposal_release(proposal);
    return status;
}

enum status mls_public_group_cache_proposal(struct mls_public_group *group,
                                            struct span message,
                                            const struct mls_options *options)
{
    CLEANUP(buffer_clear) struct buffer content = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    TRY(group_content_of_message(group, message, &content));
    return mls_public_group_cache_content(group, buffer_span(&content), options);
}

size_t mls_public_group_cached_count(const struct mls_public_group *group)
{
    return group->proposal_count;
}

const struct mls_cached_proposal *mls_public_group_cached_at(const struct mls_public_group *group,
                                                             size_t at)
{
    return &group->proposals[at]->view;
}
