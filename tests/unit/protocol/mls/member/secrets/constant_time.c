/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A group's life under valgrind, which is told that whatever is drawn at random is undefined: it
 * then reports each branch and each address that depends on a secret, from the first key pair to
 * the last message. What leaves the secret domain is declared defined where it does, by functions
 * that the linker puts around the primitives (--wrap): public keys, signatures, ciphertexts, tags
 * that are sent, what was opened and is a message. The suites are those of which the arithmetic is
 * constant-time by its standard: X25519 with each AEAD. Without valgrind it only shows that the
 * calls work.
 */
#include "protocol/crypto/aead.h"
#include "protocol/crypto/kem.h"
#include "protocol/crypto/random_system.h"
#include "protocol/mls/member/psk.h"
#include "protocol/mls/public/staged_commit.h"
#include "tests/unit/protocol/mls/member/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <valgrind/memcheck.h>

#define OK(call) assert_string_equal(status_name(call), "OK")

static void hide(const void *bytes, size_t size)
{
    VALGRIND_MAKE_MEM_UNDEFINED(bytes, size);
}

static void declassify(const void *bytes, size_t size)
{
    VALGRIND_MAKE_MEM_DEFINED(bytes, size);
}

static void declassify_from(const struct buffer *out, size_t start)
{
    if (out->len > start)
        declassify(out->ptr + start, out->len - start);
}

static enum status fill(void *context, uint8_t *bytes, size_t count)
{
    (void)context;
    TRY(random_fill(random_system(), bytes, count));
    hide(bytes, count);
    return STATUS_OK;
}

/* ---- where something leaves the secret domain ---- */

/* NOLINTBEGIN(*-reserved-identifier,*-dcl37-c,*-dcl51-cpp,readability-identifier-naming): the
 * linker's names. */
#define WRAPPED(name, ...)                                                                         \
    enum status __real_##name(__VA_ARGS__);                                                        \
    enum status __wrap_##name(__VA_ARGS__);                                                        \
    enum status __wrap_##name(__VA_ARGS__)

WRAPPED(kem_derive_key_pair,
        const struct suite *suite,
        struct span ikm,
        struct secret *private_key,
        struct hpke_public *public_key)
{
    enum status status = __real_kem_derive_key_pair(suite, ikm, private_key, public_key);
    declassify(public_key, sizeof *public_key);
    return status;
}

WRAPPED(kem_public_of,
        const struct suite *suite,
        struct span private_key,
        struct hpke_public *public_key)
{
    enum status status = __real_kem_public_of(suite, private_key, public_key);
    declassify(public_key, sizeof *public_key);
    return status;
}

WRAPPED(signature_public_of,
        enum signature_id scheme,
        struct span private_key,
        struct signature_public *public_key)
{
    enum status status = __real_signature_public_of(scheme, private_key, public_key);
    declassify(public_key, sizeof *public_key);
    return status;
}

WRAPPED(signature_generate,
        enum signature_id scheme,
        const struct random_source *random,
        struct secret *private_key,
        struct signature_public *public_key)
{
    enum status status = __real_signature_generate(scheme, random, private_key, public_key);
    declassify(public_key, sizeof *public_key);
    return status;
}

WRAPPED(signature_sign,
        enum signature_id scheme,
        struct span private_key,
        struct span message,
        struct signature *signature)
{
    enum status status = __real_signature_sign(scheme, private_key, message, signature);
    declassify(signature, sizeof *signature);
    return status;
}

WRAPPED(signature_sign_prepared,
        enum signature_id scheme,
        const struct secret *prepared,
        struct span message,
        struct signature *signature)
{
    enum status status = __real_signature_sign_prepared(scheme, prepared, message, signature);
    declassify(signature, sizeof *signature);
    return status;
}

WRAPPED(aead_seal,
        enum aead_id aead,
        struct span key,
        struct span nonce,
        struct span associated_data,
        struct span plaintext,
        struct buffer *out)
{
    size_t start = out->len;
    enum status status = __real_aead_seal(aead, key, nonce, associated_data, plaintext, out);
    declassify_from(out, start);
    return status;
}

