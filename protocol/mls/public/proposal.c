/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/proposal.h"

/* The values are those on the wire (12.4). */
enum { BY_VALUE = 1, BY_REFERENCE = 2 };

static enum status
read_add(struct reader *reader, struct arena *arena, const struct mls_key_package **add)
{
    void *package;
    TRY(arena_take(arena, 1, sizeof(struct mls_key_package), &package));
    TRY(mls_key_package_read(reader, package));
    *add = package;
    return STATUS_OK;
}

static enum status
read_update(struct reader *reader, struct arena *arena, const struct mls_leaf_node **update)
{
    void *leaf;
    TRY(arena_take(arena, 1, sizeof(struct mls_leaf_node), &leaf));
    TRY(mls_leaf_node_read(reader, leaf));
    *update = leaf;
    return STATUS_OK;
}

enum status mls_reinit_read(struct reader *reader, struct mls_reinit *reinit)
{
    struct reader next = *reader;
    struct mls_reinit read = {0};
    TRY(reader_vector(&next, SIZE_MAX, &read.group_id));
    TRY(reader_u16(&next, &read.version));
    TRY(reader_u16(&next, &read.cipher_suite));
    TRY(mls_extensions_read(&next, &read.extensions));
    *reader = next;
    *reinit = read;
    return STATUS_OK;
}

static enum status
read_body(struct reader *reader, struct arena *arena, struct mls_proposal *proposal)
{
    switch (proposal->type) {
    case MLS_PROPOSAL_ADD:
        return read_add(reader, arena, &proposal->add);
    case MLS_PROPOSAL_UPDATE:
        return read_update(reader, arena, &proposal->update);
    case MLS_PROPOSAL_REMOVE:
        return reader_u32(reader, &proposal->removed);
    case MLS_PROPOSAL_PSK:
        return mls_psk_id_read(reader, &proposal->psk);
    case MLS_PROPOSAL_REINIT:
        return mls_reinit_read(reader, &proposal->reinit);
    case MLS_PROPOSAL_EXTERNAL_INIT:
        return reader_vector(reader, SIZE_MAX, &proposal->kem_output);
    case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        return mls_extensions_read(reader, &proposal->context_extensions);
    /* RFC 9420, 13.2: "As discussed in Section 12.4, Proposals with a non-default proposal type
     * MUST NOT be included in a commit unless the proposal type is supported by all the members of
     * the group that will process the Commit." None is supported yet. */
    default: /* a wire value: its form, and where it ends, is not known */
        return STATUS_UNSUPPORTED;
    }
}

enum status
mls_proposal_read(struct reader *reader, struct arena *arena, struct mls_proposal *proposal)
{
    struct reader next = *reader;
    struct mls_proposal read = {0};
    TRY(reader_u16(&next, &read.type));
    TRY(read_body(&next, arena, &read));
    *reader = next;
    *proposal = read;
    return STATUS_OK;
}

void mls_reinit_write(struct writer *writer, const struct mls_reinit *reinit)
{
    writer_vector(writer, reinit->group_id);
    writer_u16(writer, reinit->version);
    writer_u16(writer, reinit->cipher_suite);
    mls_extensions_write(writer, &reinit->extensions);
}

void mls_proposal_write(struct writer *writer, const struct mls_proposal *proposal)
{
    writer_u16(writer, proposal->type);
    switch (proposal->type) {
    case MLS_PROPOSAL_ADD:
        mls_key_package_write(writer, proposal->add);
        return;
    case MLS_PROPOSAL_UPDATE:
        mls_leaf_node_write(writer, proposal->update);
        return;
    case MLS_PROPOSAL_REMOVE:
        writer_u32(writer, proposal->removed);
        return;
    case MLS_PROPOSAL_PSK:
        mls_psk_id_write(writer, &proposal->psk);
        return;
    case MLS_PROPOSAL_REINIT:
        mls_reinit_write(writer, &proposal->reinit);
        return;
    case MLS_PROPOSAL_EXTERNAL_INIT:
        writer_vector(writer, proposal->kem_output);
        return;
    case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        mls_extensions_write(writer, &proposal->context_extensions);
        return;
    default:
        writer_fail(writer, STATUS_UNSUPPORTED);
        return;
    }
}

enum status mls_proposal_or_ref_read(struct reader *reader,
                                     struct arena *arena,
                                     struct mls_proposal_or_ref *item)
{
    struct reader next = *reader;
    struct mls_proposal_or_ref read = {0};
    uint8_t type;
    TRY(reader_u8(&next, &type));
    if (type != BY_VALUE && type != BY_REFERENCE)
        return STATUS_MALFORMED;
    read.by_reference = type == BY_REFERENCE;
    if (read.by_reference)
        TRY(reader_vector(&next, SIZE_MAX, &read.reference));
    else
        TRY(mls_proposal_read(&next, arena, &read.proposal));
    *reader = next;
    *item = read;
    return STATUS_OK;
}

void mls_proposal_or_ref_write(struct writer *writer, const struct mls_proposal_or_ref *item)
{
    writer_u8(writer, item->by_reference ? BY_REFERENCE : BY_VALUE);
    if (item->by_reference)
        writer_vector(writer, item->reference);
    else
        mls_proposal_write(writer, &item->proposal);
}
