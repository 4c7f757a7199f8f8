/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A pairing between an approver and a new device, with somebody in between who sees and swaps
 * everything that the server passes on.
 */
#include "protocol/base/limits.h"
#include "protocol/crypto/random_system.h"
#include "protocol/crypto/signature.h"
#include "protocol/directory/directory.h"
#include "protocol/directory/pairing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A device's keys and what it says in a pairing. */
struct side {
    struct secret login_private;
    struct secret leaf_private;
    struct signature_public login_public;
    struct signature_public leaf_public;
    struct pairing_transcript transcript;
    struct buffer entry;
};

static void make_keys(struct side *side)
{
    assert_int_equal(signature_generate(SIGNATURE_ED25519, random_system(), &side->login_private,
                                        &side->login_public),
                     STATUS_OK);
    assert_int_equal(signature_generate(SIGNATURE_ED25519, random_system(), &side->leaf_private,
                                        &side->leaf_public),
                     STATUS_OK);
}

static void random_bytes(uint8_t *bytes, size_t count)
{
    assert_int_equal(random_fill(random_system(), bytes, count), STATUS_OK);
}

static void make_offer(struct side *side)
{
    struct pairing_offer *offer = &side->transcript.offer;
    make_keys(side);
    buffer_init(&side->entry, LIMIT_DIRECTORY_ENTRY_BYTES);
    random_bytes(offer->nonce, sizeof offer->nonce);
    assert_int_equal(id_random(random_system(), &offer->device), STATUS_OK);
    memcpy(offer->login_key, side->login_public.bytes, sizeof offer->login_key);
    memcpy(offer->leaf_key, side->leaf_public.bytes, sizeof offer->leaf_key);
    assert_int_equal(pairing_commit(offer, side->transcript.commitment), STATUS_OK);
}

static void make_approver(struct side *side)
{
    struct pairing_approver *approver = &side->transcript.approver;
    make_keys(side);
    buffer_init(&side->entry, LIMIT_DIRECTORY_ENTRY_BYTES);
    random_bytes(approver->nonce, sizeof approver->nonce);
    approver->authority = DIRECTORY_BY_DEVICE;
    assert_int_equal(id_random(random_system(), &approver->person), STATUS_OK);
    assert_int_equal(id_random(random_system(), &approver->by_device), STATUS_OK);
    approver->by_person = approver->person;
    memcpy(approver->login_key, side->login_public.bytes, sizeof approver->login_key);
}

/* The new device has heard `approver`, and signs what it reveals. */
static void sign_entry(struct side *side)
{
    const struct pairing_approver *approver = &side->transcript.approver;
    struct directory_entry entry = {
        .version = DIRECTORY_ENTRY_VERSION,
        .kind = DIRECTORY_ADD_DEVICE,
        .authority = approver->authority,
        .person = approver->person,
        .device = side->transcript.offer.device,
        .by_person = approver->by_person,
        .by_device = approver->by_device,
        .login_key = signature_public_span(&side->login_public),
        .leaf_key = signature_public_span(&side->leaf_public),
    };
    struct directory_signers signers = {.login_private_key = secret_span(&side->login_private),
                                        .leaf_private_key = secret_span(&side->leaf_private)};
    buffer_clear(&side->entry);
    assert_int_equal(directory_entry_sign(&entry, &signers, &side->entry), STATUS_OK);
}

/* The approver hears what `from` reveals. */
static enum status hear(struct side *approver, const struct side *from)
{
    struct directory_entry entry;
    assert_int_equal(directory_entry_open(buffer_span(&from->entry), &entry), STATUS_OK);
    pairing_offer_of(&entry, from->transcript.offer.nonce, &approver->transcript.offer);
    return pairing_check(&approver->transcript, &entry);
}

static void code_of(const struct side *side, char code[PAIRING_CODE_TEXT_SIZE])
{
    assert_int_equal(pairing_code(&side->transcript, code), STATUS_OK);
}

static void begin(struct side *approver, struct side *device)
{
    *approver = (struct side){0};
    *device = (struct side){0};
    make_approver(approver);
    make_offer(device);
    random_bytes(approver->transcript.secret, PAIRING_SECRET_SIZE);
    memcpy(device->transcript.secret, approver->transcript.secret, PAIRING_SECRET_SIZE);
}

static void end(struct side *side)
{
    buffer_clear(&side->entry);
}

