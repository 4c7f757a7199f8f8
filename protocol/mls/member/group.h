/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A member's group: everything a member does in MLS, and the only header a client needs besides
 * key_package_new.h (its identity and KeyPackages), rows.h (storage) and mls/public's views.
 * Outsiders that propose need external_propose.h alone.
 *
 * Two rules keep members together:
 * - Our own commit changes nothing until the server accepted it: mls_group_commit makes it
 *   pending, then either mls_group_apply_pending or mls_group_clear_pending. Its Welcome and
 *   GroupInfo go out with it and count only once it was accepted.
 * - Somebody else's commit is staged first: mls_group_receive checks it wholly, policy looks at
 *   mls_group_staged, then either mls_group_merge_staged or mls_group_drop_staged.
 *
 * And one rule keeps keys from being used twice: memory follows disk. After any call that may
 * change the group, pass mls_group_changes to the store in the transaction that also stores the
 * plaintext or the message to be sent; when it committed, call mls_group_changes_done. When the
 * transaction fails, free the group and restore it from its rows. A message from
 * mls_group_protect must not leave before its transaction committed.
 *
 * Example: Ann creates a group and adds Ben; Ben reads what Ann says. It is whole, with a store and
 * a restart, in tests/unit/protocol/mls/member/example.c, a program that the suite runs.
 *
 *   // Ben, once: the package goes to the server's pool, the private part into the vault
 *   mls_key_package_new(suite, &ben, false, random, &package, &package_private);
 *
 *   // Ann
 *   struct mls_group_config config = {.suite = suite, .group_id = id, .identity = &ann,
 *                                     .extensions = {required_capabilities and weft_channel}};
 *   struct mls_group *group = NULL;
 *   TRY(mls_group_new(&config, random, &group));
 *   struct mls_key_package_checked bens;
 *   TRY(mls_key_package_check(buffer_span(&package), &options, &bens));
 *   struct mls_proposal add = {.type = MLS_PROPOSAL_ADD, .add = &bens.package};
 *   struct mls_commit_request request = {.proposals = &add, .proposal_count = 1};
 *   CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
 *   TRY(mls_group_commit(group, &request, &options, random, &bundle));
 *   store(group);                             // mls_group_changes, in a transaction
 *   send(bundle.commit, bundle.welcome, bundle.group_info);
 *   if (accepted)
 *       TRY(mls_group_apply_pending(group));
 *   else
 *       mls_group_clear_pending(group);       // then receive the commit that won
 *   store(group);
 *   CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
 *   TRY(mls_group_protect(group, authenticated_data, SPAN_LITERAL("hello"), 256, random, &sent));
 *   store(group);
 *   send(sent.message);
 *
 *   // Ben
 *   struct mls_join_request join = {.welcome = ..., .key_package = ..., .private_part = ...,
 *                                   .ratchet_tree = tree from the server};
 *   TRY(mls_group_join(&join, &options, &group));
 *   CLEANUP(mls_received_clear) struct mls_received received = {0};
 *   TRY(mls_group_receive(group, message, &options, &received));
 *   switch (received.kind) {
 *   case MLS_RECEIVED_APPLICATION: show(received.plaintext); break;
 *   case MLS_RECEIVED_PROPOSAL: break;        // kept for the commit that refers to it
 *   case MLS_RECEIVED_COMMIT:
 *       if (allowed(mls_group_public(group), mls_group_staged(group)))
 *           TRY(mls_group_merge_staged(group));
 *       else
 *           mls_group_drop_staged(group);     // report: this group is stuck
 *       break;
 *   case MLS_RECEIVED_OWN_COMMIT: TRY(mls_group_apply_pending(group)); break;
 *   case MLS_RECEIVED_OWN_MESSAGE: break;     // shown when it was sent
 *   }
 *   store(group);
 *   mls_group_free(&group);
 *
 * Units: times are seconds since 1970 UTC, sizes bytes. Ownership: what goes in is lent for the
 * call, what comes out in a struct with a _clear is the caller's; accessors lend until the next
 * change of the group.
 * Errors: after an error nothing has changed that can be seen (a ratchet is as it was). Besides
 * those of mls/public: STATUS_REMOVED for every call once we were removed and merged that commit;
 * others are at each function.
 * Source: RFC 9420. Thread rule: a group belongs to one thread at a time.
 */
