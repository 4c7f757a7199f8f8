/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * An MLS group's rows in the vault: one record each, so that a message writes only what it
 * changed.
 * Errors: those of vault.h and group.h; STATUS_NOT_FOUND without any row.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_GROUP_ROWS_H
#define WEFT_CORE_GROUP_ROWS_H

#include "client-cli/core/vault/vault.h"
#include "protocol/mls/member/group.h"

/* Writes what changed, or everything, in the caller's transaction. */
MUST_CHECK enum status
group_rows_store(struct vault *vault, const struct id *channel, struct mls_group *group, bool all);

MUST_CHECK enum status group_rows_delete(struct vault *vault, const struct id *channel);

MUST_CHECK enum status group_rows_load(struct vault *vault,
                                       const struct id *channel,
                                       const struct mls_options *options,
                                       struct mls_group **group);

#endif
