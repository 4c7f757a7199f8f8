/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/entry_take.h"

#include "client-cli/core/admission.h"
#include "client-cli/core/channel_commit.h"
#include "client-cli/core/channel_out.h"
#include "client-cli/core/channel_say.h"
#include "client-cli/core/entry.h"
#include "client-cli/core/entry_seen.h"
#include "client-cli/core/floor.h"
#include "client-cli/core/history_keys.h"
#include "client-cli/core/limits.h"
#include "client-cli/core/records.h"
#include "client-cli/core/revision.h"
#include "protocol/channel/identity.h"
#include "protocol/channel/policy.h"
#include "protocol/wire/message_header.h"

#include <stdio.h>
#include <string.h>

/* One entry on its way into the vault. */
struct take {
    struct engine *engine;
    struct channel *channel;
    const struct wire_entry *wire;
    struct stored_entry stored;
    struct mls_received received;
    struct channel_say_own own; /* a message of ours */
    uint64_t log_size;          /* how much of the directory its sender knew */
    struct buffer warning;
    struct arena arena;
};

static void take_clear(struct take *take)
{
    mls_received_clear(&take->received);
    buffer_clear(&take->own.content);
    buffer_clear(&take->own.authenticated);
    buffer_clear(&take->warning);
    arena_clear(&take->arena);
}

static enum status warn(struct take *take, const char *text)
{
    /* A fourth warning would say nothing new. */
    if (take->warning.len + strlen(text) + 2 > take->warning.size_bytes_max)
        return STATUS_OK;
    if (take->warning.len != 0)
        TRY(buffer_append(&take->warning, SPAN_LITERAL("; ")));
    return buffer_append(&take->warning, span_from_text(text));
}

/* Errors of this machine, as against errors of the message. */
static bool is_ours(enum status status)
{
    return status_is_local(status) || status == STATUS_PENDING;
}

static enum status identity_of(struct span credential_bytes, struct channel_identity *identity)
{
    struct reader reader = reader_of(credential_bytes);
    struct mls_credential credential;
    TRY(mls_credential_read(&reader, &credential));
    return channel_identity_decode(&credential, identity);
}

/* ---- a message ---- */

/* The stage that the sender was in, when it is the session's present one; NULL otherwise. */
static enum status
present_stage(struct take *take, struct format *format, const struct format_stage **stage)
{
    const struct channel *channel = take->channel;
    *stage = NULL;
    if (!channel->has_session || channel->session.state != SESSION_RUNNING ||
        channel->session.counter != take->stored.stage_counter)
        return STATUS_OK;
    TRY(format_decode(channel->session.format, &take->arena, format));
    if (channel->session.stage < format->stage_count)
        *stage = &format->stages[channel->session.stage];
    return STATUS_OK;
}

/* An edit of what was said on the floor is said there too. */
static const char *edit_breach(struct take *take,
                               const struct content *content,
                               const struct format_stage *stage,
                               uint16_t roles)
{
    struct content_edit edit;
    if (content->kind != CONTENT_EDIT ||
        content_decode_body(content, &take->arena, &edit) != STATUS_OK)
        return NULL;
    const struct content_kind_row *row = content_kind_find(edit.kind);
    return row == NULL ? NULL : floor_breach(stage, roles, row->lane, edit.kind);
}

static enum status
check_floor(struct take *take, const struct content *content, const char **breach)
{
    struct format format;
    const struct format_stage *stage;
    TRY(present_stage(take, &format, &stage));
    uint16_t roles = channel_roles_of(take->channel, &take->stored.person);
    *breach = floor_breach(stage, roles, take->stored.lane, content->kind);
    if (*breach == NULL)
        *breach = edit_breach(take, content, stage, roles);
    return *breach == NULL ? STATUS_OK : warn(take, *breach);
}

/* Title and brief of an unlisted channel: a facilitator's word counts, and anybody's for somebody
 * who has none yet. */
