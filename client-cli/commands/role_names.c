/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/role_names.h"

#include "protocol/channel/extension.h"

#include <stdio.h>
#include <string.h>

struct role_name {
    const char *name;
    uint16_t role;
};

static const struct role_name names[] = {
    {"facilitator", CHANNEL_ROLE_FACILITATOR}, {"sponsor", CHANNEL_ROLE_SPONSOR},
    {"assistee", CHANNEL_ROLE_HOST},           {"assister", CHANNEL_ROLE_ASSISTER},
    {"note-taker", CHANNEL_ROLE_NOTE_TAKER},
};
static const size_t name_count = sizeof names / sizeof *names;

/* As guides to peer assists say it too; typed, and never shown. */
static const char assistee_otherwise[] = "host";

enum status role_names_find(struct invocation *invocation, const char *name, uint16_t *role)
{
    const char *wanted = strcmp(name, assistee_otherwise) == 0 ? "assistee" : name;
    for (size_t i = 0; i < name_count; i++) {
        if (strcmp(names[i].name, wanted) == 0) {
            *role = names[i].role;
            return STATUS_OK;
        }
    }
    return command_explain(invocation, STATUS_USAGE,
                           "\"%s\" is no role; one of: facilitator, sponsor, assistee, assister, "
                           "note-taker",
                           name);
}

void role_names_text(uint16_t roles, char text[ROLE_NAMES_SIZE])
{
    text[0] = '\0';
    for (size_t i = 0; i < name_count; i++) {
        size_t used = strlen(text);
        if ((roles & names[i].role) != 0)
            snprintf(text + used, ROLE_NAMES_SIZE - used, "%s%s", used == 0 ? "" : ", ",
                     names[i].name);
    }
}