static void pair(struct side *approver, struct side *device)
{
    begin(approver, device);
    assert_int_equal(pairing_hear_commitment(&approver->transcript, device->transcript.commitment),
                     STATUS_OK);
    device->transcript.approver = approver->transcript.approver;
    sign_entry(device);
    assert_int_equal(hear(approver, device), STATUS_OK);
}

static void both_compute_the_same_code(void **state)
{
    (void)state;
    struct side approver;
    struct side device;
    char theirs[PAIRING_CODE_TEXT_SIZE];
    char ours[PAIRING_CODE_TEXT_SIZE];
    pair(&approver, &device);
    code_of(&approver, theirs);
    code_of(&device, ours);
    assert_string_equal(theirs, ours);
    assert_int_equal(strlen(ours), PAIRING_CODE_DIGITS + 1);
    assert_true(pairing_code_matches(ours, span_from_text(theirs)));
    end(&approver);
    end(&device);
}

/* In between: to the approver a device of its own, to the device an approver of its own. */
static void a_server_that_swaps_keys_gives_different_codes(void **state)
{
    (void)state;
    unsigned equal = 0;
    for (int i = 0; i < 200; i++) {
        struct side approver;
        struct side device;
        struct side false_approver;
        struct side false_device;
        char theirs[PAIRING_CODE_TEXT_SIZE];
        char ours[PAIRING_CODE_TEXT_SIZE];
        begin(&approver, &device);
        begin(&false_approver, &false_device);
        /* Even one who has the link and so its secret. */
        memcpy(approver.transcript.commitment, false_device.transcript.commitment,
               PAIRING_HASH_SIZE);
        false_device.transcript.approver = approver.transcript.approver;
        sign_entry(&false_device);
        assert_int_equal(hear(&approver, &false_device), STATUS_OK);
        device.transcript.approver = false_approver.transcript.approver;
        code_of(&approver, theirs);
        code_of(&device, ours);
        equal += strcmp(theirs, ours) == 0 ? 1 : 0;
        end(&approver);
        end(&device);
        end(&false_approver);
        end(&false_device);
    }
    assert_in_range(equal, 0, 1); /* by chance, once in 5,000 runs */
}

/* The server knows the approver's nonce by now, and looks for keys that give the code it wants. */
static void what_was_committed_to_cannot_be_changed_afterwards(void **state)
{
    (void)state;
    struct side approver;
    struct side device;
    struct side other = {0};
    pair(&approver, &device);
    make_offer(&other);
    other.transcript.approver = approver.transcript.approver;
    sign_entry(&other);
    assert_int_equal(hear(&approver, &other), STATUS_UNTRUSTED);
    device.transcript.offer.nonce[0] ^= 1;
    assert_int_equal(hear(&approver, &device), STATUS_UNTRUSTED);
    end(&approver);
    end(&device);
    end(&other);
}

/* A first commitment that says nothing would leave room for a second, made after the approver has
 * spoken: with that, keys for any code are found in a second. */
static void the_first_commitment_stands_and_says_something(void **state)
{
    (void)state;
    struct pairing_transcript transcript = {.secret = {1}};
    static const uint8_t none[PAIRING_HASH_SIZE];
    static const uint8_t first[PAIRING_HASH_SIZE] = {1};
    static const uint8_t second[PAIRING_HASH_SIZE] = {2};
    assert_int_equal(pairing_hear_commitment(&transcript, none), STATUS_UNTRUSTED);
    assert_int_equal(pairing_hear_commitment(&transcript, first), STATUS_OK);
    assert_int_equal(pairing_hear_commitment(&transcript, first), STATUS_OK);
    assert_int_equal(pairing_hear_commitment(&transcript, second), STATUS_UNTRUSTED);
    assert_int_equal(pairing_hear_commitment(&transcript, none), STATUS_UNTRUSTED);
    assert_memory_equal(transcript.commitment, first, sizeof first);
}

/* The server has not seen the link: it cannot answer in the approver's place, and approve the new
 * device itself as that of somebody whom it made up. */
