/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every write and every fsync of the store fails once, in each way that a disk can fail. */
#include "tests/unit/server/store/fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum fault {
    FAULT_NONE,
    FAULT_WRITE_FULL,
    FAULT_WRITE_ERROR,
    FAULT_WRITE_SHORT,
    FAULT_SYNC,
};

/* The call that fails, counted down; SQLite's hooks have no context of ours. */
static enum fault armed;
static unsigned calls_left;
static bool struck;

/* The database and its log have different methods but for reading, writing and syncing. */
#define METHODS_MAX 8
static struct {
    const sqlite3_io_methods *original;
    sqlite3_io_methods faulty;
} methods[METHODS_MAX];
static sqlite3_vfs *original_vfs;
static sqlite3_vfs faulty_vfs;

static void arm(enum fault fault, unsigned call)
{
    armed = fault;
    calls_left = call;
    struck = false;
}

static bool strikes(bool is_sync)
{
    if (armed == FAULT_NONE || (armed == FAULT_SYNC) != is_sync || --calls_left != 0)
        return false;
    armed = FAULT_NONE;
    struck = true;
    return true;
}

static int faulty_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
    enum fault fault = armed;
    if (!strikes(false))
        return methods[0].original->xWrite(file, bytes, count, offset);
    if (fault == FAULT_WRITE_SHORT)
        (void)methods[0].original->xWrite(file, bytes, count / 2, offset);
    return fault == FAULT_WRITE_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int faulty_sync(sqlite3_file *file, int flags)
{
    return strikes(true) ? SQLITE_IOERR_FSYNC : methods[0].original->xSync(file, flags);
}

static const sqlite3_io_methods *faulty_methods_for(const sqlite3_io_methods *original)
{
    size_t i = 0;
    while (methods[i].original != NULL && methods[i].original != original)
        i++;
    assert_true(i < METHODS_MAX - 1);
    methods[i].original = original;
    methods[i].faulty = *original;
    methods[i].faulty.xWrite = faulty_write;
    methods[i].faulty.xSync = faulty_sync;
    return &methods[i].faulty;
}

static int
faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    (void)vfs;
    int result = original_vfs->xOpen(original_vfs, name, file, flags, out_flags);
    if (result == SQLITE_OK)
        file->pMethods = faulty_methods_for(file->pMethods);
    return result;
}

static int install(void **state)
{
    (void)state;
    original_vfs = sqlite3_vfs_find(NULL);
    faulty_vfs = *original_vfs;
    faulty_vfs.zName = "faulty";
    faulty_vfs.xOpen = faulty_open;
    return sqlite3_vfs_register(&faulty_vfs, 1) == SQLITE_OK ? 0 : -1;
}

struct appends {
    struct id channel;
    uint32_t next;
    /* How many were done with STATUS_OK. */
    uint32_t acknowledged;
};

static uint8_t bytes[8192];

static enum status append_next(struct store_db *db, void *context)
{
    struct appends *appends = context;
    struct store_appended appended;
    struct store_message message =
        message_of(&appends->channel, &appends->channel, appends->next, 0);
    message.bytes = SPAN_OF(bytes);
    return store_log_append_message(db, &message, &appended);
}

static enum status setup_channel(struct store_db *db, void *context)
{
    ((struct appends *)context)->channel = make_channel(db, 1);
    return STATUS_OK;
}

/* All that was acknowledged is there; what was in doubt may be, at the end. */
static enum status check_log(struct store_db *db, void *context)
{
    const struct appends *appends = context;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(16u << 20);
    struct store_log_query query = {appends->channel, 1, 0, 0, 10000, 1u << 30, 0};
    struct store_log_page page;
    TRY(store_log_page(db, &query, &arena, &page));
    if (page.count < appends->acknowledged || page.count > appends->acknowledged + 1)
        return STATUS_INVALID;
    for (size_t i = 0; i < page.count; i++) {
        struct id expected = id_number((uint32_t)i + 1);
        if (page.items[i].sequence != i + 1 || !id_equal(&page.items[i].message, &expected))
            return STATUS_INVALID;
    }
    return STATUS_OK;
}

