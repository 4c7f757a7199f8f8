/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The statistics that were published, week by week, and marks of the people whom each published
 * cell counts: what the next publication is compared with. A mark is a hash; no person and no name
 * can be read from it.
 * Errors, results and thread rule: store.h.
 */
#ifndef WEFT_STORE_PUBLICATIONS_H
#define WEFT_STORE_PUBLICATIONS_H

#include "server/store/store.h"

struct store_publication {
    int64_t as_of_ms;
    struct span document;
};

/* One cell of the last publication: what was published of it last, and marks of whom it counts. */
struct store_marks {
    struct span cell;
    uint64_t value;
    struct span marks;
};

struct store_marks_list {
    struct store_marks *items;
    size_t count;
};

/* Adds a publication; its marks take the place of those before. */
MUST_CHECK enum status store_publications_add(struct store_db *db,
                                              const struct store_publication *publication,
                                              const struct store_marks_list *marks);

/* The last one. STATUS_NOT_FOUND before the first. */
MUST_CHECK enum status store_publications_last(struct store_db *db,
                                               struct arena *arena,
                                               struct store_publication *publication);

/* Its marks, by cell. */
MUST_CHECK enum status
store_publications_marks(struct store_db *db, struct arena *arena, struct store_marks_list *marks);

#endif
