/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An entry of the directory log: a fact about a person's devices, signed by whoever may state it.
 * Entries hold ids and keys only; names are elsewhere and can be erased (PROTOCOL.md, 8).
 *
 * Errors: those of schema.h and signature.h; STATUS_UNSUPPORTED for a version or kind that does
 * not exist; STATUS_INVALID for fields that a kind does not allow.
 * Thread rule: pure functions.
 */
#ifndef WEFT_DIRECTORY_ENTRY_H
#define WEFT_DIRECTORY_ENTRY_H

#include "protocol/base/buffer.h"
#include "protocol/base/id.h"
#include "protocol/codec/schema.h"

#define DIRECTORY_ENTRY_VERSION 1
#define DIRECTORY_KEY_SIZE 32
#define DIRECTORY_SIGNATURE_SIZE 64

enum directory_entry_kind {
    DIRECTORY_ADD_DEVICE = 1,
    DIRECTORY_REVOKE_DEVICE = 2,
    DIRECTORY_SUSPEND_PERSON = 3,
    DIRECTORY_RESTORE_PERSON = 4,
    DIRECTORY_ERASE_PERSON = 5,
    DIRECTORY_ABSENT_DEVICE = 6,  /* has not been seen for long: members may take its leaves away */
    DIRECTORY_PRESENT_DEVICE = 7, /* has been seen again */
};

/* Who states it. */
enum directory_authority {
    DIRECTORY_BY_FIRST = 1,  /* the device itself, as its person's first; let in by `by_person` */
    DIRECTORY_BY_DEVICE = 2, /* `by_device`, another active device of the same person */
    DIRECTORY_BY_ADMIN = 3,  /* `by_device`, a device of the admin `by_person` */
    DIRECTORY_BY_SERVER = 4, /* the operator: only the log's own head signs it */
};

struct directory_entry {
    uint8_t version;
    uint8_t kind;      /* enum directory_entry_kind */
    uint8_t authority; /* enum directory_authority */
    int64_t time;      /* the signer's */
    struct id person;
    struct id device;    /* none for an entry about the whole person */
    struct id by_person; /* who invited or ruled; none: the server's operator */
    struct id by_device;
    struct span login_key; /* Ed25519, of an added device; else empty */
    struct span leaf_key;
    struct span login_signature; /* by the added login key: proof of possession; else empty */
    struct span leaf_signature;
    struct span authority_signature; /* by `by_device`'s login key where one is named */
};
extern const struct schema directory_entry_schema;

/* Whose keys sign a new entry; a span that is not needed is empty. */
struct directory_signers {
    struct span login_private_key;
    struct span leaf_private_key;
    struct span authority_private_key;
};

/* Appends the encoded and signed entry; signatures in `entry` are ignored. */
MUST_CHECK enum status directory_entry_sign(const struct directory_entry *entry,
                                            const struct directory_signers *signers,
                                            struct buffer *bytes);

/* Appends an entry that its added device has signed, with the authority's signature put in: the
 * last word of an approval. STATUS_INVALID for an entry that takes none or has one already. */
MUST_CHECK enum status directory_entry_countersign(struct span bytes,
                                                   struct span authority_private_key,
                                                   struct buffer *countersigned);

/* Decodes and checks form and the signatures by the entry's own keys; the authority's signature
 * needs the directory (directory.h). The result lends from `bytes`. */
MUST_CHECK enum status directory_entry_open(struct span bytes, struct directory_entry *entry);

/* The two halves of it: form alone, and the signatures by the added device's keys. */
MUST_CHECK enum status directory_entry_decode(struct span bytes, struct directory_entry *entry);
MUST_CHECK enum status directory_entry_check_own(const struct directory_entry *entry);

/* Verifies the authority's signature with its login key. */
MUST_CHECK enum status directory_entry_check_authority(const struct directory_entry *entry,
                                                       struct span authority_login_key);

#endif