#ifndef WEFT_MLS_MEMBER_GROUP_H
#define WEFT_MLS_MEMBER_GROUP_H

#include "protocol/base/buffer.h"
#include "protocol/base/random.h"
#include "protocol/crypto/signature.h"
#include "protocol/mls/member/key_package_new.h"
#include "protocol/mls/member/rows.h"
#include "protocol/mls/public/options.h"
#include "protocol/mls/public/public_group.h"

struct mls_group;

/* Epochs before the present one of which messages can still be read: late ones arrive within a
 * minute, and a busy channel has a commit every few seconds while people join. */
#define MLS_PAST_EPOCHS_MAX 5

/* Keys of a sender that were skipped and are kept for messages out of order: more would make the
 * sender's row larger than a message may write (4 KiB). The oldest go first. */
#define MLS_SKIPPED_KEYS_MAX 32

/* ---- pre-shared keys of the application ---- */

/* Finds a PSK by its id and appends it to `psk`; STATUS_NOT_FOUND when there is none. Resumption
 * PSKs of a group's own kept epochs are found without it. */
struct mls_psk_store {
    enum status (*find)(void *context, const struct mls_psk_id *id, struct buffer *psk);
    void *context;
};

/* Lends the store to the group for its life; NULL takes it away. */
void mls_group_set_psk_store(struct mls_group *group, const struct mls_psk_store *store);

/* ---- beginning and end ---- */

struct mls_group_config {
    const struct suite *suite;
    struct span group_id;
    const struct mls_identity *identity;
    /* GroupContext extensions; use mls_extension_write to build their bytes. */
    struct mls_extensions extensions;
};

/* A group with ourselves as its only member, in epoch 0. STATUS_INVALID_LEAF when our own leaf
 * does not support the extensions. */
MUST_CHECK enum status mls_group_new(const struct mls_group_config *config,
                                     const struct random_source *random,
                                     struct mls_group **group);

/* The group that a new one continues (11.2, 11.3): by reinitialization, with the same members and
 * the parameters of the ReInit that ended the old one, or by branching off some of them. */
struct mls_continuation {
    const struct mls_group *old; /* in the epoch after the ReInit; for a branch in any */
    enum mls_psk_usage usage;    /* MLS_PSK_REINIT or MLS_PSK_BRANCH */
    /* Whether two credentials are of the same client; NULL: when they are equal. */
    bool (*same_client)(void *context,
                        const struct mls_credential *a,
                        const struct mls_credential *b);
    void *context;
};

struct mls_join_request {
    struct span welcome;                   /* MLSMessage */
    struct span key_package;               /* MLSMessage, as it was published */
    struct span private_part;              /* of that KeyPackage */
    struct span ratchet_tree;              /* empty when it is inside the Welcome */
    const struct mls_psk_store *psk_store; /* or NULL; the group keeps it */
    /* The group that this one must continue, or STATUS_INVALID. NULL: none; a Welcome that says
     * it continues one then needs a psk_store that gives its PSK, and whoever gives it answers for
     * what 11.2 and 11.3 ask. */
    const struct mls_continuation *continues;
    /* The id that the group must have, one that the client has no group with; or
     * STATUS_WRONG_GROUP. Empty: any, and the caller compares it with its groups (12.4.3). */
    struct span group_id;
    /* Gets the contents of the GroupInfo's extensions, which its signer vouches for; or NULL. */
    struct buffer *info_extensions;
};

/* Joins from a Welcome. STATUS_NOT_FOUND when the Welcome is not for this KeyPackage or needs a
 * PSK that nobody has; STATUS_NOT_DECRYPTED, STATUS_BAD_MAC. Deleting the private part
 * (unless last resort) in the same transaction is the caller's. */
