/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a member's group, shared by the files group_*.c and by nobody else.
 *
 * An `mls_epoch` is what we keep of one epoch; the present one is whole, past ones can only read.
 * An `mls_next` is the epoch that a commit leads to, complete beside the present one, so that
 * taking it is a swap that cannot fail half-way.
 * Errors: as group.h. Thread rule: one thread at a time.
 */
#ifndef WEFT_MLS_MEMBER_GROUP_STATE_H
#define WEFT_MLS_MEMBER_GROUP_STATE_H

#include "protocol/base/limits.h"
#include "protocol/mls/member/group.h"
#include "protocol/mls/member/key_schedule.h"
#include "protocol/mls/member/row_set.h"
#include "protocol/mls/member/secret_tree.h"
#include "protocol/mls/member/treekem.h"

/* Encoded structures of a group: its largest is a tree or a commit. */
#define MLS_BYTES_MAX ((size_t)2 * LIMIT_OBJECT_BYTES)

struct mls_epoch {
    uint64_t number;
    struct buffer context; /* encoded GroupContext */
    struct mls_epoch_secrets secrets;
    struct mls_secret_tree *tree;
    /* Of a past epoch: the leaves that the commit which ended it changed, as they were:
     * struct { uint32 leaf; opaque leaf_node<V>; }, blank ones empty. Leaves that are not here
     * were as in the epoch after it. */
    struct buffer leaves_before;
};

/* NULL is allowed; `*epoch` becomes NULL. */
void mls_epoch_free(struct mls_epoch **epoch);

/* An epoch without secrets yet. */
MUST_CHECK enum status mls_epoch_new(struct secret_arena *arena,
                                     uint64_t number,
                                     struct span context,
                                     struct mls_epoch **epoch);

/* Moves the epoch's encryption_secret into a fresh secret tree. */
MUST_CHECK enum status mls_epoch_plant(struct mls_epoch *epoch,
                                       const struct suite *suite,
                                       struct mls_row_set *changed,
                                       uint32_t leaf_count);

/* A leaf in a past epoch as it was. `found` is false when leaves_before does not name it. */
MUST_CHECK enum status mls_epoch_leaf_before(const struct mls_epoch *epoch,
                                             uint32_t leaf,
                                             bool *found,
                                             struct span *bytes);

/* The epoch that a commit leads to. Secrets lie in the group's arena. */
struct mls_next {
    struct secret_arena *arena;
    struct mls_staged_commit *staged;
    struct mls_epoch *epoch; /* NULL when we are removed */
    struct mls_private_keys keys;
    struct mls_row_set changed; /* rows that merging changes */
    bool removes_us;
    struct secret *signature_key; /* when our leaf gets another one, or NULL */
    /* our own pending commit only */
    struct buffer message;      /* MLSMessage */
    struct secret *leaf_key;    /* of the path's leaf, or NULL */
    struct secret *path_secret; /* the path's first, or NULL */
};

MUST_CHECK enum status mls_next_new(struct secret_arena *arena, struct mls_next **next);

/* NULL is allowed; `*next` becomes NULL. */
void mls_next_free(struct mls_next **next);

/* An Update that we proposed: its private keys, found by its public key. */
struct mls_own_update {
    struct hpke_public public_key;
    struct secret *private_key;
    struct secret *signature_key; /* when it brings another one, or NULL */
};

/* A member proposes an Update rarely, and an epoch is short. */
#define MLS_OWN_UPDATES_MAX 4

struct mls_group {
    const struct suite *suite;
    struct secret_arena *arena;
    struct mls_public_group *public_group;
    uint32_t own_leaf;
    struct secret *signature_key;
    struct secret *prepared_key; /* the same made ready for signing, or NULL until needed */
    struct mls_private_keys keys;
    struct mls_epoch *epoch;
    struct mls_epoch *past[MLS_PAST_EPOCHS_MAX]; /* the latest first */
    size_t past_count;
    struct mls_next *pending;
    struct mls_next *staged;
    struct mls_own_update updates[MLS_OWN_UPDATES_MAX];
    size_t update_count;
    const struct mls_psk_store *psk_store;
    bool removed;
    struct mls_row_set changed;
    /* Rows of which there is one, noted without memory. */
    bool group_changed;
    bool pending_changed;
};

/* An empty group with its arena. */
MUST_CHECK enum status mls_group_alloc(const struct suite *suite, struct mls_group **group);

