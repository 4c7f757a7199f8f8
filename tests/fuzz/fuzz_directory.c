/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The directory log as clients get it from a server: a few entries about three people with two
 * devices each, signed by whoever the input says and changed before or after it, and heads over
 * them.
 *
 * What is refused changes neither the log nor a device; checking says the same as applying; a head
 * opens when it was not changed, and matches the log that it was made of only.
 */
#include "protocol/crypto/random_system.h"
#include "protocol/crypto/signature.h"
#include "protocol/directory/directory.h"
#include "protocol/directory/log.h"
#include "protocol/directory/restore.h"
#include "tests/fuzz/tape.h"

#define PEOPLE 3
#define DEVICES 2
#define ENTRIES_MAX 6
#define ENTRY_BYTES_MAX 4096

struct device {
    struct secret private_keys[2]; /* login, leaf */
    struct signature_public public_keys[2];
};

static struct device devices[PEOPLE][DEVICES];

static struct id id_of(size_t number)
{
    struct id id = {{(uint8_t)number}};
    return id;
}

static void make_devices(void)
{
    MUST(crypto_start());
    for (size_t i = 0; i < PEOPLE * DEVICES * 2; i++) {
        struct device *device = &devices[i / 2 / DEVICES][i / 2 % DEVICES];
        uint8_t seed[32] = {(uint8_t)(i + 1)};
        MUST(secret_set(&device->private_keys[i % 2], SPAN_OF(seed)));
        MUST(signature_public_of(SIGNATURE_ED25519, SPAN_OF(seed), &device->public_keys[i % 2]));
    }
}

/* An entry as the tape says, signed; the edit comes before the signature or after it. */
static void make_entry(struct tape *tape, struct buffer *bytes)
{
    size_t person = tape_choose(tape, PEOPLE);
    size_t number = tape_choose(tape, DEVICES);
    size_t by_person = tape_choose(tape, PEOPLE + 1);
    size_t by_device = tape_choose(tape, DEVICES + 1);
    const struct device *device = &devices[person][number];
    const struct device *authority = &devices[by_person % PEOPLE][by_device % DEVICES];
    struct directory_entry entry = {
        .version = (uint8_t)(DIRECTORY_ENTRY_VERSION + tape_choose(tape, 8) / 7),
        .kind = (uint8_t)(1 + tape_choose(tape, 6)),
        .authority = (uint8_t)(1 + tape_choose(tape, 5)),
        .time = tape_u8(tape),
        .person = id_of(person + 1),
        .by_person = id_of(by_person == PEOPLE ? 0 : by_person + 1),
        .by_device = id_of(by_device == DEVICES ? 0 : 16 * (by_person % PEOPLE + 1) + by_device)};
    uint8_t parts = tape_u8(tape);
    struct directory_signers signers = {
        .authority_private_key =
            (parts & 1) == 0 ? SPAN_EMPTY : secret_span(&authority->private_keys[0])};
    if ((parts & 2) == 0)
        entry.device = id_of(16 * (person + 1) + number);
    if ((parts & 4) == 0) {
        entry.login_key = signature_public_span(&device->public_keys[0]);
        entry.leaf_key = signature_public_span(&device->public_keys[(parts & 8) == 0]);
        signers.login_private_key = secret_span(&device->private_keys[0]);
        signers.leaf_private_key = secret_span(&device->private_keys[(parts & 8) == 0]);
    }
    /* Nobody can sign an entry of the wrong form, but a server can send one. */
    if (directory_entry_sign(&entry, &signers, bytes) != STATUS_OK)
        MUST(schema_encode(&directory_entry_schema, &entry, bytes));
    tape_edit(tape, bytes);
}

static void apply(struct directory *directory, struct tape *tape)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(ENTRY_BYTES_MAX);
    uint8_t before[DIRECTORY_HASH_SIZE];
    uint8_t after[DIRECTORY_HASH_SIZE];
    make_entry(tape, &bytes);
    bool is_admin = tape_choose(tape, 2) == 0;
    uint64_t size = directory_log_of(directory)->size;
    MUST(directory_log_root(directory_log_of(directory), before));
    enum status checked = directory_check(directory, buffer_span(&bytes), is_admin);
    enum status applied = directory_apply(directory, buffer_span(&bytes), is_admin);
    fuzz_expect(checked == applied);
    MUST(directory_log_root(directory_log_of(directory), after));
    fuzz_expect(directory_log_of(directory)->size == size + (applied == STATUS_OK));
    fuzz_expect(span_equal(SPAN_OF(before), SPAN_OF(after)) == (applied != STATUS_OK));
    MUST(directory_check_root(directory, size, before));
}

static void head(const struct directory *directory, struct tape *tape)
{
    const struct directory_log *log = directory_log_of(directory);
    const struct device *server = &devices[0][0];
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(ENTRY_BYTES_MAX);
    struct directory_head opened;
    MUST(directory_head_sign(log, 7, secret_span(&server->private_keys[0]), &bytes));
    bool edited = tape_edit(tape, &bytes);
    enum status status = directory_head_open(
        buffer_span(&bytes), signature_public_span(&server->public_keys[0]), &opened);
    fuzz_expect(status == STATUS_OK || edited);
    if (status == STATUS_OK)
        MUST(directory_head_match(&opened, log));
}

static void restore(const struct directory *directory, struct tape *tape)
{
    const struct directory_log *log = directory_log_of(directory);
    const struct device *server = &devices[0][0];
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(ENTRY_BYTES_MAX);
    struct directory_restore opened;
    MUST(directory_restore_sign(log, 1, 7, secret_span(&server->private_keys[0]), &bytes));
    bool edited = tape_edit(tape, &bytes);
    enum status status = directory_restore_open(
        buffer_span(&bytes), signature_public_span(&server->public_keys[0]), &opened);
    fuzz_expect(status == STATUS_OK || edited);
    if (status == STATUS_OK)
        MUST(directory_check_root(directory, opened.size, opened.root));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool made;
    if (!made)
        make_devices();
    made = true;
    struct tape tape = tape_of(data, size);
    CLEANUP(directory_free) struct directory *directory = NULL;
    MUST(directory_new(&directory));
    for (size_t i = 0; i < ENTRIES_MAX && tape.at != tape.end; i++) {
        size_t kind = tape_choose(&tape, 8);
        if (kind == 7) {
            head(directory, &tape);
            restore(directory, &tape);
        } else
            apply(directory, &tape);
    }
    return 0;
}