static enum status take_channel_state(struct take *take, const struct content *content)
{
    struct channel *channel = take->channel;
    struct content_channel_state state;
    bool may = (channel_roles_of(channel, &take->stored.person) & CHANNEL_ROLE_FACILITATOR) != 0;
    if (content->kind != CONTENT_CHANNEL_STATE || (!may && channel->title.len != 0))
        return STATUS_OK;
    if (content_decode_body(content, &take->arena, &state) != STATUS_OK)
        return warn(take, "the channel's title could not be read");
    return channel_set_texts(channel, state.title, state.brief);
}

static enum status take_content(struct take *take, struct span bytes, bool own)
{
    struct content content;
    const struct entry_seen_place place = {take->wire->sequence, take->stored.time};
    uint64_t first;
    const char *breach = NULL;
    const char *problem = NULL;
    enum status known =
        entry_find_message(take->engine, &take->channel->id, &take->stored.message, &first);
    if (known == STATUS_OK) {
        take->stored.fate = ENTRY_REPEATED;
        return warn(take, "this message was sent before: a repeat is not shown");
    }
    if (known != STATUS_NOT_FOUND)
        return known;
    if (content_decode(bytes, &content) != STATUS_OK) {
        take->stored.fate = ENTRY_UNREADABLE;
        return warn(take, "what it says is not in a form that this version reads");
    }
    take->stored.fate = ENTRY_READ;
    take->stored.content = bytes;
    if (!own) {
        TRY(check_floor(take, &content, &breach));
        TRY(entry_seen_check(take->engine, take->channel, &place, &content.seen, &problem));
        if (problem != NULL)
            TRY(warn(take, problem));
        problem = NULL;
        if (content.seen.epoch == mls_group_epoch(take->channel->group))
            take->channel->confirmed = true;
    }
    TRY(admission_take(take->engine, take->channel, &take->stored.person, take->log_size,
                       &content));
    if (breach == NULL)
        TRY(revision_take(take->engine, take->channel, &take->stored, &content, &problem));
    if (problem != NULL)
        TRY(warn(take, problem));
    TRY(history_keys_take(take->engine, take->channel, &take->stored, &content));
    return take_channel_state(take, &content);
}

/* A split view of the directory shows here: its sender's log against ours. */
static enum status compare_log(struct take *take, const struct message_header *header)
{
    enum status same =
        directory_check_root(take->engine->directory, header->log_size, header->log_root);
    if (same == STATUS_UNTRUSTED)
        return warn(take, "the sender was shown another directory of devices than you: the server "
                          "tells different people different things");
    if (same == STATUS_NOT_FOUND)
        return warn(take, "the sender knows of devices that the server has not shown you yet");
    return same;
}

static enum status take_header(struct take *take)
{
    struct message_header header;
    enum status decoded =
        message_header_decode(take->received.authenticated_data, &take->arena, &header);
    if (status_is_local(decoded))
        return decoded;
    if (decoded != STATUS_OK)
        return warn(take, "its header cannot be read");
    take->stored.lane = header.lane;
    take->stored.stage_counter = header.stage_counter;
    if (!id_equal(&header.message, &take->wire->message))
        TRY(warn(take, "the server gave it another id than its sender did"));
    take->stored.message = header.message;
    take->log_size = header.log_size;
    return compare_log(take, &header);
}

/* A server that lets a device stay lets it speak, too: whoever changed the channel last knew that
 * it was shut out, and this came after. */
static bool is_shut_out(const struct take *take, const struct channel_identity *sender)
{
    return take->received.epoch == mls_group_epoch(take->channel->group) &&
           directory_check_leaf_at(
               take->engine->directory, take->channel->log_size, &sender->person, &sender->device,
               signature_public_span(&take->received.sender_key)) == STATUS_DENIED;
}

