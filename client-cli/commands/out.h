/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a command says: lines for people, or one JSON object a line for programs.
 *
 * Text is cleaned here, on its way out, so that no command can forget to. A command writes both
 * forms; the one that was not asked for is dropped. Where the bytes go is a sink: the terminal, or
 * another process of the same profile. Sentences of ours end between words on a terminal; data, and
 * what goes anywhere else, is left as it is.
 * Writing never fails for the command: what cannot be written is lost with its reader.
 * Thread rule: one thread at a time.
 */
#ifndef WEFT_COMMANDS_OUT_H
#define WEFT_COMMANDS_OUT_H

#include "protocol/base/span.h"
#include "protocol/base/status.h"

#include <jansson.h>

struct out;

/* How bytes go out: a sum of these. */
enum out_way {
    OUT_DATA = 0,     /* whole lines for the standard output */
    OUT_ERROR = 1,    /* the standard error instead */
    OUT_PROSE = 2,    /* a sentence for people: a terminal breaks it between words */
    OUT_REPLACED = 4, /* for a terminal alone: a line without an end, in the place of the last */
};

struct out_sink {
    void (*write)(void *context, unsigned way, struct span bytes);
    void *context;
    bool *incomplete; /* set when something was not written; for whoever ends the command */
};

struct out_options {
    bool json;
    bool colour;
};

/* `sink` is copied. */
MUST_CHECK enum status
out_new(const struct out_sink *sink, const struct out_options *options, struct out **out);
void out_free(struct out **out);

/* The sink of a program's own standard output and error. */
struct out_sink out_sink_terminal(bool *incomplete);

bool out_is_json(const struct out *out);

/* Whether all until now was written, as far as is known. */
bool out_is_complete(const struct out *out);

/* One line for people. Whatever the arguments hold, it stays one line. */
__attribute__((format(printf, 2, 3))) void out_line(struct out *out, const char *format, ...);

/* One line that is a sentence for people. */
__attribute__((format(printf, 2, 3))) void out_prose(struct out *out, const char *format, ...);

/* The same in bold. */
__attribute__((format(printf, 2, 3))) void out_heading(struct out *out, const char *format, ...);

/* Text of several lines, each with `indent` in front. */
void out_text(struct out *out, const char *indent, struct span text);

/* How far something is that takes a while, in a line that the next call replaces; an empty text
 * removes it. Only on a terminal. */
void out_progress(struct out *out, const char *text);

/* One object for programs; takes the reference, NULL included (out of memory: incomplete). */
void out_record(struct out *out, json_t *record);

/* Something that people must see and that is no error. */
void out_notice(struct out *out, struct span about, const char *text);

/* An error, for people and for programs. */
void out_error(struct out *out, enum status status, const char *text);

/* Bytes for printf's "%.*s". */
#define OUT_SPAN(span_)                                                                            \
    (int)(span_).len, (const char *)((span_).ptr == NULL ? (const uint8_t *)"" : (span_).ptr)

/* A JSON string of any bytes: what is not UTF-8 is replaced. NULL without memory. */
json_t *out_json_text(struct span text);

#endif
