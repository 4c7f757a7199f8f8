/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/own_channel.h"

#include "client-cli/commands/find.h"

#include <string.h>

static bool is_present(const struct channel *channel)
{
    return channel->state == CHANNEL_STATE_MEMBER || channel->state == CHANNEL_STATE_CREATING ||
           channel->state == CHANNEL_STATE_STUCK || channel->state == CHANNEL_STATE_CONTINUING ||
           channel->state == CHANNEL_STATE_AWAITING;
}

static size_t count_present(const struct engine *engine, struct channel **last)
{
    size_t count = 0;
    for (struct channel *channel = engine->channels; channel != NULL; channel = channel->next) {
        if (!is_present(channel))
            continue;
        *last = channel;
        count++;
    }
    return count;
}

const struct channel *own_channel_only(const struct engine *engine)
{
    struct channel *only = NULL;
    return count_present(engine, &only) == 1 ? only : NULL;
}

static enum status search(const struct engine *engine, const char *text, struct channel **channel)
{
    struct find find;
    size_t at = 0;
    find_begin(&find, text);
    for (struct channel *offered = engine->channels; offered != NULL; offered = offered->next)
        find_offer(&find, &offered->id, offered->title);
    TRY(find_finish(&find, &at));
    struct channel *found = engine->channels;
    while (at-- > 0)
        found = found->next;
    *channel = found;
    return STATUS_OK;
}

/* Somebody may have let us in since the vault was last open. */
static void look_for_welcomes(struct engine *engine)
{
    if (!engine_is_connected(engine) && engine_connect(engine) != STATUS_OK)
        engine_forget_explanation(engine); /* what is here is what there is */
}

/* In the words of the command, for which the channel is optional otherwise. */
static enum status ask_which(struct invocation *invocation)
{
    static const char optional[] = "[CHANNEL]";
    const struct command *command = invocation->command;
    if (strncmp(command->usage, optional, strlen(optional)) != 0)
        return command_explain(invocation, STATUS_USAGE,
                               "say which channel: weft status lists yours");
    return command_explain(invocation, STATUS_USAGE,
                           "say which channel (weft status lists yours): weft %s%s%s CHANNEL%s",
                           command->noun, command->verb == NULL ? "" : " ",
                           command->verb == NULL ? "" : command->verb,
                           command->usage + strlen(optional));
}

enum status
own_channel_find(struct invocation *invocation, const char *text, struct channel **channel)
{
    struct engine *engine = invocation->engine;
    if (text != NULL) {
        enum status status = search(engine, text, channel);
        if (status == STATUS_NOT_FOUND) {
            look_for_welcomes(engine);
            status = search(engine, text, channel);
        }
        if (status == STATUS_NOT_FOUND)
            return command_explain(invocation, status,
                                   "you are in no channel called \"%s\": weft status lists yours, "
                                   "weft channel list those that you may join, with weft channel "
                                   "join",
                                   text);
        if (status == STATUS_CONFLICT)
            return command_explain(invocation, status,
                                   "several channels are called \"%s...\": say more of the title, "
                                   "or an id from weft status",
                                   text);
        return status;
    }
    struct channel *only = NULL;
    if (count_present(engine, &only) != 1)
        look_for_welcomes(engine);
    size_t count = count_present(engine, &only);
    if (count == 0)
        return command_explain(invocation, STATUS_USAGE,
                               "you are in no channel: weft channel list shows those that you may "
                               "join, with weft channel join");
    if (count > 1)
        return ask_which(invocation);
    *channel = only;
    return STATUS_OK;
}

enum status own_channel_take(struct invocation *invocation, size_t *at, struct channel **channel)
{
    const struct arguments *arguments = &invocation->arguments;
    if (*at + 1 == arguments->positional_count)
        return own_channel_find(invocation, NULL, channel);
    return own_channel_find(invocation, arguments->positional[(*at)++], channel);
}
