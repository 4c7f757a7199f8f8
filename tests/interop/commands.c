/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One function a command; the table is at the end. The fields of each are in DESIGN.md. */
#include "protocol/mls/public/key_package.h"
#include "tests/interop/peer.h"

#include <stdio.h>
#include <string.h>

/* What a command works with. */
struct call {
    struct peer *peer;
    struct peer_member *member;
    const json_t *request;
    json_t *answer;
};

#define BYTES(name) CLEANUP(buffer_clear) struct buffer name = BUFFER_INIT(PEER_BYTES_MAX)

/* The group changed: into the rows with it. */
static enum status store(const struct call *call)
{
    return memory_rows_store(&call->member->rows, call->member->group);
}

static enum status take_group(const struct call *call, struct mls_group *group)
{
    mls_group_free(&call->member->group);
    memory_rows_clear(&call->member->rows);
    call->member->group = group;
    mls_group_set_psk_store(group, &call->peer->psk_store);
    return store(call);
}

/* ---- keys ---- */

static enum status make_identity(const struct call *call, const struct suite *suite)
{
    struct peer_member *member = call->member;
    const char *name = NULL;
    TRY(fields_text(call->request, "identity", &name));
    TRY(signature_generate(suite->signature, call->peer->random, &member->signature_private,
                           &member->signature_public));
    TRY(mls_grease_draw(call->peer->random, &member->grease));
    (void)snprintf(member->identity_name, sizeof member->identity_name, "%s", name);
    struct mls_identity *identity = &member->identity;
    identity->credential =
        (struct mls_credential){MLS_CREDENTIAL_BASIC, span_from_text(member->identity_name)};
    identity->signature_public_key = signature_public_span(&member->signature_public);
    identity->signature_private_key = secret_span(&member->signature_private);
    identity->not_before = call->peer->options.now_seconds - 3600;
    identity->not_after = call->peer->options.now_seconds + 86400;
    identity->grease = fields_flag(call->request, "grease") ? &member->grease : NULL;
    member->suite = suite;
    return STATUS_OK;
}

static enum status do_key_package(const struct call *call)
{
    struct peer_member *member = call->member;
    uint64_t suite = 0;
    TRY(fields_number(call->request, "suite", &suite));
    if (suite_find((uint16_t)suite) == NULL)
        return STATUS_UNSUPPORTED;
    if (member->suite == NULL)
        TRY(make_identity(call, suite_find((uint16_t)suite)));
    buffer_clear(&member->package);
    buffer_clear(&member->package_private);
    TRY(mls_key_package_new(member->suite, &member->identity, false, call->peer->random,
                            &member->package, &member->package_private));
    return fields_set_bytes(call->answer, "key_package", buffer_span(&member->package));
}

static enum status do_psk(const struct call *call)
{
    struct peer *peer = call->peer;
    if (peer->psk_count == PEER_PSKS_MAX)
        return STATUS_LIMIT;
    struct peer_psk *psk = &peer->psks[peer->psk_count++];
    *psk = (struct peer_psk){BUFFER_INIT(1024), BUFFER_INIT(1024)};
    TRY(fields_bytes(call->request, "id", &psk->id));
    return fields_bytes(call->request, "value", &psk->value);
}

/* ---- beginning ---- */

static enum status do_create(const struct call *call)
{
    BYTES(group_id);
    BYTES(extensions);
    struct mls_group *group = NULL;
    TRY(fields_bytes(call->request, "group_id", &group_id));
    TRY(fields_extensions(call->request, "extensions", &extensions));
    struct mls_group_config config = {.suite = call->member->suite,
                                      .group_id = buffer_span(&group_id),
                                      .identity = &call->member->identity,
                                      .extensions = {buffer_span(&extensions)}};
    TRY(mls_group_new(&config, call->peer->random, &group));
    return take_group(call, group);
}