/* STATUS_REMOVED when we were, STATUS_NOT_NOW after a ReInit. */
MUST_CHECK enum status mls_group_check_sending(const struct mls_group *group);

/* Makes `prepared_key` when it is not there. */
MUST_CHECK enum status mls_group_prepare_key(struct mls_group *group);

/* The kept epoch with this number, or NULL. */
struct mls_epoch *mls_group_find_epoch(const struct mls_group *group, uint64_t number);

/* The encoded GroupContext of the present epoch. */
struct span mls_group_context_bytes(const struct mls_group *group);

/* Notes every row of the group, for storing or deleting them all. */
MUST_CHECK enum status mls_group_note_all(const struct mls_group *group, struct mls_row_set *set);

/* psk_secret of a list of PSKs, in its order. STATUS_NOT_FOUND when one is unknown. `group` may be
 * NULL before there is one. */
MUST_CHECK enum status mls_group_psk_secret(const struct mls_group *group,
                                            const struct suite *suite,
                                            const struct mls_psk_store *store,
                                            const struct mls_psk_id *psks,
                                            size_t count,
                                            struct secret *psk_secret);

/* Takes a slot and copies the bytes into it. */
MUST_CHECK enum status
mls_group_keep(struct secret_arena *arena, struct span bytes, struct secret **slot);

/* ---- the next epoch (group_next.c) ---- */

/* What leads from an epoch to the next, besides the staged commit. */
struct mls_next_input {
    struct span init_secret; /* of the present epoch, or of an external commit */
    struct span commit_secret;
    const struct mls_psk_store *psk_store;
};

/* Derives the secrets of the epoch that `next->staged` leads to, and its confirmation tag and
 * joiner secret. `group` is NULL before there is one. */
MUST_CHECK enum status mls_next_derive(const struct mls_group *group,
                                       struct mls_next *next,
                                       const struct mls_next_input *input,
                                       struct digest *confirmation_tag,
                                       struct secret *joiner_secret);

/* Swaps the group into the epoch; frees `*next`. */
MUST_CHECK enum status mls_next_merge(struct mls_group *group, struct mls_next **next);

/* Appends a signed GroupInfo. */
struct mls_group_info_request {
    const struct mls_public_group *public_group;
    const struct mls_epoch_secrets *secrets;
    const struct secret *prepared_key; /* of the signer */
    uint32_t signer;
    bool with_tree;
    bool with_external_pub;
    bool as_message;                  /* inside an MLSMessage */
    struct mls_extensions extensions; /* the application's */
};

MUST_CHECK enum status mls_group_build_group_info(const struct mls_group_info_request *request,
                                                  struct buffer *out);

/* mls_group_write_group_info with extensions of the application. */
MUST_CHECK enum status mls_group_write_info(const struct mls_group *group,
                                            bool with_tree,
                                            struct mls_extensions extensions,
                                            struct buffer *out);

/* ---- groups that continue others (group_continue.c) ---- */

/* Where PSKs are found while a group is created that continues another one. */
struct mls_continued_psks {
    const struct mls_continuation *from; /* or NULL */
    const struct mls_psk_store *others;  /* or NULL */
};

/* An mls_psk_store's find, with an mls_continued_psks. */
MUST_CHECK enum status
mls_continued_find(void *context, const struct mls_psk_id *id, struct buffer *psk);

/* Whether `group` with the PSK `link` (NULL for none) continues `from` as 11.2 and 11.3 say;
 * STATUS_INVALID otherwise. OK when `from` is NULL. */
MUST_CHECK enum status mls_continuation_check(const struct mls_continuation *from,
                                              const struct mls_psk_id *link,
                                              const struct mls_public_group *group);

/* ---- our own commit (group_commit.c), restored from its row (group_rows.c) ---- */

/* Our own commit as the next epoch: its AuthenticatedContent, with or without a confirmation tag,
 * and what only we know of it. */
struct mls_own_commit {
    struct span content;
    struct span leaf_key;                   /* private; empty without a path */
    struct span path_secret;                /* the same */
    const struct mls_path_secrets *secrets; /* from path_secret, or NULL to derive them again */
};

/* Completes `next` from it. A commit without a tag gets it. */
MUST_CHECK enum status mls_group_stage_own(struct mls_group *group,
                                           const struct mls_own_commit *own,
                                           const struct mls_options *options,
                                           struct mls_next *next,
                                           struct digest *confirmation_tag,
                                           struct secret *joiner_secret);

#endif
