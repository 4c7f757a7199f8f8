/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/statistics/export.h"

#include "protocol/statistics/naming.h"
#include "protocol/statistics/page.h"

#include <inttypes.h>
#include <string.h>

enum status export_format_from(const char *name, enum export_format *format)
{
    static const char *const names[] = {
        [EXPORT_GRAPHML] = "graphml", [EXPORT_GEXF] = "gexf", [EXPORT_CSV] = "csv"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            *format = (enum export_format)i;
            return STATUS_OK;
        }
    return STATUS_USAGE;
}

size_t export_file_count(enum export_format format)
{
    return format == EXPORT_CSV ? 2 : 1;
}

const char *export_file_mark(enum export_format format, size_t file)
{
    if (format != EXPORT_CSV)
        return "";
    return file == 0 ? "-nodes" : "-edges";
}

/* ---- the graph ---- */

/* What there is to say of one group. */
struct node {
    uint32_t number;
    struct span name;
    uint64_t people;
    uint64_t within; /* STATISTICS_HIDDEN: not told */
};

struct edge {
    uint32_t a;
    uint32_t b;
    uint64_t ties;
};

static struct node node_of(const struct statistics *statistics, uint32_t part)
{
    return (struct node){
        .number = part,
        .name = naming_part(&statistics->parts[part]),
        .people = statistics->parts[part].people,
        .within = statistics->cells == NULL
                      ? STATISTICS_HIDDEN
                      : statistics->cells[statistics_place(statistics->part_count, part, part)],
    };
}

static void each_node(struct page *page,
                      const struct statistics *statistics,
                      void (*write)(struct page *page, const struct node *node))
{
    for (uint32_t i = 0; i < statistics->part_count; i++) {
        struct node node = node_of(statistics, i);
        write(page, &node);
    }
}

static void each_edge(struct page *page,
                      const struct statistics *statistics,
                      void (*write)(struct page *page, const struct edge *edge))
{
    if (statistics->cells == NULL)
        return;
    for (uint32_t a = 0; a < statistics->part_count; a++)
        for (uint32_t b = a + 1; b < statistics->part_count; b++) {
            struct edge edge = {a, b,
                                statistics->cells[statistics_place(statistics->part_count, a, b)]};
            if (edge.ties != STATISTICS_HIDDEN && edge.ties != 0)
                write(page, &edge);
        }
}

/* ---- GraphML ---- */

static void graphml_node(struct page *page, const struct node *node)
{
    page_print(page, "    <node id=\"g%" PRIu32 "\">\n      <data key=\"label\">", node->number);
    page_xml(page, node->name);
    page_print(page, "</data>\n      <data key=\"people\">%" PRIu64 "</data>\n", node->people);
    if (node->within != STATISTICS_HIDDEN)
        page_print(page, "      <data key=\"ties_within\">%" PRIu64 "</data>\n", node->within);
    page_print(page, "    </node>\n");
}

static void graphml_edge(struct page *page, const struct edge *edge)
{
    page_print(page,
               "    <edge source=\"g%" PRIu32 "\" target=\"g%" PRIu32
               "\"><data key=\"weight\">%" PRIu64 "</data></edge>\n",
               edge->a, edge->b, edge->ties);
}

static void write_graphml(struct page *page, const struct statistics *statistics)
{
    char date[PAGE_DATE_BYTES];
    page_iso_date(statistics->as_of_ms, date);
    page_print(page, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                     "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\""
                     " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
                     " xsi:schemaLocation=\"http://graphml.graphdrawing.org/xmlns"
                     " http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd\">\n");
    page_print(page, "  <key id=\"label\" for=\"node\" attr.name=\"label\""
                     " attr.type=\"string\"/>\n"
                     "  <key id=\"people\" for=\"node\" attr.name=\"people\""
                     " attr.type=\"long\"/>\n"
                     "  <key id=\"ties_within\" for=\"node\" attr.name=\"ties_within\""
                     " attr.type=\"long\"/>\n"
                     "  <key id=\"weight\" for=\"edge\" attr.name=\"weight\""
                     " attr.type=\"double\"/>\n"
                     "  <key id=\"as_of\" for=\"graph\" attr.name=\"as_of\""
                     " attr.type=\"string\"/>\n");
    page_print(page,
               "  <graph id=\"groups\" edgedefault=\"undirected\">\n"
               "    <data key=\"as_of\">%s</data>\n",
               date);
    each_node(page, statistics, graphml_node);
    each_edge(page, statistics, graphml_edge);
    page_print(page, "  </graph>\n</graphml>\n");
}

