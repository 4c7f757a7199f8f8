/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Used secrets are gone from memory. Everything that is drawn or derived on the way is noted (the
 * linker puts our functions around HKDF, X25519 and the source of randomness); at the end the whole
 * memory of the process is searched. What is still there must be in the rows of a group, which hold
 * what the group still needs; test_mls_group_rows.c says what may be in rows.
 */
#include "protocol/crypto/hash.h"
#include "protocol/crypto/random_system.h"
#include "tests/unit/protocol/mls/member/memory_scan.h"
#include "tests/unit/protocol/mls/member/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(call) assert_string_equal(status_name(call), "OK")

enum { NEEDED = 1, FOUND = 2 };

/* ---- noting ---- */

/* NOLINTBEGIN(*-reserved-identifier,*-dcl37-c,*-dcl51-cpp,readability-identifier-naming): the
 * linker's names (--wrap). */
enum status
__real_hkdf_extract(enum hash_id hash, struct span salt, struct span ikm, struct secret *prk);
enum status
__wrap_hkdf_extract(enum hash_id hash, struct span salt, struct span ikm, struct secret *prk);
enum status __real_hkdf_expand(
    enum hash_id hash, struct span prk, struct span info, uint8_t *out, size_t length);
enum status __wrap_hkdf_expand(
    enum hash_id hash, struct span prk, struct span info, uint8_t *out, size_t length);
enum status __real_hkdf_extract_parts(
    enum hash_id hash, struct span salt, const struct span *ikm, size_t count, struct secret *prk);
enum status __wrap_hkdf_extract_parts(
    enum hash_id hash, struct span salt, const struct span *ikm, size_t count, struct secret *prk);
enum status __real_hkdf_expand_parts(enum hash_id hash,
                                     struct span prk,
                                     const struct span *info,
                                     size_t count,
                                     uint8_t *out,
                                     size_t length);
enum status __wrap_hkdf_expand_parts(enum hash_id hash,
                                     struct span prk,
                                     const struct span *info,
                                     size_t count,
                                     uint8_t *out,
                                     size_t length);
int __real_crypto_scalarmult(unsigned char *q, const unsigned char *n, const unsigned char *p);
int __wrap_crypto_scalarmult(unsigned char *q, const unsigned char *n, const unsigned char *p);
/* NOLINTEND(*-reserved-identifier,*-dcl37-c,*-dcl51-cpp,readability-identifier-naming) */

static void copy_label(struct span bytes, char label[16])
{
    size_t len = bytes.len < 15 ? bytes.len : 15;
    memcpy(label, bytes.ptr, len);
    label[len] = 0;
}

/* KDFLabel of RFC 9420, 8: uint16 length; opaque label<V> = "MLS 1.0 " + Label; ... */
static void label_of(struct span info, char label[16])
{
    static const char begin[] = "MLS 1.0 ";
    size_t fixed = 3 + sizeof begin - 1;
    (void)snprintf(label, 16, "other");
    if (info.len < fixed || memcmp(info.ptr + 3, begin, sizeof begin - 1) != 0)
        return;
    copy_label(span_of(info.ptr + fixed, info.ptr[2] - (sizeof begin - 1)), label);
}

enum status
__wrap_hkdf_extract(enum hash_id hash, struct span salt, struct span ikm, struct secret *prk)
{
    enum status status = __real_hkdf_extract(hash, salt, ikm, prk);
    memory_scan_note(secret_span(prk), "extracted");
    return status;
}

enum status __wrap_hkdf_expand(
    enum hash_id hash, struct span prk, struct span info, uint8_t *out, size_t length)
{
    char label[16];
    enum status status = __real_hkdf_expand(hash, prk, info, out, length);
    label_of(info, label);
    memory_scan_note(span_of(out, length), label);
    return status;
}

/* The hashes of HPKE's info and of its absent PSK are made like secrets, and are none. */
enum status __wrap_hkdf_extract_parts(
    enum hash_id hash, struct span salt, const struct span *ikm, size_t count, struct secret *prk)
{
    char label[16];
    enum status status = __real_hkdf_extract_parts(hash, salt, ikm, count, prk);
    copy_label(ikm[2], label);
    if (strcmp(label, "psk_id_hash") != 0 && strcmp(label, "info_hash") != 0)
        memory_scan_note(secret_span(prk), label);
    return status;
}

enum status __wrap_hkdf_expand_parts(enum hash_id hash,
                                     struct span prk,
                                     const struct span *info,
                                     size_t count,
                                     uint8_t *out,
                                     size_t length)
{
    char label[16];
    enum status status = __real_hkdf_expand_parts(hash, prk, info, count, out, length);
    copy_label(info[3], label);
    /* RFC 9180, 7.1.3: the first byte of a NIST curve's scalar loses bits. */
    size_t skipped = strcmp(label, "candidate") == 0;
    memory_scan_note(span_of(out + skipped, length - skipped), label);
    return status;
}

int __wrap_crypto_scalarmult(unsigned char *q, const unsigned char *n, const unsigned char *p)
{
    int result = __real_crypto_scalarmult(q, n, p);
    memory_scan_note(span_of(q, 32), "exchanged");
    return result;
}

