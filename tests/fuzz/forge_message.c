/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/fuzz/forge.h"

#include "protocol/crypto/hash.h"
#include "protocol/mls/member/commit_build.h"
#include "protocol/mls/member/protection.h"

#include <string.h>

#define ITEMS_MAX 5

/* A message while it is made: everything lies in the arena. */
struct making {
    struct forge *forge;
    const struct forge_base *base;
    struct tape *tape;
    struct arena arena;
    struct mls_sender sender;
    const struct forge_person *signer;
    struct mls_proposal_or_ref items[ITEMS_MAX];
    struct mls_sent_proposal sent[ITEMS_MAX];
    size_t item_count;
    struct mls_built_path built;
    const struct mls_update_path *path;
    bool is_private;
};

static void *take(struct making *making, size_t count, size_t size)
{
    void *memory = NULL;
    MUST(arena_take(&making->arena, count, size, &memory));
    return memory;
}

static const struct mls_tree *tree_of(const struct making *making)
{
    return mls_public_group_tree(making->base->group);
}

/* ---- proposals ---- */

static void choose_psk(struct making *making, struct mls_psk_id *psk)
{
    static const uint8_t nonce[33] = {7};
    static const size_t nonce_sizes[] = {32, 32, 32, 31, 33, 0};
    struct tape *tape = making->tape;
    size_t kind = tape_choose(tape, 6);
    psk->nonce = span_of(nonce, nonce_sizes[tape_choose(tape, 6)]);
    psk->type = kind < 2 ? MLS_PSK_EXTERNAL : MLS_PSK_RESUMPTION;
    psk->psk_id = kind == 0 ? SPAN_LITERAL("known") : SPAN_LITERAL("unknown");
    psk->usage = kind < 4 ? MLS_PSK_APPLICATION : kind == 4 ? MLS_PSK_REINIT : MLS_PSK_BRANCH;
    psk->group_id = kind == 3 ? SPAN_LITERAL("else") : mls_public_group_id(making->base->group);
    psk->epoch = mls_public_group_epoch(making->base->group) - tape_choose(tape, 4);
}

static void choose_extensions(struct making *making, struct mls_extensions *extensions)
{
    static const uint8_t requires_weft[] = {0, 3, 5, 2, 0xf0, 0xc1, 0, 0};
    static const uint8_t requires_more[] = {0, 3, 5, 2, 0xf0, 0xc2, 0, 0};
    static const uint8_t weft_twice[] = {0xf0, 0xc1, 0, 0xf0, 0xc1, 0};
    static const uint8_t unknown[] = {0xf0, 0xc2, 0};
    static const uint8_t bad_senders[] = {0, 5, 2, 1, 0};
    static const uint8_t no_senders[] = {0, 5, 1, 0, 0xf0, 0xc1, 1, 9};
    const struct span choices[] = {
        mls_public_group_context(making->base->group)->extensions.bytes,
        SPAN_OF(requires_weft),
        SPAN_OF(requires_more),
        SPAN_OF(weft_twice),
        SPAN_OF(unknown),
        SPAN_OF(bad_senders),
        SPAN_OF(no_senders),
        SPAN_EMPTY,
    };
    extensions->bytes = choices[tape_choose(making->tape, sizeof choices / sizeof *choices)];
}

static void choose_reinit(struct making *making, struct mls_reinit *reinit)
{
    static const uint16_t suites[] = {1, 3, 2, 0, 0x0a0a};
    reinit->group_id = SPAN_LITERAL("again");
    reinit->version = (uint16_t)(1 + tape_choose(making->tape, 2));
    reinit->cipher_suite = suites[tape_choose(making->tape, 5)];
    choose_extensions(making, &reinit->extensions);
}

