/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/store/fixture.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/hash.h"
#include "protocol/crypto/random_system.h"
#include "server/store/file_disk.h"
#include "server/store/files.h"
#include "server/store/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct store_file file_of(const struct id *channel, uint32_t number, uint64_t size)
{
    return (struct store_file){.file = id_number(1000 + number),
                               .channel = *channel,
                               .person = *channel, /* as in fixture.h: the creator's number */
                               .device = *channel,
                               .message = id_number(2000 + number),
                               .size_bytes = size,
                               .created_at_ms = NOW};
}

static void an_upload_is_begun_once_and_found_again(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct store_file file = file_of(&channel, 1, 5000);
    struct store_file found;
    bool complete = true;
    ASSERT_OK(store_files_begin(f->db, &file, &complete));
    assert_false(complete);
    ASSERT_OK(store_files_begin(f->db, &file, &complete));
    ASSERT_OK(store_files_complete(f->db, &file.file, &(struct store_hash){{0}}));
    ASSERT_OK(store_files_begin(f->db, &file, &complete));
    assert_true(complete);
    ASSERT_OK(store_files_get(f->db, &channel, &file.file, &found));
    assert_int_equal(found.size_bytes, 5000);
    file.size_bytes++;
    ASSERT_STATUS(store_files_begin(f->db, &file, &complete), STATUS_EXISTS);
    struct id other = make_channel(f->db, 2);
    ASSERT_STATUS(store_files_get(f->db, &other, &file.file, &found), STATUS_NOT_FOUND);
    struct store_file strange = file_of(&channel, 3, 1);
    strange.device = other;
    ASSERT_STATUS(store_files_begin(f->db, &strange, &complete), STATUS_DENIED);
}

static void what_people_and_channels_may_keep_is_bounded(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    bool complete = false;
    struct store_file large = file_of(&channel, 99, STORE_FILES_PERSON_BYTES_MAX + 1);
    ASSERT_STATUS(store_files_begin(f->db, &large, &complete), STATUS_LIMIT);
    for (uint32_t i = 0; i < STORE_FILES_UNFINISHED_MAX; i++) {
        struct store_file file = file_of(&channel, i, 1);
        ASSERT_OK(store_files_begin(f->db, &file, &complete));
    }
    struct store_file more = file_of(&channel, 50, 1);
    ASSERT_STATUS(store_files_begin(f->db, &more, &complete), STATUS_LIMIT);
    struct store_file first = file_of(&channel, 0, 1);
    ASSERT_OK(store_files_complete(f->db, &first.file, &(struct store_hash){{0}}));
    ASSERT_OK(store_files_begin(f->db, &more, &complete));
}

static void a_device_gives_up_what_it_began_first_and_nobody_elses(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct id given_up;
    struct store_file found;
    bool complete = false;
    for (uint32_t i = 0; i < 3; i++) {
        struct store_file file = file_of(&channel, i, 1);
        file.created_at_ms = NOW - i;
        ASSERT_OK(store_files_begin(f->db, &file, &complete));
    }
    struct store_file last = file_of(&channel, 2, 1);
    ASSERT_OK(store_files_complete(f->db, &last.file, &(struct store_hash){{0}}));
    struct id other = id_number(7);
    ASSERT_STATUS(store_files_give_up_oldest(f->db, &other, &given_up), STATUS_NOT_FOUND);
    for (uint32_t i = 2; i-- > 0;) {
        struct store_file file = file_of(&channel, i, 1);
        ASSERT_OK(store_files_give_up_oldest(f->db, &file.device, &given_up));
        assert_true(id_equal(&given_up, &file.file));
        ASSERT_STATUS(store_files_get(f->db, &channel, &file.file, &found), STATUS_NOT_FOUND);
    }
    ASSERT_STATUS(store_files_give_up_oldest(f->db, &last.device, &given_up), STATUS_NOT_FOUND);
    ASSERT_OK(store_files_get(f->db, &channel, &last.file, &found));
}

static void a_file_ends_with_its_message_or_unannounced_after_a_week(void **state)
{
    struct fixture *f = *state;
    struct id channel = make_channel(f->db, 1);
    struct store_appended appended;
    struct store_file_ids ended;
    bool complete = false;
    for (uint32_t i = 1; i <= 3; i++) {
        struct store_file file = file_of(&channel, i, 10);
        ASSERT_OK(store_files_begin(f->db, &file, &complete));
        ASSERT_OK(store_files_complete(f->db, &file.file, &(struct store_hash){{0}}));
    }
    for (uint32_t i = 1; i <= 2; i++) {
        struct store_message message = message_of(&channel, &channel, 2000 + i, 0);
        ASSERT_OK(store_log_append_message(f->db, &message, &appended));
    }
    ASSERT_OK(store_files_expire(f->db, NOW + DAY, &f->arena, &ended));
    assert_int_equal(ended.count, 0);
    ASSERT_OK(store_log_delete(f->db, &channel, 1, 1));
    ASSERT_OK(store_files_expire(f->db, NOW + DAY, &f->arena, &ended));
    assert_int_equal(ended.count, 1);
    assert_true(id_equal(&ended.items[0], &(struct id[]){id_number(1001)}[0]));
    ASSERT_OK(store_files_expire(f->db, NOW + 8 * DAY, &f->arena, &ended));
    assert_int_equal(ended.count, 1); /* the third, which nobody announced */
    assert_true(id_equal(&ended.items[0], &(struct id[]){id_number(1003)}[0]));
    struct store_entry another = {.device = id_number(77), .message = id_number(2002)};
    ASSERT_OK(store_files_delete_of_entry(f->db, &channel, &another, &f->arena, &ended));
    assert_int_equal(ended.count, 0); /* whoever says a message of the same id owns no file of it */
    struct store_entry its = {.device = channel, .message = id_number(2002)};
    ASSERT_OK(store_files_delete_of_entry(f->db, &channel, &its, &f->arena, &ended));
    assert_int_equal(ended.count, 1);
}

