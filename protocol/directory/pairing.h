/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a device that is in the directory comes to know the keys of one that shall be: by a short
 * code that people compare, through a server that may lie (PROTOCOL.md, 8.1).
 *
 * The new device commits to its keys and a nonce. Only then does the approver say its own part,
 * with a nonce of its own, and only after that the new device reveals. Both compute the code over
 * all of it. Whoever sits in between must fix what each side gets before they know what the code
 * will depend on, so that a swapped key goes unseen with one chance in a million, once for each
 * link.
 *
 * Errors: those of schema.h and hash.h. Thread rule: pure functions.
 */
#ifndef WEFT_DIRECTORY_PAIRING_H
#define WEFT_DIRECTORY_PAIRING_H

#include "protocol/directory/entry.h"

#define PAIRING_SECRET_SIZE 16
#define PAIRING_HASH_SIZE 32
#define PAIRING_NONCE_SIZE 32
#define PAIRING_CODE_DIGITS 6
/* "123 456" */
#define PAIRING_CODE_TEXT_SIZE (PAIRING_CODE_DIGITS + 2)

/* The new device: what it commits to. */
struct pairing_offer {
    uint8_t nonce[PAIRING_NONCE_SIZE];
    struct id device;
    uint8_t login_key[DIRECTORY_KEY_SIZE];
    uint8_t leaf_key[DIRECTORY_KEY_SIZE];
};
extern const struct schema pairing_offer_schema;

/* The approver: who it is, and whose device the new one becomes. */
struct pairing_approver {
    uint8_t nonce[PAIRING_NONCE_SIZE];
    uint8_t authority; /* DIRECTORY_BY_DEVICE or DIRECTORY_BY_ADMIN */
    struct id person;  /* who gets the device */
    struct id by_person;
    struct id by_device;
    uint8_t login_key[DIRECTORY_KEY_SIZE]; /* of by_device: it will sign the entry */
    uint8_t proof[PAIRING_HASH_SIZE];      /* that it knows the link's secret: pairing_prove */
};
extern const struct schema pairing_approver_schema;

/* All that the code is computed over. */
struct pairing_transcript {
    uint8_t secret[PAIRING_SECRET_SIZE]; /* the link's, which the server never gets */
    uint8_t log_key[DIRECTORY_KEY_SIZE]; /* the link's pin, and that of the key that follows it */
    uint8_t next_log_key_sha256[PAIRING_HASH_SIZE];
    uint8_t commitment[PAIRING_HASH_SIZE];
    struct pairing_approver approver;
    struct pairing_offer offer;
};

/* The name under which both find each other at the server: says nothing of the secret. */
MUST_CHECK enum status pairing_id(const uint8_t secret[PAIRING_SECRET_SIZE], struct id *pairing);

MUST_CHECK enum status pairing_commit(const struct pairing_offer *offer,
                                      uint8_t commitment[PAIRING_HASH_SIZE]);

/* The approver hears of a commitment, before it says its own part. The first one stands: whoever
 * may change it after the approver has spoken finds keys that give the code they want.
 * STATUS_UNTRUSTED for another one later, and for zeros, which no hash is and which stand for none
 * yet. */
MUST_CHECK enum status pairing_hear_commitment(struct pairing_transcript *transcript,
                                               const uint8_t commitment[PAIRING_HASH_SIZE]);

/* What only those who have seen the link can say of the approver's part: the server, which has not,
 * makes up none, and the new device believes no other. Over secret, commitment and the approver's
 * part but for its proof. */
MUST_CHECK enum status pairing_prove(const struct pairing_transcript *transcript,
                                     uint8_t proof[PAIRING_HASH_SIZE]);

/* STATUS_UNTRUSTED when the approver's proof is another. */
MUST_CHECK enum status pairing_check_proof(const struct pairing_transcript *transcript);

/* The offer that an entry and its nonce make. */
void pairing_offer_of(const struct directory_entry *entry,
                      const uint8_t nonce[PAIRING_NONCE_SIZE],
                      struct pairing_offer *offer);

/* STATUS_UNTRUSTED when the offer is not what was committed to, or the entry is not the one that
 * this approver is to sign for it. */
MUST_CHECK enum status pairing_check(const struct pairing_transcript *transcript,
                                     const struct directory_entry *entry);

/* Six digits in two groups, for people to compare. */
MUST_CHECK enum status pairing_code(const struct pairing_transcript *transcript,
                                    char text[PAIRING_CODE_TEXT_SIZE]);

/* Whether somebody typed this code; spaces and hyphens do not count. */
bool pairing_code_matches(const char code[PAIRING_CODE_TEXT_SIZE], struct span typed);

#endif
