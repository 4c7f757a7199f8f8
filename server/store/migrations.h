/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The schema and its history. A migration is never changed once it was released: a change is a new
 * one at the end. For this folder only.
 */
#ifndef WEFT_STORE_MIGRATIONS_H
#define WEFT_STORE_MIGRATIONS_H

#include "server/store/db.h"

/* Brings the writer's database up to date, each step in a transaction of its own.
 * STATUS_UNSUPPORTED when it was written by a newer program, STATUS_CORRUPT when it is no database
 * of weftd's. */
MUST_CHECK enum status store_migrations_apply(struct store_db *db);

#endif
