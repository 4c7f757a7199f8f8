/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/store/fixture.h"
#include "tests/unit/server/store/loop.h"

#include "server/store/backup.h"
#include "server/store/limits.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static enum status setup_channel(struct store_db *db, void *context)
{
    *(struct id *)context = make_channel(db, 1);
    return STATUS_OK;
}

struct append {
    struct store_job job;
    struct id channel;
    uint32_t number;
    size_t size;
    struct store_appended appended;
    enum status result;
    size_t *done;
    int acknowledgements;
};

static uint8_t large_bytes[1 << 20];

static enum status run_append(struct store_db *db, struct store_job *job)
{
    struct append *append = (struct append *)job;
    struct store_message message =
        message_of(&append->channel, &append->channel, append->number, 0);
    message.bytes = span_of(large_bytes, append->size);
    return store_log_append_message(db, &message, &append->appended);
}

/* As a server acknowledges: the pipe stands for the socket. */
static void done_append(struct store_job *job, enum status status)
{
    struct append *append = (struct append *)job;
    append->result = status;
    ++*append->done;
    if (status != STATUS_OK || append->acknowledgements < 0)
        return;
    uint32_t acknowledged[2] = {append->number, (uint32_t)append->appended.sequence};
    ssize_t written = write(append->acknowledgements, acknowledged, sizeof acknowledged);
    if (written != sizeof acknowledged)
        _exit(3);
}

static struct append append_of(const struct id *channel, uint32_t number, size_t *done)
{
    return (struct append){
        .job = {.run = run_append, .done = done_append},
        .channel = *channel,
        .number = number,
        .size = 1024,
        .done = done,
        .acknowledgements = -1,
    };
}

/* The child: appends without end, 50 at a time, until it is killed. */
static void append_for_ever(struct fixture *f, uint32_t first, int acknowledgements)
{
    struct id channel = id_number(1);
    struct loop loop;
    size_t done = 0;
    if (fixture_open_store(f, &f->store) != STATUS_OK || loop_start(&loop, f->store) != STATUS_OK)
        _exit(2);
    for (uint32_t number = first;;) {
        static struct append appends[50];
        size_t target = done + 50;
        for (size_t i = 0; i < 50; i++) {
            appends[i] = append_of(&channel, number++, &done);
            appends[i].acknowledgements = acknowledgements;
            if (store_write(f->store, &appends[i].job) != STATUS_OK)
                _exit(2);
        }
        if (!loop_run_until(&loop, &done, target))
            _exit(2);
    }
}

struct check {
    struct id channel;
    /* By message number: the acknowledged sequence, 0 for none. */
    uint32_t *acknowledged;
    size_t numbers;
    size_t entries;
    size_t found;
    bool gapless;
};

/* Every entry once, in order, and every acknowledged one at its place. */
static enum status run_check(struct store_db *db, void *context)
{
    struct check *check = context;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(1u << 30);
    struct store_log_query query = {check->channel, 1, 0, 0, 1000000, 1u << 30, 0};
    struct store_log_page page;
    TRY(store_log_page(db, &query, &arena, &page));
    check->entries = page.count;
    check->gapless = true;
    check->found = 0;
    for (size_t i = 0; i < page.count; i++) {
        const uint8_t *id = page.items[i].message.bytes;
        uint32_t number =
            (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3];
        check->gapless = check->gapless && page.items[i].sequence == i + 1;
        if (number < check->numbers && check->acknowledged[number] == page.items[i].sequence)
            check->found++;
    }
    return STATUS_OK;
}

static size_t read_acknowledgements(int from, uint32_t *acknowledged, size_t numbers)
{
    uint32_t pair[2];
    size_t count = 0;
    while (read(from, pair, sizeof pair) == sizeof pair) {
        assert_true(pair[0] < numbers);
        acknowledged[pair[0]] = pair[1];
        count++;
    }
    return count;
}

static void what_was_acknowledged_survives_a_kill(void **state)
{
    struct fixture *f = *state;
    enum { KILLS = 10, NUMBERS = 1 << 20 };
    struct id channel;
    uint32_t *acknowledged = calloc(NUMBERS, sizeof *acknowledged);
    size_t total = 0;
    assert_non_null(acknowledged);
    ASSERT_OK(fixture_open_store(f, &f->store));
    ASSERT_OK(fixture_run(f->store, setup_channel, &channel));
    store_close(&f->store);
    for (uint32_t i = 0; i < KILLS; i++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            append_for_ever(f, 1 + i * 100000, ends[1]);
        }
        close(ends[1]);
        /* On a busy machine it takes a while to begin. */
        struct pollfd begun = {.fd = ends[0], .events = POLLIN};
        assert_int_equal(poll(&begun, 1, 60000), 1);
        usleep(150000 + 37000 * i % 100000);
        kill(child, SIGKILL);
        total += read_acknowledgements(ends[0], acknowledged, NUMBERS);
        int child_status;
        waitpid(child, &child_status, 0);
        assert_true(WIFSIGNALED(child_status));
        close(ends[0]);

        struct check check = {.channel = channel, .acknowledged = acknowledged, .numbers = NUMBERS};
        ASSERT_OK(fixture_open_store(f, &f->store));
        ASSERT_OK(fixture_run(f->store, run_check, &check));
        store_close(&f->store);
        assert_true(check.gapless);
        assert_int_equal(check.found, total);
        assert_true(check.entries >= total);
    }
    assert_true(total > 0);
    print_message("%zu acknowledged appends survived %d kills\n", total, KILLS);
    free(acknowledged);
}

