/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/vault/vault_key.h"

#include "protocol/base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

/* More than a graphics card has for each of its cores; three passes take about half a second of one
 * core. */
#define PASSPHRASE_MEMORY_BYTES (256u << 20)
#define PASSPHRASE_PASSES 3

#define SUBKEY_CONTEXT "weftvlt1"
enum subkey { SUBKEY_RECORDS = 1, SUBKEY_LOOKUP = 2 };

#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES

_Static_assert(NONCE_SIZE + TAG_SIZE == VAULT_SEAL_OVERHEAD, "the header states the overhead");
_Static_assert(VAULT_KEY_SIZE == crypto_kdf_KEYBYTES, "the master key feeds crypto_kdf");
_Static_assert(VAULT_SALT_SIZE == crypto_pwhash_SALTBYTES, "the salt feeds Argon2id");

struct vault_key {
    uint8_t records[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
    uint8_t lookup[crypto_generichash_KEYBYTES];
};

struct master {
    uint8_t bytes[VAULT_KEY_SIZE];
};

static void master_clear(struct master *master)
{
    secret_wipe(master, sizeof *master);
}

static enum status derive(const struct master *master, struct vault_key **key)
{
    struct vault_key *made = sodium_malloc(sizeof *made);
    if (made == NULL)
        return STATUS_NO_MEMORY;
    crypto_kdf_derive_from_key(made->records, sizeof made->records, SUBKEY_RECORDS, SUBKEY_CONTEXT,
                               master->bytes);
    crypto_kdf_derive_from_key(made->lookup, sizeof made->lookup, SUBKEY_LOOKUP, SUBKEY_CONTEXT,
                               master->bytes);
    *key = made;
    return STATUS_OK;
}

static enum status write_synced(int fd, struct span bytes)
{
    if (write(fd, bytes.ptr, bytes.len) != (ssize_t)bytes.len || fsync(fd) != 0)
        return errno == ENOSPC ? STATUS_FULL : STATUS_IO;
    return STATUS_OK;
}

enum status vault_key_make_file(const char *path, const struct random_source *random)
{
    CLEANUP(master_clear) struct master master;
    TRY(random_fill(random, master.bytes, sizeof master.bytes));
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno == EEXIST ? STATUS_EXISTS : STATUS_IO;
    enum status status = write_synced(fd, SPAN_OF(master.bytes));
    if (close(fd) != 0 && status == STATUS_OK)
        status = STATUS_IO;
    if (status != STATUS_OK)
        unlink(path);
    return status;
}

enum status vault_key_from_file(const char *path, struct vault_key **key)
{
    CLEANUP(master_clear) struct master master;
    uint8_t beyond;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
    ssize_t count = read(fd, master.bytes, sizeof master.bytes);
    ssize_t more = count == VAULT_KEY_SIZE ? read(fd, &beyond, 1) : 0;
    close(fd);
    if (count < 0 || more < 0)
        return STATUS_IO;
    if (count != VAULT_KEY_SIZE || more != 0)
        return STATUS_CORRUPT;
    return derive(&master, key);
}

enum status vault_key_from_passphrase(struct span passphrase,
                                      const uint8_t salt[VAULT_SALT_SIZE],
                                      struct vault_key **key)
{
    CLEANUP(master_clear) struct master master;
    if (crypto_pwhash(master.bytes, sizeof master.bytes, (const char *)passphrase.ptr,
                      passphrase.len, salt, PASSPHRASE_PASSES, PASSPHRASE_MEMORY_BYTES,
                      crypto_pwhash_ALG_ARGON2ID13) != 0)
        return STATUS_NO_MEMORY;
    return derive(&master, key);
}

void vault_key_free(struct vault_key **key)
{
    sodium_free(*key);
    *key = NULL;
}

void vault_key_lookup(const struct vault_key *key,
                      uint16_t kind,
                      struct span scope,
                      uint8_t lookup[VAULT_LOOKUP_SIZE])
{
    const uint8_t kind_bytes[2] = {(uint8_t)(kind >> 8), (uint8_t)kind};
    crypto_generichash_state state;
    crypto_generichash_init(&state, key->lookup, sizeof key->lookup, VAULT_LOOKUP_SIZE);
    crypto_generichash_update(&state, kind_bytes, sizeof kind_bytes);
    crypto_generichash_update(&state, scope.ptr, scope.len);
    crypto_generichash_final(&state, lookup, VAULT_LOOKUP_SIZE);
}

enum status vault_key_seal(const struct vault_key *key,
                           const struct random_source *random,
                           struct span associated_data,
                           struct span plaintext,
                           uint8_t *sealed)
{
    /* 24 random bytes: no counter to lose, and no repeat in any number of records. */
    TRY(random_fill(random, sealed, NONCE_SIZE));
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE_SIZE, NULL, plaintext.ptr,
                                               plaintext.len, associated_data.ptr,
                                               associated_data.len, NULL, sealed, key->records);
    return STATUS_OK;
}

enum status vault_key_open(const struct vault_key *key,
                           struct span associated_data,
                           struct span sealed,
                           uint8_t *plaintext)
{
    if (sealed.len < VAULT_SEAL_OVERHEAD)
        return STATUS_CORRUPT;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            plaintext, NULL, NULL, sealed.ptr + NONCE_SIZE, sealed.len - NONCE_SIZE,
            associated_data.ptr, associated_data.len, sealed.ptr, key->records) != 0)
        return STATUS_CORRUPT;
    return STATUS_OK;
}