static void who_has_not_seen_the_link_answers_for_nobody(void **state)
{
    (void)state;
    struct side approver;
    struct side device;
    struct pairing_approver made_up;
    begin(&approver, &device);
    struct pairing_transcript *heard = &device.transcript;
    memcpy(approver.transcript.commitment, heard->commitment, sizeof heard->commitment);
    struct pairing_approver *answer = &approver.transcript.approver;
    assert_int_equal(pairing_prove(&approver.transcript, answer->proof), STATUS_OK);
    heard->approver = *answer;
    assert_int_equal(pairing_check_proof(heard), STATUS_OK);
    /* Each byte of it, and the commitment that it answers. */
    for (size_t i = 0; i < sizeof made_up; i++) {
        made_up = *answer;
        ((uint8_t *)&made_up)[i] ^= 1;
        heard->approver = made_up;
        assert_int_equal(pairing_check_proof(heard), STATUS_UNTRUSTED);
    }
    heard->approver = *answer;
    heard->commitment[0] ^= 1;
    assert_int_equal(pairing_check_proof(heard), STATUS_UNTRUSTED);
    heard->commitment[0] ^= 1;
    /* Another secret. */
    random_bytes(approver.transcript.secret, PAIRING_SECRET_SIZE);
    assert_int_equal(pairing_prove(&approver.transcript, answer->proof), STATUS_OK);
    heard->approver = *answer;
    assert_int_equal(pairing_check_proof(heard), STATUS_UNTRUSTED);
    end(&approver);
    end(&device);
}

static void an_entry_for_somebody_else_is_not_countersigned(void **state)
{
    (void)state;
    struct side approver;
    struct side device;
    pair(&approver, &device);
    device.transcript.approver.person.bytes[0] ^= 1;
    sign_entry(&device);
    assert_int_equal(hear(&approver, &device), STATUS_UNTRUSTED);
    device.transcript.approver = approver.transcript.approver;
    device.transcript.approver.authority = DIRECTORY_BY_ADMIN;
    sign_entry(&device);
    assert_int_equal(hear(&approver, &device), STATUS_UNTRUSTED);
    device.transcript.approver = approver.transcript.approver;
    device.transcript.approver.by_device.bytes[0] ^= 1;
    sign_entry(&device);
    assert_int_equal(hear(&approver, &device), STATUS_UNTRUSTED);
    end(&approver);
    end(&device);
}

/* Each bit of what either side saw changes the code of it. */
static void the_code_covers_all_of_it(void **state)
{
    (void)state;
    struct side approver;
    struct side device;
    char code[PAIRING_CODE_TEXT_SIZE];
    char changed[PAIRING_CODE_TEXT_SIZE];
    unsigned equal = 0;
    pair(&approver, &device);
    code_of(&approver, code);
    uint8_t *bytes = (uint8_t *)&approver.transcript;
    for (size_t i = 0; i < sizeof approver.transcript; i++) {
        bytes[i] ^= 1;
        code_of(&approver, changed);
        bytes[i] ^= 1;
        equal += strcmp(code, changed) == 0 ? 1 : 0;
    }
    assert_in_range(equal, 0, 1); /* by chance, once in a million */
    end(&approver);
    end(&device);
}

static void a_code_is_typed_with_or_without_its_space(void **state)
{
    (void)state;
    static const char code[PAIRING_CODE_TEXT_SIZE] = "048 301";
    static const char *const right[] = {"048 301", "048301", "048-301", " 0 4 8 3 0 1 "};
    static const char *const wrong[] = {"", "048 300", "48301", "0483011", "048 30l", "abcdef"};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        assert_true(pairing_code_matches(code, span_from_text(right[i])));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(pairing_code_matches(code, span_from_text(wrong[i])));
}

/* The approver's device as the first of its person. */
static void add_first(struct directory *directory, struct side *side)
{
    const struct pairing_approver *approver = &side->transcript.approver;
    struct directory_entry entry = {
        .version = DIRECTORY_ENTRY_VERSION,
        .kind = DIRECTORY_ADD_DEVICE,
        .authority = DIRECTORY_BY_FIRST,
        .person = approver->person,
        .device = approver->by_device,
        .login_key = signature_public_span(&side->login_public),
        .leaf_key = signature_public_span(&side->leaf_public),
    };
    struct directory_signers signers = {.login_private_key = secret_span(&side->login_private),
                                        .leaf_private_key = secret_span(&side->leaf_private)};
    buffer_clear(&side->entry);
    assert_int_equal(directory_entry_sign(&entry, &signers, &side->entry), STATUS_OK);
    assert_int_equal(directory_apply(directory, buffer_span(&side->entry), true), STATUS_OK);
}