/* An Update leaf of a member's, signed for the sender's place. */
static const struct mls_leaf_node *choose_update(struct making *making)
{
    const struct forge *forge = making->forge;
    struct mls_leaf_node *leaf = take(making, 1, sizeof *leaf);
    struct signature *signature = take(making, 1, sizeof *signature);
    size_t how = tape_choose(making->tape, 6);
    uint32_t place = how == 1 ? FORGE_BEN : making->sender.index;
    const struct mls_leaf_node *old = mls_tree_leaf(tree_of(making), place);
    *leaf = old != NULL && how != 2 ? *old : forge->read[1].leaf_node;
    if (how != 3)
        leaf->encryption_key = forge->read[0].leaf_node.encryption_key;
    leaf->source = how == 4 ? MLS_LEAF_COMMIT : MLS_LEAF_UPDATE;
    leaf->parent_hash = SPAN_EMPTY;
    if (how == 5)
        leaf->capabilities.extensions.bytes = SPAN_EMPTY;
    forge_sign_leaf(forge, mls_public_group_id(making->base->group), making->sender.index, leaf,
                    signature);
    return leaf;
}

static void choose_proposal(struct making *making, struct mls_proposal *proposal)
{
    static const uint8_t zeros[33];
    static const uint32_t leaves[] = {2, 0, 1, 3, 4, 0x80000000u, UINT32_MAX, 7};
    struct tape *tape = making->tape;
    *proposal = (struct mls_proposal){.type = (uint16_t)(1 + tape_choose(tape, 7))};
    switch (proposal->type) {
    case MLS_PROPOSAL_ADD:
        proposal->add = &making->forge->read[tape_choose(tape, FORGE_PACKAGES)];
        break;
    case MLS_PROPOSAL_UPDATE:
        proposal->update = choose_update(making);
        break;
    case MLS_PROPOSAL_REMOVE:
        proposal->removed = leaves[tape_choose(tape, 8)];
        break;
    case MLS_PROPOSAL_PSK:
        choose_psk(making, &proposal->psk);
        break;
    case MLS_PROPOSAL_REINIT:
        choose_reinit(making, &proposal->reinit);
        break;
    case MLS_PROPOSAL_EXTERNAL_INIT:
        proposal->kem_output = tape_choose(tape, 2) == 0
                                   ? making->forge->read[0].init_key
                                   : span_of(zeros, 32 + tape_choose(tape, 2));
        break;
    default:
        choose_extensions(making, &proposal->context_extensions);
        break;
    }
}

/* ---- commits ---- */

/* By value, or one of those that wait; a reference to nothing; the one before once more. */
static void choose_item(struct making *making)
{
    static const uint8_t unknown[32] = {1};
    struct mls_proposal_or_ref *item = &making->items[making->item_count];
    struct mls_sent_proposal *sent = &making->sent[making->item_count];
    size_t cached = mls_public_group_cached_count(making->base->group);
    size_t how = tape_choose(making->tape, 4);
    if (how == 3 && making->item_count != 0) {
        *item = item[-1];
        *sent = sent[-1];
    } else if (how == 1 && cached != 0) {
        const struct mls_cached_proposal *waiting =
            mls_public_group_cached_at(making->base->group, tape_choose(making->tape, cached));
        *item = (struct mls_proposal_or_ref){.by_reference = true, .reference = waiting->reference};
        *sent = (struct mls_sent_proposal){&waiting->proposal, waiting->sender, true};
    } else if (how == 2) {
        *item = (struct mls_proposal_or_ref){.by_reference = true, .reference = SPAN_OF(unknown)};
        return; /* with nothing behind it the path is made as if it were not there */
    } else {
        *item = (struct mls_proposal_or_ref){0};
        choose_proposal(making, &item->proposal);
        *sent = (struct mls_sent_proposal){&item->proposal, making->sender, false};
    }
    making->item_count++;
}

/* Honest paths that were made before: they are most of what a message costs, and nothing of them
 * is what is tested. Each depends on nothing but what it is made for. */
