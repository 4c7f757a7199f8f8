/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proposals, by value or by reference.
 *
 * A view lends spans of what it was read from and takes its larger parts from the arena.
 * Errors: those of reader.h and of the parts; STATUS_UNSUPPORTED for a proposal type whose form
 * is not known.
 * Source: RFC 9420, 12.1, 12.4. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_PUBLIC_PROPOSAL_H
#define WEFT_MLS_PUBLIC_PROPOSAL_H

#include "protocol/base/arena.h"
#include "protocol/mls/public/key_package.h"
#include "protocol/mls/public/psk.h"

struct mls_reinit {
    struct span group_id;
    uint16_t version;
    uint16_t cipher_suite;
    struct mls_extensions extensions;
};

MUST_CHECK enum status mls_reinit_read(struct reader *reader, struct mls_reinit *reinit);
void mls_reinit_write(struct writer *writer, const struct mls_reinit *reinit);

struct mls_proposal {
    uint16_t type; /* enum mls_proposal_type, which names the member */
    union {
        const struct mls_key_package *add;
        const struct mls_leaf_node *update;
        uint32_t removed; /* leaf index */
        struct mls_psk_id psk;
        struct mls_reinit reinit;
        struct span kem_output;                   /* external_init */
        struct mls_extensions context_extensions; /* group_context_extensions */
    };
};

MUST_CHECK enum status
mls_proposal_read(struct reader *reader, struct arena *arena, struct mls_proposal *proposal);
void mls_proposal_write(struct writer *writer, const struct mls_proposal *proposal);

struct mls_proposal_or_ref {
    bool by_reference;
    struct mls_proposal proposal; /* by value */
    struct span reference;        /* by reference: ProposalRef */
};

MUST_CHECK enum status mls_proposal_or_ref_read(struct reader *reader,
                                                struct arena *arena,
                                                struct mls_proposal_or_ref *item);
void mls_proposal_or_ref_write(struct writer *writer, const struct mls_proposal_or_ref *item);

#endif
