/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/fuzz/forge.h"

#include "protocol/crypto/hash.h"
#include "protocol/crypto/random_system.h"
#include "protocol/mls/member/group_state.h"
#include "protocol/mls/member/protection.h"

#include <string.h>

#define WEFT_EXTENSION 0xF0C1

/* Randomness of an execution begins here, apart from the fixture's. */
#define EXECUTION_RANDOM (UINT64_C(1) << 32)

/* ---- randomness and pre-shared keys that are the same in every run ---- */

static enum status fill(void *context, uint8_t *bytes, size_t count)
{
    uint64_t *state = context;
    struct digest digest = {0};
    for (size_t i = 0; i < count; i++) {
        if (i % 32 == 0) {
            TRY(hash_bytes(HASH_SHA256, SPAN_OF(*state), &digest));
            ++*state;
        }
        bytes[i] = digest.bytes[i % 32];
    }
    return STATUS_OK;
}

static enum status find_psk(void *context, const struct mls_psk_id *id, struct buffer *psk)
{
    (void)context;
    if (id->type != MLS_PSK_EXTERNAL || !span_equal(id->psk_id, SPAN_LITERAL("known")))
        return STATUS_NOT_FOUND;
    return buffer_append(psk, SPAN_LITERAL("what both of them know already"));
}

/* ---- rows ---- */

static enum status put_row(void *context, const struct mls_row_key *key, struct span bytes)
{
    struct forge_rows *rows = context;
    fuzz_expect(rows->count < FORGE_ROWS_MAX);
    rows->keys[rows->count] = *key;
    rows->bytes[rows->count] = BUFFER_INIT(FORGE_BYTES_MAX);
    return buffer_append(&rows->bytes[rows->count++], bytes);
}

static enum status drop_row(void *context, const struct mls_row_key *key)
{
    (void)context;
    (void)key;
    return STATUS_OK;
}

static enum status next_row(void *context, struct mls_row_key *key, struct span *bytes)
{
    struct forge_rows *rows = context;
    if (rows->next == rows->count)
        return STATUS_NOT_FOUND;
    *key = rows->keys[rows->next];
    *bytes = buffer_span(&rows->bytes[rows->next++]);
    return STATUS_OK;
}

void forge_rows_clear(struct forge_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        buffer_clear(&rows->bytes[i]);
    rows->count = 0;
}

void forge_rows_of(struct mls_group *group, struct forge_rows *rows)
{
    struct mls_row_sink sink = {put_row, drop_row, rows};
    MUST(mls_group_rows(group, &sink));
}

/* The next row from `at` on that is not of the secret tree; the count after the last. */
static size_t next_public(const struct forge_rows *rows, size_t at)
{
    while (at < rows->count &&
           (rows->keys[at].kind == MLS_ROW_SECRET_NODE || rows->keys[at].kind == MLS_ROW_RATCHET))
        at++;
    return at;
}

bool forge_rows_equal(const struct forge_rows *a, const struct forge_rows *b)
{
    size_t i = next_public(a, 0);
    size_t j = next_public(b, 0);
    while (i < a->count && j < b->count &&
           span_equal(buffer_span(&a->bytes[i]), buffer_span(&b->bytes[j]))) {
        i = next_public(a, i + 1);
        j = next_public(b, j + 1);
    }
    return i == a->count && j == b->count;
}

struct mls_row_source forge_rows_source(struct forge_rows *rows)
{
    rows->next = 0;
    return (struct mls_row_source){next_row, rows};
}

/* ---- signatures ---- */

const struct forge_person *forge_person_of(const struct forge *forge, struct span signature_key)
{
    for (size_t i = 0; i < FORGE_PEOPLE; i++)
        if (span_equal(signature_public_span(&forge->people[i].signature_public), signature_key))
            return &forge->people[i];
    return NULL;
}

