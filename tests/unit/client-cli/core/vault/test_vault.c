/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/vault/vault.h"

#include "protocol/crypto/random_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define KIND 7
#define NONCE_SIZE 24
#define NONCES_MAX 64
#define KILLS 25

/* The system's randomness, and a memory of the nonces that were drawn: what was written with one
 * can so be looked for in the files. */
struct nonces {
    uint8_t bytes[NONCES_MAX][NONCE_SIZE];
    size_t count;
};

struct fixture {
    char directory[64];
    struct nonces nonces;
    struct random_source random;
    struct vault_options options;
    struct vault *vault;
    pid_t holder;
};

static enum status fill(void *context, uint8_t *bytes, size_t count)
{
    struct nonces *nonces = context;
    TRY(random_fill(random_system(), bytes, count));
    if (count == NONCE_SIZE)
        memcpy(nonces->bytes[nonces->count++ % NONCES_MAX], bytes, NONCE_SIZE);
    return STATUS_OK;
}

static const uint8_t *last_nonce(const struct fixture *fixture, size_t back)
{
    return fixture->nonces.bytes[(fixture->nonces.count - 1 - back) % NONCES_MAX];
}

static int set_up_folder(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    if (fixture == NULL || crypto_start() != STATUS_OK)
        return -1;
    strcpy(fixture->directory, "/tmp/weft-test-vault-XXXXXX");
    if (mkdtemp(fixture->directory) == NULL)
        return -1;
    fixture->random = (struct random_source){fill, &fixture->nonces};
    fixture->options =
        (struct vault_options){.directory = fixture->directory, .random = &fixture->random};
    *state = fixture;
    return 0;
}

static int set_up(void **state)
{
    if (set_up_folder(state) != 0)
        return -1;
    struct fixture *fixture = *state;
    return vault_create(&fixture->options, &fixture->vault, &fixture->holder) == STATUS_OK ? 0 : -1;
}

static void each_file(const struct fixture *fixture,
                      void (*visit)(const char *path, void *context),
                      void *context)
{
    DIR *directory = opendir(fixture->directory);
    assert_non_null(directory);
    struct dirent *item;
    while ((item = readdir(directory)) != NULL) {
        char path[400];
        snprintf(path, sizeof path, "%s/%s", fixture->directory, item->d_name);
        if (item->d_name[0] != '.')
            visit(path, context);
    }
    closedir(directory);
}

static void remove_file(const char *path, void *context)
{
    (void)context;
    unlink(path);
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    vault_close(&fixture->vault);
    each_file(fixture, remove_file, NULL);
    rmdir(fixture->directory);
    free(fixture);
    return 0;
}

static struct vault_place place_at(uint64_t major, uint64_t minor)
{
    return (struct vault_place){.kind = KIND, .scope = {{1, 2, 3}}, .major = major, .minor = minor};
}

static void put(struct vault *vault, uint64_t major, const char *text)
{
    struct vault_place place = place_at(major, 0);
    assert_int_equal(vault_put(vault, &place, span_from_text(text)), STATUS_OK);
}

static void put_alone(struct vault *vault, uint64_t major, const char *text)
{
    assert_int_equal(vault_begin(vault), STATUS_OK);
    put(vault, major, text);
    assert_int_equal(vault_commit(vault), STATUS_OK);
}

static void assert_holds(struct vault *vault, uint64_t major, const char *text)
{
    CLEANUP(buffer_clear) struct buffer value = BUFFER_INIT(4096);
    struct vault_place place = place_at(major, 0);
    enum status status = vault_get(vault, &place, &value);
    assert_int_equal(status, text == NULL ? STATUS_NOT_FOUND : STATUS_OK);
    if (text != NULL)
        assert_true(span_equal(buffer_span(&value), span_from_text(text)));
}

static void reopen(struct fixture *fixture)
{
    vault_close(&fixture->vault);
    assert_int_equal(vault_open(&fixture->options, &fixture->vault, &fixture->holder), STATUS_OK);
}

/* ---- transactions ---- */

static void keeps_what_was_committed_and_nothing_else(void **state)
{
    struct fixture *fixture = *state;
    put_alone(fixture->vault, 1, "kept");
    assert_int_equal(vault_begin(fixture->vault), STATUS_OK);
    put(fixture->vault, 1, "overwritten in vain");
    put(fixture->vault, 2, "never there");
    vault_rollback(fixture->vault);
    assert_holds(fixture->vault, 1, "kept");
    assert_int_equal(vault_begin(fixture->vault), STATUS_OK);
    put(fixture->vault, 2, "closed in the middle");
    reopen(fixture);
    assert_holds(fixture->vault, 1, "kept");
    assert_holds(fixture->vault, 2, NULL);
}

