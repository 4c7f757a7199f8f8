/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/store/fixture.h"

#include "protocol/crypto/hash.h"
#include "server/store/backup.h"
#include "server/store/file_disk.h"
#include "server/store/files.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 3
#define MESSAGES 1000 /* so that the copy takes some steps */

struct world {
    struct fixture *f;
    struct file_disk disk;
    size_t missing;
    size_t damaged;
    int delete_at; /* so manieth look at the watch: in the middle of the snapshot; 0: no */
    int looks;
};

static enum status run_setup(struct store_db *db, void *context)
{
    static const uint8_t text[100];
    struct world *world = context;
    struct id channel = make_channel(db, 1);
    for (uint32_t i = 1; i <= MESSAGES; i++) {
        struct store_message message = message_of(&channel, &channel, i, 0);
        struct store_appended appended;
        message.bytes = span_of(text, sizeof text);
        ASSERT_OK(store_log_append_message(db, &message, &appended));
    }
    for (uint32_t i = 1; i <= FILES; i++) {
        struct store_file file = {.file = id_number(i),
                                  .channel = channel,
                                  .person = channel,
                                  .device = channel,
                                  .message = id_number(100 + i),
                                  .size_bytes = 1,
                                  .created_at_ms = NOW};
        bool complete = false;
        struct digest digest;
        struct store_hash sha256;
        ASSERT_OK(store_files_begin(db, &file, &complete));
        ASSERT_OK(file_disk_write(&world->disk, &file.file, 0, SPAN_LITERAL("x")));
        ASSERT_OK(hash_bytes(HASH_SHA256, SPAN_LITERAL("x"), &digest));
        ASSERT_OK(hash_bytes(HASH_SHA256, digest_span(&digest), &digest));
        memcpy(sha256.bytes, digest.bytes, sizeof sha256.bytes);
        ASSERT_OK(store_files_complete(db, &file.file, &sha256));
    }
    return STATUS_OK;
}

static enum status run_delete(struct store_db *db, void *context)
{
    return store_files_delete(db, context);
}

static void ignore_checking(void *context)
{
    (void)context;
}

static void ignore_progress(void *context, unsigned percent)
{
    (void)context;
    (void)percent;
}

/* Deletes as the server does: the row, and once that is durable, the bytes. */
static bool is_cancelled(void *context)
{
    struct world *world = context;
    struct id first = id_number(1);
    if (++world->looks != world->delete_at)
        return false;
    ASSERT_OK(fixture_run(world->f->store, run_delete, &first));
    ASSERT_OK(file_disk_remove(&world->disk, &first));
    return false;
}

static void on_lost(void *context, const struct id *file, bool damaged)
{
    struct world *world = context;
    (void)file;
    world->damaged += damaged ? 1 : 0;
    world->missing += damaged ? 0 : 1;
}

static void begin(struct world *world, struct fixture *f)
{
    world->f = f;
    ASSERT_OK(fixture_open_store(f, &f->store));
    ASSERT_OK(file_disk_open(f->directory, &world->disk));
    ASSERT_OK(fixture_run(f->store, run_setup, world));
}

static void back_up(struct world *world, struct store_backup_size *size, char database[128])
{
    struct store_backup_watch watch = {ignore_progress, ignore_checking, is_cancelled, on_lost,
                                       world};
    char path[100];
    snprintf(path, sizeof path, "%.60s/copy", world->f->directory);
    snprintf(database, 128, "%s/weftd.db", path);
    ASSERT_OK(store_backup(world->f->directory, path, &watch, size));
    file_disk_close(&world->disk);
}

static bool has_row(const char *database, uint32_t number)
{
    struct store_db *db = NULL;
    bool has = false;
    ASSERT_OK(store_db_open_reader(database, &db));
    ASSERT_OK(store_files_has(db, &(struct id[]){id_number(number)}[0], &has));
    store_db_close(&db);
    return has;
}

static void a_file_that_is_deleted_meanwhile_leaves_no_hole(void **state)
{
    struct world world = {.delete_at = 20};
    struct store_backup_size size = {0};
    char database[128];
    begin(&world, *state);
    back_up(&world, &size, database);
    assert_true(world.looks > 100); /* the snapshot was begun, and not done */
    assert_int_equal(size.files, FILES - 1);
    assert_int_equal(size.file_bytes, FILES - 1);
    assert_int_equal(world.missing + world.damaged, 0);
    assert_false(has_row(database, 1));
    assert_true(has_row(database, 2));
}

static void what_the_store_has_lost_is_told(void **state)
{
    struct world world = {0};
    struct store_backup_size size = {0};
    struct fixture *f = *state;
    char database[128];
    begin(&world, f);
    ASSERT_OK(file_disk_remove(&world.disk, &(struct id[]){id_number(1)}[0]));
    ASSERT_OK(file_disk_write(&world.disk, &(struct id[]){id_number(2)}[0], 0, SPAN_LITERAL("y")));
    back_up(&world, &size, database);
    assert_int_equal(size.files, FILES - 2);
    assert_int_equal(world.missing, 1);
    assert_int_equal(world.damaged, 1);
    assert_true(has_row(database, 1)); /* so that a restore tells it too, or finds it */
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, fixture_make_directory, fixture_remove_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_that_is_deleted_meanwhile_leaves_no_hole),
        TEST(what_the_store_has_lost_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