static enum status fill(void *context, uint8_t *bytes, size_t count)
{
    TRY(random_fill(context, bytes, count));
    memory_scan_note(span_of(bytes, count), "drawn");
    return STATUS_OK;
}

/* ---- what is needed ---- */

static enum status put(void *context, const struct mls_row_key *key, struct span bytes)
{
    (void)context;
    (void)key;
    memory_scan_bytes(bytes, NEEDED);
    return STATUS_OK;
}

static enum status drop(void *context, const struct mls_row_key *key)
{
    (void)context;
    (void)key;
    return STATUS_INTERNAL;
}

/* What the groups need, and what the test itself holds: the identities of all. */
static void mark_needed(struct world *world)
{
    const struct mls_row_sink sink = {put, drop, NULL};
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        struct member *member = &world->members[i];
        memory_scan_bytes(secret_span(&member->signature_private), NEEDED);
        if (member->group != NULL)
            OK(mls_group_rows(member->group, &sink));
    }
}

static size_t count_marks(uint64_t all, uint64_t wanted)
{
    size_t count = 0;
    for (size_t i = 0; i < memory_scan_count(); i++)
        count += (memory_scan_at(i)->marks & all) == wanted;
    return count;
}

static size_t count_label(const char *label, uint64_t wanted)
{
    size_t count = 0;
    for (size_t i = 0; i < memory_scan_count(); i++)
        count += strcmp(memory_scan_at(i)->label, label) == 0 &&
                 (memory_scan_at(i)->marks & (NEEDED | FOUND)) == wanted;
    return count;
}

static void clear_marks(void)
{
    for (size_t i = 0; i < memory_scan_count(); i++)
        memory_scan_at(i)->marks = 0;
}

/* ---- a group's life ---- */

struct life {
    struct world world;
    struct random_source beneath; /* the world's own */
};

static void say_to_all(struct world *world, size_t who, const char *text)
{
    CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
    world_say(world, who, text, &sent);
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
        if (i != who && world->members[i].group != NULL &&
            !mls_group_is_removed(world->members[i].group))
            world_expect(world, i, buffer_span(&sent.message), text);
}

/* Members 1 and 2 hear what member 0 says late: the key of the first is kept, and then used. */
static void say_out_of_order(struct world *world)
{
    CLEANUP(mls_sent_clear) struct mls_sent early = {0};
    CLEANUP(mls_sent_clear) struct mls_sent late = {0};
    CLEANUP(mls_sent_clear) struct mls_sent lost = {0};
    world_say(world, 0, "early", &early);
    world_say(world, 0, "lost", &lost);
    world_say(world, 0, "late", &late);
    for (size_t i = 1; i < 3; i++) {
        world_expect(world, i, buffer_span(&late.message), "late");
        world_expect(world, i, buffer_span(&early.message), "early");
    }
}

static void propose_an_update(struct world *world, size_t who, size_t committer)
{
    CLEANUP(buffer_clear) struct buffer message = BUFFER_INIT(SIZE_MAX);
    OK(mls_group_propose_update(world->members[who].group, NULL, SPAN_EMPTY, &world->random,
                                &message));
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        CLEANUP(mls_received_clear) struct mls_received received = {0};
        if (world->members[i].group != NULL && !mls_group_is_removed(world->members[i].group))
            OK(world_hear(world, i, buffer_span(&message), &received));
    }
    world_refresh(world, committer);
}

static void come_back_by_an_external_commit(struct world *world, size_t who)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    CLEANUP(buffer_clear) struct buffer info = BUFFER_INIT(SIZE_MAX);
    struct member *member = &world->members[who];
    struct mls_external_join_request request = {
        .group_info = SPAN_EMPTY, .identity = &member->identity, .resync = true};
    OK(mls_group_write_group_info(world->members[0].group, true, &info));
    request.group_info = buffer_span(&info);
    mls_group_free(&member->group);
    OK(mls_group_join_external(&request, &world->options, &world->random, &member->group, &bundle));
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        CLEANUP(mls_received_clear) struct mls_received received = {0};
        if (i == who || world->members[i].group == NULL ||
            mls_group_is_removed(world->members[i].group))
            continue;
        OK(mls_group_receive(world->members[i].group, buffer_span(&bundle.commit), &world->options,
                             &received));
        OK(mls_group_merge_staged(world->members[i].group));
    }
}

/* A commit that was refused. */
static void lose_a_race(struct world *world, size_t who)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    const struct mls_commit_request request = {0};
    world_commit(world, who, &request, &bundle);
    mls_group_clear_pending(world->members[who].group);
}

static void live(struct life *life, uint16_t suite)
{
    struct world *world = &life->world;
    world_init(world, suite);
    life->beneath = world->random;
    world->random = (struct random_source){fill, &life->beneath};
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
        world_renew_package(world, i);
    world_start_group(world, 5);
    for (size_t i = 0; i < 5; i++)
        say_to_all(world, i, "hello");
    say_out_of_order(world);
    world_refresh(world, 3);
    world_add(world, 1, 5);
    lose_a_race(world, 2);
    propose_an_update(world, 4, 2);
    say_to_all(world, 5, "new here");
    world_remove(world, 0, 3);
    come_back_by_an_external_commit(world, 4);
    say_to_all(world, 4, "again");
    say_out_of_order(world);
}

