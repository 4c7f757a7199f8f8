/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/channel_out.h"

#include "client-cli/core/people.h"
#include "protocol/channel/leave.h"
#include "protocol/channel/policy.h"
#include "protocol/wire/message_header.h"

/* Whether one of our own devices has asked for it, as the policy checks it: a commit of a
 * facilitator needs no request, and may carry any. */
static bool is_own_leave(const struct engine *engine,
                         const struct channel *channel,
                         const struct message_header *header)
{
    const struct mls_tree *before = mls_public_group_tree(mls_group_public(channel->group));
    for (size_t i = 0; i < header->leave_count; i++)
        if (channel_leave_is_of(&header->leaves[i], &channel->id, channel->generation, before,
                                engine->directory, header->log_size, &engine->account.person))
            return true;
    return false;
}

/* Whatever is none of the others is a facilitator's will. */
static enum channel_out_reason reason_of(const struct engine *engine,
                                         const struct channel *channel,
                                         const struct channel_extension *rules,
                                         const struct message_header *header)
{
    const struct account *own = &engine->account;
    enum status listed = directory_check_leaf_at(engine->directory, header->log_size, &own->person,
                                                 &own->device, SPAN_OF(own->leaf_public));
    if (listed == STATUS_DENIED)
        return CHANNEL_OUT_SHUT_OUT;
    if (channel_extension_dormant(rules, &own->device) != NULL)
        return CHANNEL_OUT_ABSENT;
    return is_own_leave(engine, channel, header) ? CHANNEL_OUT_LEFT : CHANNEL_OUT_REMOVED;
}

enum status channel_out_note(struct engine *engine,
                             struct channel *channel,
                             const struct mls_staged_commit *staged,
                             struct span header,
                             const struct id *by)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct channel_extension rules;
    struct message_header decoded;
    TRY(channel_policy_extension(mls_staged_commit_group(staged), &arena, &rules));
    TRY(message_header_decode(header, &arena, &decoded));
    channel->out_by = *by;
    bool copy = mls_staged_commit_is_external(staged);
    channel->out =
        (uint8_t)(copy ? CHANNEL_OUT_COPY : reason_of(engine, channel, &rules, &decoded));
    return STATUS_OK;
}

/* What is said before and after the name of whose commit it was. */
static const struct {
    const char *before;
    const char *after;
} texts[] = {
    [CHANNEL_OUT_REMOVED] = {"", ", a facilitator of this channel, removed you from it: the change "
                                 "is signed, and this weft has checked it. weft read shows what "
                                 "you could read until then"},
    [CHANNEL_OUT_LEFT] = {"You left this channel with another device, and ",
                          "'s weft took this one out, too"},
    [CHANNEL_OUT_SHUT_OUT] = {"This device was shut out, as the directory said, and so ",
                              "'s weft took it out of this channel"},
    [CHANNEL_OUT_ABSENT] = {"This device was not seen for long, as the server said, and so ",
                            "'s weft took it out of this channel: ask somebody who is in it to let "
                            "you in"},
    [CHANNEL_OUT_COPY] = {"A copy of this profile (", ") joined this channel anew, and took this "
                                                      "device out: weft channel resync takes it "
                                                      "back in"},
};

void channel_out_tell(struct engine *engine, const struct channel *channel)
{
    struct people_name by;
    people_name_learned(engine, &channel->out_by, &by);
    engine_notice(engine, channel, "%s%s%s", texts[channel->out].before, by.name,
                  texts[channel->out].after);
}

enum status channel_out_explain_unproven(struct engine *engine)
{
    return engine_explain(engine, STATUS_REMOVED,
                          "the server says that you are not in this channel any more, and nothing "
                          "that its members have signed shows it: ask somebody who is in it. weft "
                          "channel leave ends that, weft channel resync contradicts it");
}
