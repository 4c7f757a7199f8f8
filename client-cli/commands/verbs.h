/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The functions behind the table's rows, one file each or one file a noun.
 * Errors: statuses, explained with command_explain or engine_explain. Thread rule: the engine's.
 */
#ifndef WEFT_COMMANDS_VERBS_H
#define WEFT_COMMANDS_VERBS_H

#include "client-cli/commands/command.h"

MUST_CHECK enum status help_run(struct invocation *invocation);
MUST_CHECK enum status join_run(struct invocation *invocation);
MUST_CHECK enum status status_run(struct invocation *invocation);

MUST_CHECK enum status say_run(struct invocation *invocation);
MUST_CHECK enum status react_run(struct invocation *invocation);
MUST_CHECK enum status edit_run(struct invocation *invocation);
MUST_CHECK enum status delete_run(struct invocation *invocation);
MUST_CHECK enum status file_send_run(struct invocation *invocation);
MUST_CHECK enum status file_save_run(struct invocation *invocation);
MUST_CHECK enum status read_run(struct invocation *invocation);
MUST_CHECK enum status follow_run(struct invocation *invocation);
MUST_CHECK enum status history_run(struct invocation *invocation);
MUST_CHECK enum status search_run(struct invocation *invocation);
MUST_CHECK enum status sync_run(struct invocation *invocation);

MUST_CHECK enum status channel_list_run(struct invocation *invocation);
MUST_CHECK enum status channel_show_run(struct invocation *invocation);
MUST_CHECK enum status channel_create_run(struct invocation *invocation);
MUST_CHECK enum status channel_join_run(struct invocation *invocation);
MUST_CHECK enum status channel_leave_run(struct invocation *invocation);
MUST_CHECK enum status channel_resync_run(struct invocation *invocation);
MUST_CHECK enum status channel_set_run(struct invocation *invocation);
MUST_CHECK enum status channel_add_run(struct invocation *invocation);
MUST_CHECK enum status channel_refuse_run(struct invocation *invocation);
MUST_CHECK enum status channel_remove_run(struct invocation *invocation);
MUST_CHECK enum status channel_role_run(struct invocation *invocation);
MUST_CHECK enum status channel_knocks_run(struct invocation *invocation);

MUST_CHECK enum status device_list_run(struct invocation *invocation);
MUST_CHECK enum status device_add_run(struct invocation *invocation);
MUST_CHECK enum status device_link_run(struct invocation *invocation);
MUST_CHECK enum status device_revoke_run(struct invocation *invocation);
MUST_CHECK enum status device_reset_run(struct invocation *invocation);

MUST_CHECK enum status own_profile_show_run(struct invocation *invocation);
MUST_CHECK enum status own_profile_set_run(struct invocation *invocation);
MUST_CHECK enum status people_run(struct invocation *invocation);
MUST_CHECK enum status group_list_run(struct invocation *invocation);
MUST_CHECK enum status invitation_list_run(struct invocation *invocation);
MUST_CHECK enum status invitation_accept_run(struct invocation *invocation);
MUST_CHECK enum status invitation_decline_run(struct invocation *invocation);
MUST_CHECK enum status network_run(struct invocation *invocation);
MUST_CHECK enum status network_accept_run(struct invocation *invocation);
MUST_CHECK enum status network_decline_run(struct invocation *invocation);
MUST_CHECK enum status network_snooze_run(struct invocation *invocation);
MUST_CHECK enum status network_never_run(struct invocation *invocation);
MUST_CHECK enum status network_met_run(struct invocation *invocation);
MUST_CHECK enum status network_coffee_run(struct invocation *invocation);
MUST_CHECK enum status stats_run(struct invocation *invocation);

MUST_CHECK enum status stage_show_run(struct invocation *invocation);
MUST_CHECK enum status stage_next_run(struct invocation *invocation);
MUST_CHECK enum status stage_extend_run(struct invocation *invocation);
MUST_CHECK enum status stage_pause_run(struct invocation *invocation);
MUST_CHECK enum status stage_resume_run(struct invocation *invocation);
MUST_CHECK enum status stage_end_run(struct invocation *invocation);

MUST_CHECK enum status peer_assist_ask_run(struct invocation *invocation);
MUST_CHECK enum status peer_assist_propose_run(struct invocation *invocation);
MUST_CHECK enum status peer_assist_invite_run(struct invocation *invocation);
MUST_CHECK enum status peer_assist_open_run(struct invocation *invocation);
MUST_CHECK enum status peer_assist_role_run(struct invocation *invocation);

MUST_CHECK enum status harvest_run(struct invocation *invocation);

MUST_CHECK enum status review_start_run(struct invocation *invocation);
MUST_CHECK enum status review_reveal_run(struct invocation *invocation);
MUST_CHECK enum status review_approve_run(struct invocation *invocation);

#endif
