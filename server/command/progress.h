/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * How far a command is that takes a while: one line on the terminal of whoever called it, which the
 * next one replaces. The line goes to the standard error, so that what is printed stays as it is.
 * Thread rule: one thread at a time.
 */
#ifndef WEFT_COMMAND_PROGRESS_H
#define WEFT_COMMAND_PROGRESS_H

#include <stdbool.h>

enum progress_step {
    PROGRESS_NONE,  /* the line is removed: something else is to be written */
    PROGRESS_READ,  /* tables of an import */
    PROGRESS_WRITE, /* what was read, into the store */
    PROGRESS_COPY,
    PROGRESS_CHECK, /* a database */
    PROGRESS_FILES, /* that members sent */
};

#define PROGRESS_TEXT_SIZE 64

/* "copying: 40 %"; without a number when nobody can know `percent`, which is then negative. */
void progress_text(enum progress_step step, int percent, char text[PROGRESS_TEXT_SIZE]);

/* Whether there is a terminal that can replace a line. */
bool progress_is_wanted(void);

/* Shows it, where it is wanted. */
void progress_show(enum progress_step step, int percent);

/* The same of a text that another process made with progress_text. */
void progress_show_text(const char *text);

#endif
