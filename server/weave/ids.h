/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Finds the position of an id in a list of ids, in constant time; compared byte by byte.
 *
 * The ids belong to somebody else and must outlive the index. The hash is keyed at random, so that
 * no file can be made to be slow; nothing that can be observed depends on the key.
 * Errors: STATUS_NO_MEMORY, STATUS_LIMIT above WEAVE_ROWS_MAX.
 * Thread rule: an index may be read from any thread; ids_add has it alone.
 */
#ifndef WEFT_WEAVE_IDS_H
#define WEFT_WEAVE_IDS_H

#include "protocol/base/span.h"
#include "protocol/base/status.h"
#include "server/weave/limits.h"

struct ids;

/* An index of `count` ids, which are lent until it is freed. STATUS_EXISTS when one occurs twice.
 */
MUST_CHECK enum status ids_new(const struct span *list, size_t count, struct ids **ids);

/* `*ids` becomes NULL; NULL is allowed. */
void ids_free(struct ids **ids);

/* STATUS_NOT_FOUND when no id is equal. Positions count from 0 in the order of the list. */
MUST_CHECK enum status ids_find(const struct ids *ids, struct span id, uint32_t *position);

/* Adds list[count], the next one, where `list` is the list as it now is (it may have moved).
 * STATUS_EXISTS when it is there already: `position` is then the earlier one, and nothing was
 * added; otherwise it is the new one. */
MUST_CHECK enum status ids_add(struct ids *ids, const struct span *list, uint32_t *position);

#endif
