/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weftd stats: the published figures, as members see them. The server gives the document; text,
 * pictures and tables are made of it here, in the process that was called. */
#include "protocol/statistics/document.h"
#include "protocol/statistics/files.h"
#include "protocol/statistics/report.h"
#include "server/command/command.h"
#include "server/command/local.h"
#include "server/command/save.h"
#include "server/figures/figures.h"

#include <stdio.h>
#include <string.h>

#define REPORT_BYTES_MAX (4u << 20)

/* ---- in the server ---- */

struct stats {
    struct figures_waiter waiter;
    struct command_call *call;
};

static void ready(struct figures_waiter *waiter, struct span document, enum status status)
{
    struct stats *stats = (struct stats *)(void *)waiter;
    struct command_call *call = stats->call;
    if (status == STATUS_OK)
        status = buffer_append(&call->out, document);
    command_finish(call, status, "there are no figures");
}

void stats_command_begin(struct command_call *call)
{
    struct stats *stats = NULL;
    enum status status = command_take_state(call, sizeof *stats, (void **)&stats);
    if (status != STATUS_OK) {
        command_finish(call, status, NULL);
        return;
    }
    stats->call = call;
    stats->waiter.ready = ready;
    figures_document(call->app->services.figures, &stats->waiter);
}

/* ---- in the process that was called ---- */

struct wanted {
    bool json;
    const char *directory; /* of pictures, or NULL */
    const char *file;      /* of an export, or NULL */
    enum export_format format;
};

static bool read_wanted(int argc, const char **argv, struct wanted *wanted)
{
    if (argc == 2 && strcmp(argv[0], "--svg") == 0 && argv[1][0] != '\0') {
        wanted->directory = argv[1];
        return true;
    }
    if (argc == 3 && strcmp(argv[0], "--export") == 0 && argv[2][0] != '\0') {
        wanted->file = argv[2];
        return export_format_from(argv[1], &wanted->format) == STATUS_OK;
    }
    return argc == 0;
}

static enum status show_report(const struct statistics *statistics)
{
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(REPORT_BYTES_MAX);
    TRY(report_write(statistics, &text));
    fwrite(text.ptr, 1, text.len, stdout);
    return STATUS_OK;
}

/* Writes a file and tells it; a failure too. */
static enum status save(void *context, const char *path, struct span bytes)
{
    const struct wanted *wanted = context;
    enum status status = save_file(path, bytes);
    if (status != STATUS_OK) {
        fprintf(stderr, "weftd: %s cannot be written: %s\n", path, save_explain(status));
        return status;
    }
    if (!wanted->json) {
        printf("%s\n", path);
        return STATUS_OK;
    }
    CLEANUP(buffer_clear) struct buffer line = BUFFER_INIT(REPORT_BYTES_MAX);
    TRY(document_append(json_pack("{s:s, s:s}", "type", "file", "path", path), &line));
    printf("%.*s\n", (int)line.len, (const char *)line.ptr);
    return STATUS_OK;
}

static enum status
show(struct wanted *wanted, struct span document, const struct statistics *statistics)
{
    struct files_sink sink = {.save = save, .context = wanted};
    if (wanted->directory != NULL) {
        enum status status = save_directory(wanted->directory);
        if (status == STATUS_OK)
            return files_draw(statistics, wanted->directory, &sink);
        fprintf(stderr, "weftd: %s cannot be made: %s\n", wanted->directory, save_explain(status));
        return status;
    }
    if (wanted->file != NULL)
        return files_export(statistics, wanted->format, wanted->file, &sink);
    if (!wanted->json)
        return show_report(statistics);
    fwrite(document.ptr, 1, document.len, stdout);
    printf("\n");
    return STATUS_OK;
}

int stats_show(const struct app_place *place, bool json, int argc, const char **argv)
{
    CLEANUP(buffer_clear) struct buffer document = BUFFER_INIT(COMMAND_OUTPUT_MAX);
    CLEANUP(statistics_clear) struct statistics statistics;
    struct wanted wanted = {.json = json};
    statistics_init(&statistics);
    if (!read_wanted(argc, argv, &wanted)) {
        fprintf(stderr, "usage: weftd stats %s\n", command_find("stats")->usage);
        return EXIT_CODE_USAGE;
    }
    int exit_code = remote_collect(place, "stats", &document);
    if (exit_code != EXIT_CODE_OK)
        return exit_code;
    enum status status = document_read(buffer_span(&document), &statistics);
    if (status != STATUS_OK)
        fprintf(stderr, "weftd: the published figures cannot be read: %s\n", status_text(status));
    else
        status = show(&wanted, buffer_span(&document), &statistics);
    return exit_code_of(status);
}
