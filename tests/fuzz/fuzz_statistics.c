/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A publication as a client gets it from a server that may say anything: what can be read can be
 * shown in every form, and is read again from what is written of it. */
#include "tests/fuzz/fuzz.h"

#include "protocol/statistics/document.h"
#include "protocol/statistics/files.h"
#include "protocol/statistics/report.h"
#include "server/figures/marks.h"

#define TEXT_BYTES_MAX (32u << 20)

static enum status forget(void *context, const char *path, struct span bytes)
{
    (void)context;
    (void)path;
    (void)bytes;
    return STATUS_OK;
}

static void show(const struct statistics *statistics)
{
    static const struct files_sink sink = {.save = forget};
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(TEXT_BYTES_MAX);
    fuzz_expect(report_write(statistics, &text) == STATUS_OK);
    fuzz_expect(files_draw(statistics, "d", &sink) == STATUS_OK);
    for (int format = EXPORT_GRAPHML; format <= EXPORT_CSV; format++)
        fuzz_expect(files_export(statistics, (enum export_format)format, "f", &sink) == STATUS_OK);
}

static void read_again(const struct statistics *statistics)
{
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(TEXT_BYTES_MAX);
    CLEANUP(statistics_clear) struct statistics again;
    statistics_init(&again);
    fuzz_expect(document_append(document_write(statistics), &text) == STATUS_OK);
    fuzz_expect(document_read(buffer_span(&text), &again) == STATUS_OK);
}

/* Marks are any bytes, eight each. */
static void read_marks(struct span bytes)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(TEXT_BYTES_MAX);
    struct marks marks;
    struct span again;
    if (marks_read(bytes, &arena, &marks) != STATUS_OK)
        return;
    fuzz_expect(marks_write(&marks, &arena, &again) == STATUS_OK);
    fuzz_expect(span_equal(bytes, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(statistics_clear) struct statistics statistics;
    statistics_init(&statistics);
    read_marks(span_of(data, size));
    if (document_read(span_of(data, size), &statistics) == STATUS_OK) {
        show(&statistics);
        read_again(&statistics);
    }
    return 0;
}
