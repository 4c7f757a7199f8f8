/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/fuzz/forge.h"

#include "protocol/crypto/aead.h"
#include "protocol/mls/member/group_state.h"
#include "protocol/mls/member/kdf.h"
#include "protocol/mls/member/protection.h"

#define PSKS_MAX 3

/* ---- the tree ---- */

/* Signs every leaf again whose key is known, and hashes the tree anew. */
static void sign_leaves(const struct forge *forge, struct span group_id, struct mls_tree *tree)
{
    for (uint32_t i = mls_tree_next_member(tree, 0); i != MLS_NO_LEAF;
         i = mls_tree_next_member(tree, i + 1)) {
        CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(FORGE_BYTES_MAX);
        struct mls_leaf_node leaf = *mls_tree_leaf(tree, i);
        struct signature signature;
        forge_sign_leaf(forge, group_id, i, &leaf, &signature);
        struct writer writer = writer_of(&bytes);
        mls_leaf_node_write(&writer, &leaf);
        MUST(writer_finish(&writer));
        MUST(mls_tree_set_node_bytes(tree, mls_node_of_leaf(i), buffer_span(&bytes)));
    }
    MUST(mls_tree_update_hashes(tree));
}

/* Changes the tree and makes its leaves fit; `hash` becomes its hash when it still is one. True
 * when it was changed. */
static bool choose_tree(const struct forge *forge,
                        struct tape *tape,
                        struct span group_id,
                        struct buffer *bytes,
                        struct digest *hash)
{
    CLEANUP(mls_tree_free) struct mls_tree *tree = NULL;
    size_t how = tape_choose(tape, 4);
    if (how == 0 || !tape_edit(tape, bytes))
        return false;
    if (how == 3 || mls_tree_decode(forge->suite, buffer_span(bytes), &tree) != STATUS_OK)
        return true;
    if (how == 1) {
        sign_leaves(forge, group_id, tree);
        buffer_truncate(bytes, 0);
        struct writer writer = writer_of(bytes);
        mls_tree_write(&writer, tree);
        MUST(writer_finish(&writer));
    }
    struct span root = mls_tree_root_hash(tree);
    for (size_t i = 0; i < root.len; i++)
        hash->bytes[i] = root.ptr[i];
    return true;
}

/* ---- GroupInfo ---- */

/* One thing wrong with the context. */
static void choose_context(struct tape *tape, struct mls_group_context *context)
{
    static const uint8_t more[] = {0xf0, 0xc1, 0, 0xf0, 0xc2, 1, 1};
    static const uint8_t requires_more[] = {0, 3, 5, 2, 0xf0, 0xc2, 0, 0};
    switch (tape_choose(tape, 8)) {
    case 1:
        context->epoch = tape_u8(tape);
        break;
    case 2:
        context->group_id = tape_take(tape, tape_choose(tape, 20));
        break;
    case 3:
        context->cipher_suite = (uint16_t)tape_choose(tape, 9);
        break;
    case 4:
        context->extensions.bytes = SPAN_OF(more);
        break;
    case 5:
        context->extensions.bytes = SPAN_OF(requires_more);
        break;
    case 6:
        context->tree_hash = tape_take(tape, tape_choose(tape, 40));
        break;
    case 7:
        context->confirmed_transcript_hash = tape_take(tape, tape_choose(tape, 40));
        break;
    default:
        break;
    }
}

/* The extensions: external_pub right, absent or wrong, the tree inside on demand. Gives whether
 * they are as they were. */
static bool choose_extensions(struct tape *tape,
                              const struct mls_group_info *info,
                              const struct buffer *tree,
                              struct buffer *extensions)
{
    static const uint8_t low_order[33] = {32, 1};
    struct span external_pub = SPAN_EMPTY;
    struct writer writer = writer_of(extensions);
    size_t how = tape_choose(tape, 8);
    if (mls_extensions_find(info->extensions, MLS_EXTENSION_EXTERNAL_PUB, &external_pub) &&
        how != 1)
        mls_extension_write(&writer, MLS_EXTENSION_EXTERNAL_PUB,
                            how == 2   ? SPAN_OF(low_order)
                            : how == 3 ? tape_take(tape, tape_choose(tape, 40))
                                       : external_pub);
    if (how == 4 || how == 5)
        mls_extension_write(&writer, MLS_EXTENSION_RATCHET_TREE, buffer_span(tree));
    if (how == 5)
        mls_extension_write(&writer, MLS_EXTENSION_RATCHET_TREE, buffer_span(tree));
    if (how == 6)
        mls_extension_write(&writer, 0x0a0a, SPAN_LITERAL("grease"));
    MUST(writer_finish(&writer));
    return how == 0 || how == 7;
}

