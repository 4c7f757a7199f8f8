/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Run under valgrind, which is told that secrets are undefined: it then reports each branch and
 * each address that depends on one. What leaves the secret domain (ciphertexts, tags, public keys)
 * is declared defined where it does. Without valgrind it only shows that the calls work.
 */
#include "protocol/crypto/aead.h"
#include "protocol/crypto/random_system.h"
#include "protocol/mls/member/kdf.h"
#include "protocol/mls/member/key_schedule.h"
#include "protocol/mls/member/protection.h"
#include "protocol/mls/member/secret_tree.h"
#include "protocol/mls/member/treekem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/memcheck.h>

#define GROUP_CONTEXT SPAN_LITERAL("a group context")

/* A failing call ends the program; its status depends on no secret. */
static void must_be(enum status status, enum status expected, int line)
{
    if (status == expected)
        return;
    (void)fprintf(stderr, "line %d: %s\n", line, status_name(status));
    exit(1);
}
#define OK(call) must_be((call), STATUS_OK, __LINE__)

static void hide(void *bytes, size_t size)
{
    VALGRIND_MAKE_MEM_UNDEFINED(bytes, size);
}

static void declassify(const void *bytes, size_t size)
{
    VALGRIND_MAKE_MEM_DEFINED(bytes, size);
}

static struct secret random_secret(size_t len)
{
    struct secret secret = {.len = (uint8_t)len};
    OK(random_fill(random_system(), secret.bytes, len));
    hide(secret.bytes, len);
    return secret;
}

/* Section 8: an epoch from its joiner secret, then what is derived from that. */
static void key_schedule(const struct suite *suite, struct secret_arena *arena)
{
    struct mls_epoch_secrets secrets = {0};
    struct secret init = random_secret(suite->hash_size);
    struct secret commit = random_secret(suite->hash_size);
    struct secret psk = random_secret(suite->hash_size);
    struct secret joiner = {0};
    struct secret welcome = {0};
    struct secret key = {0};
    struct secret nonce = {0};
    struct digest tag;
    uint8_t exported[32];
    OK(mls_key_schedule_joiner(suite, secret_span(&init), secret_span(&commit), GROUP_CONTEXT,
                               &joiner));
    OK(mls_key_schedule_welcome(suite, secret_span(&joiner), secret_span(&psk), &welcome));
    OK(mls_key_schedule_welcome_key(suite, secret_span(&welcome), &key, &nonce));
    OK(mls_key_schedule_epoch(suite, secret_span(&joiner), secret_span(&psk), GROUP_CONTEXT, arena,
                              &secrets));
    OK(mls_key_schedule_confirmation_tag(suite, &secrets, SPAN_LITERAL("transcript"), &tag));
    OK(mls_key_schedule_export(suite, &secrets, "label", SPAN_LITERAL("context"), exported,
                               sizeof exported));
    mls_key_schedule_clear(&secrets);
}

