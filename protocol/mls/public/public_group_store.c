/* SPDX-License-Identifier: Apache-2.0 */
/* The stored form: struct {
 *     uint8 form = 1;
 *     opaque group_context<V>;
 *     opaque confirmation_tag<V>;
 *     optional<opaque<V>> reinit;  of the last commit
 *     opaque proposals<V>;        each an opaque AuthenticatedContent<V>
 *     optional<ratchet_tree>;
 * } */
#include "protocol/base/limits.h"
#include "protocol/mls/public/public_group_private.h"

#define FORM 1

enum status
mls_public_group_encode(const struct mls_public_group *group, bool with_tree, struct buffer *out)
{
    size_t before = out->len;
    struct writer writer = writer_of(out);
    writer_u8(&writer, FORM);
    writer_vector(&writer, buffer_span(&group->context_bytes));
    writer_vector(&writer, buffer_span(&group->confirmation_tag));
    writer_presence(&writer, mls_public_group_is_reinitialized(group));
    if (mls_public_group_is_reinitialized(group))
        writer_vector(&writer, buffer_span(&group->reinit_bytes));
    size_t begin = writer_vector_begin(&writer);
    for (size_t i = 0; i < group->proposal_count; i++)
        writer_vector(&writer, buffer_span(&group->proposals[i]->bytes));
    writer_vector_end(&writer, begin);
    writer_presence(&writer, with_tree);
    if (with_tree)
        mls_tree_write(&writer, group->tree);
    if (writer_finish(&writer) != STATUS_OK)
        buffer_truncate(out, before);
    return writer_finish(&writer);
}

struct stored_group {
    struct span context_bytes;
    struct mls_group_context context;
    struct span confirmation_tag;
    bool is_reinitialized;
    struct mls_reinit reinit;
    struct span proposals;
    struct span tree; /* empty for none */
};

static enum status read_reinit(struct reader *reader, struct stored_group *stored)
{
    struct reader reinit;
    TRY(reader_presence(reader, &stored->is_reinitialized));
    if (!stored->is_reinitialized)
        return STATUS_OK;
    TRY(reader_sub(reader, SIZE_MAX, &reinit));
    TRY(mls_reinit_read(&reinit, &stored->reinit));
    return reader_finish(&reinit);
}

static enum status read_stored(struct reader reader, struct stored_group *stored)
{
    uint8_t form;
    bool with_tree;
    TRY(reader_u8(&reader, &form));
    if (form != FORM)
        return STATUS_UNSUPPORTED;
    TRY(reader_vector(&reader, SIZE_MAX, &stored->context_bytes));
    TRY(reader_vector(&reader, SIZE_MAX, &stored->confirmation_tag));
    TRY(read_reinit(&reader, stored));
    TRY(reader_vector(&reader, SIZE_MAX, &stored->proposals));
    TRY(reader_presence(&reader, &with_tree));
    stored->tree = SPAN_EMPTY;
    if (with_tree)
        TRY(reader_bytes(&reader, reader_left(&reader), &stored->tree));
    TRY(reader_finish(&reader));
    struct reader context = reader_of(stored->context_bytes);
    TRY(mls_group_context_read(&context, &stored->context));
    return reader_finish(&context);
}

static enum status restore_proposals(struct mls_public_group *group, struct span proposals)
{
    struct reader reader = reader_of(proposals);
    while (!reader_at_end(&reader)) {
        struct span bytes;
        struct group_proposal *proposal;
        TRY(reader_vector(&reader, SIZE_MAX, &bytes));
        TRY(group_proposal_new(group->suite, bytes, &proposal));
        enum status status = group_append_proposal(group, proposal);
        if (status != STATUS_OK) {
            group_proposal_release(proposal);
            return status;
        }
    }
    return STATUS_OK;
}

static enum status restore(const struct stored_group *stored,
                           const struct mls_tree *tree,
                           struct mls_public_group **group)
{
    CLEANUP(mls_tree_free) struct mls_tree *decoded = NULL;
    CLEANUP(mls_public_group_free) struct mls_public_group *made = NULL;
    const struct suite *suite = suite_find(stored->context.cipher_suite);
    if (suite == NULL)
        return STATUS_UNSUPPORTED;
    if (stored->tree.len != 0) {
        TRY(mls_tree_decode(suite, stored->tree, &decoded));
        tree = decoded;
    }
    if (tree == NULL)
        return STATUS_USAGE;
    TRY(mls_public_group_from_parts(stored->context_bytes, tree, stored->confirmation_tag, &made));
    if (stored->is_reinitialized)
        TRY(group_set_reinit(made, &stored->reinit));
    TRY(restore_proposals(made, stored->proposals));
    *group = made;
    made = NULL;
    return STATUS_OK;
}

/* What our own store gives back and cannot be read is damaged, whatever is wrong with it. */
static enum status as_damage(enum status status)
{
    switch (status) {
    case STATUS_OK:
    case STATUS_NO_MEMORY:
    case STATUS_USAGE:
    case STATUS_CRYPTO:
        return status;
    default:
        return STATUS_CORRUPT;
    }
}

enum status mls_public_group_decode(struct span bytes,
                                    const struct mls_tree *tree,
                                    struct mls_public_group **group)
{
    struct stored_group stored;
    TRY(as_damage(read_stored(reader_of(bytes), &stored)));
    return as_damage(restore(&stored, tree, group));
}