void forge_sign_leaf(const struct forge *forge,
                     struct span group_id,
                     uint32_t leaf_index,
                     struct mls_leaf_node *leaf,
                     struct signature *signature)
{
    CLEANUP(buffer_clear) struct buffer tbs = BUFFER_INIT(FORGE_BYTES_MAX);
    const struct forge_person *person = forge_person_of(forge, leaf->signature_key);
    if (person == NULL)
        return;
    struct writer writer = writer_of(&tbs);
    mls_leaf_node_write_tbs(&writer, leaf, group_id, leaf_index);
    if (writer_finish(&writer) != STATUS_OK)
        return;
    MUST(mls_protection_sign_prepared(forge->suite, &person->prepared_key, "LeafNodeTBS",
                                      buffer_span(&tbs), signature));
    leaf->signature = signature_span(signature);
}

/* ---- KeyPackages ---- */

/* What is wrong with a variant; nothing with the first two. */
static void
spoil_package(const struct forge *forge, size_t variant, struct mls_key_package *package)
{
    static const uint8_t twice[] = {0xf0, 0xc1, 0, 0xf0, 0xc1, 0};
    static const uint8_t unlisted[] = {0xf0, 0xc2, 1, 7};
    struct mls_leaf_node *leaf = &package->leaf_node;
    const struct mls_tree *tree = mls_public_group_tree(mls_group_public(forge->ann));
    switch (variant) {
    case 2:
        leaf->encryption_key = package->init_key;
        break;
    case 3:
        leaf->encryption_key = mls_tree_leaf(tree, FORGE_BEN)->encryption_key;
        break;
    case 4:
        leaf->signature_key = mls_tree_leaf(tree, FORGE_CAT)->signature_key;
        break;
    case 5:
        leaf->source = MLS_LEAF_UPDATE;
        break;
    case 6:
        leaf->not_after = 1;
        leaf->not_before = 2;
        break;
    case 7:
        leaf->capabilities.extensions.bytes = SPAN_EMPTY;
        break;
    case 8:
        package->cipher_suite = SUITE_X25519_CHACHA20POLY1305_SHA256_ED25519;
        break;
    case 9:
        leaf->extensions.bytes = SPAN_OF(twice);
        break;
    case 10:
        leaf->extensions.bytes = SPAN_OF(unlisted);
        break;
    case 11:
        leaf->encryption_key.len--;
        break;
    default:
        break;
    }
}

static void make_package(struct forge *forge, size_t variant)
{
    CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(FORGE_BYTES_MAX);
    CLEANUP(buffer_clear) struct buffer private_part = BUFFER_INIT(FORGE_BYTES_MAX);
    CLEANUP(buffer_clear) struct buffer tbs = BUFFER_INIT(FORGE_BYTES_MAX);
    struct mls_key_package_checked checked;
    struct signature leaf_signature;
    struct signature signature;
    const struct forge_person *owner = &forge->people[variant == 1 ? FORGE_EVE : FORGE_DAN];
    MUST(mls_key_package_new(forge->suite, &owner->identity, false, &forge->random, &message,
                             &private_part));
    MUST(mls_key_package_check(buffer_span(&message), &forge->options, &checked));
    struct mls_key_package package = checked.package;
    spoil_package(forge, variant, &package);
    forge_sign_leaf(forge, SPAN_EMPTY, 0, &package.leaf_node, &leaf_signature);
    struct writer writer = writer_of(&tbs);
    mls_key_package_write_tbs(&writer, &package);
    MUST(writer_finish(&writer));
    MUST(mls_protection_sign_prepared(forge->suite, &owner->prepared_key, "KeyPackageTBS",
                                      buffer_span(&tbs), &signature));
    package.signature = signature_span(&signature);
    forge->packages[variant] = BUFFER_INIT(FORGE_BYTES_MAX);
    writer = writer_of(&forge->packages[variant]);
    mls_key_package_write(&writer, &package);
    MUST(writer_finish(&writer));
    struct reader reader = reader_of(buffer_span(&forge->packages[variant]));
    /* What cannot even be read is left to the decoders' targets. */
    if (mls_key_package_read(&reader, &forge->read[variant]) != STATUS_OK)
        forge->read[variant] = forge->read[0];
}