/* Sections 6.3 and 9: a message from one tree to another of the same epoch, and one skipped. */
static void messages(const struct suite *suite, struct secret_arena *arena)
{
    struct mls_row_set changed = {0};
    struct mls_secret_tree *trees[2] = {NULL};
    struct secret root = random_secret(suite->hash_size);
    struct secret sender_data_secret = random_secret(suite->hash_size);
    CLEANUP(arena_clear) struct arena decoded = ARENA_INIT((size_t)1 << 20);
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(SIZE_MAX);
    CLEANUP(buffer_clear) struct buffer plaintext = BUFFER_INIT(SIZE_MAX);
    struct mls_secret_tree_use use = {0};
    struct mls_sender_data sender_data;
    struct mls_message message;
    struct mls_authenticated_content opened;
    uint32_t generation = 0;
    for (size_t i = 0; i < 2; i++) {
        OK(mls_secret_tree_new(suite, arena, &changed, 1, 8, &trees[i]));
        OK(mls_secret_tree_set_root(trees[i], secret_span(&root)));
    }
    const struct mls_authenticated_content content = {
        .wire_format = MLS_WIRE_PRIVATE_MESSAGE,
        .content = {.group_id = SPAN_LITERAL("group"),
                    .epoch = 1,
                    .sender = {MLS_SENDER_MEMBER, 3},
                    .type = MLS_CONTENT_APPLICATION,
                    .application_data = SPAN_LITERAL("hello")},
        .auth = {.signature = SPAN_LITERAL("signature")}};
    const struct mls_private_seal seal = {.suite = suite,
                                          .sender_data_secret = secret_span(&sender_data_secret),
                                          .tree = trees[0],
                                          .padding = 100,
                                          .random = random_system()};
    for (size_t i = 0; i < 2; i++) {
        buffer_truncate(&bytes, 0);
        OK(mls_protection_seal_private(&seal, &content, &generation, &bytes));
    }
    declassify(bytes.ptr, bytes.len);
    OK(mls_message_decode(buffer_span(&bytes), &decoded, &message));
    OK(mls_protection_open_sender(suite, secret_span(&sender_data_secret), &message.private_message,
                                  &sender_data));
    /* The receiver looks keys up by it, having checked that it is authentic. */
    declassify(&sender_data, sizeof sender_data);
    OK(mls_secret_tree_find(trees[1], sender_data.leaf_index, MLS_RATCHET_APPLICATION,
                            sender_data.generation, &use));
    OK(mls_protection_open_private(suite, &use.message_key, &sender_data, &message.private_message,
                                   &decoded, &plaintext, &opened));
    OK(mls_secret_tree_consume(trees[1], &use));
    mls_secret_tree_use_clear(&use);
    for (size_t i = 0; i < 2; i++)
        mls_secret_tree_free(&trees[i]);
    mls_row_set_clear(&changed);
}

/* Sections 7.4 to 7.6: path secrets, their keys, and one sealed to a key and opened again. */
static void paths(const struct suite *suite)
{
    struct mls_path_secrets secrets = {0};
    struct secret first = random_secret(suite->hash_size);
    struct hpke_public kem_output;
    CLEANUP(buffer_clear) struct buffer ciphertext = BUFFER_INIT(SIZE_MAX);
    CLEANUP(buffer_clear) struct buffer opened = BUFFER_INIT(SIZE_MAX);
    OK(mls_path_secrets_derive(suite, secret_span(&first), 3, &secrets));
    declassify(secrets.public_keys, sizeof secrets.public_keys);
    OK(mls_kdf_encrypt(suite, random_system(), hpke_public_span(&secrets.public_keys[0]),
                       "UpdatePathNode", GROUP_CONTEXT, secret_span(&secrets.path[1]), &kem_output,
                       &ciphertext));
    declassify(&kem_output, sizeof kem_output);
    declassify(ciphertext.ptr, ciphertext.len);
    OK(mls_kdf_decrypt(suite, secret_span(&secrets.private_keys[0]), "UpdatePathNode",
                       GROUP_CONTEXT, hpke_public_span(&kem_output), buffer_span(&ciphertext),
                       &opened));
    mls_path_secrets_clear(&secrets);
}

/* The test of the test: one branch on a secret, which valgrind must report. */
static void branch_on_a_secret(void)
{
    struct secret secret = random_secret(32);
    if (secret.bytes[0] > 127)
        (void)puts("a large one");
}

int main(int argc, char **argv)
{
    /* Suites whose arithmetic is constant-time by its standard: X25519 with each AEAD. */
    static const uint16_t suites[] = {SUITE_X25519_AES128GCM_SHA256_ED25519,
                                      SUITE_X25519_CHACHA20POLY1305_SHA256_ED25519};
    struct secret_arena *arena = NULL;
    OK(crypto_start());
    OK(secret_arena_new(&arena));
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        key_schedule(suite_find(suites[i]), arena);
        messages(suite_find(suites[i]), arena);
        paths(suite_find(suites[i]));
    }
    if (argc > 1 && strcmp(argv[1], "--leak") == 0)
        branch_on_a_secret();
    secret_arena_free(&arena);
    return 0;
}
