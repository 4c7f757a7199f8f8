/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Steps that must be refused, and after which everybody is as before. */
#include "protocol/mls/member/group_state.h"
#include "protocol/mls/member/leaf_new.h"
#include "protocol/mls/member/protection.h"
#include "tests/unit/protocol/mls/member/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(call) assert_string_equal(status_name(call), "OK")
#define FAILS(call, expected) assert_string_equal(status_name(call), expected)
#define REFUSED(call) assert_int_not_equal(call, STATUS_OK)

/* ---- everybody is as before ---- */

struct snapshot {
    struct buffer rows[WORLD_MEMBERS_MAX];
};

static enum status put(void *context, const struct mls_row_key *key, struct span bytes)
{
    /* Deriving the secret tree further on the way to a refusal loses nothing. */
    if (key->kind == MLS_ROW_SECRET_NODE || key->kind == MLS_ROW_RATCHET)
        return STATUS_OK;
    TRY(buffer_append(context, span_of(&key->index, sizeof key->index)));
    return buffer_append(context, bytes);
}

static enum status drop(void *context, const struct mls_row_key *key)
{
    (void)context;
    (void)key;
    return STATUS_OK;
}

static void take_rows(struct mls_group *group, struct buffer *rows)
{
    struct mls_row_sink sink = {put, drop, rows};
    *rows = BUFFER_INIT(SIZE_MAX);
    if (group != NULL)
        OK(mls_group_rows(group, &sink));
}

static void snapshot_take(const struct model *model, struct snapshot *snapshot)
{
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
        take_rows(model->world.members[i].group, &snapshot->rows[i]);
}

static void snapshot_check(const struct model *model, struct snapshot *snapshot)
{
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        CLEANUP(buffer_clear) struct buffer rows;
        take_rows(model->world.members[i].group, &rows);
        assert_true(span_equal(buffer_span(&rows), buffer_span(&snapshot->rows[i])));
        buffer_clear(&snapshot->rows[i]);
    }
}

static void flip_a_bit(struct model *model, struct buffer *message)
{
    uint32_t bit = model_choose(model, (uint32_t)message->len * 8);
    message->ptr[bit / 8] ^= (uint8_t)(1u << (bit % 8));
}

static enum status receive(struct model *model, size_t who, struct span message)
{
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    return mls_group_receive(model->world.members[who].group, message, &model->world.options,
                             &received);
}

/* ---- damaged messages ---- */

/* An application message: what is damaged is refused, and what was sent is read all the same. */
static void step_damaged_text(struct model *model)
{
    struct world *world = &model->world;
    CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
    CLEANUP(buffer_clear) struct buffer damaged = BUFFER_INIT(SIZE_MAX);
    size_t from = model_member(model);
    if (model_waiting(model) != 0)
        return;
    world_say(world, from, "undamaged", &sent);
    OK(buffer_append(&damaged, buffer_span(&sent.message)));
    flip_a_bit(model, &damaged);
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        if (i == from || !model_is_in(model, i))
            continue;
        REFUSED(receive(model, i, buffer_span(&damaged)));
        world_expect(world, i, buffer_span(&sent.message), "undamaged");
        FAILS(receive(model, i, buffer_span(&sent.message)), "REPLAYED");
    }
}

/* A commit, which nobody is given as it was made. */
static void step_damaged_commit(struct model *model)
{
    struct world *world = &model->world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct snapshot before;
    struct mls_commit_request request = {.tree_in_welcome = true};
    size_t from = model_member(model);
    snapshot_take(model, &before);
    OK(mls_group_commit(world->members[from].group, &request, &world->options, &world->random,
                        &bundle));
    flip_a_bit(model, &bundle.commit);
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
        if (model_is_in(model, i))
            REFUSED(receive(model, i, buffer_span(&bundle.commit)));
    mls_group_clear_pending(world->members[from].group);
    world_store(world, from);
    snapshot_check(model, &before);
}

