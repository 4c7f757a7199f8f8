/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/out.h"

#include "client-cli/commands/clean.h"
#include "client-cli/commands/terminal.h"
#include "client-cli/commands/wrap.h"
#include "protocol/base/limits.h"
#include "protocol/codec/utf8.h"
#include "protocol/json/dump.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The longest line is JSON of a whole answer, six characters for a byte ("\u0001"). */
#define LINE_BYTES_MAX (8u * LIMIT_OBJECT_BYTES)

#define BOLD "\x1b[1m"
#define PLAIN "\x1b[0m"

/* To the beginning of the line, and what was there is erased. */
#define REPLACE "\r\x1b[K"

struct out {
    struct out_sink sink;
    struct out_options options;
};

enum status
out_new(const struct out_sink *sink, const struct out_options *options, struct out **out)
{
    struct out *fresh = malloc(sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    *fresh = (struct out){*sink, *options};
    *out = fresh;
    return STATUS_OK;
}

void out_free(struct out **out)
{
    free(*out);
    *out = NULL;
}

/* As it is shown on a terminal of so many columns. */
static enum status shape(unsigned way, size_t columns, struct span bytes, struct buffer *shaped)
{
    if ((way & OUT_REPLACED) == 0)
        return wrap_text(bytes, columns, shaped);
    TRY(buffer_append(shaped, SPAN_LITERAL(REPLACE)));
    return buffer_append(shaped, utf8_first(bytes, columns - 1));
}

static void write_terminal(void *context, unsigned way, struct span bytes)
{
    CLEANUP(buffer_clear) struct buffer shaped = BUFFER_INIT(LINE_BYTES_MAX);
    bool *incomplete = context;
    FILE *stream = (way & OUT_ERROR) != 0 ? stderr : stdout;
    size_t columns = (way & (OUT_PROSE | OUT_REPLACED)) != 0 ? terminal_columns(fileno(stream)) : 0;
    if ((way & OUT_REPLACED) != 0 && !terminal_replaces_lines(fileno(stream)))
        return;
    if (columns != 0 && shape(way, columns, bytes, &shaped) == STATUS_OK)
        bytes = buffer_span(&shaped);
    if (fwrite(bytes.ptr, 1, bytes.len, stream) != bytes.len || fflush(stream) != 0)
        *incomplete = true;
}

struct out_sink out_sink_terminal(bool *incomplete)
{
    return (struct out_sink){
        .write = write_terminal, .context = incomplete, .incomplete = incomplete};
}

bool out_is_json(const struct out *out)
{
    return out->options.json;
}

bool out_is_complete(const struct out *out)
{
    return !*out->sink.incomplete;
}

/* Writes one cleaned line; the output is incomplete where memory does not suffice for it. */
static void
write_line(struct out *out, unsigned way, bool bold, const char *indent, struct span text)
{
    CLEANUP(buffer_clear) struct buffer line = BUFFER_INIT(LINE_BYTES_MAX);
    bool escape = bold && out->options.colour;
    enum status status = buffer_append(&line, span_from_text(escape ? BOLD : ""));
    if (status == STATUS_OK)
        status = buffer_append(&line, span_from_text(indent));
    if (status == STATUS_OK)
        status = clean_line(text, &line);
    if (status == STATUS_OK)
        status = buffer_append(&line, span_from_text(escape ? PLAIN "\n" : "\n"));
    if (status == STATUS_OK)
        out->sink.write(out->sink.context, way, buffer_span(&line));
    else
        *out->sink.incomplete = true;
}

__attribute__((format(printf, 4, 0))) static void
write_format(struct out *out, unsigned way, bool bold, const char *format, va_list values)
{
    char *text = NULL;
    if (out->options.json)
        return;
    if (vasprintf(&text, format, values) < 0) {
        *out->sink.incomplete = true;
        return;
    }
    write_line(out, way, bold, "", span_from_text(text));
    free(text);
}

void out_line(struct out *out, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    write_format(out, OUT_DATA, false, format, values);
    va_end(values);
}

void out_prose(struct out *out, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    write_format(out, OUT_PROSE, false, format, values);
    va_end(values);
}

void out_heading(struct out *out, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    write_format(out, OUT_PROSE, true, format, values);
    va_end(values);
}

void out_text(struct out *out, const char *indent, struct span text)
{
    struct span line;
    if (out->options.json)
        return;
    while (clean_next_line(&text, &line))
        write_line(out, OUT_DATA, false, indent, line);
}

void out_progress(struct out *out, const char *text)
{
    CLEANUP(buffer_clear) struct buffer line = BUFFER_INIT(LINE_BYTES_MAX);
    if (!out->options.json && clean_line(span_from_text(text), &line) == STATUS_OK)
        out->sink.write(out->sink.context, OUT_ERROR | OUT_REPLACED, buffer_span(&line));
}

static void write_json(struct out *out, unsigned way, json_t *record)
{
    char *text = dump_json(record, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(10));
    json_decref(record);
    if (text == NULL)
        *out->sink.incomplete = true;
    else
        write_line(out, way, false, "", span_from_text(text));
    free(text);
}

void out_record(struct out *out, json_t *record)
{
    if (out->options.json)
        write_json(out, OUT_DATA, record);
    else
        json_decref(record);
}

void out_error(struct out *out, enum status status, const char *text)
{
    if (out->options.json)
        write_json(out, OUT_ERROR,
                   json_pack("{s:s, s:s, s:o}", "type", "error", "error", status_name(status),
                             "text", out_json_text(span_from_text(text))));
    else
        write_line(out, OUT_ERROR | OUT_PROSE, false, "weft: ", span_from_text(text));
}

void out_notice(struct out *out, struct span about, const char *text)
{
    CLEANUP(buffer_clear) struct buffer line = BUFFER_INIT(LINE_BYTES_MAX);
    enum status status = buffer_append(&line, about);
    if (status == STATUS_OK && about.len != 0)
        status = buffer_append(&line, SPAN_LITERAL(": "));
    if (status == STATUS_OK)
        status = buffer_append(&line, span_from_text(text));
    if (out->options.json)
        write_json(out, OUT_ERROR,
                   json_pack("{s:s, s:o, s:o}", "type", "warning", "title", out_json_text(about),
                             "text", out_json_text(span_from_text(text))));
    else if (status == STATUS_OK)
        write_line(out, OUT_ERROR | OUT_PROSE, false, "weft: ", buffer_span(&line));
    else
        *out->sink.incomplete = true;
}

json_t *out_json_text(struct span text)
{
    json_t *string = json_stringn(text.len == 0 ? "" : (const char *)text.ptr, text.len);
    if (string != NULL)
        return string;
    CLEANUP(buffer_clear) struct buffer cleaned = BUFFER_INIT(LINE_BYTES_MAX);
    if (clean_line(text, &cleaned) != STATUS_OK)
        return NULL;
    return json_stringn((const char *)cleaned.ptr, cleaned.len);
}