/* "from" and "usage", when the request has them. */
static enum status read_continuation(const struct call *call, struct mls_continuation *from)
{
    const char *name = NULL;
    const char *usage = NULL;
    TRY(fields_text(call->request, "from", &name));
    TRY(fields_text(call->request, "usage", &usage));
    const struct peer_member *old = peer_find(call->peer, name);
    if (old == NULL || old->group == NULL)
        return STATUS_NOT_FOUND;
    *from = (struct mls_continuation){
        .old = old->group, .usage = strcmp(usage, "reinit") == 0 ? MLS_PSK_REINIT : MLS_PSK_BRANCH};
    return STATUS_OK;
}

static enum status do_join(const struct call *call)
{
    BYTES(welcome);
    BYTES(tree);
    struct mls_continuation from;
    struct mls_group *group = NULL;
    TRY(fields_bytes(call->request, "welcome", &welcome));
    TRY(fields_bytes(call->request, "tree", &tree));
    struct mls_join_request join = {.welcome = buffer_span(&welcome),
                                    .key_package = buffer_span(&call->member->package),
                                    .private_part = buffer_span(&call->member->package_private),
                                    .ratchet_tree = buffer_span(&tree),
                                    .psk_store = &call->peer->psk_store};
    if (json_is_string(json_object_get(call->request, "from"))) {
        TRY(read_continuation(call, &from));
        join.continues = &from;
    }
    TRY(mls_group_join(&join, &call->peer->options, &group));
    return take_group(call, group);
}

static enum status do_external_join(const struct call *call)
{
    BYTES(group_info);
    BYTES(tree);
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_group *group = NULL;
    TRY(fields_bytes(call->request, "group_info", &group_info));
    TRY(fields_bytes(call->request, "tree", &tree));
    struct mls_external_join_request join = {.group_info = buffer_span(&group_info),
                                             .ratchet_tree = buffer_span(&tree),
                                             .identity = &call->member->identity,
                                             .resync = fields_flag(call->request, "resync")};
    TRY(mls_group_join_external(&join, &call->peer->options, call->peer->random, &group, &bundle));
    TRY(take_group(call, group));
    return fields_set_bytes(call->answer, "commit", buffer_span(&bundle.commit));
}

static enum status do_continue(const struct call *call)
{
    const json_t *list = json_object_get(call->request, "packages");
    struct buffer bytes[8];
    struct mls_key_package packages[8];
    size_t count = json_array_size(list);
    BYTES(group_id);
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_group *group = NULL;
    struct mls_continue_request request = {.identity = &call->member->identity,
                                           .packages = packages,
                                           .package_count = count,
                                           .tree_in_welcome = true};
    if (count > sizeof bytes / sizeof bytes[0])
        return STATUS_LIMIT;
    TRY(read_continuation(call, &request.from));
    TRY(fields_bytes(call->request, "group_id", &group_id));
    request.group_id = buffer_span(&group_id);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count; i++)
        buffer_init(&bytes[i], PEER_BYTES_MAX);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct mls_key_package_checked checked;
        status = fields_bytes(json_array_get(list, i), "key_package", &bytes[i]);
        if (status == STATUS_OK)
            status = mls_key_package_check(buffer_span(&bytes[i]), &call->peer->options, &checked);
        if (status == STATUS_OK)
            packages[i] = checked.package;
    }
    if (status == STATUS_OK)
        status =
            mls_group_continue(&request, &call->peer->options, call->peer->random, &group, &bundle);
    for (size_t i = 0; i < count; i++)
        buffer_clear(&bytes[i]);
    TRY(status);
    TRY(take_group(call, group));
    return fields_set_bytes(call->answer, "welcome", buffer_span(&bundle.welcome));
}

/* ---- proposals and commits ---- */

/* A proposal of a request, with what it lends from. */
struct wanted {
    struct mls_proposal proposal;
    struct mls_key_package_checked checked;
    struct buffer bytes;
    struct buffer group_id;
    uint8_t nonce[HASH_SIZE_MAX];
};

static void wanted_clear(struct wanted *wanted)
{
    buffer_clear(&wanted->bytes);
    buffer_clear(&wanted->group_id);
}

