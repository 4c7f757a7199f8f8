/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/group_name.h"

const char *group_name_text(struct command_call *call, const json_t *name)
{
    if (!json_is_string(name))
        return "smaller groups";
    if (json_string_length(name) == 0)
        return "no group";
    return command_clean(call, span_of(json_string_value(name), json_string_length(name)));
}