static enum status take_message(struct take *take)
{
    struct channel_identity sender;
    TRY(take_header(take));
    if (identity_of(buffer_span(&take->received.sender_credential), &sender) != STATUS_OK) {
        take->stored.fate = ENTRY_UNREADABLE;
        return warn(take, "its sender has no name that can be checked");
    }
    take->stored.person = sender.person;
    take->stored.device = sender.device;
    if (!id_equal(&sender.device, &take->wire->device))
        TRY(warn(take, "the server named another sender than the message itself"));
    if (is_shut_out(take, &sender))
        TRY(warn(take, "said with a device that had been shut out: it need not be from this "
                       "person, and the server let it pass"));
    if (id_equal(&sender.device, &take->engine->account.device))
        take->channel->distrusted = true; /* see take_own_message */
    take->stored.authenticated = buffer_span(&take->received.content);
    return take_content(take, take->received.plaintext, false);
}

/* Why an entry cannot be taken, for people. */
static const char *problem_text(const struct take *take, enum status why)
{
    struct mls_message_head head;
    if (why == STATUS_NOT_DECRYPTED)
        return "it cannot be decrypted: it was changed on its way, or its sender is in another "
               "group than you";
    if (why == STATUS_WRONG_GROUP)
        return "it is of another channel: the server put it here";
    if (why != STATUS_WRONG_EPOCH || mls_message_peek(take->wire->bytes, &head) != STATUS_OK)
        return status_text(why);
    return head.epoch > mls_group_epoch(take->channel->group)
               ? "it comes after a change of the channel that the server has not shown you"
               : "it is of a state of the channel that is long over";
}

static enum status take_unreadable(struct take *take, enum status why)
{
    take->stored.fate = ENTRY_UNREADABLE;
    if (why == STATUS_REPLAYED) {
        take->stored.fate = ENTRY_REPEATED;
        return warn(take, "its key was used before: a repeat is not shown");
    }
    if (why == STATUS_WRONG_EPOCH && take->wire->epoch < take->channel->joined_epoch) {
        take->stored.fate = ENTRY_BEFORE;
        return STATUS_OK;
    }
    return warn(take, problem_text(take, why));
}

/* What our own message says of the directory; 0 when that cannot be read. */
static uint64_t own_log_size(struct take *take)
{
    struct mls_message_head head;
    struct message_header header;
    bool known = mls_message_peek(take->wire->bytes, &head) == STATUS_OK &&
                 message_header_decode(head.authenticated_data, &take->arena, &header) == STATUS_OK;
    return known ? header.log_size : 0;
}

/* Nobody can decrypt their own message: its text waited in the vault, under the id that the server
 * repeats. */
static enum status take_own_message(struct take *take)
{
    /* Any member can make a message look like ours up to here; the server, which knows who sent
     * it, would have to join in. */
    if (!id_equal(&take->wire->device, &take->engine->account.device))
        return take_unreadable(take, STATUS_BAD_SIGNATURE);
    take->stored.person = take->engine->account.person;
    take->stored.device = take->engine->account.device;
    enum status found = channel_say_take(take->engine, take->channel, take->wire, &take->own);
    if (found == STATUS_NOT_FOUND) {
        /* Said with a copy of this vault: its keys may be used up without our knowing. */
        take->channel->distrusted = true;
        take->stored.fate = ENTRY_UNREADABLE;
        return warn(take, "you said this; its text is not kept here");
    }
    TRY(found);
    take->stored.lane = take->own.lane;
    take->stored.stage_counter = take->own.stage_counter;
    take->log_size = own_log_size(take);
    if (take->own.intact)
        take->stored.authenticated = buffer_span(&take->own.authenticated);
    else
        TRY(warn(take, "it was changed on its way: nobody else can read this, say it again"));
    return take_content(take, buffer_span(&take->own.content), true);
}

/* Whether the entry holds what the server calls it. A proposal must never reach the group: a valid
 * one would stop all that we say until somebody commits it (RFC 9420, 12.4). */
static bool holds(const struct take *take, enum mls_content_type type)
{
    struct mls_message_head head;
    return mls_message_peek(take->wire->bytes, &head) == STATUS_OK && head.type == type;
}

