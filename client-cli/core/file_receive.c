/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/file_receive.h"

#include "client-cli/core/events.h"
#include "client-cli/core/file_patience.h"
#include "protocol/content/file_chunk.h"
#include "protocol/crypto/hash.h"
#include "protocol/wire/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Of the file beside the target. */
#define PART_NAME_SIZE (ID_TEXT_SIZE + 16)

struct receiving {
    struct engine *engine;
    const struct channel *channel;
    const struct content_file *file;
    const struct file_target *target;
    int directory;
    int part;
    char part_name[PART_NAME_SIZE];
    struct file_patience patience;
    struct buffer plain;
    struct buffer sealed;
};

static void receiving_clear(struct receiving *receiving)
{
    buffer_clear(&receiving->plain);
    buffer_clear(&receiving->sealed);
    if (receiving->part >= 0)
        close(receiving->part);
    if (receiving->directory >= 0)
        close(receiving->directory);
}

static enum status explain_errno(const struct receiving *receiving, const char *name)
{
    enum status status = errno == ENOSPC || errno == EDQUOT ? STATUS_FULL : STATUS_IO;
    return engine_explain(receiving->engine, status, "%.200s/%.200s cannot be written: %s",
                          receiving->target->directory, name, strerror(errno));
}

static enum status explain_exists(const struct receiving *receiving)
{
    return engine_explain(receiving->engine, STATUS_EXISTS,
                          "%.200s/%.200s is there already: --force replaces it, --as gives another "
                          "name",
                          receiving->target->directory, receiving->target->name);
}

/* ---- the file beside the target ---- */

