/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft stats: how connected everybody is, the same figures that an admin sees; as text, pictures
 * or tables for other programs. */
#include "client-cli/commands/save.h"
#include "client-cli/commands/verbs.h"
#include "protocol/statistics/document.h"
#include "protocol/statistics/files.h"
#include "protocol/statistics/report.h"
#include "protocol/wire/people.h"

#define REPORT_BYTES_MAX (4u << 20)

static enum status save(void *context, const char *path, struct span bytes)
{
    struct invocation *invocation = context;
    TRY(save_file(invocation, path, SAVE_FOR_OTHERS, bytes));
    out_line(invocation->out, "%s", path);
    out_record(invocation->out, json_pack("{s:s, s:o}", "type", "file", "path",
                                          out_json_text(span_from_text(path))));
    return STATUS_OK;
}

static enum status draw(struct invocation *invocation, const struct statistics *statistics)
{
    const char *directory = arguments_value(&invocation->arguments, "svg");
    struct files_sink sink = {.save = save, .context = invocation};
    TRY(save_directory(invocation, directory));
    return files_draw(statistics, directory, &sink);
}

static enum status export(struct invocation *invocation, const struct statistics *statistics) {
    const struct arguments *arguments = &invocation->arguments;
    struct files_sink sink = {.save = save, .context = invocation};
    enum export_format format;
    TRY(export_format_from(arguments_value(arguments, "export"), &format));
    return files_export(statistics, format, arguments->positional[0], &sink);
}

static enum status show(struct invocation *invocation, const struct statistics *statistics)
{
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(REPORT_BYTES_MAX);
    TRY(report_write(statistics, &text));
    out_text(invocation->out, "", buffer_span(&text));
    return STATUS_OK;
}

/* Before the server is asked. */
static enum status check(struct invocation *invocation)
{
    const struct arguments *arguments = &invocation->arguments;
    const char *name = arguments_value(arguments, "export");
    const char *directory = arguments_value(arguments, "svg");
    enum export_format format;
    if (name != NULL && directory != NULL)
        return command_explain(invocation, STATUS_USAGE, "--svg or --export, one at a time");
    if (directory != NULL && directory[0] == '\0')
        return command_explain(invocation, STATUS_USAGE, "--svg takes a directory");
    if (name != NULL && export_format_from(name, &format) != STATUS_OK)
        return command_explain(invocation, STATUS_USAGE,
                               "\"%s\" is no format: graphml, gexf or csv", name);
    if ((name != NULL) != (arguments->positional_count == 1))
        return command_explain(invocation, STATUS_USAGE,
                               "a file goes with --export: weft stats --export graphml FILE");
    return STATUS_OK;
}

enum status stats_run(struct invocation *invocation)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    CLEANUP(statistics_clear) struct statistics statistics;
    const struct wire_empty request = {0};
    struct wire_stats_response response;
    statistics_init(&statistics);
    TRY(check(invocation));
    TRY(engine_call(invocation->engine, WIRE_STATS, &request, &reply, &response));
    enum status status = document_read(response.json, &statistics);
    if (status != STATUS_OK)
        return command_explain(invocation, status, "the server's figures cannot be read");
    if (arguments_has(&invocation->arguments, "svg"))
        return draw(invocation, &statistics);
    if (arguments_has(&invocation->arguments, "export"))
        return export(invocation, &statistics);
    out_record(invocation->out, json_loadb((const char *)response.json.ptr, response.json.len,
                                           JSON_REJECT_DUPLICATES, NULL));
    return show(invocation, &statistics);
}