static enum status
read_psk(const struct call *call, const json_t *item, bool external, struct wanted *wanted)
{
    const struct suite *suite = call->member->suite;
    TRY(random_fill(call->peer->random, wanted->nonce, suite->hash_size));
    wanted->proposal =
        (struct mls_proposal){.type = MLS_PROPOSAL_PSK,
                              .psk = {.type = external ? MLS_PSK_EXTERNAL : MLS_PSK_RESUMPTION,
                                      .usage = MLS_PSK_APPLICATION,
                                      .group_id = mls_group_id(call->member->group),
                                      .nonce = span_of(wanted->nonce, suite->hash_size)}};
    if (!external)
        return fields_number(item, "epoch", &wanted->proposal.psk.epoch);
    TRY(fields_bytes(item, "id", &wanted->bytes));
    wanted->proposal.psk.psk_id = buffer_span(&wanted->bytes);
    return STATUS_OK;
}

static enum status read_reinit(const json_t *item, struct wanted *wanted)
{
    uint64_t suite = 0;
    TRY(fields_number(item, "suite", &suite));
    TRY(fields_bytes(item, "group_id", &wanted->group_id));
    TRY(fields_extensions(item, "extensions", &wanted->bytes));
    wanted->proposal = (struct mls_proposal){.type = MLS_PROPOSAL_REINIT,
                                             .reinit = {buffer_span(&wanted->group_id),
                                                        MLS_VERSION_10,
                                                        (uint16_t)suite,
                                                        {buffer_span(&wanted->bytes)}}};
    return STATUS_OK;
}

static enum status read_add(const struct call *call, const json_t *item, struct wanted *wanted)
{
    TRY(fields_bytes(item, "key_package", &wanted->bytes));
    TRY(mls_key_package_check(buffer_span(&wanted->bytes), &call->peer->options, &wanted->checked));
    wanted->proposal =
        (struct mls_proposal){.type = MLS_PROPOSAL_ADD, .add = &wanted->checked.package};
    return STATUS_OK;
}

static enum status read_proposal(const struct call *call, const json_t *item, struct wanted *wanted)
{
    const char *kind = NULL;
    TRY(fields_text(item, "kind", &kind));
    if (strcmp(kind, "add") == 0)
        return read_add(call, item, wanted);
    if (strcmp(kind, "psk") == 0 || strcmp(kind, "resumption") == 0)
        return read_psk(call, item, strcmp(kind, "psk") == 0, wanted);
    if (strcmp(kind, "reinit") == 0)
        return read_reinit(item, wanted);
    if (strcmp(kind, "remove") == 0) {
        uint64_t leaf = 0;
        TRY(fields_number(item, "leaf", &leaf));
        wanted->proposal =
            (struct mls_proposal){.type = MLS_PROPOSAL_REMOVE, .removed = (uint32_t)leaf};
        return STATUS_OK;
    }
    if (strcmp(kind, "extensions") != 0)
        return STATUS_USAGE;
    TRY(fields_extensions(item, "extensions", &wanted->bytes));
    wanted->proposal = (struct mls_proposal){.type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
                                             .context_extensions = {buffer_span(&wanted->bytes)}};
    return STATUS_OK;
}

static enum status do_propose(const struct call *call)
{
    BYTES(message);
    CLEANUP(wanted_clear)
    struct wanted wanted = {.bytes = BUFFER_INIT(PEER_BYTES_MAX),
                            .group_id = BUFFER_INIT(PEER_BYTES_MAX)};
    const json_t *item = json_object_get(call->request, "proposal");
    const char *kind = NULL;
    TRY(fields_text(item, "kind", &kind));
    if (strcmp(kind, "update") == 0) {
        TRY(mls_group_propose_update(call->member->group, NULL, SPAN_EMPTY, call->peer->random,
                                     &message));
    } else {
        TRY(read_proposal(call, item, &wanted));
        TRY(mls_group_propose(call->member->group, &wanted.proposal, SPAN_EMPTY,
                              &call->peer->options, &message));
    }
    TRY(store(call));
    return fields_set_bytes(call->answer, "message", buffer_span(&message));
}

