/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/saying.h"

#include "protocol/base/limits.h"
#include "protocol/codec/utf8.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char sayable_names[] = "text, context, question, answer, idea, last_idea, summary, "
                                    "commitment, follow_up, note, action, offer, lesson";

const char *saying_kind_names(void)
{
    return sayable_names;
}

#define DIGITS(number) DIGITS_OF_VALUE(number)
#define DIGITS_OF_VALUE(value) #value

const char *saying_too_long(void)
{
    return "this is too long for one message, which holds " DIGITS(
        LIMIT_TEXT_BYTES) " bytes: say it in several, or write a file and send that (weft file "
                          "send)";
}

enum status saying_day(struct invocation *invocation, const char *text, int64_t *time_ms)
{
    struct tm day = {0};
    const char *end = strptime(text, "%Y-%m-%d", &day);
    int written = day.tm_mday;
    day.tm_hour = 12;
    time_t seconds = timegm(&day);
    if (end == NULL || *end != '\0' || day.tm_mday != written) /* there is no 31 February */
        return command_explain(invocation, STATUS_USAGE, "a day is written as 2026-12-31");
    *time_ms = (int64_t)seconds * 1000;
    return STATUS_OK;
}

/* A flag that is called `other` in the commands of single kinds. */
static const char *
flag_value(const struct invocation *invocation, const char *flag, const char *other)
{
    const char *value = arguments_value(&invocation->arguments, flag);
    return value != NULL ? value : arguments_value(&invocation->arguments, other);
}

static enum status take_optional(struct invocation *invocation,
                                 const char *what,
                                 const char *given,
                                 size_t bytes_max,
                                 struct span *text)
{
    *text = given == NULL ? SPAN_EMPTY : span_from_text(given);
    if (text->len > bytes_max)
        return command_explain(invocation, STATUS_LIMIT, "%s is too long: %zu bytes, at most %zu",
                               what, text->len, bytes_max);
    return STATUS_OK;
}

enum status
saying_body(struct invocation *invocation, uint16_t kind, struct span text, struct saying *saying)
{
    const char *why = flag_value(invocation, "because", "why");
    const char *owner = arguments_value(&invocation->arguments, "owner");
    const char *by = flag_value(invocation, "by", "due");
    *saying = (struct saying){0};
    if (kind == CONTENT_IDEA || kind == CONTENT_LAST_IDEA) {
        saying->body.idea.text = text;
        return take_optional(invocation, "the reason", why, LIMIT_TEXT_BYTES,
                             &saying->body.idea.reason);
    }
    if (kind == CONTENT_ACTION || kind == CONTENT_COMMITMENT) {
        saying->body.action.text = text;
        TRY(take_optional(invocation, "the owner's name", owner, LIMIT_NAME_BYTES,
                          &saying->body.action.owner));
        return by == NULL ? STATUS_OK : saying_day(invocation, by, &saying->body.action.due);
    }
    saying->body.text = (struct content_text){text};
    return STATUS_OK;
}

static bool is_blank(struct span text)
{
    size_t blanks = 0;
    while (blanks < text.len && strchr(" \t\r\n", text.ptr[blanks]) != NULL)
        blanks++;
    return blanks == text.len;
}

enum status saying_text(struct invocation *invocation, size_t from, struct buffer *text)
{
    const struct arguments *arguments = &invocation->arguments;
    bool input =
        arguments->positional_count == from + 1 && strcmp(arguments->positional[from], "-") == 0;
    enum status taken =
        input ? buffer_append(text, invocation->input) : arguments_join(arguments, from, text);
    if (taken == STATUS_LIMIT)
        return command_explain(invocation, taken, "%s", saying_too_long());
    TRY(taken);
    while (text->len != 0 && text->ptr[text->len - 1] == '\n')
        buffer_truncate(text, text->len - 1);
    if (is_blank(buffer_span(text)))
        return command_explain(invocation, STATUS_USAGE, "there is nothing to say");
    if (!utf8_is_valid(buffer_span(text)))
        return command_explain(invocation, STATUS_NOT_UTF8, "this is not UTF-8 text");
    if (text->len > LIMIT_TEXT_BYTES)
        return command_explain(invocation, STATUS_LIMIT, "%s. It has %zu", saying_too_long(),
                               text->len);
    return STATUS_OK;
}