/* ---- the fixture ---- */

static void make_people(struct forge *forge)
{
    static const char *const names[FORGE_PEOPLE] = {"Ann", "Ben", "Cat", "Dan", "Eve"};
    static const uint16_t types[] = {WEFT_EXTENSION};
    for (size_t i = 0; i < FORGE_PEOPLE; i++) {
        struct forge_person *person = &forge->people[i];
        MUST(signature_generate(forge->suite->signature, &forge->random, &person->signature_private,
                                &person->signature_public));
        MUST(signature_prepare(forge->suite->signature, secret_span(&person->signature_private),
                               &person->prepared_key));
        person->identity = (struct mls_identity){
            .credential = {MLS_CREDENTIAL_BASIC, span_from_text(names[i])},
            .signature_public_key = signature_public_span(&person->signature_public),
            .signature_private_key = secret_span(&person->signature_private),
            .not_after = 1000,
            .extension_types = types,
            .extension_type_count = 1};
    }
}

/* Ann's group with Eve as external sender. */
static void make_group(struct forge *forge)
{
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(FORGE_BYTES_MAX);
    CLEANUP(buffer_clear) struct buffer senders = BUFFER_INIT(FORGE_BYTES_MAX);
    const struct mls_identity *eve = &forge->people[FORGE_EVE].identity;
    struct mls_external_sender sender = {eve->signature_public_key, eve->credential};
    struct writer writer = writer_of(&senders);
    size_t begin = writer_vector_begin(&writer);
    mls_external_sender_write(&writer, &sender);
    writer_vector_end(&writer, begin);
    MUST(writer_finish(&writer));
    writer = writer_of(&extensions);
    mls_extension_write(&writer, MLS_EXTENSION_EXTERNAL_SENDERS, buffer_span(&senders));
    mls_extension_write(&writer, WEFT_EXTENSION, SPAN_LITERAL("channel"));
    MUST(writer_finish(&writer));
    struct mls_group_config config = {.suite = forge->suite,
                                      .group_id = SPAN_LITERAL("fuzz"),
                                      .identity = &forge->people[FORGE_ANN].identity,
                                      .extensions = {buffer_span(&extensions)}};
    MUST(mls_group_new(&config, &forge->random, &forge->ann));
}

/* Ben and Cat join; gives Cat's group. */
static struct mls_group *add_two(struct forge *forge)
{
    struct buffer packages[2] = {BUFFER_INIT(FORGE_BYTES_MAX), BUFFER_INIT(FORGE_BYTES_MAX)};
    struct buffer private_parts[2] = {BUFFER_INIT(FORGE_BYTES_MAX), BUFFER_INIT(FORGE_BYTES_MAX)};
    struct mls_key_package_checked checked[2];
    struct mls_proposal adds[2];
    struct mls_group *groups[2];
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    for (size_t i = 0; i < 2; i++) {
        MUST(mls_key_package_new(forge->suite, &forge->people[FORGE_BEN + i].identity, false,
                                 &forge->random, &packages[i], &private_parts[i]));
        MUST(mls_key_package_check(buffer_span(&packages[i]), &forge->options, &checked[i]));
        adds[i] = (struct mls_proposal){.type = MLS_PROPOSAL_ADD, .add = &checked[i].package};
    }
    struct mls_commit_request request = {
        .proposals = adds, .proposal_count = 2, .tree_in_welcome = true};
    MUST(mls_group_commit(forge->ann, &request, &forge->options, &forge->random, &bundle));
    MUST(mls_group_apply_pending(forge->ann));
    for (size_t i = 0; i < 2; i++) {
        struct mls_join_request join = {.welcome = buffer_span(&bundle.welcome),
                                        .key_package = buffer_span(&packages[i]),
                                        .private_part = buffer_span(&private_parts[i])};
        MUST(mls_group_join(&join, &forge->options, &groups[i]));
        buffer_clear(&packages[i]);
        buffer_clear(&private_parts[i]);
    }
    forge->ben = groups[0];
    return groups[1];
}