/* What HPKE opens holds secrets, what else is opened is a message. */
static bool in_hpke;

WRAPPED(aead_open,
        enum aead_id aead,
        struct span key,
        struct span nonce,
        struct span associated_data,
        struct span ciphertext,
        struct buffer *out)
{
    size_t start = out->len;
    enum status status = __real_aead_open(aead, key, nonce, associated_data, ciphertext, out);
    if (!in_hpke)
        declassify_from(out, start);
    return status;
}

/* GroupSecrets (12.4.3.1): opaque joiner_secret<V>; optional<opaque path_secret<V>>; psks<V>. Its
 * form is known to everybody, the two secrets stay undefined. */
static void hide_group_secrets(const struct suite *suite, const struct buffer *out)
{
    size_t size = suite->hash_size;
    declassify(out->ptr, out->len);
    hide(out->ptr + 1, size);
    if (out->ptr[1 + size] == 1)
        hide(out->ptr + 1 + size + 2, size);
}

WRAPPED(hpke_open,
        const struct suite *suite,
        struct span private_key,
        struct span encapsulated,
        struct span info,
        struct span associated_data,
        struct span ciphertext,
        struct buffer *out)
{
    in_hpke = true;
    enum status status =
        __real_hpke_open(suite, private_key, encapsulated, info, associated_data, ciphertext, out);
    in_hpke = false;
    /* A path secret is nothing but that. */
    if (status == STATUS_OK && out->len > suite->hash_size)
        hide_group_secrets(suite, out);
    return status;
}

/* A tag that is compared stays secret, only the verdict is known; one that is sent is not. */
WRAPPED(mls_staged_commit_set_confirmation_tag,
        struct mls_staged_commit *staged,
        struct span confirmation_tag)
{
    declassify(confirmation_tag.ptr, confirmation_tag.len);
    return __real_mls_staged_commit_set_confirmation_tag(staged, confirmation_tag);
}

WRAPPED(mls_public_group_from_parts,
        struct span group_context,
        const struct mls_tree *tree,
        struct span confirmation_tag,
        struct mls_public_group **group)
{
    declassify(confirmation_tag.ptr, confirmation_tag.len);
    return __real_mls_public_group_from_parts(group_context, tree, confirmation_tag, group);
}

void __real_mls_group_info_write(struct writer *writer, const struct mls_group_info *info);
void __wrap_mls_group_info_write(struct writer *writer, const struct mls_group_info *info);
void __wrap_mls_group_info_write(struct writer *writer, const struct mls_group_info *info)
{
    declassify(info->confirmation_tag.ptr, info->confirmation_tag.len);
    __real_mls_group_info_write(writer, info);
}

WRAPPED(mls_psk_nonce_draw,
        const struct suite *suite,
        const struct random_source *random,
        struct digest *nonce)
{
    enum status status = __real_mls_psk_nonce_draw(suite, random, nonce);
    declassify(nonce, sizeof *nonce);
    return status;
}

bool __real_secret_equal(struct span a, struct span b);
bool __wrap_secret_equal(struct span a, struct span b);
bool __wrap_secret_equal(struct span a, struct span b)
{
    bool equal = __real_secret_equal(a, b);
    declassify(&equal, sizeof equal);
    return equal;
}
/* NOLINTEND(*-reserved-identifier,*-dcl37-c,*-dcl51-cpp,readability-identifier-naming) */

/* ---- a group's life ---- */

/* The PSK of every id. */
static enum status find_psk(void *context, const struct mls_psk_id *id, struct buffer *psk)
{
    (void)id;
    return buffer_append(psk, secret_span(context));
}