static void a_second_opener_is_told_the_running_pid(void **state)
{
    struct fixture *f = *state;
    struct store *second = NULL;
    int64_t pid = 0;
    ASSERT_STATUS(store_holder(f->directory, &pid), STATUS_NOT_FOUND);
    ASSERT_OK(fixture_open_store(f, &f->store));
    ASSERT_STATUS(fixture_open_store(f, &second), STATUS_LOCKED);
    assert_null(second);
    ASSERT_OK(store_holder(f->directory, &pid));
    assert_int_equal(pid, getpid());
    store_close(&f->store);
    ASSERT_STATUS(store_holder(f->directory, &pid), STATUS_NOT_FOUND);
    ASSERT_OK(fixture_open_store(f, &f->store));
}

static void nobody_else_can_look_in(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"weftd.db", "weftd.db-wal", "weftd.db-shm", "lock"};
    struct stat found;
    chmod(f->directory, 0755);
    mode_t mask = umask(0);
    ASSERT_OK(fixture_open_store(f, &f->store));
    umask(mask);
    assert_int_equal(stat(f->directory, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0700);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", f->directory, names[i]);
        assert_int_equal(stat(path, &found), 0);
        assert_int_equal(found.st_mode & 0777, 0600);
    }
}

static void no_store_is_made_unless_asked_for(void **state)
{
    struct fixture *f = *state;
    struct store_options options = {.state_directory = f->directory};
    ASSERT_STATUS(store_open(&options, &f->store), STATUS_NOT_FOUND);
    options.state_directory = "/tmp/weft-store-there-is-none";
    ASSERT_STATUS(store_open(&options, &f->store), STATUS_NOT_FOUND);
}

static enum status set_version(struct store_db *db, void *context)
{
    return store_db_execute(db, context);
}

static void refuses_a_newer_schema_and_what_is_not_ours(void **state)
{
    struct fixture *f = *state;
    char newer[] = "PRAGMA user_version = 1000";
    char another[] = "PRAGMA application_id = 7";
    ASSERT_OK(fixture_open_store(f, &f->store));
    ASSERT_OK(fixture_run(f->store, set_version, newer));
    store_close(&f->store);
    ASSERT_STATUS(fixture_open_store(f, &f->store), STATUS_UNSUPPORTED);
    struct store_db *db;
    ASSERT_OK(store_db_open_writer(f->database, &db));
    ASSERT_OK(store_db_execute(db, "PRAGMA user_version = 1"));
    ASSERT_OK(store_db_execute(db, another));
    store_db_close(&db);
    ASSERT_STATUS(fixture_open_store(f, &f->store), STATUS_CORRUPT);
}

static void overwrite(const char *path, long offset, size_t count)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    fseek(file, offset, SEEK_SET);
    for (size_t i = 0; i < count; i++)
        fputc(0xa5, file);
    fclose(file);
}

static void says_that_a_damaged_file_is_damaged(void **state)
{
    struct fixture *f = *state;
    struct id channel;
    ASSERT_OK(fixture_open_store(f, &f->store));
    ASSERT_OK(fixture_run(f->store, setup_channel, &channel));
    store_close(&f->store);
    overwrite(f->database, 0, 4096); /* no database at all */
    ASSERT_STATUS(fixture_open_store(f, &f->store), STATUS_CORRUPT);
    assert_null(f->store);
}

static void says_that_a_damaged_page_is_damaged(void **state)
{
    struct fixture *f = *state;
    struct id channel;
    struct check check = {0};
    size_t size;
    ASSERT_OK(fixture_open_store(f, &f->store));
    ASSERT_OK(fixture_run(f->store, setup_channel, &channel));
    store_close(&f->store);
    free(read_file(f->database, &size));
    overwrite(f->database, 4096, size - 4096); /* all but the first page */
    enum status status = fixture_open_store(f, &f->store);
    if (status == STATUS_OK) {
        check.channel = channel;
        status = fixture_run(f->store, run_check, &check);
    }
    ASSERT_STATUS(status, STATUS_CORRUPT);
}