/* The confirmation tag that follows from the context. */
static void find_tag(const struct forge *forge,
                     const struct mls_group_context *context,
                     struct span joiner_secret,
                     struct span psk_secret,
                     struct digest *tag)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(FORGE_BYTES_MAX);
    struct mls_epoch_secrets secrets = {0};
    struct writer writer = writer_of(&bytes);
    mls_group_context_write(&writer, context);
    if (writer_finish(&writer) != STATUS_OK)
        return;
    MUST(mls_key_schedule_epoch(forge->suite, joiner_secret, psk_secret, buffer_span(&bytes),
                                forge->ann->arena, &secrets));
    MUST(mls_key_schedule_confirmation_tag(forge->suite, &secrets,
                                           context->confirmed_transcript_hash, tag));
    mls_key_schedule_clear(&secrets);
}

static void
sign_info(const struct forge *forge, struct mls_group_info *info, struct signature *signature)
{
    CLEANUP(buffer_clear) struct buffer tbs = BUFFER_INIT(FORGE_BYTES_MAX);
    const struct forge_person *signer = &forge->people[info->signer % FORGE_PEOPLE];
    struct writer writer = writer_of(&tbs);
    mls_group_info_write_tbs(&writer, info);
    if (writer_finish(&writer) != STATUS_OK)
        return;
    MUST(mls_protection_sign_prepared(forge->suite, &signer->prepared_key, "GroupInfoTBS",
                                      buffer_span(&tbs), signature));
    info->signature = signature_span(signature);
}

bool forge_group_info(struct forge *forge,
                      struct tape *tape,
                      struct span joiner_secret,
                      struct span psk_secret,
                      struct buffer *group_info,
                      struct buffer *tree)
{
    static const uint32_t signers[] = {FORGE_ANN, FORGE_ANN, FORGE_BEN, FORGE_DAN, 0x80000000u, 7};
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(FORGE_BYTES_MAX);
    CLEANUP(buffer_clear) struct buffer made = BUFFER_INIT(FORGE_BYTES_MAX);
    struct mls_group_info info;
    struct digest hash = {.len = 32};
    struct digest tag;
    struct signature signature;
    MUST(mls_group_info_decode(buffer_span(group_info), &info));
    uint8_t fields = tape_u8(tape);
    bool honest = fields == 0;
    if (choose_tree(forge, tape, info.group_context.group_id, tree, &hash)) {
        honest = false;
        info.group_context.tree_hash = digest_span(&hash);
    }
    if ((fields & 1) != 0)
        choose_context(tape, &info.group_context);
    if ((fields & 2) != 0)
        info.signer = signers[tape_choose(tape, sizeof signers / sizeof *signers)];
    if (!choose_extensions(tape, &info, tree, &extensions))
        honest = false;
    info.extensions.bytes = buffer_span(&extensions);
    if ((fields & 4) != 0)
        info.confirmation_tag = tape_take(tape, tape_choose(tape, 40));
    else if (joiner_secret.len != 0) {
        find_tag(forge, &info.group_context, joiner_secret, psk_secret, &tag);
        info.confirmation_tag = digest_span(&tag);
    }
    sign_info(forge, &info, &signature);
    struct writer writer = writer_of(&made);
    mls_group_info_write(&writer, &info);
    if (writer_finish(&writer) == STATUS_OK) {
        buffer_truncate(group_info, 0);
        MUST(buffer_append(group_info, buffer_span(&made)));
    }
    return tape_edit(tape, group_info) || !honest;
}

/* ---- Welcome ---- */