static void step_damaged_proposal(struct model *model)
{
    struct world *world = &model->world;
    CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(SIZE_MAX);
    struct snapshot before;
    size_t from = model_member(model);
    struct mls_proposal removal = {
        .type = MLS_PROPOSAL_REMOVE,
        .removed = mls_group_own_leaf(world->members[model_other(model, from)].group)};
    snapshot_take(model, &before);
    OK(mls_group_propose(world->members[from].group, &removal, SPAN_EMPTY, &world->options,
                         &message));
    flip_a_bit(model, &message);
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
        if (model_is_in(model, i))
            REFUSED(receive(model, i, buffer_span(&message)));
    snapshot_check(model, &before);
}

/* The last commit once more. */
static void step_replayed_commit(struct model *model)
{
    struct snapshot before;
    if (model->past_commit.len == 0)
        return;
    snapshot_take(model, &before);
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
        if (model_is_in(model, i))
            FAILS(receive(model, i, buffer_span(&model->past_commit)), "WRONG_EPOCH");
    snapshot_check(model, &before);
}

/* Commit, proposal and text of another group of the same people. */
static void step_other_group(struct model *model)
{
    struct world *world = &model->world;
    CLEANUP(mls_group_free) struct mls_group *other = NULL;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
    struct snapshot before;
    struct mls_commit_request request = {0};
    struct mls_group_config config = {.suite = world->suite,
                                      .group_id = SPAN_LITERAL("elsewhere"),
                                      .identity = &world->members[model_member(model)].identity};
    snapshot_take(model, &before);
    OK(mls_group_new(&config, &world->random, &other));
    OK(mls_group_commit(other, &request, &world->options, &world->random, &bundle));
    OK(mls_group_protect(other, SPAN_EMPTY, SPAN_LITERAL("hello"), 0, &world->random, &sent));
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        if (!model_is_in(model, i))
            continue;
        FAILS(receive(model, i, buffer_span(&bundle.commit)), "WRONG_GROUP");
        FAILS(receive(model, i, buffer_span(&sent.message)), "WRONG_GROUP");
    }
    snapshot_check(model, &before);
}

/* ---- commits that may not be made ---- */

/* A PSK that nobody has, one with a nonce of another length, one for a purpose that this is not. */
static struct mls_proposal choose_wrong_psk(struct model *model)
{
    static const uint8_t short_nonce[31];
    const struct mls_public_group *group = model_public(model);
    struct mls_proposal psk = {
        .type = MLS_PROPOSAL_PSK,
        .psk = {.type = MLS_PSK_EXTERNAL, .psk_id = SPAN_LITERAL("unknown")}};
    uint32_t which = model_choose(model, 3);
    if (which == 1)
        psk.psk = (struct mls_psk_id){
            .type = MLS_PSK_EXTERNAL, .psk_id = SPAN_LITERAL("psk"), .nonce = SPAN_OF(short_nonce)};
    else if (which == 2)
        psk.psk = (struct mls_psk_id){.type = MLS_PSK_RESUMPTION,
                                      .usage = MLS_PSK_BRANCH,
                                      .group_id = mls_public_group_id(group),
                                      .epoch = mls_public_group_epoch(group)};
    return psk;
}

/* Extensions that members do not know, or twice the same. */
static struct mls_proposal choose_wrong_extensions(struct model *model)
{
    static const uint8_t unlisted[] = {0xF0, 0xC2, 0};
    static const uint8_t twice[] = {0xF0, 0xC1, 0, 0xF0, 0xC1, 0};
    struct mls_proposal change = {.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS};
    change.context_extensions.bytes = model_chance(model, 50) ? SPAN_OF(twice) : SPAN_OF(unlisted);
    return change;
}

