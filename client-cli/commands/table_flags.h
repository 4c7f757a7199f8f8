/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The flags of each command, for table.c: name, what its value is called (NULL: it takes none) and
 * what help says. Each list ends with a NULL name.
 * Thread rule: constant.
 */
#ifndef WEFT_COMMANDS_TABLE_FLAGS_H
#define WEFT_COMMANDS_TABLE_FLAGS_H

#include "client-cli/commands/command.h"

extern const struct flag table_flags_join[];
extern const struct flag table_flags_link[];
extern const struct flag table_flags_add[];
extern const struct flag table_flags_profile_set[];
extern const struct flag table_flags_say[];
extern const struct flag table_flags_react[];
extern const struct flag table_flags_edit[];
extern const struct flag table_flags_file_save[];
extern const struct flag table_flags_read[];
extern const struct flag table_flags_search[];
extern const struct flag table_flags_channel_list[];
extern const struct flag table_flags_channel_create[];
extern const struct flag table_flags_channel_set[];
extern const struct flag table_flags_channel_role[];
extern const struct flag table_flags_text[];
extern const struct flag table_flags_idea[];
extern const struct flag table_flags_action[];
extern const struct flag table_flags_ask[];
extern const struct flag table_flags_assisters[];
extern const struct flag table_flags_stats[];
extern const struct flag table_flags_harvest[];
extern const struct flag table_flags_review[];
extern const struct flag table_flags_approve[];
extern const struct flag table_flags_snooze[];
extern const struct flag table_flags_met[];

#endif