static enum status
commit(const struct call *call, const struct mls_proposal *proposals, size_t proposal_count)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_commit_request request = {.proposals = proposals,
                                         .proposal_count = proposal_count,
                                         .force_path = fields_flag(call->request, "force_path"),
                                         .tree_in_welcome =
                                             fields_flag(call->request, "tree_in_welcome")};
    TRY(mls_group_commit(call->member->group, &request, &call->peer->options, call->peer->random,
                         &bundle));
    TRY(store(call));
    TRY(fields_set_bytes(call->answer, "commit", buffer_span(&bundle.commit)));
    return fields_set_bytes(call->answer, "welcome", buffer_span(&bundle.welcome));
}

static enum status do_commit(const struct call *call)
{
    const json_t *list = json_object_get(call->request, "proposals");
    struct wanted wanted[8];
    struct mls_proposal proposals[8];
    size_t count = json_array_size(list);
    enum status status = STATUS_OK;
    if (count > sizeof wanted / sizeof wanted[0])
        return STATUS_LIMIT;
    for (size_t i = 0; i < count; i++)
        wanted[i] = (struct wanted){.bytes = BUFFER_INIT(PEER_BYTES_MAX),
                                    .group_id = BUFFER_INIT(PEER_BYTES_MAX)};
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = read_proposal(call, json_array_get(list, i), &wanted[i]);
        proposals[i] = wanted[i].proposal;
    }
    if (status == STATUS_OK)
        status = commit(call, proposals, count);
    for (size_t i = 0; i < count; i++)
        wanted_clear(&wanted[i]);
    return status;
}

static enum status do_apply(const struct call *call)
{
    TRY(mls_group_apply_pending(call->member->group));
    return store(call);
}

static enum status do_clear(const struct call *call)
{
    mls_group_clear_pending(call->member->group);
    return store(call);
}

/* ---- messages ---- */

static enum status answer_received(const struct call *call, const struct mls_received *received)
{
    const char *kind = NULL;
    switch (received->kind) {
    case MLS_RECEIVED_APPLICATION:
        kind = "application";
        TRY(fields_set_bytes(call->answer, "text", received->plaintext));
        break;
    case MLS_RECEIVED_PROPOSAL:
        kind = "proposal";
        break;
    case MLS_RECEIVED_COMMIT:
        kind = received->removes_us ? "removed" : "commit";
        TRY(mls_group_merge_staged(call->member->group));
        break;
    case MLS_RECEIVED_OWN_COMMIT:
        kind = "own commit";
        break;
    case MLS_RECEIVED_OWN_MESSAGE:
        kind = "own message";
        break;
    }
    return json_object_set_new(call->answer, "kind", json_string(kind)) == 0 ? STATUS_OK
                                                                             : STATUS_NO_MEMORY;
}

static enum status do_receive(const struct call *call)
{
    BYTES(message);
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    TRY(fields_bytes(call->request, "message", &message));
    TRY(mls_group_receive(call->member->group, buffer_span(&message), &call->peer->options,
                          &received));
    TRY(answer_received(call, &received));
    return store(call);
}

static enum status do_send(const struct call *call)
{
    BYTES(text);
    CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
    TRY(fields_bytes(call->request, "text", &text));
    TRY(mls_group_protect(call->member->group, SPAN_LITERAL("interop"), buffer_span(&text), 256,
                          call->peer->random, &sent));
    TRY(store(call));
    return fields_set_bytes(call->answer, "message", buffer_span(&sent.message));
}

/* ---- looking ---- */

static enum status do_state(const struct call *call)
{
    const struct mls_group *group = call->member->group;
    uint8_t exported[32];
    const struct mls_public_group *view = mls_group_public(group);
    TRY(mls_group_export(group, "interop", SPAN_LITERAL("context"), exported, sizeof exported));
    json_int_t epoch = (json_int_t)mls_group_epoch(group);
    if (json_object_set_new(call->answer, "epoch", json_integer(epoch)) != 0 ||
        json_object_set_new(call->answer, "leaf", json_integer(mls_group_own_leaf(group))) != 0)
        return STATUS_NO_MEMORY;
    TRY(fields_set_bytes(call->answer, "context", mls_public_group_context_bytes(view)));
    TRY(fields_set_bytes(call->answer, "tree_hash",
                         mls_tree_root_hash(mls_public_group_tree(view))));
    TRY(fields_set_bytes(call->answer, "authenticator", mls_group_epoch_authenticator(group)));
    return fields_set_bytes(call->answer, "exported", SPAN_OF(exported));
}

