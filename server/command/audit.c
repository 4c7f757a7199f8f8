/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/audit.h"

#include "server/store/audit.h"

enum status audit_add(
    struct store_db *db, int64_t now_ms, const char *act, const struct id *subject, uint64_t amount)
{
    struct store_audit_entry entry = {
        .at_ms = now_ms,
        .act = span_from_text(act),
        .amount = amount,
    };
    if (subject != NULL)
        entry.subject = *subject;
    return store_audit_add(db, &entry);
}