/* What is inside Dan's Welcome. */
struct opened {
    struct arena arena;
    struct mls_message welcome;
    struct buffer secrets_bytes;
    struct mls_group_secrets secrets;
    struct buffer group_info; /* bare */
    struct buffer tree;
    struct mls_message package;
    struct mls_key_package_private keys;
};

static void derive_welcome_key(const struct forge *forge,
                               const struct opened *opened,
                               const struct secret *psk_secret,
                               struct mls_message_key *key)
{
    struct secret welcome_secret = {0};
    MUST(mls_key_schedule_welcome(forge->suite, opened->secrets.joiner_secret,
                                  secret_span(psk_secret), &welcome_secret));
    MUST(mls_key_schedule_welcome_key(forge->suite, secret_span(&welcome_secret), &key->key,
                                      &key->nonce));
}

/* Opened once, with Dan's keys. */
static const struct opened *open_welcome(const struct forge *forge)
{
    static struct opened opened;
    if (opened.tree.len != 0)
        return &opened;
    opened = (struct opened){.arena = ARENA_INIT(FORGE_BYTES_MAX),
                             .secrets_bytes = BUFFER_INIT(FORGE_BYTES_MAX),
                             .group_info = BUFFER_INIT(FORGE_BYTES_MAX),
                             .tree = BUFFER_INIT(FORGE_BYTES_MAX)};
    struct mls_message_key key = {0};
    struct mls_group_info info;
    struct span tree;
    struct secret no_psk = mls_key_schedule_zero(forge->suite);
    MUST(mls_message_decode(buffer_span(&forge->welcome), &opened.arena, &opened.welcome));
    MUST(mls_message_decode(buffer_span(&forge->dan_package), &opened.arena, &opened.package));
    MUST(mls_key_package_private_decode(buffer_span(&forge->dan_private), &opened.keys));
    const struct mls_welcome *welcome = &opened.welcome.welcome;
    MUST(mls_kdf_decrypt(forge->suite, opened.keys.init_key, "Welcome",
                         welcome->encrypted_group_info, welcome->secrets[0].secrets.kem_output,
                         welcome->secrets[0].secrets.ciphertext, &opened.secrets_bytes));
    struct reader reader = reader_of(buffer_span(&opened.secrets_bytes));
    MUST(mls_group_secrets_read(&reader, &opened.arena, &opened.secrets));
    derive_welcome_key(forge, &opened, &no_psk, &key);
    MUST(aead_open(forge->suite->aead, secret_span(&key.key), secret_span(&key.nonce), SPAN_EMPTY,
                   welcome->encrypted_group_info, &opened.group_info));
    MUST(mls_group_info_decode(buffer_span(&opened.group_info), &info));
    fuzz_expect(mls_extensions_find(info.extensions, MLS_EXTENSION_RATCHET_TREE, &tree));
    MUST(buffer_append(&opened.tree, tree));
    return &opened;
}

static size_t choose_psks(struct tape *tape, struct mls_psk_id psks[PSKS_MAX])
{
    static const uint8_t nonces[PSKS_MAX][33] = {{1}, {2}, {3}};
    size_t count = tape_choose(tape, PSKS_MAX + 1);
    for (size_t i = 0; i < count; i++) {
        size_t how = tape_choose(tape, 8);
        psks[i] = (struct mls_psk_id){.type = how < 5 ? MLS_PSK_EXTERNAL : MLS_PSK_RESUMPTION,
                                      .psk_id = how == 1 ? SPAN_LITERAL("unknown")
                                                         : SPAN_LITERAL("known"),
                                      .usage = how == 5   ? MLS_PSK_APPLICATION
                                               : how == 6 ? MLS_PSK_REINIT
                                                          : MLS_PSK_BRANCH,
                                      .group_id = SPAN_LITERAL("fuzz"),
                                      .epoch = 1,
                                      .nonce = span_of(nonces[how == 2 ? 0 : i], how == 3   ? 31
                                                                                 : how == 4 ? 33
                                                                                            : 32)};
    }
    return count;
}

