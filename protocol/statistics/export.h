/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The published network of groups for other programs (Gephi, igraph, NetworkX, a spreadsheet):
 * a node for each group with its people, an edge for each pair of groups that have ties. What is
 * hidden in the publication is left out. The network of people is not exported: it would name them
 * by their ties, whatever they are called in it.
 *
 * GraphML as http://graphml.graphdrawing.org/xmlns, GEXF 1.2 as http://www.gexf.net/1.2draft (which
 * more programs read than 1.3), CSV as two tables with the column names that Gephi's import
 * expects. Errors: those of buffer.h; STATUS_USAGE for a format that is none. Thread rule: pure
 * functions.
 */
#ifndef WEFT_STATISTICS_EXPORT_H
#define WEFT_STATISTICS_EXPORT_H

#include "protocol/base/buffer.h"
#include "protocol/statistics/statistics.h"

enum export_format { EXPORT_GRAPHML, EXPORT_GEXF, EXPORT_CSV };

/* Files of one export: CSV has a table of nodes and one of edges. */
#define EXPORT_FILES_MAX 2

/* 2,016 edges and 65,536 nodes with long names. */
#define EXPORT_BYTES_MAX (64u << 20)

/* "graphml", "gexf" or "csv". */
MUST_CHECK enum status export_format_from(const char *name, enum export_format *format);

size_t export_file_count(enum export_format format);

/* What is put between a file's name and its ending: "" unless there are several. */
const char *export_file_mark(enum export_format format, size_t file);

MUST_CHECK enum status export_write(enum export_format format,
                                    size_t file,
                                    const struct statistics *statistics,
                                    struct buffer *out);

#endif