/* ---- GEXF ---- */

static void gexf_node(struct page *page, const struct node *node)
{
    page_print(page, "      <node id=\"g%" PRIu32 "\" label=\"", node->number);
    page_xml(page, node->name);
    page_print(page,
               "\">\n        <attvalues>\n"
               "          <attvalue for=\"people\" value=\"%" PRIu64 "\"/>\n",
               node->people);
    if (node->within != STATISTICS_HIDDEN)
        page_print(page, "          <attvalue for=\"ties_within\" value=\"%" PRIu64 "\"/>\n",
                   node->within);
    page_print(page, "        </attvalues>\n      </node>\n");
}

static void gexf_edge(struct page *page, const struct edge *edge)
{
    page_print(page,
               "      <edge id=\"g%" PRIu32 "-g%" PRIu32 "\" source=\"g%" PRIu32
               "\" target=\"g%" PRIu32 "\" weight=\"%" PRIu64 "\"/>\n",
               edge->a, edge->b, edge->a, edge->b, edge->ties);
}

static void write_gexf(struct page *page, const struct statistics *statistics)
{
    char date[PAGE_DATE_BYTES];
    page_iso_date(statistics->as_of_ms, date);
    page_print(page,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<gexf xmlns=\"http://www.gexf.net/1.2draft\" version=\"1.2\">\n"
               "  <meta lastmodifieddate=\"%s\">\n"
               "    <creator>Weft</creator>\n"
               "    <description>Groups and the ties between them; what fewer than ten people"
               " hold is left out</description>\n"
               "  </meta>\n",
               date);
    page_print(page, "  <graph mode=\"static\" defaultedgetype=\"undirected\">\n"
                     "    <attributes class=\"node\">\n"
                     "      <attribute id=\"people\" title=\"people\" type=\"long\"/>\n"
                     "      <attribute id=\"ties_within\" title=\"ties_within\""
                     " type=\"long\"/>\n"
                     "    </attributes>\n"
                     "    <nodes>\n");
    each_node(page, statistics, gexf_node);
    page_print(page, "    </nodes>\n    <edges>\n");
    each_edge(page, statistics, gexf_edge);
    page_print(page, "    </edges>\n  </graph>\n</gexf>\n");
}

/* ---- CSV (RFC 4180) ---- */

static void csv_quoted(struct page *page, struct span text)
{
    size_t start = 0;
    page_print(page, "\"");
    for (size_t at = 0; at < text.len; at++)
        if (text.ptr[at] == '"') {
            page_span(page, span_of(text.ptr + start, at + 1 - start));
            page_print(page, "\"");
            start = at + 1;
        }
    if (start < text.len)
        page_span(page, span_of(text.ptr + start, text.len - start));
    page_print(page, "\"");
}

static void csv_node(struct page *page, const struct node *node)
{
    page_print(page, "g%" PRIu32 ",", node->number);
    csv_quoted(page, node->name);
    page_print(page, ",%" PRIu64 ",", node->people);
    if (node->within != STATISTICS_HIDDEN)
        page_print(page, "%" PRIu64, node->within);
    page_print(page, "\r\n");
}

static void csv_edge(struct page *page, const struct edge *edge)
{
    page_print(page, "g%" PRIu32 ",g%" PRIu32 ",Undirected,%" PRIu64 "\r\n", edge->a, edge->b,
               edge->ties);
}

static void write_csv(struct page *page, size_t file, const struct statistics *statistics)
{
    page_print(page,
               file == 0 ? "Id,Label,People,TiesWithin\r\n" : "Source,Target,Type,Weight\r\n");
    if (file == 0)
        each_node(page, statistics, csv_node);
    else
        each_edge(page, statistics, csv_edge);
}

enum status export_write(enum export_format format,
                         size_t file,
                         const struct statistics *statistics,
                         struct buffer *out)
{
    struct page page = {.out = out};
    switch (format) {
    case EXPORT_GRAPHML:
        write_graphml(&page, statistics);
        break;
    case EXPORT_GEXF:
        write_gexf(&page, statistics);
        break;
    case EXPORT_CSV:
        write_csv(&page, file, statistics);
        break;
    }
    return page.status;
}
