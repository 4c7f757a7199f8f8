/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft status: who, where, which channels, whether the server answers, and news from it. */
#include "client-cli/commands/verbs.h"
#include "client-cli/core/channel.h"
#include "client-cli/core/introductions.h"
#include "client-cli/core/invitations.h"
#include "client-cli/core/knocks.h"

static const char *state_name(const struct channel *channel)
{
    switch ((enum channel_state)channel->state) {
    case CHANNEL_STATE_CREATING:
        return "not confirmed by the server yet";
    case CHANNEL_STATE_MEMBER:
        return channel->confirmed ? "member" : "member, unconfirmed";
    case CHANNEL_STATE_LEFT:
        return "left";
    case CHANNEL_STATE_REMOVED:
        return "removed";
    case CHANNEL_STATE_STUCK:
        return "stuck: weft channel resync";
    case CHANNEL_STATE_CONTINUING:
        return "begun anew, not confirmed by the server yet";
    case CHANNEL_STATE_AWAITING:
        return "begun anew, waits to be let in";
    }
    return "unknown";
}

static void show_channel(struct out *out, const struct channel *channel)
{
    char id[ID_TEXT_SIZE];
    id_text(&channel->id, id);
    out_line(out, "  %.8s  %.*s (%s)", id, OUT_SPAN(channel->title), state_name(channel));
    out_record(out, json_pack("{s:s, s:s, s:o, s:s, s:I}", "type", "channel", "channel", id,
                              "title", out_json_text(channel->title), "state", state_name(channel),
                              "sequence", (json_int_t)channel->cursor));
}

enum status status_run(struct invocation *invocation)
{
    struct engine *engine = invocation->engine;
    struct out *out = invocation->out;
    const struct account *account = &engine->account;
    char person[ID_TEXT_SIZE];
    char device[ID_TEXT_SIZE];
    id_text(&account->person, person);
    id_text(&account->device, device);
    enum status reached = engine_connect(engine);
    uint64_t log_size = directory_log_of(engine->directory)->size;
    out_heading(out, "%.*s in %.*s", OUT_SPAN(account->name), OUT_SPAN(account->community));
    out_line(out, "person %s, device %.8s", person, device);
    out_line(out, "server %.*s:%u, %s", OUT_SPAN(account->host), account->port,
             reached == STATUS_OK          ? "reached and verified"
             : engine_is_connected(engine) ? "reached and verified, but not logged in"
                                           : "not reached");
    out_line(out, "directory of devices: %llu %s, verified", (unsigned long long)log_size,
             log_size == 1 ? "entry" : "entries");
    out_record(out,
               json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:i, s:b, s:I}", "type", "status",
                         "person", person, "device", device, "name", out_json_text(account->name),
                         "community", out_json_text(account->community), "host",
                         out_json_text(account->host), "port", (int)account->port, "connected",
                         reached == STATUS_OK, "directory_entries", (json_int_t)log_size));
    for (const struct channel *channel = engine->channels; channel != NULL; channel = channel->next)
        show_channel(out, channel);
    TRY(reached);
    TRY(knocks_look(engine));
    TRY(invitations_look(engine));
    return introductions_look(engine);
}