struct kept_path {
    struct digest made_for;
    struct mls_built_path built;
    struct buffer path; /* empty when there was none */
};

#define KEPT_PATHS 1024

/* What a path is made for: the group, the sender, and the proposals with theirs. */
static struct digest what_for(const struct making *making)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(FORGE_BYTES_MAX);
    struct writer writer = writer_of(&bytes);
    struct digest digest = {0};
    writer_vector(&writer, mls_public_group_context_bytes(making->base->group));
    writer_u8(&writer, (uint8_t)making->sender.type);
    writer_u32(&writer, making->sender.index);
    writer_vector(&writer, signature_public_span(&making->signer->signature_public));
    for (size_t i = 0; i < making->item_count; i++) {
        const struct mls_sent_proposal *sent = &making->sent[i];
        writer_u8(&writer, sent->by_reference);
        writer_u8(&writer, (uint8_t)sent->sender.type);
        writer_u32(&writer, sent->sender.index);
        mls_proposal_write(&writer, sent->proposal);
    }
    MUST(writer_finish(&writer));
    MUST(hash_bytes(HASH_SHA256, buffer_span(&bytes), &digest));
    return digest;
}

/* The honest path for the proposals, or for the tree as it is where they cannot be applied. */
static void make_path(struct making *making, struct kept_path *kept)
{
    const struct forge_base *base = making->base;
    const struct mls_group_context *context = mls_public_group_context(base->group);
    struct mls_proposal_base before = {tree_of(making), context};
    struct mls_proposal_list list = {making->sent, making->item_count, making->sender};
    struct mls_proposal_effect effect = {0};
    const struct mls_update_path *path = NULL;
    struct mls_commit_build build = {
        .public_group = base->group,
        .sender = making->sender,
        .message_key = &making->signer->prepared_key,
        .leaf_key = &making->signer->prepared_key,
        .identity = making->sender.type == MLS_SENDER_MEMBER ? NULL : &making->signer->identity,
        .random = &making->forge->random,
        .arena = &making->arena};
    if (mls_proposal_list_apply(&before, &list, &making->forge->options, &making->arena, &effect) !=
        STATUS_OK) {
        effect = (struct mls_proposal_effect){.extensions = context->extensions};
        MUST(mls_tree_clone(tree_of(making), &effect.tree));
    }
    buffer_clear(&kept->path);
    kept->path = BUFFER_INIT(FORGE_BYTES_MAX);
    if (mls_commit_build_path(&build, &effect, &kept->built, &path) == STATUS_OK) {
        struct writer writer = writer_of(&kept->path);
        mls_update_path_write(&writer, path);
        MUST(writer_finish(&writer));
    }
    mls_tree_free(&effect.tree);
}

static void build_path(struct making *making)
{
    static struct kept_path all[KEPT_PATHS];
    struct digest made_for = what_for(making);
    uint64_t seed = 0;
    for (size_t i = 0; i < sizeof seed; i++)
        seed = seed << 8 | made_for.bytes[i];
    struct kept_path *kept = &all[seed % KEPT_PATHS];
    if (!span_equal(digest_span(&kept->made_for), digest_span(&made_for))) {
        uint64_t state = making->forge->random_state;
        making->forge->random_state = seed;
        kept->built = (struct mls_built_path){0};
        make_path(making, kept);
        making->forge->random_state = state;
        kept->made_for = made_for;
    }
    making->built = kept->built;
    if (kept->path.len == 0)
        return;
    struct mls_update_path *path = take(making, 1, sizeof *path);
    struct reader reader = reader_of(buffer_span(&kept->path));
    MUST(mls_update_path_read(&reader, &making->arena, path));
    making->path = path;
}

