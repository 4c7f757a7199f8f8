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
        return false;
    }
    return false;
}

/* YYYY-MM-DD as noon UTC, which is the same day nearly everywhere. */
static enum status read_day(struct invocation *invocation, const char *text, int64_t *time_ms)
{
    struct tm day = {0};
    const char *end = strptime(text, "%Y-%m-%d", &day);
    if (end == NULL || *end != '\0')
        return command_explain(invocation, STATUS_USAGE, "--by takes a day as 2026-12-31");
    day.tm_hour = 12;
    *time_ms = (int64_t)timegm(&day) * 1000;
    return STATUS_OK;
}

static struct span flag_text(const struct invocation *invocation, const char *flag)
{
    const char *value = arguments_value(&invocation->arguments, flag);
    return value == NULL ? SPAN_EMPTY : span_from_text(value);
}

enum status
saying_body(struct invocation *invocation, uint16_t kind, struct span text, struct saying *saying)
{
    const char *by = arguments_value(&invocation->arguments, "by");
    *saying = (struct saying){0};
    if (kind == CONTENT_IDEA || kind == CONTENT_LAST_IDEA) {
        saying->body.idea = (struct content_idea){text, flag_text(invocation, "because")};
        return STATUS_OK;
    }
    if (kind == CONTENT_ACTION || kind == CONTENT_COMMITMENT) {
        saying->body.action =
            (struct content_action){.text = text, .owner = flag_text(invocation, "owner")};
        return by == NULL ? STATUS_OK : read_day(invocation, by, &saying->body.action.due);
    }
    saying->body.text = (struct content_text){text};
    return STATUS_OK;
}
