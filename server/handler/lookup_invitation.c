/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/handler/lookup_invitation.h"

#include "server/handler/lookup.h"
#include "server/store/channels.h"

static uint8_t wire_state(enum store_invitation_state state)
{
    switch (state) {
    case STORE_INVITATION_SENT:
    case STORE_INVITATION_SNOOZED:
        return INVITATION_OPEN;
    case STORE_INVITATION_ACCEPTED:
        return INVITATION_ACCEPTED;
    case STORE_INVITATION_DECLINED:
    case STORE_INVITATION_WITHDRAWN:
        return INVITATION_DECLINED;
    }
    return INVITATION_DECLINED;
}

enum status lookup_invitation(struct store_db *db,
                              const struct store_invitation *stored,
                              struct arena *arena,
                              struct wire_invitation *invitation)
{
    struct store_channel channel;
    struct wire_person by;
    TRY(store_channels_get(db, &stored->channel, arena, &channel));
    TRY(lookup_person(db, &stored->invited_by, false, arena, &by));
    *invitation = (struct wire_invitation){
        .invitation = stored->invitation,
        .channel = stored->channel,
        .title = channel.title,
        .brief = channel.brief,
        .by = stored->invited_by,
        .by_name = by.name,
        .by_group = by.group_name,
        .reason = stored->reason,
        .state = wire_state(stored->state),
        .time = stored->created_at_ms,
    };
    return STATUS_OK;
}