MUST_CHECK enum status mls_group_join(const struct mls_join_request *request,
                                      const struct mls_options *options,
                                      struct mls_group **group);

/* Whether a Welcome (MLSMessage) has an entry for the KeyPackage with this reference. */
MUST_CHECK enum status
mls_group_welcome_is_for(struct span welcome, struct span key_package_ref, bool *is_for);

struct mls_external_join_request {
    struct span group_info;   /* MLSMessage, with external_pub */
    struct span ratchet_tree; /* empty when it is inside the GroupInfo */
    const struct mls_identity *identity;
    /* Replace our own old leaf, the one with the same signature key; without such a leaf
     * STATUS_NOT_FOUND. When false and such a leaf exists: STATUS_EXISTS. */
    bool resync;
    struct span authenticated_data;
    struct mls_extensions info_extensions; /* as in mls_commit_request */
};

struct mls_commit_bundle;

/* Joins by an external commit: a group that is already in the epoch after the commit. Store and
 * use it once the server accepted bundle->commit; when it was refused, free it and begin again
 * with a newer GroupInfo. */
MUST_CHECK enum status mls_group_join_external(const struct mls_external_join_request *request,
                                               const struct mls_options *options,
                                               const struct random_source *random,
                                               struct mls_group **group,
                                               struct mls_commit_bundle *bundle);

struct mls_continue_request {
    struct mls_continuation from;
    const struct mls_identity *identity; /* for the new group's suite */
    struct span group_id;                /* of a branch; a reinitialized group's is in its ReInit */
    const struct mls_key_package *packages; /* of the other members, of the new group's suite */
    size_t package_count;
    bool tree_in_welcome;
};

/* Creates the group that continues another one, with ourselves and the owners of the packages: it
 * is in epoch 1 already, and bundle->welcome brings the others in; nobody needs bundle->commit.
 * The old group is unchanged. STATUS_NOT_NOW when it was not reinitialized (reinit) or was
 * (branch), STATUS_INVALID when the members do not match, STATUS_UNSUPPORTED for a suite that we
 * do not have. */
MUST_CHECK enum status mls_group_continue(const struct mls_continue_request *request,
                                          const struct mls_options *options,
                                          const struct random_source *random,
                                          struct mls_group **group,
                                          struct mls_commit_bundle *bundle);

/* Wipes and frees; `*group` becomes NULL. NULL is allowed. */
void mls_group_free(struct mls_group **group);

/* ---- what it is ---- */

/* The public half: members, tree, context, cached proposals. Lent until the next change. */
const struct mls_public_group *mls_group_public(const struct mls_group *group);

const struct suite *mls_group_suite(const struct mls_group *group);
struct span mls_group_id(const struct mls_group *group);
uint64_t mls_group_epoch(const struct mls_group *group);
uint32_t mls_group_own_leaf(const struct mls_group *group);

/* Whether we were removed; everything but free and changes then gives STATUS_REMOVED. */
bool mls_group_is_removed(const struct mls_group *group);

/* The epoch authenticator (8.7), to be compared between members; empty when removed. */
struct span mls_group_epoch_authenticator(const struct mls_group *group);

/* MLS-Exporter (8.5) of the present epoch into `out`. */
MUST_CHECK enum status mls_group_export(const struct mls_group *group,
                                        const char *label,
                                        struct span context,
                                        uint8_t *out,
                                        size_t length);

/* Appends `optional<Node> ratchet_tree<V>` of the present epoch. */
MUST_CHECK enum status mls_group_write_tree(const struct mls_group *group, struct buffer *out);

/* Appends a signed GroupInfo (MLSMessage) of the present epoch, with external_pub, and with the
 * tree inside on demand. */
MUST_CHECK enum status
mls_group_write_group_info(const struct mls_group *group, bool with_tree, struct buffer *out);

/* ---- proposals by reference (12.1) ---- */