/* Spoils the leaf and signs it again; its parent hash stays right. */
static void spoil_leaf(struct making *making, size_t how, struct mls_leaf_node *leaf)
{
    struct signature *signature = take(making, 1, sizeof *signature);
    const struct mls_leaf_node *old = mls_tree_leaf(tree_of(making), making->sender.index);
    if (how == 0)
        leaf->source = MLS_LEAF_UPDATE;
    else if (how == 1 && old != NULL)
        leaf->encryption_key = old->encryption_key;
    else if (how == 2)
        leaf->capabilities.extensions.bytes = SPAN_EMPTY;
    else if (how == 3)
        leaf->parent_hash = SPAN_EMPTY;
    else if (how == 4)
        leaf->credential.content = SPAN_LITERAL("Ben");
    else if (how == 5)
        leaf->signature_key =
            signature_public_span(&making->forge->people[FORGE_EVE].signature_public);
    forge_sign_leaf(making->forge, mls_public_group_id(making->base->group), making->sender.index,
                    leaf, signature);
}

static void spoil_nodes(struct making *making, size_t how, struct mls_update_path *path)
{
    static const uint8_t zeros[32];
    struct mls_update_path_node *nodes = take(making, path->node_count + 1, sizeof *nodes);
    memcpy(nodes, path->nodes, path->node_count * sizeof *nodes);
    struct mls_update_path_node *last = &nodes[path->node_count - 1];
    const struct mls_leaf_node *ben = mls_tree_leaf(tree_of(making), FORGE_BEN);
    struct mls_hpke_ciphertext *secrets = take(making, last->secret_count + 1, sizeof *secrets);
    if (last->secret_count != 0)
        memcpy(secrets, last->secrets, last->secret_count * sizeof *secrets);
    path->nodes = nodes;
    last->secrets = secrets;
    if (how == 0)
        path->node_count--;
    else if (how == 1)
        nodes[path->node_count++] = *last;
    else if (how == 2 && ben != NULL)
        last->encryption_key = ben->encryption_key;
    else if (how == 3)
        last->encryption_key = path->leaf_node.encryption_key;
    else if (how == 4)
        secrets[last->secret_count++] = secrets[0];
    else if (last->secret_count == 0)
        return;
    else if (how == 5)
        last->secret_count--;
    else if (how == 6)
        secrets[0].kem_output = SPAN_OF(zeros);
    else
        secrets[0].ciphertext = span_of(zeros, 1);
}

static void choose_path(struct making *making)
{
    size_t how = tape_choose(making->tape, 16);
    bool can_have_one = (making->sender.type == MLS_SENDER_MEMBER &&
                         mls_tree_leaf(tree_of(making), making->sender.index) != NULL) ||
                        making->sender.type == MLS_SENDER_NEW_MEMBER_COMMIT;
    if (how == 1 || !can_have_one)
        return;
    build_path(making);
    if (making->path == NULL || how == 0)
        return;
    struct mls_update_path *path = take(making, 1, sizeof *path);
    *path = *making->path;
    if (how < 8)
        spoil_leaf(making, how - 2, &path->leaf_node);
    else if (path->node_count != 0)
        spoil_nodes(making, how - 8, path);
    making->path = path;
}

/* ---- who sends it ---- */

static void choose_sender(struct making *making)
{
    static const struct {
        struct mls_sender sender;
        size_t signer;
    } choices[] = {
        {{MLS_SENDER_MEMBER, FORGE_ANN}, FORGE_ANN},
        {{MLS_SENDER_MEMBER, FORGE_CAT}, FORGE_CAT},
        {{MLS_SENDER_MEMBER, FORGE_BEN}, FORGE_BEN},
        {{MLS_SENDER_EXTERNAL, 0}, FORGE_EVE},
        {{MLS_SENDER_NEW_MEMBER_PROPOSAL, 0}, FORGE_DAN},
        {{MLS_SENDER_NEW_MEMBER_COMMIT, 0}, FORGE_DAN},
        {{MLS_SENDER_EXTERNAL, 1}, FORGE_EVE},
        {{MLS_SENDER_MEMBER, 3}, FORGE_ANN},
        {{MLS_SENDER_MEMBER, 0x80000000u}, FORGE_ANN},
        {{MLS_SENDER_NEW_MEMBER_COMMIT, 0}, FORGE_CAT},
        {{MLS_SENDER_MEMBER, FORGE_CAT}, FORGE_ANN},
    };
    size_t which = tape_choose(making->tape, sizeof choices / sizeof *choices);
    making->sender = choices[which].sender;
    making->signer = &making->forge->people[choices[which].signer];
}