static void a_countersigned_entry_enters_the_directory_and_no_other(void **state)
{
    (void)state;
    struct side approver;
    struct side device;
    struct directory *directory = NULL;
    CLEANUP(buffer_clear) struct buffer entry = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    CLEANUP(buffer_clear) struct buffer wrong = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    CLEANUP(buffer_clear) struct buffer again = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    pair(&approver, &device);
    assert_int_equal(directory_new(&directory), STATUS_OK);
    add_first(directory, &approver);
    assert_int_not_equal(directory_apply(directory, buffer_span(&device.entry), true), STATUS_OK);
    assert_int_equal(directory_entry_countersign(buffer_span(&device.entry),
                                                 secret_span(&device.login_private), &wrong),
                     STATUS_OK);
    assert_int_not_equal(directory_apply(directory, buffer_span(&wrong), true), STATUS_OK);
    assert_int_equal(directory_entry_countersign(buffer_span(&device.entry),
                                                 secret_span(&approver.login_private), &entry),
                     STATUS_OK);
    assert_int_equal(directory_entry_countersign(buffer_span(&entry),
                                                 secret_span(&approver.login_private), &again),
                     STATUS_INVALID);
    assert_int_equal(directory_apply(directory, buffer_span(&entry), true), STATUS_OK);
    const struct directory_device *added =
        directory_find(directory, &device.transcript.offer.device);
    assert_non_null(added);
    assert_int_equal(added->reset_size, 0);
    assert_int_equal(added->authority, DIRECTORY_BY_DEVICE);
    directory_free(&directory);
    end(&approver);
    end(&device);
}

static void apply_countersigned(struct directory *directory, struct side *by, struct side *device)
{
    CLEANUP(buffer_clear) struct buffer entry = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    sign_entry(device);
    assert_int_equal(directory_entry_countersign(buffer_span(&device->entry),
                                                 secret_span(&by->login_private), &entry),
                     STATUS_OK);
    assert_int_equal(directory_apply(directory, buffer_span(&entry), true), STATUS_OK);
}

static void a_reset_takes_the_place_of_all_that_the_person_had_and_is_inherited(void **state)
{
    (void)state;
    struct side admin = {0};
    struct side lost = {0};
    struct side fresh = {0};
    struct side further = {0};
    struct directory *directory = NULL;
    make_approver(&admin);
    make_approver(&lost);
    make_offer(&fresh);
    make_offer(&further);
    assert_int_equal(directory_new(&directory), STATUS_OK);
    add_first(directory, &admin);
    add_first(directory, &lost);
    const struct pairing_approver *before = &lost.transcript.approver;
    struct pairing_approver *approver = &fresh.transcript.approver;
    *approver = admin.transcript.approver;
    approver->authority = DIRECTORY_BY_ADMIN;
    approver->person = before->person;
    apply_countersigned(directory, &admin, &fresh);
    assert_int_equal(directory_find(directory, &before->by_device)->state, DIRECTORY_REVOKED);
    assert_int_equal(directory_find(directory, &admin.transcript.approver.by_device)->state,
                     DIRECTORY_ACTIVE);
    struct span leaf_key = signature_public_span(&lost.leaf_public);
    assert_int_equal(directory_check_leaf(directory, &before->person, &before->by_device, leaf_key),
                     STATUS_DENIED);
    assert_int_equal(
        directory_check_leaf_at(directory, 2, &before->person, &before->by_device, leaf_key),
        STATUS_OK);
    assert_int_equal(directory_find(directory, &fresh.transcript.offer.device)->reset_size, 3);
    approver = &further.transcript.approver;
    approver->authority = DIRECTORY_BY_DEVICE;
    approver->person = approver->by_person = before->person;
    approver->by_device = fresh.transcript.offer.device;
    apply_countersigned(directory, &fresh, &further);
    assert_int_equal(directory_find(directory, &further.transcript.offer.device)->reset_size, 3);
    directory_free(&directory);
    end(&admin);
    end(&lost);
    end(&fresh);
    end(&further);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_compute_the_same_code),
        cmocka_unit_test(a_server_that_swaps_keys_gives_different_codes),
        cmocka_unit_test(what_was_committed_to_cannot_be_changed_afterwards),
        cmocka_unit_test(the_first_commitment_stands_and_says_something),
        cmocka_unit_test(who_has_not_seen_the_link_answers_for_nobody),
        cmocka_unit_test(an_entry_for_somebody_else_is_not_countersigned),
        cmocka_unit_test(the_code_covers_all_of_it),
        cmocka_unit_test(a_code_is_typed_with_or_without_its_space),
        cmocka_unit_test(a_countersigned_entry_enters_the_directory_and_no_other),
        cmocka_unit_test(a_reset_takes_the_place_of_all_that_the_person_had_and_is_inherited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