/* ---- on the disk ---- */

#define CHUNK 100

static void close_disk(const struct fixture *f, struct file_disk *disk)
{
    char path[128];
    snprintf(path, sizeof path, "%s/files", f->directory);
    file_disk_close(disk);
    assert_int_equal(rmdir(path), 0);
}

static void hash_of(const uint8_t *bytes, size_t size, uint8_t out[32])
{
    uint8_t hashes[10 * 32];
    struct digest digest;
    size_t count = 0;
    for (size_t at = 0; at < size; at += CHUNK) {
        size_t length = size - at < CHUNK ? size - at : CHUNK;
        ASSERT_OK(hash_bytes(HASH_SHA256, span_of(bytes + at, length), &digest));
        memcpy(hashes + 32 * count++, digest.bytes, 32);
    }
    ASSERT_OK(hash_bytes(HASH_SHA256, span_of(hashes, 32 * count), &digest));
    memcpy(out, digest.bytes, 32);
}

static void a_file_is_appended_in_order_and_sealed_by_its_hash(void **state)
{
    struct fixture *f = *state;
    struct file_disk disk;
    struct id id = id_number(7);
    uint8_t bytes[250];
    uint8_t hash[32];
    uint64_t size = 1;
    struct span read;
    memset(bytes, 5, sizeof bytes);
    bytes[249] = 6;
    hash_of(bytes, sizeof bytes, hash);
    ASSERT_OK(file_disk_open(f->directory, &disk));
    ASSERT_OK(file_disk_size(&disk, &id, &size));
    assert_int_equal(size, 0);
    ASSERT_STATUS(file_disk_write(&disk, &id, CHUNK, span_of(bytes, CHUNK)), STATUS_CONFLICT);
    ASSERT_OK(file_disk_write(&disk, &id, 0, span_of(bytes, CHUNK)));
    ASSERT_OK(file_disk_write(&disk, &id, 0, span_of(bytes, CHUNK))); /* sent again */
    ASSERT_STATUS(file_disk_seal(&disk, &id, 250, CHUNK, hash), STATUS_CONFLICT);
    ASSERT_OK(file_disk_write(&disk, &id, CHUNK, span_of(bytes + CHUNK, 150)));
    ASSERT_OK(file_disk_seal(&disk, &id, 250, CHUNK, hash));
    ASSERT_OK(file_disk_read(&disk, &id, 200, CHUNK, &f->arena, &read));
    assert_true(span_equal(read, span_of(bytes + 200, 50)));
    hash[0] ^= 1;
    ASSERT_STATUS(file_disk_seal(&disk, &id, 250, CHUNK, hash), STATUS_INVALID);
    ASSERT_OK(file_disk_size(&disk, &id, &size));
    assert_int_equal(size, 0); /* all of it is sent again */
    ASSERT_OK(file_disk_remove(&disk, &id));
    ASSERT_OK(file_disk_remove(&disk, &id));
    ASSERT_STATUS(file_disk_read(&disk, &id, 0, 1, &f->arena, &read), STATUS_NOT_FOUND);
    close_disk(f, &disk);
}

static enum status is_even(void *context, const struct id *file, bool *known)
{
    (void)context;
    *known = file->bytes[3] % 2 == 0;
    return STATUS_OK;
}

static void what_nobody_knows_is_swept(void **state)
{
    struct fixture *f = *state;
    struct file_disk disk;
    uint64_t size = 0;
    char path[128];
    struct stat found;
    ASSERT_OK(file_disk_open(f->directory, &disk));
    for (uint32_t i = 1; i <= 4; i++)
        ASSERT_OK(file_disk_write(&disk, &(struct id[]){id_number(i)}[0], 0, SPAN_LITERAL("x")));
    ASSERT_OK(file_disk_sweep(&disk, is_even, NULL));
    for (uint32_t i = 1; i <= 4; i++) {
        struct id id = id_number(i);
        bool even = id.bytes[3] % 2 == 0;
        ASSERT_OK(file_disk_size(&disk, &id, &size));
        assert_int_equal(size, even ? 1 : 0);
        ASSERT_OK(file_disk_remove(&disk, &id));
    }
    snprintf(path, sizeof path, "%s/files", f->directory);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0700);
    close_disk(f, &disk);
}

int main(void)
{
    if (crypto_start() != STATUS_OK)
        return EXIT_FAILURE;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_upload_is_begun_once_and_found_again, fixture_open_db,
                                        fixture_close_db),
        cmocka_unit_test_setup_teardown(what_people_and_channels_may_keep_is_bounded,
                                        fixture_open_db, fixture_close_db),
        cmocka_unit_test_setup_teardown(a_device_gives_up_what_it_began_first_and_nobody_elses,
                                        fixture_open_db, fixture_close_db),
        cmocka_unit_test_setup_teardown(a_file_ends_with_its_message_or_unannounced_after_a_week,
                                        fixture_open_db, fixture_close_db),
        cmocka_unit_test_setup_teardown(a_file_is_appended_in_order_and_sealed_by_its_hash,
                                        fixture_open_db, fixture_close_db),
        cmocka_unit_test_setup_teardown(what_nobody_knows_is_swept, fixture_open_db,
                                        fixture_close_db),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