static void its_counter_rises_with_every_commit(void **state)
{
    struct fixture *fixture = *state;
    uint64_t before = vault_counter(fixture->vault);
    put_alone(fixture->vault, 1, "a");
    put_alone(fixture->vault, 1, "b");
    assert_int_equal(vault_counter(fixture->vault), before + 2);
    reopen(fixture);
    assert_int_equal(vault_counter(fixture->vault), before + 2);
}

struct walked {
    uint64_t majors[16];
    size_t count;
    size_t stop_at;
};

static enum status note(void *context, const struct vault_place *place, struct span value)
{
    struct walked *walked = context;
    assert_int_equal(value.len, 1);
    walked->majors[walked->count++] = place->major * 10 + place->minor;
    return walked->count == walked->stop_at ? STATUS_CANCELLED : STATUS_OK;
}

static void
walk(struct fixture *fixture, uint64_t from, uint64_t to, bool backwards, struct walked *walked)
{
    struct vault_walk request = {.kind = KIND,
                                 .scope = {{1, 2, 3}},
                                 .from = from,
                                 .to = to,
                                 .backwards = backwards,
                                 .visit = note,
                                 .context = walked};
    assert_int_equal(vault_walk(fixture->vault, &request), STATUS_OK);
}

static void walks_a_range_in_order_and_stops_when_told(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(vault_begin(fixture->vault), STATUS_OK);
    for (uint64_t major = 5; major > 0; major--)
        for (uint64_t minor = 0; minor < 2; minor++) {
            struct vault_place place = place_at(major, minor);
            assert_int_equal(vault_put(fixture->vault, &place, SPAN_LITERAL("x")), STATUS_OK);
        }
    assert_int_equal(vault_commit(fixture->vault), STATUS_OK);
    struct walked forwards = {.count = 0};
    walk(fixture, 2, 3, false, &forwards);
    const uint64_t expected[] = {20, 21, 30, 31};
    assert_int_equal(forwards.count, 4);
    assert_memory_equal(forwards.majors, expected, sizeof expected);
    struct walked backwards = {.stop_at = 3};
    walk(fixture, 0, UINT64_MAX, true, &backwards);
    const uint64_t last[] = {51, 50, 41};
    assert_int_equal(backwards.count, 3);
    assert_memory_equal(backwards.majors, last, sizeof last);
    assert_int_equal(vault_begin(fixture->vault), STATUS_OK);
    struct id scope = {{1, 2, 3}};
    assert_int_equal(vault_delete_range(fixture->vault, KIND, &scope, 2, 4), STATUS_OK);
    assert_int_equal(vault_commit(fixture->vault), STATUS_OK);
    struct walked left = {.count = 0};
    walk(fixture, 0, UINT64_MAX, false, &left);
    const uint64_t rest[] = {10, 11, 50, 51};
    assert_int_equal(left.count, 4);
    assert_memory_equal(left.majors, rest, sizeof rest);
}

static void records_of_another_scope_or_kind_are_others(void **state)
{
    struct fixture *fixture = *state;
    CLEANUP(buffer_clear) struct buffer value = BUFFER_INIT(64);
    struct vault_place other_scope = {.kind = KIND, .scope = {{9}}, .major = 1};
    struct vault_place other_kind = {.kind = KIND + 1, .scope = {{1, 2, 3}}, .major = 1};
    put_alone(fixture->vault, 1, "mine");
    assert_int_equal(vault_get(fixture->vault, &other_scope, &value), STATUS_NOT_FOUND);
    assert_int_equal(vault_get(fixture->vault, &other_kind, &value), STATUS_NOT_FOUND);
}

/* ---- what the files hold ---- */

struct needle {
    const void *bytes;
    size_t size;
    size_t found;
};

static void look_in_file(const char *path, void *context)
{
    struct needle *needle = context;
    static char content[1 << 20];
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t count = read(fd, content, sizeof content);
    close(fd);
    assert_true(count >= 0 && count < (ssize_t)sizeof content);
    const char *at = content;
    const char *end = content + count;
    while ((at = memmem(at, (size_t)(end - at), needle->bytes, needle->size)) != NULL) {
        needle->found++;
        at++;
    }
}

static size_t occurrences(const struct fixture *fixture, const void *bytes, size_t size)
{
    struct needle needle = {bytes, size, 0};
    each_file(fixture, look_in_file, &needle);
    return needle.found;
}

static void its_files_hold_no_plaintext_and_no_scope(void **state)
{
    struct fixture *fixture = *state;
    struct id scope;
    memcpy(scope.bytes, "a channel's id..", ID_SIZE);
    struct vault_place place = {.kind = KIND, .scope = scope};
    assert_int_equal(vault_begin(fixture->vault), STATUS_OK);
    assert_int_equal(vault_put(fixture->vault, &place, SPAN_LITERAL("canary in the vault")),
                     STATUS_OK);
    assert_int_equal(vault_commit(fixture->vault), STATUS_OK);
    assert_int_equal(occurrences(fixture, "canary", 6), 0);
    assert_int_equal(occurrences(fixture, scope.bytes, ID_SIZE), 0);
}