/* Up to two proposals that no commit may have; `checked` holds what they lend. */
static size_t choose_wrong(struct model *model,
                           size_t who,
                           struct mls_key_package_checked *checked,
                           struct mls_proposal wrong[2])
{
    const struct world *world = &model->world;
    size_t other = model_other(model, who);
    uint32_t own_leaf = mls_group_own_leaf(world->members[who].group);
    struct mls_proposal removal = {.type = MLS_PROPOSAL_REMOVE,
                                   .removed = mls_group_own_leaf(world->members[other].group)};
    wrong[0] = wrong[1] = removal;
    switch (model_choose(model, 10)) {
    case 0: /* the committer itself */
        wrong[0].removed = own_leaf;
        return 1;
    case 1: /* nobody, far from the tree */
        wrong[0].removed = model_chance(model, 50) ? 0x80000000u : UINT32_MAX;
        return 1;
    case 2: /* one leaf twice */
        return 2;
    case 3: /* a member's KeyPackage */
        model_package(model, other, checked);
        wrong[0] = (struct mls_proposal){.type = MLS_PROPOSAL_ADD, .add = &checked->package};
        return 1;
    case 4: /* a ReInit with something else */
        wrong[1] = (struct mls_proposal){
            .type = MLS_PROPOSAL_REINIT,
            .reinit = {SPAN_LITERAL("next"), MLS_VERSION_10, 1, {SPAN_EMPTY}}};
        return 2;
    case 5: /* an ExternalInit of a member's */
        wrong[0] = (struct mls_proposal){
            .type = MLS_PROPOSAL_EXTERNAL_INIT,
            .kem_output = signature_public_span(&world->members[who].signature_public)};
        return 1;
    case 6: /* an Update of the committer's own */
        wrong[0] = (struct mls_proposal){
            .type = MLS_PROPOSAL_UPDATE,
            .update = mls_tree_leaf(mls_public_group_tree(model_public(model)), own_leaf)};
        return 1;
    case 7:
        wrong[0] = choose_wrong_extensions(model);
        return 1;
    default:
        wrong[0] = choose_wrong_psk(model);
        return 1;
    }
}

static void step_wrong_commit(struct model *model)
{
    struct world *world = &model->world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_key_package_checked checked;
    struct mls_proposal wrong[2];
    struct snapshot before;
    size_t who = model_member(model);
    /* It would take the place of a KeyPackage that somebody was proposed with. */
    if (model_waits(model, MLS_PROPOSAL_ADD))
        return;
    struct mls_commit_request request = {.proposals = wrong,
                                         .proposal_count =
                                             choose_wrong(model, who, &checked, wrong),
                                         .ignore_cached = true};
    struct mls_group *group = world->members[who].group;
    snapshot_take(model, &before);
    REFUSED(mls_group_commit(group, &request, &world->options, &world->random, &bundle));
    assert_false(mls_group_has_pending(group));
    snapshot_check(model, &before);
}

/* What has its time, and this is not it. */
static void step_wrong_time(struct model *model)
{
    struct world *world = &model->world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle second = {0};
    CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
    struct mls_commit_request request = {0};
    struct snapshot before;
    size_t who = model_member(model);
    struct mls_group *group = world->members[who].group;
    snapshot_take(model, &before);
    FAILS(mls_group_apply_pending(group), "NOT_FOUND");
    FAILS(mls_group_merge_staged(group), "NOT_FOUND");
    if (model_waiting(model) != 0)
        FAILS(mls_group_protect(group, SPAN_EMPTY, SPAN_LITERAL("early"), 0, &world->random, &sent),
              "NOT_NOW");
    OK(mls_group_commit(group, &request, &world->options, &world->random, &bundle));
    FAILS(mls_group_commit(group, &request, &world->options, &world->random, &second), "PENDING");
    mls_group_clear_pending(group);
    world_store(world, who);
    snapshot_check(model, &before);
}

/* ---- leaves that are not new ---- */

