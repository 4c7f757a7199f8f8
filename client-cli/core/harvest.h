/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The record that remains of a session: what was said, sorted under the headings of its format,
 * without who said it. Pure: messages in, a harvest or its Markdown out.
 *
 * Errors: STATUS_LIMIT when a harvest would hold more than LIMIT_LIST_ITEMS items, those of
 * content.h and buffer.h. Thread rule: pure functions.
 */
#ifndef WEFT_CORE_HARVEST_H
#define WEFT_CORE_HARVEST_H

#include "protocol/content/content.h"
#include "protocol/format/format.h"

/* One message as the vault keeps it. `stage` is the name of the stage it was said in, or empty. */
struct harvest_source {
    uint16_t kind; /* enum content_kind */
    struct span body;
    struct span stage;
};

/* Collects what belongs in a harvest, in the format's order and under each heading in the order it
 * was said. A message of an unknown kind, or whose body does not decode, is left out. The result
 * lends from the sources and the arena. */
MUST_CHECK enum status harvest_collect(const struct format *format,
                                       const struct harvest_source *sources,
                                       size_t source_count,
                                       struct arena *arena,
                                       struct content_harvest *harvest);

/* How many items stand under headings filled from actions and commitments. */
size_t harvest_action_count(const struct format *format, const struct content_harvest *harvest);

/* What a Markdown page of a harvest says at its top. */
struct harvest_page {
    struct span title;
    struct span brief; /* the purpose, as the asker put it; may be empty */
    int64_t time;      /* of the session */
    bool approved;
};

/* Appends the page. Headings without an item are left out; text is escaped, so that it stays
 * text. */
MUST_CHECK enum status harvest_write_markdown(const struct format *format,
                                              const struct content_harvest *harvest,
                                              const struct harvest_page *page,
                                              struct buffer *out);

#endif
