/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/table.h"

#include "client-cli/commands/verbs.h"

#include <string.h>

const struct flag command_common_flags[] = {
    {"profile", "NAME", "which profile (default: $WEFT_PROFILE, or \"default\")"},
    {"json", NULL, "JSON, one object a line"},
    {"help", NULL, "this help"},
    {NULL, NULL, NULL},
};

static const struct flag join_flags[] = {
    {"name", "NAME", "how others will see you"},
    {"yes", NULL, "you have read the notice and agree"},
    {"passphrase", NULL, "protect this profile with a passphrase that is asked for each time"},
    {NULL, NULL, NULL},
};

const struct command command_table[] = {
    {.noun = "help",
     .run = help_run,
     .usage = "[COMMAND...]",
     .summary = "what there is, or how a command is used",
     .positional_max = 2},
    {.noun = "join",
     .run = join_run,
     .usage = "LINK",
     .summary = "join a community with an invite link",
     .details = "Shows who keeps what for how long, and asks before anything is sent.",
     .flags = join_flags,
     .traits = COMMAND_ASKS,
     .positional_min = 1,
     .positional_max = 1},
    {.noun = "status",
     .run = status_run,
     .usage = "",
     .summary = "who you are here, your channels, whether the server can be reached",
     .needs = COMMAND_NEEDS_VAULT},
};
const size_t command_table_count = sizeof command_table / sizeof *command_table;

const struct command *table_find(int argc, const char *const *argv, int *words)
{
    const struct command *alone = NULL;
    for (size_t i = 0; argc > 0 && i < command_table_count; i++) {
        const struct command *command = &command_table[i];
        if (strcmp(command->noun, argv[0]) != 0)
            continue;
        if (command->verb == NULL) {
            alone = command;
        } else if (argc > 1 && strcmp(command->verb, argv[1]) == 0) {
            *words = 2;
            return command;
        }
    }
    *words = 1;
    return alone;
}

bool table_has_noun(const char *noun)
{
    for (size_t i = 0; i < command_table_count; i++)
        if (strcmp(command_table[i].noun, noun) == 0)
            return true;
    return false;
}
