/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The client's local state: records in one SQLite file, each encrypted on its own with
 * XChaCha20-Poly1305. Associated data binds a record to its key, its version and the vault's
 * counter, so that no record can be moved, and none can be newer than the vault.
 *
 * A record's key is (kind, scope, major, minor). The kind and the two numbers are in clear, the
 * scope (an id, or a hash of two) is stored as a keyed hash. Within one kind and scope,
 * records are ordered by major, then minor.
 *
 * Everything that is written belongs to a transaction: vault_begin, changes, vault_end. A
 * commit is durable when it returns (synchronous=FULL), and the write-ahead log is emptied then,
 * so that an overwritten or deleted record is in no file (secure_delete).
 *
 * Errors: STATUS_CORRUPT (damaged, or changed by somebody), STATUS_IO, STATUS_FULL,
 * STATUS_NO_MEMORY, STATUS_LIMIT. After an error inside a transaction: vault_end.
 * Thread rule: one thread at a time.
 */
#ifndef WEFT_VAULT_VAULT_H
#define WEFT_VAULT_VAULT_H

#include "protocol/base/buffer.h"
#include "protocol/base/id.h"
#include "protocol/base/random.h"

#include <sys/types.h>

/* A record of ours is a message, an MLS row or a whole commit that waits (LIMIT_OBJECT_BYTES). */
#define VAULT_VALUE_BYTES_MAX (9u << 20)

struct vault;

struct vault_place {
    uint16_t kind;
    struct id scope; /* none for what belongs to the whole profile */
    uint64_t major;  /* at most INT64_MAX, as is minor: SQLite has no larger integers */
    uint64_t minor;
};

struct vault_options {
    const char *directory;              /* exists, mode 0700 */
    struct span passphrase;             /* empty: the key file */
    const struct random_source *random; /* must outlive the vault */
};

/* Whether `directory` holds a vault, and whether opening it takes a passphrase. */
bool vault_exists(const char *directory);
bool vault_needs_passphrase(const char *directory);

/* Makes an empty vault, with a key file unless there is a passphrase, and opens it. STATUS_EXISTS
 * when there is one; STATUS_LOCKED and `holder` as vault_open. */
MUST_CHECK enum status
vault_create(const struct vault_options *options, struct vault **vault, pid_t *holder);

/* STATUS_NOT_FOUND without a vault; STATUS_LOCKED when another process has it: `holder` is that
 * process; STATUS_NOT_DECRYPTED when the passphrase or the key file is not this vault's. */
MUST_CHECK enum status
vault_open(const struct vault_options *options, struct vault **vault, pid_t *holder);

/* Rolls an open transaction back, wipes the keys, gives the lock back. NULL is allowed. */
void vault_close(struct vault **vault);

/* Commits so far. It goes to the server at login: a lower one than last time says that an old
 * copy of the vault was put back. */
uint64_t vault_counter(const struct vault *vault);

/* Transactions do not nest: one that is open is a bug of the caller's (assert). */
MUST_CHECK enum status vault_begin(struct vault *vault);
MUST_CHECK enum status vault_commit(struct vault *vault);
void vault_rollback(struct vault *vault);

/* Ends the transaction by how its changes went: commits when that is STATUS_OK, and otherwise, or
 * when the commit fails, rolls back. How it then went. */
MUST_CHECK enum status vault_end(struct vault *vault, enum status status);
bool vault_in_transaction(const struct vault *vault);

/* Writes or replaces. Only inside a transaction, as the deletes. */
MUST_CHECK enum status
vault_put(struct vault *vault, const struct vault_place *place, struct span value);

/* Appends the value to `value`. STATUS_NOT_FOUND. */
MUST_CHECK enum status
vault_get(struct vault *vault, const struct vault_place *place, struct buffer *value);

/* Deleting what is not there is no error. */
MUST_CHECK enum status vault_delete(struct vault *vault, const struct vault_place *place);

/* Deletes all records of a kind and scope whose major is in [from, to]. */
MUST_CHECK enum status vault_delete_range(
    struct vault *vault, uint16_t kind, const struct id *scope, uint64_t from, uint64_t to);

/* Calls `visit` for the records of a kind and scope with major in [from, to], in order, until it
 * fails; STATUS_CANCELLED from it ends the walk without an error. `value` is lent for the call.
 * It may write records of other kinds; what those commits overwrite leaves the write-ahead log with
 * the first commit after the walk. */
struct vault_walk {
    uint16_t kind;
    struct id scope;
    uint64_t from;
    uint64_t to;
    bool backwards;
    enum status (*visit)(void *context, const struct vault_place *place, struct span value);
    void *context;
};
MUST_CHECK enum status vault_walk(struct vault *vault, const struct vault_walk *walk);

#endif