/* Appends until the fault strikes, or 25 times; gives the status of the failure. */
static enum status append_until_failure(struct store *store, struct appends *appends)
{
    for (int i = 0; i < 25; i++) {
        appends->next = appends->acknowledged + 1;
        enum status status = fixture_run(store, append_next, appends);
        if (status != STATUS_OK)
            return status;
        appends->acknowledged++;
    }
    return STATUS_OK;
}

static void fail_call_of_appends(void **state, enum fault fault, unsigned call)
{
    fixture_make_directory(state);
    struct fixture *f = *state;
    struct appends appends = {0};
    enum status expected = fault == FAULT_WRITE_FULL ? STATUS_FULL : STATUS_IO;
    ASSERT_OK(fixture_open_store(f, &f->store));
    ASSERT_OK(fixture_run(f->store, setup_channel, &appends));
    arm(fault, call);
    enum status status = append_until_failure(f->store, &appends);
    assert_true(struck);
    ASSERT_STATUS(status, expected);
    /* Nothing is accepted any more. */
    ASSERT_STATUS(fixture_run(f->store, append_next, &appends), expected);
    store_close(&f->store);
    ASSERT_OK(fixture_open_store(f, &f->store));
    ASSERT_OK(fixture_run(f->store, check_log, &appends));
    appends.next = appends.acknowledged + 1;
    ASSERT_OK(fixture_run(f->store, append_next, &appends)); /* the client's retry */
    appends.acknowledged++;
    ASSERT_OK(fixture_run(f->store, check_log, &appends));
    fixture_remove_directory(state);
}

static void a_failed_write_stops_the_store_and_loses_nothing(void **state)
{
    static const enum fault faults[] = {FAULT_WRITE_FULL, FAULT_WRITE_ERROR, FAULT_WRITE_SHORT};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        /* Every call between 1 and 80 is hit in one of the three ways. */
        for (unsigned call = 1 + (unsigned)i; call <= 80; call += 3)
            fail_call_of_appends(state, faults[i], call);
    }
}

static void a_failed_fsync_stops_the_store_and_loses_nothing(void **state)
{
    for (unsigned call = 1; call <= 12; call++)
        fail_call_of_appends(state, FAULT_SYNC, call);
}

/* Making a store fails at this call; false when that was after its last. */
static bool fail_call_of_opening(void **state, enum fault fault, unsigned call)
{
    fixture_make_directory(state);
    struct fixture *f = *state;
    struct appends appends = {0};
    arm(fault, call);
    enum status status = fixture_open_store(f, &f->store);
    arm(FAULT_NONE, 0);
    bool failed = status != STATUS_OK;
    if (failed) {
        assert_null(f->store);
        assert_true(status == STATUS_FULL || status == STATUS_IO);
        ASSERT_OK(fixture_open_store(f, &f->store));
    }
    ASSERT_OK(fixture_run(f->store, setup_channel, &appends));
    fixture_remove_directory(state);
    return failed;
}

static void a_failure_while_making_the_store_leaves_one_that_can_be_made(void **state)
{
    static const enum fault faults[] = {FAULT_WRITE_FULL, FAULT_WRITE_SHORT, FAULT_SYNC};
    unsigned failures = 0;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        for (unsigned call = 1; call <= 200 && fail_call_of_opening(state, faults[i], call);
             call += 2)
            failures++;
    }
    assert_true(failures > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_write_stops_the_store_and_loses_nothing),
        cmocka_unit_test(a_failed_fsync_stops_the_store_and_loses_nothing),
        cmocka_unit_test(a_failure_while_making_the_store_leaves_one_that_can_be_made),
    };
    return cmocka_run_group_tests(tests, install, NULL);
}
