/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one error space of Weft.
 *
 * Every fallible function returns an `enum status`, 0 being success, and must be checked. The
 * texts are for people: they say what is wrong; the caller that knows the context adds what to do.
 * Values are never sent on the wire (protocol/wire has its own, stable codes).
 * Thread rule: everything here may be called from any thread.
 */
#ifndef WEFT_BASE_STATUS_H
#define WEFT_BASE_STATUS_H

#include <stdbool.h>

/* STATUS(name, text) for each status. Grouped by who is told. */
#define STATUS_LIST(STATUS)                                                                        \
    STATUS(OK, "ok")                                                                               \
    /* our own limits and the machine's */                                                         \
    STATUS(NO_MEMORY, "out of memory")                                                             \
    STATUS(NO_RANDOMNESS, "the system gave no randomness")                                         \
    STATUS(INTERNAL, "internal error")                                                             \
    STATUS(IO, "reading or writing failed")                                                        \
    STATUS(FULL, "no space left")                                                                  \
    STATUS(CORRUPT, "stored data is damaged")                                                      \
    STATUS(LOCKED, "in use by another process")                                                    \
    STATUS(LIMIT, "over a limit")                                                                  \
    /* decoding */                                                                                 \
    STATUS(TRUNCATED, "ends too early")                                                            \
    STATUS(TRAILING, "has bytes after its end")                                                    \
    STATUS(MALFORMED, "is not well formed")                                                        \
    STATUS(UNSUPPORTED, "is of a version or kind that is not supported")                           \
    STATUS(NOT_UTF8, "is not valid UTF-8 text")                                                    \
    /* cryptography */                                                                             \
    STATUS(CRYPTO, "a cryptographic operation failed")                                             \
    STATUS(BAD_SIGNATURE, "the signature does not verify")                                         \
    STATUS(BAD_MAC, "the authentication tag does not verify")                                      \
    STATUS(NOT_DECRYPTED, "cannot be decrypted")                                                   \
    STATUS(BAD_KEY, "the key is not valid")                                                        \
    /* the state of a group or a channel */                                                        \
    STATUS(WRONG_GROUP, "belongs to another group")                                                \
    STATUS(WRONG_EPOCH, "belongs to another epoch")                                                \
    STATUS(REPLAYED, "was already used")                                                           \
    STATUS(INVALID, "breaks a rule of the protocol")                                               \
    STATUS(INVALID_LEAF, "holds a leaf that breaks a rule of the protocol")                        \
    STATUS(INVALID_TREE, "holds a tree that breaks a rule of the protocol")                        \
    STATUS(INVALID_PROPOSAL, "holds proposals that break a rule of the protocol")                  \
    STATUS(PATH_REQUIRED, "needs an update path")                                                  \
    STATUS(REMOVED, "this member was removed from the group")                                      \
    STATUS(PENDING, "a change of our own is still pending")                                        \
    STATUS(EXPIRED, "has expired")                                                                 \
    /* requests */                                                                                 \
    STATUS(NOT_FOUND, "not found")                                                                 \
    STATUS(EXISTS, "exists already")                                                               \
    STATUS(CONFLICT, "somebody else was first")                                                    \
    STATUS(DENIED, "is not allowed")                                                               \
    STATUS(NOT_NOW, "is not allowed at this moment")                                               \
    STATUS(UNAUTHENTICATED, "needs a login")                                                       \
    STATUS(UNTRUSTED, "the other side could not prove who it is")                                  \
    STATUS(RATE_LIMITED, "too many requests")                                                      \
    STATUS(NETWORK, "the connection failed")                                                       \
    STATUS(TIMEOUT, "took too long")                                                               \
    STATUS(CANCELLED, "was cancelled")                                                             \
    STATUS(USAGE, "was called the wrong way")

#define STATUS_ENUM(name, text) STATUS_##name,
enum status { STATUS_LIST(STATUS_ENUM) };
#undef STATUS_ENUM

#define MUST_CHECK __attribute__((warn_unused_result))

/* A short English text, never NULL, valid for ever. */
const char *status_text(enum status status);

/* The status's own name, such as "WRONG_EPOCH", for logs and JSON. Never NULL. */
const char *status_name(enum status status);

/* Whether this machine failed, and nothing is known of what it was looking at: that is no answer to
 * whether something is true. */
bool status_is_local(enum status status);

/* Whether this machine failed in a way that passes: NO_MEMORY; CRYPTO, which is for memory too; IO.
 */
bool status_passes(enum status status);

/* What failed while something stored was read: damage, whatever is wrong with it, unless it is of
 * the machine and passes. Who is told of damage throws things away. */
enum status status_of_stored(enum status status);

/* Returns from the calling function when `call` fails. Owners clean themselves up (CLEANUP). */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        enum status try_status_ = (call);                                                          \
        if (try_status_ != STATUS_OK)                                                              \
            return try_status_;                                                                    \
    } while (0)

/* CLEANUP(buffer_clear) struct buffer b = ...: `buffer_clear(&b)` runs on every exit. */
#define CLEANUP(function) __attribute__((cleanup(function)))

#endif
