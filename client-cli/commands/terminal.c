/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Of a terminal that does not say. */
#define COLUMNS_USUAL 80

static enum status read_line(struct buffer *answer)
{
    uint8_t byte;
    ssize_t count;
    while ((count = read(STDIN_FILENO, &byte, 1)) == 1 && byte != '\n')
        TRY(buffer_append(answer, span_of(&byte, 1)));
    if (count < 0 || (count == 0 && answer->len == 0))
        return STATUS_CANCELLED;
    if (answer->len != 0 && answer->ptr[answer->len - 1] == '\r')
        buffer_truncate(answer, answer->len - 1);
    return STATUS_OK;
}

static enum status ask(const char *question, struct buffer *answer)
{
    fprintf(stderr, "%s ", question);
    fflush(stderr);
    return read_line(answer);
}

enum status terminal_ask(const char *question, struct buffer *answer)
{
    enum status status = ask(question, answer);
    /* Nobody ended the line by typing. */
    if (isatty(STDERR_FILENO) != 0 && (status != STATUS_OK || isatty(STDIN_FILENO) == 0))
        fputc('\n', stderr);
    return status;
}

enum status terminal_ask_secret(const char *question, struct buffer *answer)
{
    struct termios shown;
    bool terminal = tcgetattr(STDIN_FILENO, &shown) == 0;
    if (terminal) {
        struct termios hidden = shown;
        hidden.c_lflag &= (tcflag_t)~ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    enum status status = ask(question, answer);
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        fputc('\n', stderr);
    }
    return status;
}

bool terminal_has_colour(void)
{
    const char *refused = getenv("NO_COLOR"); /* no-color.org: present and not empty */
    return isatty(STDOUT_FILENO) != 0 && (refused == NULL || refused[0] == '\0');
}

size_t terminal_columns(int descriptor)
{
    struct winsize size = {0};
    if (isatty(descriptor) == 0)
        return 0;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col != 0 ? size.ws_col
                                                                         : COLUMNS_USUAL;
}

bool terminal_replaces_lines(int descriptor)
{
    const char *kind = getenv("TERM");
    return isatty(descriptor) != 0 && kind != NULL && strcmp(kind, "dumb") != 0;
}
