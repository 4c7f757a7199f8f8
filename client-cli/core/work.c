/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/work.h"

#include "client-cli/core/admission.h"
#include "client-cli/core/channel_commit.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/channel_say.h"
#include "client-cli/core/dormant.h"
#include "client-cli/core/events.h"
#include "client-cli/core/people.h"
#include "client-cli/core/replica.h"
#include "protocol/channel/identity.h"
#include "protocol/channel/leave.h"
#include "protocol/mls/public/path_costs.h"

/* A round may show further work; a server that shows the same again and again is left alone. */
#define WORK_ROUNDS_MAX 20

/* The server asks one member for 5 s, then the next. */
#define AWAIT_MS 12000
#define AWAIT_STEP_MS 100

/* The leaf of a device, or MLS_NO_LEAF. */
static uint32_t
leaf_of(const struct channel *channel, const struct id *person, const struct id *device)
{
    const struct mls_tree *tree = mls_public_group_tree(mls_group_public(channel->group));
    uint8_t bytes[CHANNEL_IDENTITY_SIZE];
    struct channel_identity identity = {*person, *device};
    channel_identity_encode(&identity, bytes);
    struct mls_credential credential = {.type = MLS_CREDENTIAL_BASIC, .content = SPAN_OF(bytes)};
    return mls_tree_find_credential(tree, &credential);
}

/* A KeyPackage is of the device that it is said to be of, and that device is in the directory. */
static enum status check_add(const struct engine *engine,
                             const struct wire_work_add *add,
                             const struct mls_key_package_checked *checked)
{
    struct channel_identity identity;
    const struct mls_leaf_node *leaf = &checked->package.leaf_node;
    TRY(channel_identity_decode(&leaf->credential, &identity));
    if (!id_equal(&identity.person, &add->person) || !id_equal(&identity.device, &add->device))
        return STATUS_UNTRUSTED;
    return directory_check_leaf(engine->directory, &add->person, &add->device, leaf->signature_key);
}

static enum status propose_add(struct engine *engine,
                               struct channel *channel,
                               const struct wire_work_add *add,
                               struct channel_proposals *proposals)
{
    struct mls_options options;
    void *place = NULL;
    if (leaf_of(channel, &add->person, &add->device) != MLS_NO_LEAF)
        return STATUS_OK;
    enum status admitted = admission_check(engine, channel, &add->person, &add->device);
    if (admitted == STATUS_DENIED) {
        engine_notice(
            engine, channel,
            "The server asks to let somebody in whom nobody admitted while you were here: "
            "not done. weft channel add lets a person in");
        return STATUS_OK;
    }
    TRY(admitted);
    TRY(arena_take(&proposals->arena, 1, sizeof(struct mls_key_package_checked), &place));
    struct mls_key_package_checked *checked = place;
    engine_mls_options(engine, &options);
    enum status status = mls_key_package_check(add->key_package, &options, checked);
    if (status == STATUS_OK)
        status = check_add(engine, add, checked);
    if (status != STATUS_OK) {
        engine_notice(engine, channel,
                      "The server offered a device that does not check out (%s): not let in",
                      status_text(status));
        return STATUS_OK;
    }
    proposals->items[proposals->count++] =
        (struct mls_proposal){.type = MLS_PROPOSAL_ADD, .add = &checked->package};
    return STATUS_OK;
}

static bool is_shut_out(const struct engine *engine,
                        const struct wire_work_remove *removal,
                        const struct mls_leaf_node *leaf)
{
    return directory_check_leaf(engine->directory, &removal->person, &removal->device,
                                leaf->signature_key) == STATUS_DENIED;
}

static bool is_absent(const struct engine *engine, const struct wire_work_remove *removal)
{
    return directory_was_absent(engine->directory, UINT64_MAX, &removal->device);
}

static bool has_left(const struct engine *engine,
                     const struct channel *channel,
                     const struct wire_work_remove *removal)
{
    const struct mls_tree *tree = mls_public_group_tree(mls_group_public(channel->group));
    return removal->reason == REMOVE_LEFT &&
           channel_leave_is_of(&removal->leave, &channel->id, channel->generation, tree,
                               engine->directory, directory_log_of(engine->directory)->size,
                               &removal->person);
}