static enum status take_application(struct take *take, const struct mls_options *options)
{
    if (!holds(take, MLS_CONTENT_APPLICATION))
        return take_unreadable(take, STATUS_INVALID);
    enum status received =
        mls_group_receive(take->channel->group, take->wire->bytes, options, &take->received);
    if (is_ours(received))
        return received;
    if (received != STATUS_OK)
        return take_unreadable(take, received);
    if (take->received.kind == MLS_RECEIVED_OWN_MESSAGE)
        return take_own_message(take);
    if (take->received.kind == MLS_RECEIVED_APPLICATION)
        return take_message(take);
    return take_unreadable(take, STATUS_INVALID);
}

/* ---- what was deleted ---- */

/* Who deleted it says a message of theirs, before or after; who said it, the server, and the
 * directory whose device that is. */
static enum status take_tombstone(struct take *take)
{
    const struct id *device = &take->wire->device;
    const struct directory_device *sender = directory_find(take->engine->directory, device);
    take->stored.fate = ENTRY_DELETED;
    take->stored.device = *device;
    if (take->wire->epoch == mls_group_epoch(take->channel->group) &&
        take->channel->deleted < UINT32_MAX)
        take->channel->deleted++;
    if (sender != NULL)
        take->stored.person = sender->person;
    if (!id_equal(device, &take->engine->account.device))
        return STATUS_OK;
    /* Ours may be deleted before we knew that it arrived: it is not sent again. */
    enum status waited = channel_say_take(take->engine, take->channel, take->wire, &take->own);
    return waited == STATUS_NOT_FOUND ? STATUS_OK : waited;
}

/* ---- a commit ---- */

static enum status
add_change(struct take *take, enum entry_change_kind kind, const struct mls_credential *credential)
{
    struct channel_identity identity;
    TRY(channel_identity_decode(credential, &identity));
    take->stored.changes[take->stored.change_count++] =
        (struct entry_change){.kind = (uint8_t)kind, .person = identity.person};
    return STATUS_OK;
}

static void count_device(void *context, const struct directory_device *device)
{
    (void)device;
    ++*(size_t *)context;
}

/* Most people have one device, and then nobody need be looked for. */
static bool has_others(const struct engine *engine, const struct directory_device *device)
{
    size_t count = 0;
    directory_each_device(engine->directory, &device->person, count_device, &count);
    return count > 1;
}

/* Somebody new, or another device of somebody who was there before the commit. */
static enum status add_added(struct take *take, const struct mls_credential *credential)
{
    const struct mls_tree *before = mls_public_group_tree(mls_group_public(take->channel->group));
    struct channel_identity identity;
    TRY(channel_identity_decode(credential, &identity));
    const struct directory_device *device =
        directory_find(take->engine->directory, &identity.device);
    /* A first device can come later than others: when one of those has made the channel. */
    bool further = device != NULL && has_others(take->engine, device);
    if (further && channel_identity_in_tree(before, &identity.person) &&
        device->authority != DIRECTORY_BY_ADMIN)
        return add_change(take, ENTRY_DEVICE_ADDED, credential);
    bool reset = device != NULL && device->authority == DIRECTORY_BY_ADMIN;
    TRY(add_change(take, reset ? ENTRY_ADDED_RESET : ENTRY_ADDED, credential));
    struct entry_change *change = &take->stored.changes[take->stored.change_count - 1];
    if (!reset)
        return admission_by(take->engine, take->channel, &identity.person, &change->by);
    change->by = device->by_person;
    return STATUS_OK;
}

static enum status add_removed(struct take *take,
                               const struct mls_tree *after,
                               const struct channel_extension *rules,
                               const struct mls_leaf_node *leaf)
{
    struct channel_identity identity;
    TRY(channel_identity_decode(&leaf->credential, &identity));
    if (channel_extension_dormant(rules, &identity.device) != NULL)
        return add_change(take, ENTRY_DORMANT, &leaf->credential);
    if (channel_identity_in_tree(after, &identity.person))
        return add_change(take, ENTRY_DEVICE_REMOVED, &leaf->credential);
    TRY(add_change(take, ENTRY_REMOVED, &leaf->credential));
    return admission_end(take->engine, take->channel, &identity, leaf->signature_key);
}

/* More role changes of one commit are not kept one by one: no session has so many roles, and what a
 * commit changes must always fit its record. */
