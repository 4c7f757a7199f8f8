/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/session_flags.h"

#include "protocol/base/limits.h"
#include "protocol/codec/utf8.h"

enum status session_flags_visibility(struct invocation *invocation,
                                     enum channel_visibility *visibility)
{
    const struct arguments *arguments = &invocation->arguments;
    bool open = arguments_has(arguments, "open");
    bool private = arguments_has(arguments, "private");
    bool confidential = arguments_has(arguments, "confidential");
    if (open + private + confidential > 1)
        return command_explain(invocation, STATUS_USAGE,
                               "a channel is open, private or confidential: one of them");
    *visibility = open           ? CHANNEL_OPEN
                  : private      ? CHANNEL_PRIVATE
                  : confidential ? CHANNEL_CONFIDENTIAL
                                 : CHANNEL_RESTRICTED;
    return STATUS_OK;
}

enum status session_flags_title(struct invocation *invocation, struct buffer *title)
{
    TRY(arguments_join(&invocation->arguments, 0, title));
    if (title->len == 0 || title->len > LIMIT_TITLE_BYTES)
        return command_explain(invocation, STATUS_USAGE,
                               "say it in one sentence, at most %d letters; what else others need "
                               "to know goes into --brief \"...\"",
                               LIMIT_TITLE_BYTES);
    if (!utf8_is_valid(buffer_span(title)))
        return command_explain(invocation, STATUS_NOT_UTF8, "this is not UTF-8 text");
    return STATUS_OK;
}

enum status session_flags_brief(struct invocation *invocation, struct span *brief)
{
    const char *text = arguments_value(&invocation->arguments, "brief");
    struct span given = text == NULL ? SPAN_EMPTY : span_from_text(text);
    if (given.len > LIMIT_BRIEF_BYTES)
        return command_explain(invocation, STATUS_USAGE,
                               "a brief fits a screen: at most %d letters", LIMIT_BRIEF_BYTES);
    if (!utf8_is_valid(given))
        return command_explain(invocation, STATUS_NOT_UTF8, "this is not UTF-8 text");
    *brief = given;
    return STATUS_OK;
}
