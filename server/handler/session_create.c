/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A session is made by whoever asks for help or facilitates, with the very format that the
 * channel's members agreed on: its digest stands in their group context.
 */
#include "protocol/base/limits.h"
#include "protocol/format/format.h"
#include "protocol/wire/sessions.h"
#include "server/handler/handler.h"
#include "server/stage/stage.h"

static enum status check_format(const struct channel *channel, struct span bytes)
{
    uint8_t digest[FORMAT_DIGEST_SIZE];
    TRY(format_digest(bytes, digest));
    return span_equal(SPAN_OF(digest), channel->extension.format_digest) ? STATUS_OK
                                                                         : STATUS_INVALID;
}

static enum status check(const struct channel *channel, struct call *call, const char **detail)
{
    const struct wire_session_create_request *request = call->request;
    const uint16_t makers = CHANNEL_ROLE_FACILITATOR | CHANNEL_ROLE_HOST;
    if ((channel_roles(channel, &call->person) & makers) == 0) {
        *detail = "only a facilitator or the assistee makes a session";
        return STATUS_DENIED;
    }
    *detail = "the format is not the one that the channel's members agreed on";
    TRY(check_format(channel, request->format));
    *detail = "this format cannot be run";
    struct format format;
    TRY(format_decode(request->format, &call->arena, &format));
    *detail = "a session needs an id";
    return id_is_none(&request->session) ? STATUS_INVALID : STATUS_OK;
}

void session_create_handle(struct services *services, struct channel *channel, struct call *call)
{
    const char *detail = NULL;
    enum status status = check(channel, call, &detail);
    if (status == STATUS_OK)
        stage_create(services->stage, channel, call);
    else
        call_fail(call, status, detail);
}