#define ROLE_CHANGES_MAX 128

static void add_role_change(struct take *take, size_t first, const struct id *person)
{
    if (take->stored.change_count - first < ROLE_CHANGES_MAX)
        take->stored.changes[take->stored.change_count++] =
            (struct entry_change){.kind = ENTRY_ROLES, .person = *person};
}

/* Whoever has other roles than before; nobody where a rule of the channel was changed instead. */
static void add_roles(struct take *take,
                      const struct channel_extension *before,
                      const struct channel_extension *rules)
{
    static const struct id nobody = {{0}};
    size_t first = take->stored.change_count;
    for (size_t i = 0; i < rules->role_count; i++)
        if (channel_extension_roles(before, &rules->roles[i].person) != rules->roles[i].roles)
            add_role_change(take, first, &rules->roles[i].person);
    for (size_t i = 0; i < before->role_count; i++)
        if (channel_extension_roles(rules, &before->roles[i].person) == 0)
            add_role_change(take, first, &before->roles[i].person);
    if (take->stored.change_count == first)
        add_role_change(take, first, &nobody);
}

/* What a staged commit does, for people. */
static enum status describe(struct take *take, const struct mls_staged_commit *staged)
{
    const struct mls_proposal_effect *effect = mls_staged_commit_effect(staged);
    const struct mls_tree *after = mls_public_group_tree(mls_staged_commit_group(staged));
    const struct mls_leaf_node *committer =
        mls_tree_leaf(after, mls_staged_commit_committer(staged));
    struct channel_identity identity;
    void *changes = NULL;
    struct channel_extension before;
    struct channel_extension rules;
    TRY(channel_extension(take->channel, &take->arena, &before));
    TRY(channel_policy_extension(mls_staged_commit_group(staged), &take->arena, &rules));
    TRY(channel_identity_decode(&committer->credential, &identity));
    take->stored.person = identity.person;
    take->stored.device = identity.device;
    TRY(arena_take(&take->arena, effect->added_count + effect->removed_count + 2 + ROLE_CHANGES_MAX,
                   sizeof *take->stored.changes, &changes));
    take->stored.changes = changes;
    bool external = mls_staged_commit_is_external(staged);
    bool returns = channel_extension_dormant(&before, &identity.device) != NULL;
    if (external)
        TRY(add_change(take,
                       effect->removed_count != 0 ? ENTRY_REJOINED
                       : returns                  ? ENTRY_RETURNED
                                                  : ENTRY_JOINED,
                       &committer->credential));
    for (size_t i = 0; i < effect->added_count; i++)
        TRY(add_added(take, &effect->added[i].key_package->leaf_node.credential));
    for (size_t i = 0; !external && i < effect->removed_count; i++)
        TRY(add_removed(take, after, &rules, effect->removed[i].leaf_node));
    if (effect->extensions_changed && !channel_extension_same_rules(&before, &rules))
        add_roles(take, &before, &rules);
    return STATUS_OK;
}

/* The epoch that ends now is kept for late messages. */
static void note_end(struct channel *channel, uint64_t epoch, int64_t time)
{
    if (channel->end_count == sizeof channel->end_items / sizeof *channel->end_items) {
        memmove(channel->end_items, channel->end_items + 1,
                (channel->end_count - 1) * sizeof *channel->end_items);
        channel->end_count--;
    }
    channel->end_items[channel->end_count++] = (struct channel_epoch_end){epoch, time};
}

/* An epoch goes once an entry of a minute after its end was processed. */
static enum status drop_old_epochs(struct channel *channel, int64_t now)
{
    size_t over = 0;
    while (over < channel->end_count && channel->end_items[over].ended + LIMIT_PAST_EPOCH_MS < now)
        over++;
    if (over == 0)
        return STATUS_OK;
    TRY(mls_group_drop_epochs_before(channel->group, channel->end_items[over - 1].epoch + 1));
    channel->end_count -= over;
    memmove(channel->end_items, channel->end_items + over,
            channel->end_count * sizeof *channel->end_items);
    return STATUS_OK;
}