static void propose_removal(struct engine *engine,
                            struct channel *channel,
                            const struct wire_work_remove *removal,
                            bool spoke_lately,
                            struct channel_proposals *proposals)
{
    const struct mls_tree *tree = mls_public_group_tree(mls_group_public(channel->group));
    uint32_t leaf = leaf_of(channel, &removal->person, &removal->device);
    if (leaf == MLS_NO_LEAF || leaf == mls_group_own_leaf(channel->group))
        return;
    /* The server's word is not enough; and who is shut out need not have asked for anything. */
    bool shut_out = is_shut_out(engine, removal, mls_tree_leaf(tree, leaf));
    bool absent = !spoke_lately && is_absent(engine, removal);
    bool left = has_left(engine, channel, removal);
    if (!shut_out && !left && !absent) {
        engine_notice(engine, channel,
                      removal->reason == REMOVE_ABSENT
                          ? "The server asked to remove somebody as long away who has spoken here "
                            "lately: not done"
                          : "The server asked to remove somebody without a reason that can be "
                            "checked: not done");
        return;
    }
    proposals->items[proposals->count++] =
        (struct mls_proposal){.type = MLS_PROPOSAL_REMOVE, .removed = leaf};
    if (!shut_out && left)
        proposals->leaves[proposals->leave_count++] = removal->leave;
}

/* Who spoke lately is looked up for all of them at once, and only if it matters. */
static enum status propose_removals(struct engine *engine,
                                    struct channel *channel,
                                    const struct wire_work *work,
                                    struct channel_proposals *proposals)
{
    void *place = NULL;
    bool any_absent = false;
    if (work->remove_count == 0)
        return STATUS_OK;
    TRY(arena_take(&proposals->arena, work->remove_count, sizeof(bool), &place));
    bool *spoke = place;
    for (size_t i = 0; i < work->remove_count; i++)
        any_absent = any_absent || is_absent(engine, &work->removes[i]);
    if (any_absent)
        dormant_spoke_lately(engine, channel, work->removes, work->remove_count, spoke);
    for (size_t i = 0; i < work->remove_count && proposals->count < LIMIT_ADDS_PER_COMMIT; i++)
        propose_removal(engine, channel, &work->removes[i], spoke[i], proposals);
    return dormant_settle(engine, channel, NULL, proposals);
}

/* However often the server asks, a path is made only where it fills a blank node, and then none is
 * blank above our leaf until somebody comes or goes. */
static bool path_helps(const struct channel *channel)
{
    const struct mls_tree *tree = mls_public_group_tree(mls_group_public(channel->group));
    return mls_path_has_blank(tree, mls_group_own_leaf(channel->group));
}

static enum status propose(struct engine *engine,
                           struct channel *channel,
                           void *context,
                           struct channel_proposals *proposals)
{
    const struct wire_work *work = context;
    if (work->generation != channel->generation)
        return STATUS_OK; /* the channel has gone on since it was asked for */
    proposals->work = work->work;
    proposals->path = work->path && path_helps(channel);
    for (size_t i = 0; i < work->add_count && proposals->count < LIMIT_ADDS_PER_COMMIT; i++)
        TRY(propose_add(engine, channel, &work->adds[i], proposals));
    return propose_removals(engine, channel, work, proposals);
}

/* Newcomers of an unlisted channel cannot know its title. */
static enum status say_title(struct engine *engine, struct channel *channel)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct channel_extension extension;
    struct channel_said said;
    TRY(channel_need_group(engine, channel));
    TRY(channel_extension(channel, &arena, &extension));
    if (channel_extension_is_listed(&extension) || channel->title.len == 0)
        return STATUS_OK;
    struct content_channel_state state = {channel->title, channel->brief};
    return channel_say(engine, channel, CONTENT_CHANNEL_STATE, NULL, &state, &said);
}

static enum status
commit(struct engine *engine, struct channel *channel, const struct wire_work *work, bool *done)
{
    struct wire_work copy = *work;
    struct channel_change change = {.propose = propose, .context = &copy};
    TRY(replica_update(engine, SPAN_EMPTY));
    TRY(channel_commit(engine, channel, &change, done));
    return *done && work->add_count != 0 ? say_title(engine, channel) : STATUS_OK;
}