static enum status do_group_info(const struct call *call)
{
    BYTES(info);
    BYTES(tree);
    bool with_tree = fields_flag(call->request, "with_tree");
    TRY(mls_group_write_group_info(call->member->group, with_tree, &info));
    TRY(mls_group_write_tree(call->member->group, &tree));
    TRY(fields_set_bytes(call->answer, "group_info", buffer_span(&info)));
    return fields_set_bytes(call->answer, "tree", buffer_span(&tree));
}

/* The leaf whose credential has this identity. */
static enum status do_find(const struct call *call)
{
    const struct mls_tree *tree = mls_public_group_tree(mls_group_public(call->member->group));
    const char *identity = NULL;
    TRY(fields_text(call->request, "identity", &identity));
    for (uint32_t leaf = 0; leaf < mls_tree_leaf_count(tree); leaf++) {
        const struct mls_leaf_node *node = mls_tree_leaf(tree, leaf);
        if (node == NULL || !span_equal(node->credential.content, span_from_text(identity)))
            continue;
        return json_object_set_new(call->answer, "leaf", json_integer(leaf)) == 0
                   ? STATUS_OK
                   : STATUS_NO_MEMORY;
    }
    return STATUS_NOT_FOUND;
}

static enum status do_restart(const struct call *call)
{
    struct peer_member *member = call->member;
    mls_group_free(&member->group);
    TRY(memory_rows_restore(&member->rows, &call->peer->options, &member->group));
    mls_group_set_psk_store(member->group, &call->peer->psk_store);
    return STATUS_OK;
}

static enum status do_forget(const struct call *call)
{
    peer_forget(call->peer, call->member->name);
    return STATUS_OK;
}

/* ---- the table ---- */

enum needs { NEEDS_NOTHING, NEEDS_MEMBER, NEEDS_GROUP };

static const struct {
    const char *name;
    enum needs needs;
    enum status (*run)(const struct call *call);
} commands[] = {
    {"key_package", NEEDS_MEMBER, do_key_package},
    {"psk", NEEDS_NOTHING, do_psk},
    {"create", NEEDS_MEMBER, do_create},
    {"join", NEEDS_MEMBER, do_join},
    {"external_join", NEEDS_MEMBER, do_external_join},
    {"continue", NEEDS_MEMBER, do_continue},
    {"propose", NEEDS_GROUP, do_propose},
    {"commit", NEEDS_GROUP, do_commit},
    {"apply", NEEDS_GROUP, do_apply},
    {"clear", NEEDS_GROUP, do_clear},
    {"receive", NEEDS_GROUP, do_receive},
    {"send", NEEDS_GROUP, do_send},
    {"state", NEEDS_GROUP, do_state},
    {"group_info", NEEDS_GROUP, do_group_info},
    {"find", NEEDS_GROUP, do_find},
    {"restart", NEEDS_GROUP, do_restart},
    {"forget", NEEDS_MEMBER, do_forget},
};

enum status peer_answer(struct peer *peer, const json_t *request, json_t *answer)
{
    struct call call = {.peer = peer, .request = request, .answer = answer};
    const char *name = NULL;
    const char *member = NULL;
    TRY(fields_text(request, "do", &name));
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(name, commands[i].name) != 0)
            continue;
        if (commands[i].needs != NEEDS_NOTHING) {
            TRY(fields_text(request, "member", &member));
            TRY(peer_find_or_add(peer, member, &call.member));
            if (commands[i].needs == NEEDS_GROUP && call.member->group == NULL)
                return STATUS_USAGE;
        }
        return commands[i].run(&call);
    }
    return STATUS_USAGE;
}