/* `from` signs the leaf again with the key that it has; `source` is where it goes. */
static void sign_kept_leaf(struct mls_group *from,
                           const struct mls_leaf_node *like,
                           enum mls_leaf_source source,
                           struct buffer *bytes,
                           struct mls_leaf_node *leaf)
{
    const struct mls_tree *tree = mls_public_group_tree(from->public_group);
    struct mls_leaf_request request = {
        .suite = from->suite,
        .present = like,
        .prepared_key = from->prepared_key,
        .source = source,
        .encryption_key = mls_tree_leaf(tree, from->own_leaf)->encryption_key,
        .parent_hash = source == MLS_LEAF_COMMIT ? like->parent_hash : SPAN_EMPTY,
        .group_id = mls_group_id(from),
        .leaf = from->own_leaf};
    OK(mls_leaf_new(&request, bytes));
    struct reader reader = reader_of(buffer_span(bytes));
    OK(mls_leaf_node_read(&reader, leaf));
}

/* Signed and tagged as it should be; `tag` is a commit's. */
static void seal(struct mls_group *from,
                 const struct mls_framed_content *content,
                 struct span tag,
                 struct buffer *message)
{
    struct signature signature;
    struct mls_authenticated_content authenticated = {.wire_format = MLS_WIRE_PUBLIC_MESSAGE,
                                                      .content = *content};
    authenticated.content.bytes = SPAN_EMPTY;
    OK(mls_protection_sign_content_prepared(from->suite, from->prepared_key,
                                            MLS_WIRE_PUBLIC_MESSAGE, &authenticated.content,
                                            mls_group_context_bytes(from), &signature));
    authenticated.auth = (struct mls_auth_data){signature_span(&signature), tag};
    OK(mls_protection_seal_public(
        from->suite, mls_key_schedule_get(&from->epoch->secrets, MLS_SECRET_MEMBERSHIP),
        &authenticated, mls_group_context_bytes(from), message));
}

static void seal_kept_update(struct mls_group *from, struct buffer *message)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(SIZE_MAX);
    const struct mls_tree *tree = mls_public_group_tree(from->public_group);
    struct mls_leaf_node leaf;
    sign_kept_leaf(from, mls_tree_leaf(tree, from->own_leaf), MLS_LEAF_UPDATE, &bytes, &leaf);
    struct mls_framed_content content = {
        .group_id = mls_group_id(from),
        .epoch = mls_group_epoch(from),
        .sender = {MLS_SENDER_MEMBER, from->own_leaf},
        .type = MLS_CONTENT_PROPOSAL,
        .proposal = {.type = MLS_PROPOSAL_UPDATE, .update = &leaf}};
    seal(from, &content, SPAN_EMPTY, message);
}

/* An honest commit, but for its leaf's key. */
static void seal_kept_commit(struct model *model, struct mls_group *from, struct buffer *message)
{
    struct world *world = &model->world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(1u << 20);
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(SIZE_MAX);
    struct mls_commit_request request = {.ignore_cached = true};
    struct mls_message decoded;
    OK(mls_group_commit(from, &request, &world->options, &world->random, &bundle));
    mls_group_clear_pending(from);
    OK(mls_message_decode(buffer_span(&bundle.commit), &arena, &decoded));
    struct mls_public_message *honest = &decoded.public_message;
    struct mls_update_path path = *honest->content.commit.path;
    sign_kept_leaf(from, &honest->content.commit.path->leaf_node, MLS_LEAF_COMMIT, &bytes,
                   &path.leaf_node);
    honest->content.commit.path = &path;
    seal(from, &honest->content, honest->auth.confirmation_tag, message);
}

/* RFC 9420, 7.3, 12.4.2: a leaf whose key is the one that it had, in an Update or in a path. */
static void step_kept_key(struct model *model)
{
    struct world *world = &model->world;
    CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(SIZE_MAX);
    struct snapshot before;
    size_t from = model_member(model);
    struct mls_group *group = world->members[from].group;
    bool in_a_commit = model_chance(model, 50);
    OK(mls_group_prepare_key(group));
    snapshot_take(model, &before);
    if (in_a_commit)
        seal_kept_commit(model, group, &message);
    else
        seal_kept_update(group, &message);
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
        if (model_is_in(model, i) && i != from)
            FAILS(receive(model, i, buffer_span(&message)),
                  in_a_commit ? "INVALID_LEAF" : "INVALID_PROPOSAL");
    world_store(world, from);
    snapshot_check(model, &before);
}