/* In a child: files may grow to `size_max`. Gives 0 when everything was refused clearly. */
static int run_with_small_files(struct fixture *f, rlim_t size_max)
{
    struct rlimit limit = {size_max, size_max};
    struct id channel = id_number(1);
    struct loop loop;
    size_t done = 0;
    signal(SIGXFSZ, SIG_IGN);
    if (fixture_open_store(f, &f->store) != STATUS_OK || loop_start(&loop, f->store) != STATUS_OK)
        return 10;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 11;
    static struct append appends[200];
    size_t accepted = 0;
    for (uint32_t i = 0; i < 200; i++) {
        appends[i] = append_of(&channel, 1000 + i, &done);
        appends[i].size = sizeof large_bytes;
        if (store_write(f->store, &appends[i].job) != STATUS_OK)
            break;
        accepted++;
        if (!loop_run_until(&loop, &done, accepted))
            return 12;
        if (appends[i].result != STATUS_OK)
            break;
    }
    if (accepted == 200 || appends[accepted - 1].result != STATUS_FULL)
        return 13;
    if (atomic_load(&loop.failures) != 1 || atomic_load(&loop.failure) != STATUS_FULL)
        return 14;
    if (store_write(f->store, &appends[0].job) != STATUS_FULL)
        return 15;
    for (size_t i = 0; i < accepted - 1; i++) {
        uint32_t pair[2] = {appends[i].number, (uint32_t)appends[i].appended.sequence};
        if (write(STDOUT_FILENO, pair, sizeof pair) != sizeof pair)
            return 16;
    }
    store_close(&f->store);
    return 0;
}

static void a_failed_commit_stops_the_store_and_loses_nothing(void **state)
{
    struct fixture *f = *state;
    struct id channel;
    int ends[2];
    uint32_t acknowledged[2000] = {0};
    ASSERT_OK(fixture_open_store(f, &f->store));
    ASSERT_OK(fixture_run(f->store, setup_channel, &channel));
    store_close(&f->store);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        _exit(run_with_small_files(f, 24u << 20));
    }
    close(ends[1]);
    size_t count = read_acknowledgements(ends[0], acknowledged, 2000);
    close(ends[0]);
    int child_status;
    waitpid(child, &child_status, 0);
    assert_true(WIFEXITED(child_status));
    assert_int_equal(WEXITSTATUS(child_status), 0);
    assert_true(count > 0);
    struct check check = {.channel = channel, .acknowledged = acknowledged, .numbers = 2000};
    ASSERT_OK(fixture_open_store(f, &f->store));
    ASSERT_OK(fixture_run(f->store, run_check, &check));
    assert_true(check.gapless);
    assert_int_equal(check.found, count);
    print_message("%zu acknowledged appends of 1 MiB survived the full disk\n", count);
}

static void too_little_free_space_refuses_jobs_and_goes_on_later(void **state)
{
    struct fixture *f = *state;
    struct id channel;
    struct store_options options = {
        .state_directory = f->directory, .create = true, .free_bytes_min = UINT64_MAX};
    ASSERT_OK(store_open(&options, &f->store));
    ASSERT_STATUS(fixture_run(f->store, setup_channel, &channel), STATUS_FULL);
    store_close(&f->store);
    options.free_bytes_min = 1;
    ASSERT_OK(store_open(&options, &f->store));
    ASSERT_OK(fixture_run(f->store, setup_channel, &channel));
}

static enum status fill_up(struct store_db *db, void *context)
{
    static uint32_t number;
    struct id channel = *(struct id *)context;
    struct store_appended appended;
    struct store_message message = message_of(&channel, &channel, ++number, 0);
    message.bytes = SPAN_OF(large_bytes);
    return store_log_append_message(db, &message, &appended);
}

static void a_file_system_that_is_full_gives_a_clear_error(void **state)
{
    struct fixture *f = *state;
    struct id channel;
    struct check check = {0};
    if (mount("weft-test", f->directory, "tmpfs", 0, "size=16m,mode=0700") != 0) {
        print_message("skipped: no right to mount a small file system\n");
        skip();
    }
    enum status status = fixture_open_store(f, &f->store);
    if (status == STATUS_OK)
        status = fixture_run(f->store, setup_channel, &channel);
    size_t written = 0;
    while (status == STATUS_OK && written < 100) {
        status = fixture_run(f->store, fill_up, &channel);
        written += status == STATUS_OK;
    }
    store_close(&f->store);
    /* Room again, as when an operator deleted something. */
    int remounted = mount("weft-test", f->directory, "tmpfs", MS_REMOUNT, "size=64m");
    check.channel = channel;
    enum status reopened = fixture_open_store(f, &f->store);
    if (reopened == STATUS_OK)
        reopened = fixture_run(f->store, run_check, &check);
    store_close(&f->store);
    umount2(f->directory, MNT_DETACH);
    ASSERT_STATUS(status, STATUS_FULL);
    assert_int_equal(remounted, 0);
    ASSERT_OK(reopened);
    assert_true(written > 0);
    assert_int_equal(check.entries, written);
}

