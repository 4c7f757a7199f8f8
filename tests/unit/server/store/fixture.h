/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Stores on real files for the tests of this folder: a directory under /tmp, and ids that are told
 * apart by a number.
 */
#ifndef WEFT_TESTS_STORE_FIXTURE_H
#define WEFT_TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/store/channels.h"
#include "server/store/db.h"
#include "server/store/log.h"
#include "server/store/people.h"

#define NOW INT64_C(1800000000000)
#define DAY (INT64_C(24) * 3600 * 1000)

#define ASSERT_OK(call) assert_int_equal((call), STATUS_OK)
#define ASSERT_STATUS(call, expected) assert_int_equal((call), (expected))

struct fixture {
    char directory[64];
    char database[96];
    struct store *store;
    struct store_db *db;
    struct arena arena;
};

/* An empty store in a new directory, opened as `db`, on which typed functions can be called
 * directly: each statement is then its own transaction. */
int fixture_open_db(void **state);
int fixture_close_db(void **state);

/* A directory without a store. */
int fixture_make_directory(void **state);
int fixture_remove_directory(void **state);

/* Deletes the files of a directory and the directory. */
void remove_directory(const char *path);

/* Opens or makes the store of the directory, without threads. */
enum status fixture_open_store(struct fixture *fixture, struct store **store);

/* Runs `run` as a job of a store without threads; `context` is given to it. */
enum status fixture_run(struct store *store,
                        enum status (*run)(struct store_db *db, void *context),
                        void *context);

struct id id_number(uint32_t number);
struct store_hash hash_number(uint32_t number);
struct store_key key_number(uint32_t number);

/* A person who joined; a device of theirs, whose keys come from the number too. */
struct id make_person(struct store_db *db, uint32_t number);
struct id make_device(struct store_db *db, uint32_t number, const struct id *person);

/* Person and device of that number, and an open channel of that number made by them, at epoch 0. */
struct id make_channel(struct store_db *db, uint32_t number);

/* The same, and not an open one. */
struct id
make_visible_channel(struct store_db *db, uint32_t number, enum store_visibility visibility);

/* A message of `device` to the channel, in generation 1. */
struct store_message
message_of(const struct id *channel, const struct id *device, uint32_t message, uint64_t epoch);

/* A device of the person, whose number it gets, joins by an external commit that ends `epoch`. */
void join_channel(struct store_db *db,
                  const struct id *channel,
                  const struct id *person,
                  uint32_t device_number,
                  uint64_t epoch);

/* The whole of a file; 0 bytes when there is none. Freed by the caller. */
uint8_t *read_file(const char *path, size_t *size);

/* Whether the database or its log contains the text. */
bool files_contain(const struct fixture *fixture, const char *text);

#endif