/* ---- joining that must not work ---- */

static void step_wrong_join(struct model *model)
{
    struct world *world = &model->world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer tree = BUFFER_INIT(SIZE_MAX);
    CLEANUP(mls_group_free) struct mls_group *joined = NULL;
    struct mls_key_package_checked checked;
    struct snapshot before;
    if (model_count(model) >= WORLD_MEMBERS_MAX - 1 || model_waits(model, MLS_PROPOSAL_ADD))
        return;
    size_t from = model_member(model);
    size_t newcomer = model_outsider(model);
    size_t stranger;
    do
        stranger = model_outsider(model);
    while (stranger == newcomer);
    snapshot_take(model, &before);
    model_package(model, newcomer, &checked);
    struct mls_proposal add = {.type = MLS_PROPOSAL_ADD, .add = &checked.package};
    struct mls_commit_request request = {.proposals = &add, .proposal_count = 1};
    OK(mls_group_commit(world->members[from].group, &request, &world->options, &world->random,
                        &bundle));
    /* the tree of the epoch before, another's KeyPackage, and one bit */
    OK(mls_group_write_tree(world->members[from].group, &tree));
    size_t who = model_chance(model, 50) ? newcomer : stranger;
    struct mls_join_request join = {.welcome = buffer_span(&bundle.welcome),
                                    .key_package = buffer_span(&world->members[who].package),
                                    .private_part =
                                        buffer_span(&world->members[who].package_private),
                                    .ratchet_tree = buffer_span(&tree),
                                    .psk_store = &model_psks};
    REFUSED(mls_group_join(&join, &world->options, &joined));
    assert_null(joined);
    flip_a_bit(model, &bundle.welcome);
    REFUSED(mls_group_join(&join, &world->options, &joined));
    mls_group_clear_pending(world->members[from].group);
    world_store(world, from);
    snapshot_check(model, &before);
}

static void step_wrong_external(struct model *model)
{
    struct world *world = &model->world;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer info = BUFFER_INIT(SIZE_MAX);
    CLEANUP(mls_group_free) struct mls_group *joined = NULL;
    struct snapshot before;
    size_t from = model_member(model);
    snapshot_take(model, &before);
    OK(mls_group_write_group_info(world->members[from].group, true, &info));
    struct mls_external_join_request request = {
        .group_info = buffer_span(&info),
        .identity = &world->members[model_other(model, from)].identity};
    FAILS(mls_group_join_external(&request, &world->options, &world->random, &joined, &bundle),
          "EXISTS");
    if (model_count(model) < WORLD_MEMBERS_MAX) {
        request.identity = &world->members[model_outsider(model)].identity;
        request.resync = true;
        FAILS(mls_group_join_external(&request, &world->options, &world->random, &joined, &bundle),
              "NOT_FOUND");
        request.resync = false;
        flip_a_bit(model, &info);
        REFUSED(
            mls_group_join_external(&request, &world->options, &world->random, &joined, &bundle));
    }
    assert_null(joined);
    snapshot_check(model, &before);
}

const struct model_step model_invalid_steps[] = {
    {"damaged text", step_damaged_text, 3},
    {"damaged commit", step_damaged_commit, 3},
    {"damaged proposal", step_damaged_proposal, 2},
    {"replayed commit", step_replayed_commit, 2},
    {"other group", step_other_group, 1},
    {"wrong commit", step_wrong_commit, 6},
    {"wrong time", step_wrong_time, 2},
    {"kept key", step_kept_key, 2},
    {"wrong join", step_wrong_join, 2},
    {"wrong external", step_wrong_external, 2},
};
const size_t model_invalid_step_count = sizeof model_invalid_steps / sizeof *model_invalid_steps;