static void ignore_checking(void *context)
{
    (void)context;
}

static void ignore_progress(void *context, unsigned percent)
{
    unsigned *last = context;
    assert_true(percent > *last && percent <= 100);
    *last = percent;
}

static bool is_not_cancelled(void *context)
{
    (void)context;
    return false;
}

static bool is_cancelled(void *context)
{
    (void)context;
    return true;
}

static void no_file_is_lost(void *context, const struct id *file, bool damaged)
{
    (void)context;
    (void)file;
    (void)damaged;
    fail();
}

static void a_backup_of_a_running_store_can_be_opened(void **state)
{
    struct fixture *f = *state;
    struct fixture copy = {0};
    struct id channel;
    struct loop loop;
    struct check check = {0};
    unsigned percent = 0;
    struct store_backup_size size = {0};
    struct store_backup_watch watch = {ignore_progress, ignore_checking, is_not_cancelled,
                                       no_file_is_lost, &percent};
    snprintf(copy.directory, sizeof copy.directory, "%.40s/copy", f->directory);
    snprintf(copy.database, sizeof copy.database, "%s/weftd.db", copy.directory);
    ASSERT_OK(fixture_open_store(f, &f->store));
    ASSERT_OK(fixture_run(f->store, setup_channel, &channel));
    ASSERT_OK(fixture_run(f->store, fill_up, &channel));
    ASSERT_OK(loop_start(&loop, f->store));
    ASSERT_OK(store_backup(f->directory, copy.directory, &watch, &size));
    assert_true(size.bytes > 0);
    ASSERT_STATUS(store_backup(f->directory, copy.directory, &watch, &size), STATUS_EXISTS);
    check.channel = channel;
    ASSERT_OK(fixture_open_store(&copy, &copy.store));
    ASSERT_OK(fixture_run(copy.store, run_check, &check));
    assert_int_equal(check.entries, 1);
    store_close(&copy.store);
    remove_directory(copy.directory);
}

static void a_backup_that_does_not_end_well_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct id channel;
    struct store_backup_size size = {0};
    char path[128];
    char partial[160];
    char database[192];
    unsigned percent = 0;
    struct store_backup_watch watch = {ignore_progress, ignore_checking, is_cancelled,
                                       no_file_is_lost, &percent};
    ASSERT_OK(fixture_open_store(f, &f->store));
    ASSERT_OK(fixture_run(f->store, setup_channel, &channel));
    for (int i = 0; i < 8; i++)
        ASSERT_OK(fixture_run(f->store, fill_up, &channel));
    snprintf(path, sizeof path, "%.60s/copy", f->directory);
    snprintf(partial, sizeof partial, "%s.partial", path);
    ASSERT_STATUS(store_backup(f->directory, path, &watch, &size), STATUS_CANCELLED);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_not_equal(access(partial, F_OK), 0);
    watch.cancelled = is_not_cancelled;
    ASSERT_STATUS(store_backup("/nonexistent", path, &watch, &size), STATUS_IO);
    ASSERT_STATUS(store_backup(f->directory, "/nonexistent/copy", &watch, &size), STATUS_NOT_FOUND);
    assert_int_not_equal(access(partial, F_OK), 0);
    /* What a kill left behind is replaced. */
    assert_int_equal(mkdir(partial, 0700), 0);
    snprintf(database, sizeof database, "%s/weftd.db", partial);
    FILE *left = fopen(database, "w");
    assert_non_null(left);
    fputs("half", left);
    fclose(left);
    ASSERT_OK(store_backup(f->directory, path, &watch, &size));
    assert_int_not_equal(access(partial, F_OK), 0);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, fixture_make_directory, fixture_remove_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_acknowledged_survives_a_kill),
        TEST(a_second_opener_is_told_the_running_pid),
        TEST(nobody_else_can_look_in),
        TEST(no_store_is_made_unless_asked_for),
        TEST(refuses_a_newer_schema_and_what_is_not_ours),
        TEST(says_that_a_damaged_file_is_damaged),
        TEST(says_that_a_damaged_page_is_damaged),
        TEST(a_failed_commit_stops_the_store_and_loses_nothing),
        TEST(too_little_free_space_refuses_jobs_and_goes_on_later),
        TEST(a_file_system_that_is_full_gives_a_clear_error),
        TEST(a_backup_of_a_running_store_can_be_opened),
        TEST(a_backup_that_does_not_end_well_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
