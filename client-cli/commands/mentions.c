/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/mentions.h"

#include "client-cli/commands/find.h"
#include "client-cli/commands/saying.h"
#include "client-cli/core/people.h"
#include "protocol/channel/identity.h"
#include "protocol/content/mention.h"

#include <stdio.h>
#include <string.h>

/* Names that are listed when several fit. */
#define LISTED_MAX 6

/* Of a word that names nobody, what is shown. */
#define SHOWN_MAX 64

/* Letters, digits and everything beyond ASCII: what a name is made of. */
static bool is_letter(uint8_t byte)
{
    return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z');
}

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte - 'A' + 'a') : byte;
}

/* How much of the text the beginning of the name is, cut at the end of a word of the text. */
static size_t match_name(struct span text, struct span name)
{
    size_t length = 0;
    for (size_t i = 0; i < text.len && i < name.len && lower(text.ptr[i]) == lower(name.ptr[i]);
         i++)
        if (is_letter(text.ptr[i]) && (i + 1 == text.len || !is_letter(text.ptr[i + 1])))
            length = i + 1;
    return length;
}

static size_t match_id(struct span text, const struct id *id)
{
    char digits[ID_TEXT_SIZE];
    id_text(id, digits);
    size_t length = match_name(text, span_from_text(digits));
    return length < FIND_ID_LETTERS_MIN ? 0 : length;
}

struct mentions_match
mentions_match(struct span text, const struct mentions_person *people, size_t count)
{
    struct mentions_match best = {0};
    bool whole = false;
    for (size_t i = 0; i < count; i++) {
        size_t by_name = match_name(text, people[i].name);
        size_t by_id = match_id(text, &people[i].person);
        size_t length = by_id > by_name ? by_id : by_name;
        bool is_whole = by_id >= by_name || by_name == people[i].name.len;
        if (length == 0 || length < best.length || (length == best.length && whole && !is_whole))
            continue;
        if (length == best.length && whole == is_whole) {
            best.equals++;
            continue;
        }
        best = (struct mentions_match){length, i, 1};
        whole = is_whole;
    }
    return best;
}

/* ---- whom there is to mention ---- */

struct members {
    struct mentions_person *items;
    size_t count;
    struct arena arena;
};

static void members_clear(struct members *members)
{
    arena_clear(&members->arena);
}

static bool is_listed(const struct members *members, const struct id *person)
{
    for (size_t i = 0; i < members->count; i++)
        if (id_equal(&members->items[i].person, person))
            return true;
    return false;
}

static enum status
list_members(struct engine *engine, struct channel *channel, struct members *members)
{
    void *items = NULL;
    TRY(channel_need_group(engine, channel));
    const struct mls_tree *tree = mls_public_group_tree(mls_group_public(channel->group));
    TRY(arena_take(&members->arena, mls_tree_member_count(tree), sizeof *members->items, &items));
    members->items = items;
    for (uint32_t leaf = mls_tree_next_member(tree, 0); leaf != MLS_NO_LEAF;
         leaf = mls_tree_next_member(tree, leaf + 1)) {
        struct channel_identity identity;
        struct people_name name;
        TRY(channel_identity_decode(&mls_tree_leaf(tree, leaf)->credential, &identity));
        if (is_listed(members, &identity.person))
            continue; /* another device */
        people_name(engine, &identity.person, &name);
        struct mentions_person *item = &members->items[members->count++];
        item->person = identity.person;
        TRY(arena_copy(&members->arena, span_from_text(name.name), &item->name));
    }
    return STATUS_OK;
}

/* ---- both ways ---- */

static enum status explain_several(struct invocation *invocation,
                                   const struct members *members,
                                   struct span named,
                                   const struct mentions_match *match)
{
    char list[400] = "";
    size_t used = 0;
    size_t listed = 0;
    for (size_t i = match->at; i < members->count && listed < LISTED_MAX; i++) {
        struct mentions_match one = mentions_match(named, &members->items[i], 1);
        char id[ID_TEXT_SIZE];
        if (one.length != match->length || used >= sizeof list)
            continue;
        id_text(&members->items[i].person, id);
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%.*s (@%.8s)",
                                 listed++ == 0 ? "" : ", ", OUT_SPAN(members->items[i].name), id);
    }
    return command_explain(invocation, STATUS_CONFLICT,
                           "@%.*s could be %s: write more of the name, or the digits instead",
                           (int)match->length, (const char *)named.ptr, list);
}

/* The word of an "@" that was meant for somebody: "@5pm" and "1 @ 2" are not, an id is. Else 0. */
static size_t meant_length(struct span text)
{
    struct id person;
    size_t length = 0;
    while (length < text.len && is_letter(text.ptr[length]))
        length++;
    bool begins_with_digit = length != 0 && text.ptr[0] >= '0' && text.ptr[0] <= '9';
    if (begins_with_digit && id_parse(span_of(text.ptr, length), &person) != STATUS_OK)
        return 0;
    return length;
}

static enum status explain_nobody(struct invocation *invocation, struct span word)
{
    struct span shown = span_of(word.ptr, word.len < SHOWN_MAX ? word.len : SHOWN_MAX);
    return command_explain(invocation, STATUS_NOT_FOUND,
                           "\"@%.*s\" is nobody in this channel: weft channel show lists who is, "
                           "weft channel add lets somebody in. To say it all the same, leave out "
                           "the @ or add --no-mentions",
                           OUT_SPAN(shown));
}

static enum status resolve_all(struct invocation *invocation,
                               const struct members *members,
                               struct span text,
                               struct buffer *resolved)
{
    for (size_t at = 0; at < text.len;) {
        struct span rest = span_of(text.ptr + at, text.len - at);
        struct span after = span_of(rest.ptr + 1, rest.len - 1);
        bool begins = rest.ptr[0] == '@' && (at == 0 || !is_letter(text.ptr[at - 1]));
        struct mentions_match match = {0};
        if (begins)
            match = mentions_match(after, members->items, members->count);
        if (match.equals > 1)
            return explain_several(invocation, members, span_of(after.ptr, match.length), &match);
        size_t meant = begins && match.length == 0 ? meant_length(after) : 0;
        if (meant != 0)
            return explain_nobody(invocation, span_of(after.ptr, meant));
        if (match.length != 0)
            TRY(mention_append(resolved, &members->items[match.at].person));
        else
            TRY(buffer_append(resolved, span_of(rest.ptr, 1)));
        at += 1 + match.length;
    }
    return STATUS_OK;
}

enum status mentions_resolve(struct invocation *invocation,
                             struct channel *channel,
                             struct span text,
                             struct buffer *resolved)
{
    CLEANUP(members_clear) struct members members = {.arena = ARENA_INIT(LIMIT_DECODED_BYTES)};
    if (arguments_has(&invocation->arguments, "no-mentions") ||
        memchr(text.ptr, '@', text.len) == NULL)
        return buffer_append(resolved, text);
    TRY(list_members(invocation->engine, channel, &members));
    enum status status = resolve_all(invocation, &members, text, resolved);
    if (status == STATUS_LIMIT)
        return command_explain(invocation, status, "%s. Each mention takes %d bytes of them",
                               saying_too_long(), MENTION_SIZE);
    return status;
}
