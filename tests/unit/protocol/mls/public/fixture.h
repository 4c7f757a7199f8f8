/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * People, key packages, groups and commits for the tests of the public half, made with real keys
 * and signatures. Tags and path ciphertexts are random: the public half cannot check them.
 * Every function fails the test when it cannot do its work.
 */
#ifndef WEFT_TESTS_MLS_PUBLIC_FIXTURE_H
#define WEFT_TESTS_MLS_PUBLIC_FIXTURE_H

#include "protocol/base/buffer.h"
#include "protocol/crypto/hpke.h"
#include "protocol/crypto/signature.h"
#include "protocol/mls/public/public_group.h"

#define FIXTURE_GROUP_ID SPAN_LITERAL("a group")
#define FIXTURE_EXTENSION 0xF0C1
#define FIXTURE_BYTES_MAX ((size_t)16 << 20)

struct person {
    struct secret signature_private;
    struct signature_public signature;
    struct hpke_public encryption;
    struct hpke_public init;
    char name[16];
};

/* The suite of all fixtures: 1. */
const struct suite *fixture_suite(void);

/* Options that know FIXTURE_EXTENSION and believe everybody. */
extern const struct mls_options fixture_options;

void person_init(struct person *person, unsigned number);
void person_new_encryption_key(struct person *person);

/* `count` people; freed with free. */
struct person *people_new(size_t count);

struct signature
fixture_sign(const struct person *person, const char *label, const struct buffer *content);

/* The person's signature key and a component of small order: libsodium verifies signatures under it
 * that other libraries refuse. */
struct signature_public fixture_mixed_key(const struct person *person);

/* An unsigned leaf that lends from `person`. */
struct mls_leaf_node fixture_leaf(const struct person *person, enum mls_leaf_source source);

/* Signs `leaf` and appends it, encoded. */
void fixture_write_leaf(const struct person *person,
                        struct mls_leaf_node leaf,
                        uint32_t index,
                        struct buffer *out);

/* An unsigned key package that lends from `person`, its leaf included. */
struct mls_key_package fixture_key_package(const struct person *person);

/* Signs leaf and package, appends it as an MLSMessage. */
void fixture_write_key_package(const struct person *person,
                               struct mls_key_package package,
                               struct buffer *out);

/* The key package in the MLSMessage `bytes`. */
struct mls_key_package fixture_read_key_package(const struct buffer *bytes);

/* A tree of the people, in order, without parents. */
struct mls_tree *fixture_tree(const struct person *people, size_t count);

/* A group of the people at epoch 5, with `extensions` (contents of the vector). */
struct mls_public_group *
fixture_group(const struct person *people, size_t count, struct span extensions);

/* What a commit is to be, and how it is spoilt. */
enum fixture_spoil {
    SPOIL_NOTHING,
    SPOIL_SIGNATURE,
    SPOIL_PARENT_HASH,
    SPOIL_LEAF_SIGNATURE,
    SPOIL_KEEP_LEAF_KEY,
    SPOIL_LEAF_KEY_OF_ROOT, /* which the path replaces */
    SPOIL_PATH_KEY_OF_ANOTHER,
    SPOIL_PATH_KEY_SHORT,
    SPOIL_ONE_CIPHERTEXT_LESS,
    SPOIL_ONE_NODE_LESS,
    SPOIL_SHORT_TAG,
    SPOIL_EMPTY_TAG,
    SPOIL_SHORT_MEMBERSHIP_TAG,
    SPOIL_EPOCH,
    SPOIL_GROUP_ID,
    SPOIL_LEAF_SOURCE,
    SPOIL_LEAF_SIGNATURE_KEY, /* one that some would let sign, and some not */
    SPOIL_LEAF_WITHOUT_SUITE,
    SPOIL_LEAF_WITHOUT_EXTENSION,
    SPOIL_LEAF_KNOWS_MORE, /* no fault: lists extension 0xF0C2 too */
};

struct fixture_commit {
    const struct person *committer;
    struct mls_sender sender;
    const struct mls_proposal_or_ref *proposals;
    size_t proposal_count;
    bool with_path;
    enum fixture_spoil spoil;
};

/* Appends the commit as an MLSMessage with a PublicMessage. */
void fixture_write_commit(const struct mls_public_group *group,
                          const struct fixture_commit *commit,
                          struct buffer *out);

/* Appends a proposal sent by itself, as an MLSMessage with a PublicMessage. */
void fixture_write_proposal(const struct mls_public_group *group,
                            const struct person *signer,
                            struct mls_sender sender,
                            const struct mls_proposal *proposal,
                            struct buffer *out);

/* Appends a signed GroupInfo, with external_pub and, if `with_tree`, the tree. */
void fixture_write_group_info(const struct mls_public_group *group,
                              const struct person *signer,
                              uint32_t signer_leaf,
                              bool with_tree,
                              struct buffer *out);

static inline struct mls_sender fixture_member(uint32_t leaf)
{
    return (struct mls_sender){MLS_SENDER_MEMBER, leaf};
}

static inline struct mls_proposal_or_ref fixture_by_value(struct mls_proposal proposal)
{
    return (struct mls_proposal_or_ref){.proposal = proposal};
}

static inline struct mls_proposal_or_ref fixture_remove(uint32_t leaf)
{
    return fixture_by_value((struct mls_proposal){.type = MLS_PROPOSAL_REMOVE, .removed = leaf});
}

static inline struct mls_proposal_or_ref fixture_add(const struct mls_key_package *package)
{
    return fixture_by_value((struct mls_proposal){.type = MLS_PROPOSAL_ADD, .add = package});
}

#endif
