/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/session_turn.h"

#include "protocol/content/kinds.h"
#include "protocol/wire/message_header.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Appends to the text, and cuts it at its end. */
__attribute__((format(printf, 3, 4))) static void
add(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text); /* always below the size */
    va_list values;
    va_start(values, format);
    vsnprintf(text + used, size - used, format, values);
    va_end(values);
}

void session_turn_speakers(const struct format *format,
                           const struct format_stage *stage,
                           char *text,
                           size_t size)
{
    size_t left = 0;
    bool begun = false;
    text[0] = '\0';
    if ((stage->speak & FORMAT_EVERYBODY) != 0) {
        add(text, size, "everybody");
        return;
    }
    for (size_t i = 0; i < format->role_count; i++)
        left += (stage->speak & format->roles[i].role) != 0;
    for (size_t i = 0; i < format->role_count; i++) {
        struct span title = format->roles[i].title;
        if ((stage->speak & format->roles[i].role) == 0)
            continue;
        left--;
        add(text, size, "%s%.*s",
            !begun      ? ""
            : left == 0 ? " and "
                        : ", ",
            (int)title.len, title.len == 0 ? "" : (const char *)title.ptr);
        begun = true;
    }
    if (!begun)
        add(text, size, "nobody");
}

void session_turn_command(uint16_t kind, char text[SESSION_TURN_COMMAND_SIZE])
{
    const struct content_kind_row *row = content_kind_find(kind);
    switch (kind) {
    case CONTENT_TEXT:
        snprintf(text, SESSION_TURN_COMMAND_SIZE, "say");
        return;
    case CONTENT_COMMITMENT:
        snprintf(text, SESSION_TURN_COMMAND_SIZE, "commit");
        return;
    case CONTENT_SEALED:
        snprintf(text, SESSION_TURN_COMMAND_SIZE, "review answer");
        return;
    default:
        snprintf(text, SESSION_TURN_COMMAND_SIZE, "%s", row == NULL ? "say" : row->name);
    }
    for (char *at = text; *at != '\0'; at++)
        if (*at == '_')
            *at = '-';
}

void session_turn_commands(const struct format_stage *stage, char *text, size_t size)
{
    text[0] = '\0';
    if (stage->kind_count == 0)
        add(text, size, "weft say");
    for (size_t i = 0; i < stage->kind_count; i++) {
        char command[SESSION_TURN_COMMAND_SIZE];
        session_turn_command(stage->kinds[i].kind, command);
        add(text, size, "%sweft %s",
            i == 0                       ? ""
            : i + 1 == stage->kind_count ? " or "
                                         : ", ",
            command);
    }
}

bool session_turn_refusal(const struct format *format,
                          const struct format_stage *stage,
                          bool paused,
                          uint16_t roles,
                          uint16_t kind,
                          char *text,
                          size_t size)
{
    const struct content_kind_row *row = content_kind_find(kind);
    char words[200];
    if (stage == NULL || row == NULL || row->lane != LANE_FLOOR)
        return false;
    int title = (int)stage->title.len;
    const char *title_text = title == 0 ? "" : (const char *)stage->title.ptr;
    if (paused) {
        snprintf(text, size,
                 "the session is paused in \"%.*s\". Notes are open meanwhile: weft note ...",
                 title, title_text);
        return true;
    }
    if (!format_may_speak(stage, roles)) {
        session_turn_speakers(format, stage, words, sizeof words);
        snprintf(text, size,
                 "in \"%.*s\" the floor is for: %s. Wait for the next stage; notes and offers are "
                 "always open: weft note ..., weft offer ...",
                 title, title_text, words);
        return true;
    }
    if (!format_allows_kind(stage, kind)) {
        session_turn_commands(stage, words, sizeof words);
        snprintf(text, size,
                 "\"%.*s\" asks for something else: use %s, or wait for the next stage. Notes are "
                 "always open: weft note ...",
                 title, title_text, words);
        return true;
    }
    return false;
}