/* Appends a PublicMessage that proposes. The group caches it only when it comes back through
 * mls_group_receive, as everybody's: the server orders proposals and commits. Not for Update. Of
 * the options, the time counts for an Add: STATUS_EXPIRED. */
MUST_CHECK enum status mls_group_propose(struct mls_group *group,
                                         const struct mls_proposal *proposal,
                                         struct span authenticated_data,
                                         const struct mls_options *options,
                                         struct buffer *message);

/* Proposes a fresh leaf for ourselves; `identity` may bring new credential and keys (of the same
 * client), or be NULL for the present ones. Its private key is kept until the epoch ends. */
MUST_CHECK enum status mls_group_propose_update(struct mls_group *group,
                                                const struct mls_identity *identity,
                                                struct span authenticated_data,
                                                const struct random_source *random,
                                                struct buffer *message);

/* ---- our commits (12.4.1) ---- */

struct mls_commit_request {
    const struct mls_proposal *proposals; /* by value, in this order; a PSK's nonce may be empty */
    size_t proposal_count;
    bool force_path;      /* a path even where none is required */
    bool ignore_cached;   /* leave out the proposals of others that are cached */
    size_t adds_max;      /* 0: LIMIT_ADDS_PER_COMMIT */
    bool tree_in_welcome; /* the Welcome carries the tree; else joiners get it elsewhere */
    struct span authenticated_data;
    const struct mls_identity *identity; /* new credential or keys for our leaf, or NULL */
    /* The application's, in the GroupInfo and in that of the Welcome; signed by us. */
    struct mls_extensions info_extensions;
};

/* What is sent for a commit: MLSMessages. */
struct mls_commit_bundle {
    struct buffer commit;     /* PublicMessage */
    struct buffer welcome;    /* one for all that were added; empty without any */
    struct buffer group_info; /* of the new epoch, signed, without tree, with external_pub */
};

void mls_commit_bundle_clear(struct mls_commit_bundle *bundle);

/* Makes a commit that covers the cached proposals and those of the request, and keeps it pending;
 * the epoch and its keys are unchanged. Cached proposals that cannot all be committed are left out.
 * Without any proposal, or where a path is required or forced, it has a path; one that only adds
 * has none. `bundle` is zeroed or cleared. STATUS_PENDING when one is pending already, STATUS_LIMIT
 * for more Adds than adds_max, STATUS_NOT_NOW after a ReInit. */
MUST_CHECK enum status mls_group_commit(struct mls_group *group,
                                        const struct mls_commit_request *request,
                                        const struct mls_options *options,
                                        const struct random_source *random,
                                        struct mls_commit_bundle *bundle);

bool mls_group_has_pending(const struct mls_group *group);

/* The pending commit's message, as in its bundle, for a retry; empty without one. */
struct span mls_group_pending_commit(const struct mls_group *group);

/* What it does, for policy; NULL without one. */
const struct mls_staged_commit *mls_group_pending_staged(const struct mls_group *group);

/* The server accepted it: moves into its epoch. STATUS_NOT_FOUND without one. */
MUST_CHECK enum status mls_group_apply_pending(struct mls_group *group);

/* The server refused it: wipes its secrets. Without one, nothing happens. */
void mls_group_clear_pending(struct mls_group *group);

/* ---- receiving (6, 12.4.2) ---- */

enum mls_received_kind {
    MLS_RECEIVED_APPLICATION,
    MLS_RECEIVED_PROPOSAL,    /* now cached */
    MLS_RECEIVED_COMMIT,      /* now staged */
    MLS_RECEIVED_OWN_COMMIT,  /* the pending one came back: apply it */
    MLS_RECEIVED_OWN_MESSAGE, /* an application message of ours: its key is gone, and with it the
                               * text; `content` is empty */
};

