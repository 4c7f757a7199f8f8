/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/server/store/fixture.h"

#include "server/store/devices.h"
#include "server/store/migrations.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int fixture_make_directory(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    snprintf(fixture->directory, sizeof fixture->directory, "/tmp/weft-store-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    snprintf(fixture->database, sizeof fixture->database, "%s/weftd.db", fixture->directory);
    fixture->arena = ARENA_INIT(64u << 20);
    *state = fixture;
    return 0;
}

void remove_directory(const char *path)
{
    DIR *directory = opendir(path);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        unlinkat(dirfd(directory), entry->d_name, 0);
    rewinddir(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) { /* folders are left */
        char inner[512];
        snprintf(inner, sizeof inner, "%.200s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.')
            remove_directory(inner);
    }
    closedir(directory);
    rmdir(path);
}

int fixture_remove_directory(void **state)
{
    struct fixture *fixture = *state;
    store_close(&fixture->store);
    arena_clear(&fixture->arena);
    remove_directory(fixture->directory);
    free(fixture);
    return 0;
}

int fixture_open_db(void **state)
{
    fixture_make_directory(state);
    struct fixture *fixture = *state;
    int file = open(fixture->database, O_RDWR | O_CREAT, 0600);
    assert_true(file >= 0);
    close(file);
    ASSERT_OK(store_db_open_writer(fixture->database, &fixture->db));
    ASSERT_OK(store_migrations_apply(fixture->db));
    /* Nothing here is about durability, and every statement is a commit. */
    ASSERT_OK(store_db_execute(fixture->db, "PRAGMA synchronous = OFF"));
    return 0;
}

int fixture_close_db(void **state)
{
    struct fixture *fixture = *state;
    store_db_close(&fixture->db);
    return fixture_remove_directory(state);
}

enum status fixture_open_store(struct fixture *fixture, struct store **store)
{
    struct store_options options = {
        .state_directory = fixture->directory, .create = true, .free_bytes_min = 1};
    return store_open(&options, store);
}

struct plain_job {
    struct store_job job;
    enum status (*run)(struct store_db *db, void *context);
    void *context;
    enum status result;
};

static enum status run_plain(struct store_db *db, struct store_job *job)
{
    struct plain_job *plain = (struct plain_job *)job;
    return plain->run(db, plain->context);
}

static void done_plain(struct store_job *job, enum status status)
{
    ((struct plain_job *)job)->result = status;
}

enum status fixture_run(struct store *store,
                        enum status (*run)(struct store_db *db, void *context),
                        void *context)
{
    struct plain_job plain = {
        .job = {.run = run_plain, .done = done_plain},
        .run = run,
        .context = context,
        .result = STATUS_INTERNAL,
    };
    TRY(store_write(store, &plain.job));
    return plain.result;
}

static void fill(uint8_t *bytes, size_t size, uint32_t number)
{
    memset(bytes, 0, size);
    for (size_t i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(number >> (24 - 8 * i));
    bytes[size - 1] = 1; /* number 0 is not "none" */
}

struct id id_number(uint32_t number)
{
    struct id id;
    fill(id.bytes, sizeof id.bytes, number);
    return id;
}

struct store_hash hash_number(uint32_t number)
{
    struct store_hash hash;
    fill(hash.bytes, sizeof hash.bytes, number);
    return hash;
}

struct store_key key_number(uint32_t number)
{
    struct store_key key;
    fill(key.bytes, sizeof key.bytes, number);
    return key;
}

struct id make_person(struct store_db *db, uint32_t number)
{
    char name[32];
    snprintf(name, sizeof name, "Person %u", (unsigned)number);
    struct store_person person = {
        .person = id_number(number),
        .role = STORE_ROLE_STAFF,
        .state = STORE_PERSON_JOINED,
        .name = span_from_text(name),
        .created_at_ms = NOW,
        .joined_at_ms = NOW,
    };
    ASSERT_OK(store_people_add(db, &person));
    return person.person;
}

struct id make_device(struct store_db *db, uint32_t number, const struct id *person)
{
    struct id device = id_number(number);
    struct store_key login = key_number(2 * number);
    struct store_key leaf = key_number(2 * number + 1);
    ASSERT_OK(store_devices_add(db, &device, person, &login, &leaf, NOW));
    return device;
}

struct id make_channel(struct store_db *db, uint32_t number)
{
    return make_visible_channel(db, number, STORE_VISIBILITY_OPEN);
}

struct id
make_visible_channel(struct store_db *db, uint32_t number, enum store_visibility visibility)
{
    struct id person = make_person(db, number);
    struct id device = make_device(db, number, &person);
    struct store_channel_new channel = {
        .channel = id_number(number),
        .visibility = visibility,
        .history = 1,
        .title = SPAN_LITERAL("Falls on ward 5"),
        .brief = SPAN_LITERAL("What did you try?"),
        .public_state = SPAN_LITERAL("state 0"),
        .group_info = SPAN_LITERAL("info 0"),
        .tree = SPAN_LITERAL("tree 0"),
        .person = person,
        .device = device,
        .now_ms = NOW,
    };
    bool again = true;
    ASSERT_OK(store_channels_create(db, &channel, &again));
    assert_false(again);
    return channel.channel;
}

struct store_message
message_of(const struct id *channel, const struct id *device, uint32_t message, uint64_t epoch)
{
    return (struct store_message){
        .channel = *channel,
        .generation = 1,
        .epoch = epoch,
        .device = *device,
        .message = id_number(message),
        .hash = hash_number(message),
        .bytes = SPAN_LITERAL("sealed"),
        .now_ms = NOW + message,
    };
}

void join_channel(struct store_db *db,
                  const struct id *channel,
                  const struct id *person,
                  uint32_t device_number,
                  uint64_t epoch)
{
    struct id device = make_device(db, device_number, person);
    struct store_member_change change = {true, *person, device, device_number};
    struct store_commit commit = {
        .message = message_of(channel, &device, device_number, epoch),
        .changes = &change,
        .changes_count = 1,
    };
    struct store_appended appended;
    ASSERT_OK(store_log_append_commit(db, &commit, &appended));
}

uint8_t *read_file(const char *path, size_t *size)
{
    *size = 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    fseek(file, 0, SEEK_END);
    long end = ftell(file);
    rewind(file);
    uint8_t *bytes = malloc((size_t)end + 1);
    assert_non_null(bytes);
    *size = fread(bytes, 1, (size_t)end, file);
    fclose(file);
    return bytes;
}

bool files_contain(const struct fixture *fixture, const char *text)
{
    static const char *const names[] = {"weftd.db", "weftd.db-wal", "weftd.db-shm"};
    bool found = false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        size_t size;
        snprintf(path, sizeof path, "%s/%s", fixture->directory, names[i]);
        uint8_t *bytes = read_file(path, &size);
        found = found || (bytes != NULL && memmem(bytes, size, text, strlen(text)) != NULL);
        free(bytes);
    }
    return found;
}