/* The test's own copies: the members' rows, and KeyPackages' private parts, used or not. */
static void forget_own_copies(struct world *world)
{
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++) {
        world_forget_rows(world, i);
        buffer_clear(&world->members[i].package_private);
    }
}

/* ---- the tests ---- */

/* Kinds of secrets, each of which must have ones that were used up; those of which nothing is kept
 * at all once they were; and those of which one epoch's are. */
static const char *const kinds[] = {
    "key",        "nonce",          "secret",  "tree",       "path",          "node",
    "joiner",     "epoch",          "welcome", "init",       "exporter",      "confirm",
    "membership", "authentication", "drawn",   "encryption", "shared_secret", "extracted"};
static const char *const passing[] = {"path",       "node",          "joiner",   "epoch",
                                      "welcome",    "shared_secret", "eae_prk",  "exchanged",
                                      "base_nonce", "dkp_prk",       "extracted"};
static const char *const of_one_epoch[] = {"init",       "exporter", "confirm",
                                           "membership", "external", "authentication"};

#define COUNT(list) (sizeof(list) / sizeof *(list))

static void check_kinds(void)
{
    for (size_t i = 0; i < COUNT(kinds); i++)
        assert_in_range(count_label(kinds[i], 0), 1, NOTED_MAX);
    for (size_t i = 0; i < COUNT(passing); i++)
        assert_int_equal(count_label(passing[i], NEEDED | FOUND), 0);
    for (size_t i = 0; i < COUNT(of_one_epoch); i++)
        assert_int_equal(count_label(of_one_epoch[i], NEEDED | FOUND), 1);
    /* Roots of the secret trees of past epochs in which nobody said anything. */
    assert_int_equal(count_label("encryption", NEEDED | FOUND), 3);
    /* Of the messages, only those are kept that were lost on the way. */
    assert_int_equal(count_label("key", NEEDED | FOUND), 2);
    assert_int_equal(count_label("nonce", NEEDED | FOUND), 2);
}

/* Whatever is found must be needed. */
static void check_found(void)
{
    for (size_t i = 0; i < memory_scan_count(); i++)
        if ((memory_scan_at(i)->marks & (NEEDED | FOUND)) == FOUND)
            print_error("in memory, though used: %s, number %zu\n", memory_scan_at(i)->label, i);
    assert_int_equal(count_marks(NEEDED | FOUND, FOUND), 0);
}

/* RFC 9420, 9.2: "As soon as a group member consumes a value, they MUST immediately delete (all
 * representations of) that value." */
static void check_suite(uint16_t suite)
{
    struct life *life = calloc(1, sizeof *life);
    assert_non_null(life);
    memory_scan_begin();
    live(life, suite);
    forget_own_copies(&life->world);
    mark_needed(&life->world);
    size_t searched = memory_scan_process(FOUND);
    check_found();
    /* It would have been found: each secret that is still needed is. */
    assert_in_range(count_marks(NEEDED | FOUND, NEEDED | FOUND), 50, NOTED_MAX);
    assert_int_equal(count_marks(NEEDED | FOUND, NEEDED), 0);
    check_kinds();
    print_message("suite %u: %zu secrets, %zu still needed, %zu bytes searched\n", suite,
                  memory_scan_count(), count_marks(NEEDED, NEEDED), searched);
    for (size_t i = 0; i < WORLD_MEMBERS_MAX; i++)
        mls_group_free(&life->world.members[i].group);
    /* Without the groups nothing is left but the identities. */
    clear_marks();
    (void)memory_scan_process(FOUND);
    mark_needed(&life->world);
    check_found();
    world_clear(&life->world);
    free(life);
}

static void what_was_used_is_nowhere_in_memory(void **state)
{
    (void)state;
    for (uint16_t suite = 1; suite <= 7; suite++)
        check_suite(suite);
}

/* The test of the test: one used secret, freed without wiping, is found. */
static void a_secret_that_was_left_behind_is_found(void **state)
{
    (void)state;
    memory_scan_begin();
    struct secret drawn = {.len = 32};
    OK(random_fill(random_system(), drawn.bytes, drawn.len));
    memory_scan_note(secret_span(&drawn), "planted");
    uint8_t *copy = malloc(4096);
    assert_non_null(copy);
    memcpy(copy + 1000, drawn.bytes, drawn.len);
    secret_clear(&drawn);
    clear_marks();
    (void)memory_scan_process(FOUND);
    assert_int_equal(count_label("planted", FOUND), 1);
    secret_wipe(copy, 4096);
    free(copy);
    clear_marks();
    (void)memory_scan_process(FOUND);
    assert_int_equal(count_label("planted", FOUND), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_used_is_nowhere_in_memory),
        cmocka_unit_test(a_secret_that_was_left_behind_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
