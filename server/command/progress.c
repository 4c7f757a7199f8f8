/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *step_text(enum progress_step step)
{
    switch (step) {
    case PROGRESS_NONE:
        return "";
    case PROGRESS_READ:
        return "reading the tables";
    case PROGRESS_WRITE:
        return "writing";
    case PROGRESS_COPY:
        return "copying";
    case PROGRESS_CHECK:
        return "checking the database";
    case PROGRESS_FILES:
        return "files";
    }
    return "";
}

void progress_text(enum progress_step step, int percent, char text[PROGRESS_TEXT_SIZE])
{
    if (percent < 0)
        snprintf(text, PROGRESS_TEXT_SIZE, "%s", step_text(step));
    else
        snprintf(text, PROGRESS_TEXT_SIZE, "%s: %d %%", step_text(step), percent);
}

bool progress_is_wanted(void)
{
    const char *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) != 0 && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

void progress_show(enum progress_step step, int percent)
{
    char text[PROGRESS_TEXT_SIZE];
    progress_text(step, percent, text);
    progress_show_text(text);
}

void progress_show_text(const char *text)
{
    if (!progress_is_wanted())
        return;
    /* To the beginning of the line, and what was there is erased. */
    fprintf(stderr, "\r\033[K%s", text);
    fflush(stderr);
}