/* ---- signed, tagged, sealed ---- */

/* Changes the encoded content as the tape says; false when it is none any more. */
static bool
edit_content(struct making *making, struct buffer *bytes, struct mls_framed_content *content)
{
    struct writer writer = writer_of(bytes);
    mls_framed_content_write(&writer, content);
    if (writer_finish(&writer) != STATUS_OK)
        return false;
    if (!tape_edit(making->tape, bytes))
        return true;
    struct reader reader = reader_of(buffer_span(bytes));
    struct mls_framed_content read;
    if (mls_framed_content_read(&reader, &making->arena, &read) != STATUS_OK ||
        !reader_at_end(&reader))
        return false;
    *content = read;
    return true;
}

static void sign(struct making *making,
                 struct mls_authenticated_content *authenticated,
                 struct signature *signature)
{
    authenticated->wire_format =
        making->is_private ? MLS_WIRE_PRIVATE_MESSAGE : MLS_WIRE_PUBLIC_MESSAGE;
    MUST(mls_protection_sign_content_prepared(
        making->forge->suite, &making->signer->prepared_key, authenticated->wire_format,
        &authenticated->content, mls_public_group_context_bytes(making->base->group), signature));
    authenticated->auth.signature = signature_span(signature);
}

/* The right tag of Ann's own commit, if her checks let it pass. */
static void find_tag(struct making *making,
                     struct mls_authenticated_content *authenticated,
                     struct digest *tag,
                     struct forge_made *made)
{
    struct mls_group *ann = making->base->member;
    CLEANUP(mls_next_free) struct mls_next *next = NULL;
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(FORGE_BYTES_MAX);
    CLEANUP(secret_clear) struct secret joiner_secret = {0};
    bool is_hers = ann != NULL && authenticated->content.sender.type == MLS_SENDER_MEMBER &&
                   authenticated->content.sender.index == FORGE_ANN;
    if (!is_hers || tape_choose(making->tape, 4) == 3)
        return;
    authenticated->auth.confirmation_tag = SPAN_EMPTY;
    struct writer writer = writer_of(&bytes);
    mls_authenticated_content_write(&writer, authenticated);
    if (writer_finish(&writer) == STATUS_OK) {
        struct mls_own_commit own = {.content = buffer_span(&bytes)};
        if (authenticated->content.commit.path != NULL && making->path != NULL) {
            own.leaf_key = secret_span(&making->built.leaf_key);
            own.path_secret = secret_span(&making->built.secrets.path[0]);
            own.secrets = &making->built.secrets;
        }
        MUST(mls_next_new(ann->arena, &next));
        if (mls_group_stage_own(ann, &own, &making->forge->options, next, tag, &joiner_secret) ==
            STATUS_OK) {
            made->next = next;
            next = NULL;
        }
    }
    authenticated->auth.confirmation_tag = digest_span(tag);
}