/* The GroupSecrets as the tape says; true when changed. */
static bool choose_secrets(struct forge *forge,
                           struct tape *tape,
                           struct mls_group_secrets *secrets,
                           struct mls_psk_id psks[PSKS_MAX],
                           struct secret *psk_secret)
{
    size_t how = tape_choose(tape, 6);
    *psk_secret = mls_key_schedule_zero(forge->suite);
    if (how == 1)
        secrets->has_path_secret = false;
    else if (how == 2)
        secrets->path_secret = tape_take(tape, tape_choose(tape, 40));
    else if (how == 3)
        secrets->joiner_secret = tape_take(tape, tape_choose(tape, 40));
    else if (how == 4) {
        secrets->psks = psks;
        secrets->psk_count = choose_psks(tape, psks);
        if (mls_group_psk_secret(NULL, forge->suite, &forge->psk_store, psks, secrets->psk_count,
                                 psk_secret) != STATUS_OK)
            *psk_secret = mls_key_schedule_zero(forge->suite);
    }
    return how != 0 && how != 5;
}

/* Encrypts both parts again and appends the Welcome. */
static void seal_welcome(struct forge *forge,
                         struct tape *tape,
                         const struct opened *opened,
                         const struct secret *psk_secret,
                         struct span secrets,
                         struct span group_info,
                         struct buffer *out)
{
    CLEANUP(buffer_clear) struct buffer encrypted = BUFFER_INIT(FORGE_BYTES_MAX);
    CLEANUP(buffer_clear) struct buffer ciphertext = BUFFER_INIT(FORGE_BYTES_MAX);
    struct mls_message_key key = {0};
    struct hpke_public kem_output;
    derive_welcome_key(forge, opened, psk_secret, &key);
    MUST(aead_seal(forge->suite->aead, secret_span(&key.key), secret_span(&key.nonce), SPAN_EMPTY,
                   group_info, &encrypted));
    MUST(mls_kdf_encrypt(forge->suite, &forge->random, opened->package.key_package.init_key,
                         "Welcome", buffer_span(&encrypted), secrets, &kem_output, &ciphertext));
    struct mls_encrypted_group_secrets entries[2];
    entries[0] = entries[1] = (struct mls_encrypted_group_secrets){
        opened->welcome.welcome.secrets[0].new_member,
        {hpke_public_span(&kem_output), buffer_span(&ciphertext)}};
    struct mls_message message = {.wire_format = MLS_WIRE_WELCOME,
                                  .welcome = {.cipher_suite = forge->suite->id,
                                              .secrets = entries,
                                              .secret_count = 1 + tape_choose(tape, 2),
                                              .encrypted_group_info = buffer_span(&encrypted)}};
    struct writer writer = writer_of(out);
    mls_message_write(&writer, &message);
    MUST(writer_finish(&writer));
}

bool forge_welcome(struct forge *forge,
                   struct tape *tape,
                   struct buffer *welcome,
                   struct buffer *tree)
{
    CLEANUP(buffer_clear) struct buffer secrets_bytes = BUFFER_INIT(FORGE_BYTES_MAX);
    CLEANUP(buffer_clear) struct buffer group_info = BUFFER_INIT(FORGE_BYTES_MAX);
    const struct opened *opened = open_welcome(forge);
    struct mls_group_secrets secrets = opened->secrets;
    struct mls_psk_id psks[PSKS_MAX];
    struct secret psk_secret;
    bool changed = choose_secrets(forge, tape, &secrets, psks, &psk_secret);
    MUST(buffer_append(tree, buffer_span(&opened->tree)));
    MUST(buffer_append(&group_info, buffer_span(&opened->group_info)));
    changed = forge_group_info(forge, tape, opened->secrets.joiner_secret, secret_span(&psk_secret),
                               &group_info, tree) ||
              changed;
    struct writer writer = writer_of(&secrets_bytes);
    mls_group_secrets_write(&writer, &secrets);
    MUST(writer_finish(&writer));
    changed = tape_edit(tape, &secrets_bytes) || changed;
    seal_welcome(forge, tape, opened, &psk_secret, buffer_span(&secrets_bytes),
                 buffer_span(&group_info), welcome);
    return tape_edit(tape, welcome) || changed;
}