static void hear(struct forge *forge, struct mls_group *group, const struct buffer *message)
{
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    MUST(mls_group_receive(group, buffer_span(message), &forge->options, &received));
    if (received.kind == MLS_RECEIVED_COMMIT)
        MUST(mls_group_merge_staged(group));
}

static void say(struct forge *forge, struct buffer *message)
{
    CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
    MUST(mls_group_protect(forge->ann, SPAN_LITERAL("header"), SPAN_LITERAL("hello"), 32,
                           &forge->random, &sent));
    MUST(buffer_append(message, buffer_span(&sent.message)));
}

/* A proposal that is signed by hand, for senders outside the group. */
static void propose_outside(struct forge *forge,
                            struct mls_sender sender,
                            size_t signer,
                            const struct mls_proposal *proposal,
                            struct buffer *message)
{
    struct signature signature;
    struct mls_authenticated_content authenticated = {
        .wire_format = MLS_WIRE_PUBLIC_MESSAGE,
        .content = {.group_id = mls_group_id(forge->ann),
                    .epoch = mls_group_epoch(forge->ann),
                    .sender = sender,
                    .type = MLS_CONTENT_PROPOSAL,
                    .proposal = *proposal}};
    MUST(mls_protection_sign_content_prepared(forge->suite, &forge->people[signer].prepared_key,
                                              MLS_WIRE_PUBLIC_MESSAGE, &authenticated.content,
                                              SPAN_EMPTY, &signature));
    authenticated.auth.signature = signature_span(&signature);
    MUST(mls_protection_seal_public(forge->suite, SPAN_EMPTY, &authenticated, SPAN_EMPTY, message));
}

/* The waiting proposals of forge.h, which Ann and Ben hear. */
static void make_proposals(struct forge *forge, struct mls_group *cat)
{
    static const uint8_t nonce[32] = {5};
    struct buffer messages[4];
    for (size_t i = 0; i < 4; i++)
        messages[i] = BUFFER_INIT(FORGE_BYTES_MAX);
    struct mls_proposal psk = {.type = MLS_PROPOSAL_PSK,
                               .psk = {.type = MLS_PSK_EXTERNAL,
                                       .psk_id = SPAN_LITERAL("known"),
                                       .nonce = SPAN_OF(nonce)}};
    struct mls_proposal removal = {.type = MLS_PROPOSAL_REMOVE, .removed = FORGE_CAT};
    struct mls_proposal add = {.type = MLS_PROPOSAL_ADD, .add = &forge->read[0]};
    MUST(mls_group_propose(forge->ann, &psk, SPAN_EMPTY, &forge->options, &messages[0]));
    MUST(mls_group_propose_update(cat, NULL, SPAN_EMPTY, &forge->random, &messages[1]));
    propose_outside(forge, (struct mls_sender){MLS_SENDER_EXTERNAL, 0}, FORGE_EVE, &removal,
                    &messages[2]);
    propose_outside(forge, (struct mls_sender){MLS_SENDER_NEW_MEMBER_PROPOSAL, 0}, FORGE_DAN, &add,
                    &messages[3]);
    for (size_t i = 0; i < 4; i++) {
        hear(forge, forge->ann, &messages[i]);
        hear(forge, forge->ben, &messages[i]);
        buffer_clear(&messages[i]);
    }
}