enum status work_do(struct engine *engine, struct channel *channel, const struct wire_work *work)
{
    bool done = false;
    if (channel->state != CHANNEL_STATE_MEMBER)
        return STATUS_OK;
    return commit(engine, channel, work, &done);
}

enum status work_look(struct engine *engine, struct channel *channel)
{
    bool more = channel->state == CHANNEL_STATE_MEMBER;
    for (int i = 0; i < WORK_ROUNDS_MAX && more; i++) {
        CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
        struct wire_work_list_request request = {.channel = channel->id};
        struct wire_work_list_response response;
        TRY(engine_call(engine, WIRE_WORK_LIST, &request, &reply, &response));
        more = !id_is_none(&response.work.work);
        if (more)
            TRY(commit(engine, channel, &response.work, &more));
    }
    return STATUS_OK;
}

/* Whoever borrows a name comes this way: the person who lets them in must have asked. */
static enum status check_reset(struct engine *engine, const struct id *person)
{
    const struct directory_device *device = admission_reset_device(engine, person);
    struct people_name name;
    struct people_name admin;
    if (device == NULL)
        return STATUS_OK;
    people_name(engine, person, &name);
    people_name(engine, &device->by_person, &admin);
    return engine_explain(engine, STATUS_NOT_NOW,
                          "%s uses a new device, which %s signed, an admin as the server says. "
                          "Whose it is nobody has shown: ask %s in person or by telephone whether "
                          "it is theirs; then let them in with weft channel add CHANNEL PERSON "
                          "--checked",
                          name.name, admin.name, name.name);
}

enum status
work_let_in(struct engine *engine, struct channel *channel, const struct id *person, bool checked)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_channel_knock_answer_request request = {
        .channel = channel->id, .person = *person, .accept = true};
    const struct wire_id_item admitted = {*person};
    if (!checked)
        TRY(check_reset(engine, person));
    TRY(admission_grant(engine, channel, &admitted, 1));
    return engine_call(engine, WIRE_CHANNEL_KNOCK_ANSWER, &request, &reply, NULL);
}

struct devices_there {
    bool present;
    bool absent;
};

static void look_at_device(void *context, const struct directory_device *device)
{
    struct devices_there *there = context;
    if (device->state != DIRECTORY_ACTIVE)
        return;
    there->absent = there->absent || device->absent;
    there->present = there->present || !device->absent;
}

/* Those that may be waited for: the server asks nobody to add a device that is shut out, or that
 * would have to be removed for its absence. */
static enum status
look_who_is_there(struct engine *engine, const struct id *person, struct devices_there *there)
{
    *there = (struct devices_there){0};
    directory_each_device(engine->directory, person, look_at_device, there);
    if (there->present)
        return STATUS_OK;
    TRY(replica_update(engine, SPAN_EMPTY)); /* one may have come just now */
    *there = (struct devices_there){0};
    directory_each_device(engine->directory, person, look_at_device, there);
    return STATUS_OK;
}

static void tell_not_there(struct engine *engine,
                           const struct channel *channel,
                           const struct id *person,
                           bool absent)
{
    struct people_name name;
    people_name_learned(engine, person, &name);
    if (absent)
        engine_notice(engine, channel,
                      "%s was not seen for long, as the server says: let in, and added by whoever "
                      "is online once they use Weft again",
                      name.name);
    else
        engine_notice(engine, channel,
                      "Every device of %s is shut out: let in, and added once they have another",
                      name.name);
}

enum status work_await(struct engine *engine, struct channel *channel, const struct id *person)
{
    int64_t until = engine_now_ms(engine) + AWAIT_MS;
    struct devices_there there;
    while (!channel_has_person(engine, channel, person)) {
        TRY(work_look(engine, channel));
        TRY(channel_log_catch_up(engine, channel));
        if (channel_has_person(engine, channel, person))
            return STATUS_OK;
        if (engine_now_ms(engine) > until || channel->state != CHANNEL_STATE_MEMBER)
            return engine_explain(engine, STATUS_TIMEOUT,
                                  "let in, but no member has added their device yet: the next one "
                                  "who is online does");
        TRY(look_who_is_there(engine, person, &there));
        if (!there.present) {
            tell_not_there(engine, channel, person, there.absent);
            return STATUS_OK;
        }
        connection_wait(engine->connection, AWAIT_STEP_MS);
        TRY(events_handle_all(engine));
    }
    return STATUS_OK;
}
