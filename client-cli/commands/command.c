/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/command.h"

#include "client-cli/core/channel.h"
#include "client-cli/core/events.h"

#include <stdarg.h>
#include <stdio.h>

enum status
command_explain(struct invocation *invocation, enum status status, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(invocation->explanation, sizeof invocation->explanation, format, values);
    va_end(values);
    return status;
}

static void show_error(struct invocation *invocation, enum status status)
{
    const char *text = invocation->explanation;
    if (text[0] == '\0' && invocation->engine != NULL)
        text = engine_explanation(invocation->engine);
    if (text[0] == '\0')
        text = invocation->arguments.problem;
    if (text[0] != '\0') {
        out_error(invocation->out, status, text);
        return;
    }
    /* Nobody knew more than the status: its text lacks a subject. */
    char plain[160];
    snprintf(plain, sizeof plain, "this could not be done: %s", status_text(status));
    out_error(invocation->out, status, plain);
}

static enum status check_count(struct invocation *invocation)
{
    const struct command *command = invocation->command;
    size_t count = invocation->arguments.positional_count;
    if (count >= command->positional_min && count <= command->positional_max)
        return STATUS_OK;
    return command_explain(invocation, STATUS_USAGE, "usage: weft %s%s%s %s", command->noun,
                           command->verb == NULL ? "" : " ",
                           command->verb == NULL ? "" : command->verb, command->usage);
}

/* What the server asked of us meanwhile: while we keep it waiting, it asks nobody else. Damage that
 * is met in a channel is no failure of the command, which is done, nor is a connection that ends:
 * whoever reads so does it twice. */
static enum status handle_events(struct engine *engine)
{
    enum status status = events_handle_all(engine);
    if (status == STATUS_CORRUPT)
        engine_notice(engine, NULL,
                      "What you asked for is done. Of what this device keeps, something is "
                      "damaged");
    else if (status == STATUS_NETWORK || status == STATUS_TIMEOUT)
        engine_notice(engine, NULL, "What you asked for is done. Then the connection ended");
    else
        return status;
    engine_forget_explanation(engine);
    return STATUS_OK;
}

static enum status prepare_and_run(struct invocation *invocation)
{
    TRY(check_count(invocation));
    if (invocation->command->needs == COMMAND_NEEDS_CONNECTION)
        TRY(engine_connect(invocation->engine));
    TRY(invocation->command->run(invocation));
    if (invocation->engine != NULL && engine_is_connected(invocation->engine) &&
        invocation->engine->logged_in)
        TRY(handle_events(invocation->engine));
    return STATUS_OK;
}

static void show_notice(void *context, const struct channel *channel, const char *text)
{
    struct invocation *invocation = context;
    char id[ID_TEXT_SIZE];
    struct span about = channel == NULL ? SPAN_EMPTY : channel->title;
    if (channel != NULL && about.len == 0) { /* its title comes with the first that is read */
        id_text(&channel->id, id);
        about = span_of(id, 8);
    }
    out_notice(invocation->out, about, text);
}

void command_listen(struct invocation *invocation)
{
    struct engine_listener listener = {.notice = show_notice, .context = invocation};
    engine_listen(invocation->engine, &listener);
}

/* Notices go to whoever asked, unless somebody (follow) shows them already. */
static enum status run_with_notices(struct invocation *invocation)
{
    struct engine *engine = invocation->engine;
    if (engine == NULL || engine->listener.notice != NULL)
        return prepare_and_run(invocation);
    struct engine_listener before = engine->listener;
    command_listen(invocation);
    enum status status = prepare_and_run(invocation);
    engine_listen(engine, &before);
    return status;
}

enum status command_run(struct invocation *invocation)
{
    if (invocation->engine != NULL)
        engine_forget_explanation(invocation->engine);
    enum status status = run_with_notices(invocation);
    if (status != STATUS_OK)
        show_error(invocation, status);
    return status;
}
