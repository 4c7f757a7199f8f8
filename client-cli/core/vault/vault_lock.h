/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One engine a profile: an advisory lock on a file that also holds the owner's process id. The
 * kernel drops it when the process ends, however it ends.
 * Errors: STATUS_LOCKED, STATUS_IO. Thread rule: one thread at a time.
 */
#ifndef WEFT_VAULT_LOCK_H
#define WEFT_VAULT_LOCK_H

#include "protocol/base/status.h"

#include <sys/types.h>

struct vault_lock {
    int fd;
};

#define VAULT_LOCK_INIT ((struct vault_lock){-1})

/* Takes the lock file `path`, made with mode 0600. STATUS_LOCKED: `holder` is the process that has
 * it, or 0 when it has not written its number yet. */
MUST_CHECK enum status vault_lock_open(const char *path, struct vault_lock *lock, pid_t *holder);

/* Gives the lock back; the file stays, since removing it would race with the next owner. */
void vault_lock_close(struct vault_lock *lock);

#endif