/* An honest commit of `group`, which stays in its epoch; Ann's adds Dan. */
static void make_commit(struct forge *forge, struct mls_group *group, struct buffer *message)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_key_package_checked dan;
    MUST(mls_key_package_check(buffer_span(&forge->dan_package), &forge->options, &dan));
    struct mls_proposal add = {.type = MLS_PROPOSAL_ADD, .add = &dan.package};
    struct mls_commit_request request = {.proposals = &add,
                                         .proposal_count = group == forge->ann,
                                         .force_path = true,
                                         .ignore_cached = true,
                                         .tree_in_welcome = true};
    MUST(mls_group_commit(group, &request, &forge->options, &forge->random, &bundle));
    MUST(buffer_append(message, buffer_span(&bundle.commit)));
    MUST(buffer_append(&forge->welcome, buffer_span(&bundle.welcome)));
    mls_group_clear_pending(group);
}

static void make_messages(struct forge *forge, struct mls_group *cat)
{
    const struct mls_identity *dan = &forge->people[FORGE_DAN].identity;
    struct mls_proposal removal = {.type = MLS_PROPOSAL_REMOVE, .removed = FORGE_CAT};
    say(forge, &forge->messages[FORGE_APPLICATION]);
    for (size_t i = 0; i < FORGE_PACKAGES; i++)
        make_package(forge, i);
    make_proposals(forge, cat);
    MUST(mls_group_propose(forge->ann, &removal, SPAN_EMPTY, &forge->options,
                           &forge->messages[FORGE_PROPOSAL]));
    MUST(mls_key_package_new(forge->suite, dan, false, &forge->random, &forge->dan_package,
                             &forge->dan_private));
    make_commit(forge, forge->ann, &forge->messages[FORGE_COMMIT]);
    make_commit(forge, cat, &forge->messages[FORGE_COMMIT_OF_CAT]);
    MUST(mls_group_write_group_info(forge->ann, false, &forge->group_info));
    MUST(mls_group_write_tree(forge->ann, &forge->tree));
}

static void make(struct forge *forge)
{
    MUST(crypto_start());
    forge->suite = suite_find(SUITE_X25519_AES128GCM_SHA256_ED25519);
    static const uint16_t types[] = {WEFT_EXTENSION};
    forge->random_state = 1;
    forge->random = (struct random_source){fill, &forge->random_state};
    forge->options = (struct mls_options){.extension_types = types, .extension_type_count = 1};
    forge->psk_store = (struct mls_psk_store){find_psk, NULL};
    struct buffer *buffers[] = {&forge->dan_package, &forge->dan_private, &forge->welcome,
                                &forge->group_info, &forge->tree};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        *buffers[i] = BUFFER_INIT(FORGE_BYTES_MAX);
    for (size_t i = 0; i < FORGE_MESSAGES; i++)
        forge->messages[i] = BUFFER_INIT(FORGE_BYTES_MAX);
    make_people(forge);
    make_group(forge);
    struct mls_group *cat = add_two(forge);
    say(forge, &forge->messages[FORGE_LATE]);
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_commit_request refresh = {0};
    MUST(mls_group_commit(cat, &refresh, &forge->options, &forge->random, &bundle));
    MUST(mls_group_apply_pending(cat));
    hear(forge, forge->ann, &bundle.commit);
    hear(forge, forge->ben, &bundle.commit);
    make_messages(forge, cat);
    mls_group_free(&cat);
    forge_rows_of(forge->ann, &forge->rows[0]);
    forge_rows_of(forge->ben, &forge->rows[1]);
    forge->stale[0] = forge->stale[1] = true;
}

struct forge *forge_begin(void)
{
    static struct forge forge;
    if (forge.suite == NULL)
        make(&forge);
    struct mls_group **groups[] = {&forge.ann, &forge.ben};
    for (size_t i = 0; i < 2; i++) {
        struct mls_row_source source = forge_rows_source(&forge.rows[i]);
        if (!forge.stale[i])
            continue;
        forge.stale[i] = false;
        mls_group_free(groups[i]);
        MUST(mls_group_restore(&source, &forge.options, groups[i]));
        mls_group_set_psk_store(*groups[i], &forge.psk_store);
    }
    forge.random_state = EXECUTION_RANDOM;
    return &forge;
}