static enum status become_stuck(struct take *take, const char *why)
{
    mls_group_drop_staged(take->channel->group);
    take->stored.fate = ENTRY_UNREADABLE;
    /* Who is left out when the channel begins anew: the server's word, as it is about who sent it.
     */
    const struct directory_device *sender =
        directory_find(take->engine->directory, &take->wire->device);
    if (sender != NULL) {
        take->stored.person = sender->person;
        take->stored.device = sender->device;
    }
    take->channel->state = CHANNEL_STATE_STUCK;
    return warn(take, why);
}

/* A change that has our signature and is not pending: a copy of this vault made it, or we did and
 * the server said that it refused it. No fault of a member's, and no way to follow it. The entry is
 * left in the log, where it is found again until the channel is joined anew. */
static enum status be_outrun(struct take *take)
{
    mls_group_drop_staged(take->channel->group);
    take->channel->distrusted = true; /* see take_own_message */
    take->channel->outrun = true;
    return STATUS_OK;
}

static bool is_by_us(const struct mls_group *group, const struct mls_staged_commit *staged)
{
    const struct mls_leaf_node *own =
        mls_tree_leaf(mls_public_group_tree(mls_group_public(group)), mls_group_own_leaf(group));
    const struct mls_leaf_node *committer =
        mls_tree_leaf(mls_public_group_tree(mls_staged_commit_group(staged)),
                      mls_staged_commit_committer(staged));
    return span_equal(committer->signature_key, own->signature_key);
}

/* The others begin the next epoch's running hash with it: what they share when we are back must fit
 * on to this entry. */
static enum status note_removal(struct take *take, const struct mls_staged_commit *staged)
{
    const struct mls_group_context *after =
        mls_public_group_context(mls_staged_commit_group(staged));
    TRY(running_hash_begin(after->confirmed_transcript_hash, take->channel->running_hash));
    return channel_out_note(take->engine, take->channel, staged, take->received.authenticated_data,
                            &take->stored.person);
}

static enum status follow_commit(struct take *take)
{
    struct channel *channel = take->channel;
    const struct mls_staged_commit *staged = mls_group_staged(channel->group);
    struct channel_refusal refusal = {""};
    enum status allowed =
        channel_policy_check_commit(mls_group_public(channel->group), staged,
                                    take->engine->directory, channel->log_size, &refusal);
    if (is_ours(allowed))
        return allowed;
    if (allowed != STATUS_OK)
        return become_stuck(take,
                            refusal.reason[0] == '\0' ? status_text(allowed) : refusal.reason);
    TRY(describe(take, staged));
    take->stored.fate = ENTRY_CHANGED;
    bool over = take->received.removes_us;
    bool by_copy = is_by_us(channel->group, staged);
    /* It came in anew, with a fresh leaf in the place of ours. Unless this vault was put back
     * since, both are in use, and one must give way, or they would go on so for ever. */
    if (over && by_copy && channel->distrusted)
        return be_outrun(take);
    if (by_copy)
        channel->distrusted = true;
    if (over)
        TRY(note_removal(take, staged));
    TRY(mls_group_merge_staged(channel->group));
    /* A commit of ours that was pending has lost. */
    TRY(channel_commit_forget(take->engine, channel));
    if (over)
        channel->state = CHANNEL_STATE_REMOVED;
    return STATUS_OK;
}

static enum status follow_own_commit(struct take *take)
{
    TRY(describe(take, mls_group_pending_staged(take->channel->group)));
    take->stored.fate = ENTRY_CHANGED;
    TRY(mls_group_apply_pending(take->channel->group));
    return channel_commit_forget(take->engine, take->channel);
}