struct mls_received {
    enum mls_received_kind kind;
    uint64_t epoch;
    struct mls_sender sender;
    uint32_t generation;   /* of an application message */
    struct buffer content; /* AuthenticatedContent, encoded, which the next two lend from */
    struct span plaintext; /* application only */
    struct span authenticated_data;
    /* The sender as a member of the message's epoch, which need not be the present one. Application
     * messages only. */
    struct signature_public sender_key;
    struct buffer sender_credential; /* encoded Credential */
    bool removes_us;                 /* a commit: merging it ends our membership */
};

/* Wipes and frees. */
void mls_received_clear(struct mls_received *received);

/* Takes one MLSMessage (PublicMessage or PrivateMessage). `received` is zeroed or cleared.
 * STATUS_REPLAYED when its key was used (or dropped as too old), STATUS_WRONG_EPOCH for an epoch
 * that is not kept, and for proposals and commits of any but the present; STATUS_LIMIT for a
 * generation too far ahead; STATUS_NOT_DECRYPTED, STATUS_BAD_MAC, STATUS_BAD_SIGNATURE.
 * STATUS_CONFLICT for a commit that we signed and that is not pending here: made with a copy of
 * this group, which has its keys, or cleared meanwhile. One without a path can be followed all the
 * same. A staged commit replaces one that was staged before. */
MUST_CHECK enum status mls_group_receive(struct mls_group *group,
                                         struct span message,
                                         const struct mls_options *options,
                                         struct mls_received *received);

/* The commit that was received last; NULL without one. */
const struct mls_staged_commit *mls_group_staged(const struct mls_group *group);

/* Moves into its epoch, or out of the group when it removes us. A pending commit of ours has lost
 * and is cleared. STATUS_NOT_FOUND without one. */
MUST_CHECK enum status mls_group_merge_staged(struct mls_group *group);

/* Wipes what was staged. Without one, nothing happens. */
void mls_group_drop_staged(struct mls_group *group);

/* ---- sending ---- */

struct mls_sent {
    struct buffer message; /* MLSMessage with a PrivateMessage */
    struct buffer content; /* the AuthenticatedContent inside, for history */
    uint64_t epoch;
    uint32_t generation;
};

/* Wipes and frees. */
void mls_sent_clear(struct mls_sent *sent);

/* Encrypts an application message. What is encrypted is padded with zeros (6.3.1) so that the
 * text with its padding has `padded_size` bytes (smaller than the text: no padding). The key is
 * used up even if this fails later; nobody, not even we, can decrypt the message with this group
 * afterwards. `sent` is zeroed or cleared.
 * STATUS_NOT_NOW while proposals wait for a commit (12.4) or a staged one to be merged or dropped
 * (15.2), or after a ReInit; STATUS_LIMIT when the epoch has no generation left. */
MUST_CHECK enum status mls_group_protect(struct mls_group *group,
                                         struct span authenticated_data,
                                         struct span plaintext,
                                         size_t padded_size,
                                         const struct random_source *random,
                                         struct mls_sent *sent);

/* ---- past epochs ---- */

/* Wipes what is kept of epochs before `epoch`. At most MLS_PAST_EPOCHS_MAX are ever kept.
 * STATUS_NO_MEMORY when the deletion cannot be noted; nothing is dropped then. */
MUST_CHECK enum status mls_group_drop_epochs_before(struct mls_group *group, uint64_t epoch);

/* ---- rows ---- */

/* Enumerates the rows that changed since the last mls_group_changes_done, each at most once. */
MUST_CHECK enum status mls_group_changes(struct mls_group *group, const struct mls_row_sink *sink);

/* The caller's transaction with these changes has committed. */
void mls_group_changes_done(struct mls_group *group);

/* Enumerates all rows, as for a store that has none of them. */
MUST_CHECK enum status mls_group_rows(struct mls_group *group, const struct mls_row_sink *sink);

/* A group from its rows. STATUS_CORRUPT when they do not fit together. The options'
 * extensions are those for a pending commit, which is staged anew; one that needs a PSK of the
 * application's is given up, as by mls_group_clear_pending. */
MUST_CHECK enum status mls_group_restore(const struct mls_row_source *source,
                                         const struct mls_options *options,
                                         struct mls_group **group);

#endif
