/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/saying.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char sayable_names[] = "text, context, question, answer, idea, last_idea, summary, "
                                    "commitment, follow_up, note, action, offer, lesson";

const char *saying_kind_names(void)
{
    return sayable_names;
}

bool saying_is_sayable(uint16_t kind)
{
    switch ((enum content_kind)kind) {
    case CONTENT_TEXT:
    case CONTENT_CONTEXT:
    case CONTENT_QUESTION:
    case CONTENT_ANSWER:
    case CONTENT_IDEA:
    case CONTENT_LAST_IDEA:
    case CONTENT_SUMMARY:
    case CONTENT_COMMITMENT:
    case CONTENT_FOLLOW_UP:
    case CONTENT_NOTE:
    case CONTENT_ACTION:
    case CONTENT_OFFER:
    case CONTENT_LESSON:
        return true;
    case CONTENT_SEALED:
    case CONTENT_HAND:
    case CONTENT_VOTE:
    case CONTENT_REVEAL:
    case CONTENT_HARVEST:
    case CONTENT_APPROVAL:
    case CONTENT_CHANNEL_STATE:
    case CONTENT_STAGE:
    case CONTENT_ADMISSION:
        return false;
    }
    return false;
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

static struct span optional_text(const char *text)
{
    return text == NULL ? SPAN_EMPTY : span_from_text(text);
}

enum status
saying_body(struct invocation *invocation, uint16_t kind, struct span text, struct saying *saying)
{
    const char *why = flag_value(invocation, "because", "why");
    const char *owner = arguments_value(&invocation->arguments, "owner");
    const char *by = flag_value(invocation, "by", "due");
    *saying = (struct saying){0};
    if (kind == CONTENT_IDEA || kind == CONTENT_LAST_IDEA) {
        saying->body.idea = (struct content_idea){text, optional_text(why)};
        return STATUS_OK;
    }
    if (kind == CONTENT_ACTION || kind == CONTENT_COMMITMENT) {
        saying->body.action = (struct content_action){.text = text, .owner = optional_text(owner)};
        return by == NULL ? STATUS_OK : saying_day(invocation, by, &saying->body.action.due);
    }
    saying->body.text = (struct content_text){text};
    return STATUS_OK;
}
