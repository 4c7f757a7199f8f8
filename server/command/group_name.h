/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A group of a document of figures/ for a terminal: its name, cleaned, or what stands for it.
 */
#ifndef WEFT_COMMAND_GROUP_NAME_H
#define WEFT_COMMAND_GROUP_NAME_H

#include "server/command/command.h"

const char *group_name_text(struct command_call *call, const json_t *name);

#endif