static void say_to_all(struct world *world, size_t who)
{
    CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
    CLEANUP(mls_sent_clear) struct mls_sent later = {0};
    world_say(world, who, "hello", &sent);
    world_say(world, who, "and again", &later);
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        if (i == who || world->members[i].group == NULL ||
            mls_group_is_removed(world->members[i].group))
            continue;
        world_expect(world, i, buffer_span(&later.message), "and again");
        world_expect(world, i, buffer_span(&sent.message), "hello");
    }
}

static void commit_with_a_psk(struct world *world, size_t who, struct secret *psk)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    const struct mls_psk_store store = {find_psk, psk};
    const struct mls_proposal inject = {
        .type = MLS_PROPOSAL_PSK,
        .psk = {.type = MLS_PSK_EXTERNAL, .psk_id = SPAN_LITERAL("a key")}};
    const struct mls_commit_request request = {.proposals = &inject, .proposal_count = 1};
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
        if (world->members[i].group != NULL)
            mls_group_set_psk_store(world->members[i].group, &store);
    world_commit(world, who, &request, &bundle);
    world_accept(world, who, &bundle);
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
        if (world->members[i].group != NULL)
            mls_group_set_psk_store(world->members[i].group, NULL);
}

static void update_and_commit(struct world *world, size_t who, size_t committer)
{
    CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(SIZE_MAX);
    OK(mls_group_propose_update(world->members[who].group, NULL, SPAN_EMPTY, &world->random,
                                &message));
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        CLEANUP(mls_received_clear) struct mls_received received = {0};
        if (world->members[i].group != NULL)
            OK(world_hear(world, i, buffer_span(&message), &received));
    }
    world_refresh(world, committer);
}

static void join_by_an_external_commit(struct world *world, size_t who)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer info = BUFFER_INIT(SIZE_MAX);
    CLEANUP(mls_group_free) struct mls_group *joined = NULL;
    OK(mls_group_write_group_info(world->members[0].group, true, &info));
    const struct mls_external_join_request request = {.group_info = buffer_span(&info),
                                                      .identity = &world->members[who].identity};
    OK(mls_group_join_external(&request, &world->options, &world->random, &joined, &bundle));
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        CLEANUP(mls_received_clear) struct mls_received received = {0};
        struct mls_group *group = world->members[i].group;
        if (group == NULL || mls_group_is_removed(group))
            continue;
        OK(mls_group_receive(group, buffer_span(&bundle.commit), &world->options, &received));
        OK(mls_group_merge_staged(group));
    }
    world->members[who].group = joined;
    joined = NULL;
}

static void live(struct world *world, uint16_t suite)
{
    struct secret psk = {.len = 32};
    uint8_t exported[32];
    world_init_with(world, suite, &(struct random_source){fill, NULL});
    OK(random_fill(&world->random, psk.bytes, psk.len));
    world_start_group(world, 5);
    say_to_all(world, 1);
    world_refresh(world, 3);
    world_add(world, 1, 5);
    update_and_commit(world, 4, 2);
    commit_with_a_psk(world, 5, &psk);
    world_remove(world, 0, 3);
    join_by_an_external_commit(world, 7);
    say_to_all(world, 7);
    world_store(world, 1);
    world_restart(world, 1);
    OK(mls_group_export(world->members[1].group, "label", SPAN_LITERAL("context"), exported,
                        sizeof exported));
    world_clear(world);
}

/* The test of the test: one branch on a secret, which valgrind must report. */
static void branch_on_a_secret(void)
{
    uint8_t secret[1];
    OK(fill(NULL, secret, sizeof secret));
    if (secret[0] > 127)
        (void)puts("a large one");
}

int main(int argc, char **argv)
{
    static const uint16_t suites[] = {SUITE_X25519_AES128GCM_SHA256_ED25519,
                                      SUITE_X25519_CHACHA20POLY1305_SHA256_ED25519};
    static struct world world;
    if (argc > 1 && strcmp(argv[1], "--leak") == 0) {
        branch_on_a_secret();
        return 0;
    }
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
        live(&world, suites[i]);
    return 0;
}