/* A sealed record is found by its nonce: while it is gone from all files, even the key opens
 * nothing. */
static void a_consumed_secret_is_in_no_file_after_its_commit(void **state)
{
    struct fixture *fixture = *state;
    uint8_t overwritten[NONCE_SIZE];
    uint8_t deleted[NONCE_SIZE];
    put_alone(fixture->vault, 1, "a ratchet that will be used");
    memcpy(overwritten, last_nonce(fixture, 1), NONCE_SIZE); /* the counter's came after it */
    put_alone(fixture->vault, 2, "a key that will be deleted");
    memcpy(deleted, last_nonce(fixture, 1), NONCE_SIZE);
    assert_int_equal(occurrences(fixture, overwritten, NONCE_SIZE), 1);
    assert_int_equal(occurrences(fixture, deleted, NONCE_SIZE), 1);
    put_alone(fixture->vault, 1, "the ratchet, one step on");
    assert_int_equal(vault_begin(fixture->vault), STATUS_OK);
    struct vault_place place = place_at(2, 0);
    assert_int_equal(vault_delete(fixture->vault, &place), STATUS_OK);
    assert_int_equal(vault_commit(fixture->vault), STATUS_OK);
    assert_int_equal(occurrences(fixture, overwritten, NONCE_SIZE), 0);
    assert_int_equal(occurrences(fixture, deleted, NONCE_SIZE), 0);
    assert_holds(fixture->vault, 1, "the ratchet, one step on");
}

static void look_at_mode(const char *path, void *context)
{
    struct stat found;
    (void)context;
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0600);
}

static void its_files_are_private(void **state)
{
    struct fixture *fixture = *state;
    put_alone(fixture->vault, 1, "x");
    each_file(fixture, look_at_mode, NULL);
}

/* ---- damage ---- */

