/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The secrets of successive epochs, each from the one before. */
#include "protocol/mls/member/key_schedule.h"
#include "protocol/mls/public/group_context.h"
#include "tests/vectors/harness.h"

struct schedule {
    const struct suite *suite;
    struct secret_arena *arena;
    struct mls_epoch_secrets secrets; /* of the epoch before */
    struct secret init_secret;
    struct span group_id;
};

static enum vector_result check_context(struct vector_case *test,
                                        const struct schedule *schedule,
                                        const json_t *epoch,
                                        uint64_t number,
                                        struct buffer *encoded)
{
    struct mls_group_context context = {
        .cipher_suite = schedule->suite->id, .group_id = schedule->group_id, .epoch = number};
    struct span expected;
    CHECK(vector_hex(test, epoch, "tree_hash", &context.tree_hash));
    CHECK(vector_hex(test, epoch, "confirmed_transcript_hash", &context.confirmed_transcript_hash));
    CHECK(vector_hex(test, epoch, "group_context", &expected));
    struct writer writer = writer_of(encoded);
    mls_group_context_write(&writer, &context);
    CHECK_OK(writer_finish(&writer));
    CHECK(span_equal(buffer_span(encoded), expected));
    return VECTOR_PASSED;
}

static enum vector_result
check_secrets(struct vector_case *test, const struct schedule *schedule, const json_t *epoch)
{
    static const char *const names[MLS_SECRET_COUNT] = {
        [MLS_SECRET_SENDER_DATA] = "sender_data_secret",
        [MLS_SECRET_ENCRYPTION] = "encryption_secret",
        [MLS_SECRET_EXPORTER] = "exporter_secret",
        [MLS_SECRET_EXTERNAL] = "external_secret",
        [MLS_SECRET_CONFIRM] = "confirmation_key",
        [MLS_SECRET_MEMBERSHIP] = "membership_key",
        [MLS_SECRET_RESUMPTION] = "resumption_psk",
        [MLS_SECRET_AUTHENTICATION] = "epoch_authenticator",
        [MLS_SECRET_INIT] = "init_secret",
    };
    for (size_t i = 0; i < MLS_SECRET_COUNT; i++) {
        struct span expected;
        CHECK(vector_hex(test, epoch, names[i], &expected));
        CHECK(span_equal(mls_key_schedule_get(&schedule->secrets, (enum mls_epoch_secret)i),
                         expected));
    }
    return VECTOR_PASSED;
}

static enum vector_result
check_derived(struct vector_case *test, const struct schedule *schedule, const json_t *epoch)
{
    const json_t *exporter = json_object_get(epoch, "exporter");
    const char *label = json_string_value(json_object_get(exporter, "label"));
    struct span expected;
    struct span context;
    uint64_t length = 0;
    struct secret private_key = {0};
    struct hpke_public public_key;
    CHECK_OK(
        mls_key_schedule_external(schedule->suite, &schedule->secrets, &private_key, &public_key));
    CHECK(vector_hex(test, epoch, "external_pub", &expected));
    CHECK(span_equal(hpke_public_span(&public_key), expected));
    CHECK(label != NULL);
    CHECK(vector_hex(test, exporter, "context", &context));
    CHECK(vector_hex(test, exporter, "secret", &expected));
    CHECK(vector_number(exporter, "length", &length));
    uint8_t *exported = vector_take(test, length, 1);
    CHECK_OK(mls_key_schedule_export(schedule->suite, &schedule->secrets, label, context, exported,
                                     length));
    CHECK(span_equal(span_of(exported, length), expected));
    return VECTOR_PASSED;
}

static enum vector_result check_epoch(struct vector_case *test,
                                      struct schedule *schedule,
                                      const json_t *epoch,
                                      uint64_t number)
{
    struct span commit_secret;
    struct span psk_secret;
    struct span expected;
    struct secret joiner = {0};
    struct secret welcome = {0};
    CLEANUP(buffer_clear) struct buffer context = BUFFER_INIT(SIZE_MAX);
    CHECK_PASSED(check_context(test, schedule, epoch, number, &context));
    CHECK(vector_hex(test, epoch, "commit_secret", &commit_secret));
    CHECK(vector_hex(test, epoch, "psk_secret", &psk_secret));
    CHECK_OK(mls_key_schedule_joiner(schedule->suite, secret_span(&schedule->init_secret),
                                     commit_secret, buffer_span(&context), &joiner));
    CHECK(vector_hex(test, epoch, "joiner_secret", &expected));
    CHECK(span_equal(secret_span(&joiner), expected));
    CHECK_OK(mls_key_schedule_welcome(schedule->suite, secret_span(&joiner), psk_secret, &welcome));
    CHECK(vector_hex(test, epoch, "welcome_secret", &expected));
    CHECK(span_equal(secret_span(&welcome), expected));
    mls_key_schedule_clear(&schedule->secrets);
    CHECK_OK(mls_key_schedule_epoch(schedule->suite, secret_span(&joiner), psk_secret,
                                    buffer_span(&context), schedule->arena, &schedule->secrets));
    CHECK_PASSED(check_secrets(test, schedule, epoch));
    CHECK_OK(secret_set(&schedule->init_secret,
                        mls_key_schedule_get(&schedule->secrets, MLS_SECRET_INIT)));
    return check_derived(test, schedule, epoch);
}

static enum vector_result check_epochs(struct vector_case *test, struct schedule *schedule)
{
    const json_t *epochs = vector_array(test->json, "epochs");
    struct span initial;
    CHECK(epochs != NULL && json_array_size(epochs) > 0);
    CHECK(vector_hex(test, test->json, "group_id", &schedule->group_id));
    CHECK(vector_hex(test, test->json, "initial_init_secret", &initial));
    CHECK_OK(secret_set(&schedule->init_secret, initial));
    for (size_t i = 0; i < json_array_size(epochs); i++)
        CHECK_PASSED(check_epoch(test, schedule, json_array_get(epochs, i), i));
    return VECTOR_PASSED;
}

static enum vector_result run(struct vector_case *test)
{
    struct schedule schedule = {0};
    CHECK(vector_suite(test->json, &schedule.suite));
    if (schedule.suite == NULL)
        return VECTOR_SKIPPED;
    CHECK_OK(secret_arena_new(&schedule.arena));
    schedule.secrets.arena = schedule.arena;
    enum vector_result result = check_epochs(test, &schedule);
    secret_arena_free(&schedule.arena);
    return result;
}

static const char *const fields[] = {"initial_init_secret", "epochs", NULL};
const struct vector_kind kind_key_schedule = {"key-schedule", fields, run};
