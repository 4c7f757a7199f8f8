/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One line of the audit log for an act at the console, which weftd audit shows. Inside run(), so
 * that an act and its line are durable together.
 */
#ifndef WEFT_COMMAND_AUDIT_H
#define WEFT_COMMAND_AUDIT_H

#include "server/store/store.h"

#define AUDIT_BACKUP "backup"

/* `act` is a word of the code; `subject` may be NULL. */
MUST_CHECK enum status audit_add(struct store_db *db,
                                 int64_t now_ms,
                                 const char *act,
                                 const struct id *subject,
                                 uint64_t amount);

#endif