static enum status open_part(struct receiving *receiving)
{
    char id[ID_TEXT_SIZE];
    id_text(&receiving->file->file, id);
    snprintf(receiving->part_name, sizeof receiving->part_name, ".weft-%s.part", id);
    receiving->directory = open(receiving->target->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (receiving->directory < 0)
        return explain_errno(receiving, "");
    if (!receiving->target->replace &&
        faccessat(receiving->directory, receiving->target->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return explain_exists(receiving);
    receiving->part = openat(receiving->directory, receiving->part_name,
                             O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    return receiving->part >= 0 ? STATUS_OK : explain_errno(receiving, receiving->part_name);
}

static bool read_part(struct receiving *receiving, uint64_t offset, uint8_t *out, size_t length)
{
    for (size_t got = 0; got < length;) {
        ssize_t part = pread(receiving->part, out + got, length - got, (off_t)(offset + got));
        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0)
            return false;
        got += (size_t)part;
    }
    return true;
}

static enum status write_part(struct receiving *receiving, uint64_t offset, struct span bytes)
{
    while (bytes.len != 0) {
        ssize_t written = pwrite(receiving->part, bytes.ptr, bytes.len, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return explain_errno(receiving, receiving->part_name);
        bytes = span_of(bytes.ptr + written, bytes.len - (size_t)written);
        offset += (uint64_t)written;
    }
    return STATUS_OK;
}

/* Bytes of a chunk that belong to the file; the rest is padding. */
static size_t own_size(const struct content_file *file, uint32_t index)
{
    size_t length = file_chunk_size(file->size, index);
    uint64_t offset = (uint64_t)index * LIMIT_FILE_CHUNK_BYTES;
    uint64_t left = offset < file->size ? file->size - offset : 0;
    return left < length ? (size_t)left : length;
}

static enum status matches(const struct receiving *receiving, uint32_t index, bool *same)
{
    struct digest digest;
    TRY(hash_bytes(HASH_SHA256, buffer_span(&receiving->sealed), &digest));
    *same = span_equal(digest_span(&digest), SPAN_OF(receiving->file->chunks[index].sha256));
    return STATUS_OK;
}

/* Whether a chunk of an earlier attempt is there and right: it encrypts to the same bytes. */
static enum status is_there(struct receiving *receiving, uint32_t index, bool *there)
{
    uint8_t *bytes = NULL;
    *there = false;
    buffer_truncate(&receiving->plain, 0);
    buffer_truncate(&receiving->sealed, 0);
    TRY(buffer_extend(&receiving->plain, file_chunk_size(receiving->file->size, index), &bytes));
    if (!read_part(receiving, (uint64_t)index * LIMIT_FILE_CHUNK_BYTES, bytes,
                   own_size(receiving->file, index)))
        return STATUS_OK;
    TRY(file_chunk_seal(receiving->file->key, receiving->file->size, index,
                        buffer_span(&receiving->plain), &receiving->sealed));
    return matches(receiving, index, there);
}

/* ---- from the server ---- */

static enum status get(struct receiving *receiving, uint32_t index)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_file_get_request request = {
        .channel = receiving->channel->id, .file = receiving->file->file, .index = index};
    struct wire_file_get_response response;
    bool same = false;
    TRY(engine_call(receiving->engine, WIRE_FILE_GET, &request, &reply, &response));
    buffer_truncate(&receiving->sealed, 0);
    buffer_truncate(&receiving->plain, 0);
    TRY(buffer_append(&receiving->sealed, response.bytes));
    TRY(matches(receiving, index, &same));
    enum status opened = same ? file_chunk_open(receiving->file->key, receiving->file->size, index,
                                                buffer_span(&receiving->sealed), &receiving->plain)
                              : STATUS_NOT_DECRYPTED;
    if (status_passes(opened))
        return opened;
    if (opened != STATUS_OK)
        return engine_explain(receiving->engine, STATUS_UNTRUSTED,
                              "part %u of the file is not what its sender sent: nothing of it was "
                              "kept",
                              index + 1);
    return STATUS_OK;
}

static enum status get_patiently(struct receiving *receiving, uint32_t index)
{
    enum status status = get(receiving, index);
    while (status != STATUS_OK) {
        if (status == STATUS_NOT_FOUND)
            return engine_explain(receiving->engine, status,
                                  "this file is not on the server any more");
        TRY(file_patience_wait(&receiving->patience, receiving->engine, status));
        status = get(receiving, index);
    }
    file_patience_renew(&receiving->patience);
    status = events_handle_all(receiving->engine);
    /* A connection that ends in that is made again for the next chunk. */
    return status == STATUS_NETWORK || status == STATUS_TIMEOUT ? STATUS_OK : status;
}

static enum status receive_all(struct receiving *receiving)
{
    const struct content_file *file = receiving->file;
    const struct file_progress *progress = &receiving->target->progress;
    for (uint32_t i = 0; i < file->chunk_count; i++) {
        uint64_t offset = (uint64_t)i * LIMIT_FILE_CHUNK_BYTES;
        bool there = false;
        if (progress->tell != NULL)
            progress->tell(progress->context, offset < file->size ? offset : file->size,
                           file->size);
        TRY(is_there(receiving, i, &there));
        if (there)
            continue;
        TRY(get_patiently(receiving, i));
        TRY(write_part(receiving, offset, span_of(receiving->plain.ptr, own_size(file, i))));
    }
    if (progress->tell != NULL)
        progress->tell(progress->context, file->size, file->size);
    return STATUS_OK;
}

/* Gives the part its name; errno tells of a failure. */
static bool rename_part(const struct receiving *receiving)
{
    const struct file_target *target = receiving->target;
    int folder = receiving->directory;
    unsigned flags = target->replace ? 0 : RENAME_NOREPLACE;
    if (renameat2(folder, receiving->part_name, folder, target->name, flags) == 0)
        return true;
    if (flags == 0 || errno != EINVAL)
        return false;
    /* NFS, and much that FUSE mounts, know no flags. */
    if (faccessat(folder, target->name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        return renameat(folder, receiving->part_name, folder, target->name) == 0;
    errno = EEXIST;
    return false;
}

static enum status put_in_place(struct receiving *receiving)
{
    const struct file_target *target = receiving->target;
    if (ftruncate(receiving->part, (off_t)receiving->file->size) != 0 ||
        fsync(receiving->part) != 0)
        return explain_errno(receiving, receiving->part_name);
    if (!rename_part(receiving))
        return errno == EEXIST ? explain_exists(receiving) : explain_errno(receiving, target->name);
    return fsync(receiving->directory) == 0 ? STATUS_OK : explain_errno(receiving, target->name);
}

enum status file_receive(struct engine *engine,
                         const struct channel *channel,
                         const struct content_file *file,
                         const struct file_target *target)
{
    CLEANUP(receiving_clear)
    struct receiving receiving = {.engine = engine,
                                  .channel = channel,
                                  .file = file,
                                  .target = target,
                                  .directory = -1,
                                  .part = -1,
                                  .plain = BUFFER_INIT(LIMIT_FILE_CHUNK_BYTES),
                                  .sealed = BUFFER_INIT(LIMIT_SEALED_CHUNK_BYTES)};
    if (file->size > LIMIT_FILE_BYTES || file->chunk_count != file_chunk_count(file->size))
        return engine_explain(engine, STATUS_INVALID, "the message does not describe a file");
    TRY(open_part(&receiving));
    TRY(receive_all(&receiving));
    return put_in_place(&receiving);
}