static enum status take_commit(struct take *take, const struct mls_options *options)
{
    struct channel *channel = take->channel;
    uint64_t epoch = mls_group_epoch(channel->group);
    if (!holds(take, MLS_CONTENT_COMMIT))
        return become_stuck(take, "the server calls something a commit that is none");
    enum status received =
        mls_group_receive(channel->group, take->wire->bytes, options, &take->received);
    if (is_ours(received))
        return received;
    if (received == STATUS_CONFLICT)
        return be_outrun(take);
    if (received != STATUS_OK)
        return become_stuck(take, problem_text(take, received));
    TRY(take_header(take));
    if (take->received.kind == MLS_RECEIVED_OWN_COMMIT)
        TRY(follow_own_commit(take));
    else if (take->received.kind == MLS_RECEIVED_COMMIT)
        TRY(follow_commit(take));
    else
        TRY(become_stuck(take, "the server calls something a commit that is none"));
    if (channel->state != CHANNEL_STATE_MEMBER || channel->outrun)
        return STATUS_OK;
    channel->deleted = 0;
    channel->log_size = take->log_size;
    if (take->log_size < channel->unlooked_size)
        channel->unlooked_size = take->log_size;
    note_end(channel, epoch, take->stored.time);
    TRY(history_keys_note_epoch(take->engine, channel));
    return channel_begin_hash(channel);
}

/* ---- any entry ---- */

/* The time is the server's, and nobody signs it. One that cannot be right is told; one that lies
 * ahead would have us forget epochs whose messages are still on their way. */
static enum status take_time(struct take *take)
{
    struct channel *channel = take->channel;
    int64_t now = engine_now_ms(take->engine);
    take->stored.time = take->wire->time;
    if (!engine_is_time(take->wire->time) || take->wire->time > now + CORE_CLOCK_DIFFERENCE_MS) {
        take->stored.time = now;
        return warn(take, "the server gives it a time that has not come yet");
    }
    if (take->wire->time < channel->latest_ms - CORE_CLOCK_DIFFERENCE_MS)
        return warn(take, "the server gives it a time before that of what it comes after");
    channel->latest_ms = take->wire->time;
    return STATUS_OK;
}

static enum status take_one(struct take *take)
{
    struct channel *channel = take->channel;
    struct mls_options options;
    TRY(take_time(take));
    engine_mls_options(take->engine, &options);
    options.lost_messages = channel->deleted;
    if (take->wire->kind == ENTRY_COMMIT) {
        TRY(take_commit(take, &options));
        if (channel->outrun)
            return STATUS_OK;
    } else if (take->wire->kind == ENTRY_TOMBSTONE) {
        TRY(take_tombstone(take));
        TRY(running_hash_add_deleted(channel->running_hash, take->wire->sequence,
                                     take->wire->sha256));
    } else {
        TRY(take_application(take, &options));
        TRY(running_hash_add(channel->running_hash, take->wire->sequence, take->wire->bytes));
    }
    memcpy(take->stored.running_hash, channel->running_hash, sizeof channel->running_hash);
    take->stored.warning = buffer_span(&take->warning);
    channel->cursor = take->wire->sequence;
    TRY(entry_store(take->engine, &channel->id, &take->stored));
    if (channel->state == CHANNEL_STATE_REMOVED)
        return channel_delete_group(take->engine, channel);
    return drop_old_epochs(channel, take->stored.time);
}

enum status
entry_take(struct engine *engine, struct channel *channel, const struct wire_entry *entry)
{
    if (entry->sequence <= channel->cursor)
        return STATUS_OK;
    if (entry->sequence != channel->cursor + 1 || entry->generation != channel->generation ||
        !id_equal(&entry->channel, &channel->id))
        return engine_explain(engine, STATUS_CONFLICT, "the server's log has a gap");
    CLEANUP(take_clear)
    struct take take = {.engine = engine,
                        .channel = channel,
                        .wire = entry,
                        .own = {.content = BUFFER_INIT(LIMIT_FRAME_BYTES),
                                .authenticated = BUFFER_INIT(LIMIT_FRAME_BYTES)},
                        .warning = BUFFER_INIT(600),
                        .arena = ARENA_INIT(LIMIT_DECODED_BYTES)};
    take.stored.sequence = entry->sequence;
    take.stored.generation = entry->generation;
    take.stored.epoch = entry->epoch;
    take.stored.message = entry->message;
    return take_one(&take);
}
