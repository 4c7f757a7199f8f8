/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/session/identity.h"

#include "protocol/crypto/hash.h"
#include "protocol/crypto/signature.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_KEY_FILE "log.key"
#define NEXT_LOG_KEY_FILE "next-log.key"
#define SEED_SIZE 32
#define PATH_BYTES_MAX 4096

struct identity {
    struct secret_arena *secrets;
    struct secret *log_private_key;
    uint8_t log_key[32];
    uint8_t next_log_key_sha256[32];
};

static enum status path_in(const char *directory, const char *name, char path[PATH_BYTES_MAX])
{
    int len = snprintf(path, PATH_BYTES_MAX, "%s/%s", directory, name);
    return len > 0 && len < PATH_BYTES_MAX ? STATUS_OK : STATUS_LIMIT;
}

static void seed_to_text(const struct secret *seed, char text[2 * SEED_SIZE + 2])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SEED_SIZE; i++) {
        text[2 * i] = digits[seed->bytes[i] >> 4];
        text[2 * i + 1] = digits[seed->bytes[i] & 15];
    }
    text[2 * SEED_SIZE] = '\n';
    text[2 * SEED_SIZE + 1] = '\0';
}

static int digit_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static enum status seed_from_text(const char *text, struct secret *seed)
{
    for (size_t i = 0; i < SEED_SIZE; i++) {
        int high = digit_value(text[2 * i]);
        int low = high < 0 ? -1 : digit_value(text[2 * i + 1]);
        if (low < 0)
            return STATUS_MALFORMED;
        seed->bytes[i] = (uint8_t)(high << 4 | low);
    }
    seed->len = SEED_SIZE;
    return STATUS_OK;
}

static enum status write_all(int file, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t written = write(file, bytes, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return STATUS_IO;
        bytes += written;
        len -= (size_t)written;
    }
    return fsync(file) == 0 ? STATUS_OK : STATUS_IO;
}

static enum status
create_key(const char *directory, const char *name, const struct random_source *random)
{
    char path[PATH_BYTES_MAX];
    TRY(path_in(directory, name, path));
    CLEANUP(secret_clear) struct secret seed = {0};
    struct signature_public public_key;
    TRY(signature_generate(SIGNATURE_ED25519, random, &seed, &public_key));
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return errno == EEXIST ? STATUS_EXISTS : STATUS_IO;
    char text[2 * SEED_SIZE + 2];
    seed_to_text(&seed, text);
    enum status status = write_all(file, text, 2 * SEED_SIZE + 1);
    secret_wipe(text, sizeof text);
    return close(file) == 0 ? status : STATUS_IO;
}

enum status identity_create(const char *state_directory, const struct random_source *random)
{
    TRY(create_key(state_directory, LOG_KEY_FILE, random));
    return create_key(state_directory, NEXT_LOG_KEY_FILE, random);
}

static enum status load_key(const char *directory,
                            const char *name,
                            struct secret *seed,
                            struct signature_public *public_key)
{
    char path[PATH_BYTES_MAX];
    char text[2 * SEED_SIZE];
    TRY(path_in(directory, name, path));
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
    ssize_t len = read(file, text, sizeof text);
    close(file);
    enum status status = len == (ssize_t)sizeof text ? seed_from_text(text, seed) : STATUS_IO;
    secret_wipe(text, sizeof text);
    TRY(status);
    return signature_public_of(SIGNATURE_ED25519, secret_span(seed), public_key);
}

static enum status load(struct identity *identity, const char *directory)
{
    struct signature_public public_key;
    TRY(secret_arena_new(&identity->secrets));
    TRY(secret_arena_take(identity->secrets, &identity->log_private_key));
    TRY(load_key(directory, LOG_KEY_FILE, identity->log_private_key, &public_key));
    memcpy(identity->log_key, public_key.bytes, sizeof identity->log_key);
    CLEANUP(secret_clear) struct secret next = {0};
    TRY(load_key(directory, NEXT_LOG_KEY_FILE, &next, &public_key));
    struct digest digest;
    TRY(hash_bytes(HASH_SHA256, signature_public_span(&public_key), &digest));
    memcpy(identity->next_log_key_sha256, digest.bytes, sizeof identity->next_log_key_sha256);
    return STATUS_OK;
}

enum status identity_open(const char *state_directory, struct identity **identity)
{
    struct identity *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return STATUS_NO_MEMORY;
    enum status status = load(opened, state_directory);
    if (status != STATUS_OK) {
        identity_close(&opened);
        return status;
    }
    *identity = opened;
    return STATUS_OK;
}

void identity_close(struct identity **identity)
{
    if (*identity == NULL)
        return;
    secret_arena_free(&(*identity)->secrets);
    free(*identity);
    *identity = NULL;
}

struct span identity_log_private_key(const struct identity *identity)
{
    return secret_span(identity->log_private_key);
}

const uint8_t *identity_log_key(const struct identity *identity)
{
    return identity->log_key;
}

const uint8_t *identity_next_log_key_sha256(const struct identity *identity)
{
    return identity->next_log_key_sha256;
}