static void flip(const char *path, off_t at, uint8_t bits)
{
    uint8_t byte;
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= bits;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

/* Whatever bit is flipped: the value is the one that was written, or there is an error. */
static void a_flipped_bit_never_gives_another_value(void **state)
{
    struct fixture *fixture = *state;
    char path[100];
    struct stat found;
    size_t refused = 0;
    put_alone(fixture->vault, 1, "the only value that may ever come back");
    vault_close(&fixture->vault);
    snprintf(path, sizeof path, "%s/vault.db", fixture->directory);
    assert_int_equal(stat(path, &found), 0);
    for (off_t at = 0; at < found.st_size; at += 37) {
        struct vault_place place = place_at(1, 0);
        CLEANUP(buffer_clear) struct buffer value = BUFFER_INIT(4096);
        flip(path, at, (uint8_t)(1u << at % 8));
        enum status status = vault_open(&fixture->options, &fixture->vault, &fixture->holder);
        if (status == STATUS_OK)
            status = vault_get(fixture->vault, &place, &value);
        if (status == STATUS_OK)
            assert_true(span_equal(buffer_span(&value),
                                   SPAN_LITERAL("the only value that may ever come back")));
        else
            refused++;
        vault_close(&fixture->vault);
        flip(path, at, (uint8_t)(1u << at % 8));
    }
    assert_true(refused > 3);
    reopen(fixture);
    assert_holds(fixture->vault, 1, "the only value that may ever come back");
}

static void a_file_that_is_no_database_is_damaged(void **state)
{
    struct fixture *fixture = *state;
    char path[100];
    vault_close(&fixture->vault);
    snprintf(path, sizeof path, "%s/vault.db", fixture->directory);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        fputs("not a database ", file);
    fclose(file);
    assert_int_equal(vault_open(&fixture->options, &fixture->vault, &fixture->holder),
                     STATUS_CORRUPT);
}

static void another_key_file_does_not_open_it(void **state)
{
    struct fixture *fixture = *state;
    char path[100];
    vault_close(&fixture->vault);
    snprintf(path, sizeof path, "%s/vault.key", fixture->directory);
    flip(path, 5, 1);
    assert_int_equal(vault_open(&fixture->options, &fixture->vault, &fixture->holder),
                     STATUS_NOT_DECRYPTED);
    flip(path, 5, 1);
    reopen(fixture);
}

static void only_its_own_passphrase_opens_it(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.passphrase = SPAN_LITERAL("correct horse");
    assert_int_equal(vault_create(&fixture->options, &fixture->vault, &fixture->holder), STATUS_OK);
    put_alone(fixture->vault, 1, "guarded");
    vault_close(&fixture->vault);
    assert_true(vault_needs_passphrase(fixture->directory));
    fixture->options.passphrase = SPAN_LITERAL("correct house");
    assert_int_equal(vault_open(&fixture->options, &fixture->vault, &fixture->holder),
                     STATUS_NOT_DECRYPTED);
    fixture->options.passphrase = SPAN_LITERAL("correct horse");
    reopen(fixture);
    assert_holds(fixture->vault, 1, "guarded");
}

/* ---- several processes ---- */

static void a_second_opener_is_refused_with_the_holders_number(void **state)
{
    struct fixture *fixture = *state;
    struct vault *second = NULL;
    pid_t holder = 0;
    assert_int_equal(vault_open(&fixture->options, &second, &holder), STATUS_LOCKED);
    assert_int_equal(holder, getpid());
    assert_null(second);
    vault_close(&fixture->vault);
    assert_int_equal(vault_open(&fixture->options, &fixture->vault, &holder), STATUS_OK);
}

static void is_made_once_and_opened_only_when_made(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(vault_open(&fixture->options, &fixture->vault, &fixture->holder),
                     STATUS_NOT_FOUND);
    assert_false(vault_exists(fixture->directory));
    assert_int_equal(vault_create(&fixture->options, &fixture->vault, &fixture->holder), STATUS_OK);
    vault_close(&fixture->vault);
    assert_true(vault_exists(fixture->directory));
    assert_int_equal(vault_create(&fixture->options, &fixture->vault, &fixture->holder),
                     STATUS_EXISTS);
}

/* Writes pairs until it is killed, and a byte to `told` after each commit. */
static void write_pairs(const struct vault_options *options, int told)
{
    struct vault *vault = NULL;
    pid_t holder;
    if (vault_open(options, &vault, &holder) != STATUS_OK)
        _exit(1);
    for (unsigned turn = 0;; turn++) {
        char text[32];
        struct vault_place left = place_at(1, 0);
        struct vault_place right = place_at(2, 0);
        snprintf(text, sizeof text, "%d %u", (int)getpid(), turn);
        if (vault_begin(vault) != STATUS_OK ||
            vault_put(vault, &left, span_from_text(text)) != STATUS_OK ||
            vault_put(vault, &right, span_from_text(text)) != STATUS_OK ||
            vault_commit(vault) != STATUS_OK || write(told, "", 1) != 1)
            _exit(1);
    }
}

/* Kills it somewhere after some commits. */
static void kill_a_writer(const struct vault_options *options, int turn)
{
    int told[2];
    char byte;
    int result;
    assert_int_equal(pipe(told), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        write_pairs(options, told[1]);
    close(told[1]);
    for (int i = 0; i <= turn % 3; i++)
        assert_int_equal(read(told[0], &byte, 1), 1);
    usleep((useconds_t)(turn * 701 % 5000));
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFSIGNALED(result));
    close(told[0]);
}

static void a_process_killed_between_writes_leaves_whole_transactions(void **state)
{
    struct fixture *fixture = *state;
    uint64_t counter = vault_counter(fixture->vault);
    vault_close(&fixture->vault);
    for (int i = 0; i < KILLS; i++) {
        kill_a_writer(&fixture->options, i);
        assert_int_equal(vault_open(&fixture->options, &fixture->vault, &fixture->holder),
                         STATUS_OK);
        CLEANUP(buffer_clear) struct buffer left = BUFFER_INIT(64);
        CLEANUP(buffer_clear) struct buffer right = BUFFER_INIT(64);
        struct vault_place left_place = place_at(1, 0);
        struct vault_place right_place = place_at(2, 0);
        enum status status = vault_get(fixture->vault, &left_place, &left);
        assert_int_equal(vault_get(fixture->vault, &right_place, &right), status);
        assert_int_equal(status, STATUS_OK);
        assert_true(span_equal(buffer_span(&left), buffer_span(&right)));
        assert_true(vault_counter(fixture->vault) > counter);
        counter = vault_counter(fixture->vault);
        vault_close(&fixture->vault);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_what_was_committed_and_nothing_else, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(its_counter_rises_with_every_commit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(walks_a_range_in_order_and_stops_when_told, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(records_of_another_scope_or_kind_are_others, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(its_files_hold_no_plaintext_and_no_scope, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_consumed_secret_is_in_no_file_after_its_commit, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(its_files_are_private, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_flipped_bit_never_gives_another_value, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_is_no_database_is_damaged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_key_file_does_not_open_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_its_own_passphrase_opens_it, set_up_folder, tear_down),
        cmocka_unit_test_setup_teardown(a_second_opener_is_refused_with_the_holders_number, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(is_made_once_and_opened_only_when_made, set_up_folder,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_process_killed_between_writes_leaves_whole_transactions,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
