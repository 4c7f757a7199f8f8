/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/fresh_profile.h"

#include "client-cli/commands/terminal.h"
#include "protocol/crypto/random_system.h"

#include <string.h>

#define PASSPHRASE_BYTES_MAX 1024
#define PASSPHRASE_BYTES_MIN 8

static struct span given_link(const struct invocation *invocation)
{
    const char *argument = invocation->arguments.positional[0];
    if (strcmp(argument, "-") != 0)
        return span_from_text(argument);
    struct span link = invocation->input;
    while (link.len != 0 && strchr(" \r\n", link.ptr[link.len - 1]) != NULL)
        link.len--;
    return link;
}

enum status fresh_profile_link(struct invocation *invocation, struct invite_link *link)
{
    if (invite_link_parse(given_link(invocation), link) == STATUS_OK)
        return STATUS_OK;
    return command_explain(invocation, STATUS_USAGE,
                           "that is not a link of Weft: it begins with weft:// and must be copied "
                           "whole, with what follows #");
}

static enum status ask_passphrase(struct invocation *invocation, struct buffer *passphrase)
{
    if (!arguments_has(&invocation->arguments, "passphrase"))
        return STATUS_OK;
    TRY(terminal_ask_secret("A passphrase for this profile:", passphrase));
    if (passphrase->len < PASSPHRASE_BYTES_MIN)
        return command_explain(invocation, STATUS_USAGE, "a passphrase has at least %d characters",
                               PASSPHRASE_BYTES_MIN);
    return STATUS_OK;
}

enum status fresh_profile_open(struct invocation *invocation, struct engine **engine)
{
    CLEANUP(buffer_clear) struct buffer passphrase = BUFFER_INIT(PASSPHRASE_BYTES_MAX);
    pid_t holder = 0;
    TRY(ask_passphrase(invocation, &passphrase));
    struct engine_options options = {.directory = invocation->profile_directory,
                                     .passphrase = buffer_span(&passphrase),
                                     .random = random_system()};
    enum status status = engine_create(&options, engine, &holder);
    if (status == STATUS_EXISTS)
        status = engine_open(&options, engine, &holder);
    if (status == STATUS_LOCKED)
        return command_explain(invocation, status, "this profile is in use by process %ld",
                               (long)holder);
    if (status == STATUS_OK && (*engine)->account.joined != 0) {
        engine_close(engine);
        return command_explain(invocation, STATUS_EXISTS,
                               "this profile has joined already: weft status shows where. Take "
                               "another with --profile NAME");
    }
    return status;
}
