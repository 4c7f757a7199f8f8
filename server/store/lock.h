/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * STATE/lock: one process at a time has the store. The file stays; its lock (flock) ends with the
 * process, however that ends, and its text is the holder's process id. For this folder only.
 */
#ifndef WEFT_STORE_LOCK_H
#define WEFT_STORE_LOCK_H

#include "protocol/base/status.h"

#include <stdint.h>

/* STATUS_LOCKED when another process has it. `*lock` is closed with store_lock_release. */
MUST_CHECK enum status store_lock_take(const char *path, int *lock);

/* `*lock` becomes -1; -1 is allowed. */
void store_lock_release(int *lock);

/* STATUS_NOT_FOUND when nobody has it. */
MUST_CHECK enum status store_lock_holder(const char *path, int64_t *pid);

#endif
