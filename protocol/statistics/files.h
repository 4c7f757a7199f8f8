/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that somebody asked for of a publication, pictures or an export: their names and what
 * is in them. Where they go is the caller's.
 *
 * Errors: those of picture.h, export.h and of the caller's `save`, which ends it; STATUS_LIMIT for
 * a path over FILES_PATH_BYTES. Thread rule: pure functions.
 */
#ifndef WEFT_STATISTICS_FILES_H
#define WEFT_STATISTICS_FILES_H

#include "protocol/statistics/export.h"
#include "protocol/statistics/picture.h"

/* As long as a path of Linux may be. */
#define FILES_PATH_BYTES 4096

struct files_sink {
    /* `path` is lent for the call. */
    enum status (*save)(void *context, const char *path, struct span bytes);
    void *context;
};

/* All pictures, into a directory. */
MUST_CHECK enum status files_draw(const struct statistics *statistics,
                                  const char *directory,
                                  const struct files_sink *sink);

/* An export, into one file or into several whose names are told apart before the ending:
 * "groups.csv" becomes "groups-nodes.csv" and "groups-edges.csv". */
MUST_CHECK enum status files_export(const struct statistics *statistics,
                                    enum export_format format,
                                    const char *path,
                                    const struct files_sink *sink);

#endif
