/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Where a channel's log stands. For this folder only.
 *
 * No row says it, since every entry would rewrite that: the log's own index has it at its end, on
 * the page that the entry is written to anyway.
 */
#ifndef WEFT_STORE_POSITION_H
#define WEFT_STORE_POSITION_H

/* SQL: the last sequence of the channel that `c` names in the statement. */
#define STORE_POSITION_LAST_SEQUENCE                                                               \
    "ifnull((SELECT max(sequence) FROM log WHERE log.channel = c.channel"                          \
    " AND log.generation = c.generation), c.generation_base)"

#endif