static void seal(struct making *making,
                 const struct mls_authenticated_content *authenticated,
                 struct buffer *out)
{
    struct mls_group *ann = making->base->member;
    static const uint8_t no_key[32];
    if (making->is_private) {
        making->forge->stale[0] = true; /* a key of hers is used up */
        uint32_t generation = 0;
        struct mls_private_seal input = {.suite = making->forge->suite,
                                         .sender_data_secret = mls_key_schedule_get(
                                             &ann->epoch->secrets, MLS_SECRET_SENDER_DATA),
                                         .tree = ann->epoch->tree,
                                         .padding = tape_choose(making->tape, 8),
                                         .random = &making->forge->random};
        if (mls_protection_seal_private(&input, authenticated, &generation, out) != STATUS_OK)
            buffer_truncate(out, 0);
        return;
    }
    struct span membership =
        ann == NULL ? SPAN_OF(no_key)
                    : mls_key_schedule_get(&ann->epoch->secrets, MLS_SECRET_MEMBERSHIP);
    if (mls_protection_seal_public(making->forge->suite, membership, authenticated,
                                   mls_public_group_context_bytes(making->base->group),
                                   out) != STATUS_OK)
        buffer_truncate(out, 0);
}

static void make_handshake(struct making *making, struct forge_made *made)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(FORGE_BYTES_MAX);
    struct digest tag = {.len = 32};
    struct signature signature;
    size_t kind = tape_choose(making->tape, 4);
    choose_sender(making);
    making->is_private = kind == 2 && making->base->member != NULL;
    struct mls_authenticated_content authenticated = {
        .content = {.group_id = mls_public_group_id(making->base->group),
                    .epoch = mls_public_group_epoch(making->base->group),
                    .sender = making->sender,
                    .type = kind == 1 ? MLS_CONTENT_PROPOSAL : MLS_CONTENT_COMMIT}};
    if (kind == 1) {
        choose_proposal(making, &authenticated.content.proposal);
    } else {
        for (size_t count = tape_choose(making->tape, ITEMS_MAX); count > 0; count--)
            choose_item(making);
        choose_path(making);
        authenticated.content.commit =
            (struct mls_commit){making->items, making->item_count, making->path};
    }
    if (!edit_content(making, &bytes, &authenticated.content))
        return;
    made->is_commit = authenticated.content.type == MLS_CONTENT_COMMIT;
    sign(making, &authenticated, &signature);
    if (made->is_commit) {
        authenticated.auth.confirmation_tag = digest_span(&tag);
        find_tag(making, &authenticated, &tag, made);
    }
    seal(making, &authenticated, &made->message);
}

void forge_made_clear(struct forge_made *made)
{
    mls_next_free(&made->next);
    buffer_clear(&made->message);
}

void forge_handshake(struct forge *forge,
                     const struct forge_base *base,
                     struct tape *tape,
                     struct forge_made *made)
{
    struct making making = {
        .forge = forge, .base = base, .tape = tape, .arena = ARENA_INIT(FORGE_BYTES_MAX)};
    made->message = BUFFER_INIT(FORGE_BYTES_MAX);
    make_handshake(&making, made);
    mls_built_path_clear(&making.built);
    arena_clear(&making.arena);
}

void forge_application(struct forge *forge, struct tape *tape, struct buffer *message)
{
    static const uint8_t tag[32] = {1};
    const struct forge_base base = {mls_group_public(forge->ann), forge->ann};
    struct making making = {.forge = forge,
                            .base = &base,
                            .tape = tape,
                            .arena = ARENA_INIT(FORGE_BYTES_MAX),
                            .is_private = true};
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(FORGE_BYTES_MAX);
    struct signature signature;
    choose_sender(&making);
    struct mls_authenticated_content authenticated = {
        .content = {.group_id = mls_group_id(forge->ann),
                    .epoch = mls_group_epoch(forge->ann),
                    .sender = making.sender,
                    .authenticated_data = tape_take(tape, tape_choose(tape, 32)),
                    .type = MLS_CONTENT_APPLICATION,
                    .application_data = tape_take(tape, tape_u8(tape))}};
    if (edit_content(&making, &bytes, &authenticated.content)) {
        sign(&making, &authenticated, &signature);
        if (authenticated.content.type == MLS_CONTENT_COMMIT)
            authenticated.auth.confirmation_tag = SPAN_OF(tag);
        seal(&making, &authenticated, message);
    }
    arena_clear(&making.arena);
}
