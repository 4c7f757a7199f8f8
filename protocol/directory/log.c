/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/directory/log.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/hash.h"
#include "protocol/crypto/labelled.h"

#include <string.h>

#define HEAD_VERSION 1

/* RFC 9162, 2.1.1: the prefixes keep a leaf from being read as a node. */
static const uint8_t leaf_prefix = 0x00;
static const uint8_t node_prefix = 0x01;

void directory_log_init(struct directory_log *log)
{
    memset(log, 0, sizeof *log);
}

static enum status
hash_of(const struct span *parts, size_t count, uint8_t hash[DIRECTORY_HASH_SIZE])
{
    struct digest digest;
    TRY(hash_parts(HASH_SHA256, parts, count, &digest));
    memcpy(hash, digest.bytes, DIRECTORY_HASH_SIZE);
    return STATUS_OK;
}

enum status directory_leaf_hash(struct span entry, uint8_t hash[DIRECTORY_HASH_SIZE])
{
    const struct span parts[] = {SPAN_OF(leaf_prefix), entry};
    return hash_of(parts, 2, hash);
}

static enum status node_hash(const uint8_t left[DIRECTORY_HASH_SIZE],
                             const uint8_t right[DIRECTORY_HASH_SIZE],
                             uint8_t hash[DIRECTORY_HASH_SIZE])
{
    const struct span parts[] = {SPAN_OF(node_prefix), span_of(left, DIRECTORY_HASH_SIZE),
                                 span_of(right, DIRECTORY_HASH_SIZE)};
    return hash_of(parts, 3, hash);
}

enum status directory_log_append(struct directory_log *log, struct span entry)
{
    uint8_t hash[DIRECTORY_HASH_SIZE];
    TRY(directory_leaf_hash(entry, hash));
    return directory_log_append_hash(log, hash);
}

/* As a binary counter: two complete subtrees of one size become one of the next. */
enum status directory_log_append_hash(struct directory_log *log,
                                      const uint8_t leaf_hash[DIRECTORY_HASH_SIZE])
{
    if (log->size == UINT64_MAX >> 1)
        return STATUS_LIMIT;
    uint8_t hash[DIRECTORY_HASH_SIZE];
    memcpy(hash, leaf_hash, sizeof hash);
    size_t level = 0;
    for (; log->size >> level & 1; level++)
        TRY(node_hash(log->subtrees[level], hash, hash));
    memcpy(log->subtrees[level], hash, sizeof hash);
    log->size++;
    return STATUS_OK;
}

enum status directory_log_root(const struct directory_log *log, uint8_t root[DIRECTORY_HASH_SIZE])
{
    if (log->size == 0)
        return hash_of(NULL, 0, root);
    /* From the smallest subtree, on the right, to the largest. */
    uint8_t hash[DIRECTORY_HASH_SIZE] = {0};
    bool begun = false;
    for (size_t level = 0; level < DIRECTORY_LOG_LEVELS && log->size >> level != 0; level++) {
        if (!(log->size >> level & 1))
            continue;
        if (begun)
            TRY(node_hash(log->subtrees[level], hash, hash));
        else
            memcpy(hash, log->subtrees[level], sizeof hash);
        begun = true;
    }
    memcpy(root, hash, sizeof hash);
    return STATUS_OK;
}

static const struct field head_fields[] = {
    FIELD_PLAIN(FIELD_U8, struct directory_head, version),
    FIELD_PLAIN(FIELD_U64, struct directory_head, size),
    FIELD_ID(struct directory_head, root),
    FIELD_PLAIN(FIELD_TIME, struct directory_head, time),
    FIELD_SIZED(FIELD_BYTES, struct directory_head, signature, SIGNATURE_SIZE_MAX),
};
const struct schema directory_head_schema =
    SCHEMA("directory_head", struct directory_head, head_fields);

/* What the signature covers: all fields but the last. */
static const struct schema signed_head_schema = {
    .name = "directory_head",
    .size = sizeof(struct directory_head),
    .fields = head_fields,
    .field_count = sizeof head_fields / sizeof *head_fields - 1,
};

enum status directory_head_sign(const struct directory_log *log,
                                int64_t time,
                                struct span log_private_key,
                                struct buffer *head)
{
    struct directory_head made = {.version = HEAD_VERSION, .size = log->size, .time = time};
    TRY(directory_log_root(log, made.root));
    CLEANUP(buffer_clear) struct buffer content = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    TRY(schema_encode(&signed_head_schema, &made, &content));
    struct signature signature;
    TRY(labelled_sign(log_private_key, LABEL_LOG_HEAD, buffer_span(&content), &signature));
    made.signature = signature_span(&signature);
    return schema_encode(&directory_head_schema, &made, head);
}

enum status directory_head_open(struct span bytes, struct span log_key, struct directory_head *head)
{
    struct arena none = ARENA_INIT(0);
    struct directory_head opened;
    TRY(schema_decode(&directory_head_schema, bytes, &none, &opened));
    if (opened.version != HEAD_VERSION)
        return STATUS_UNSUPPORTED;
    CLEANUP(buffer_clear) struct buffer content = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    TRY(schema_encode(&signed_head_schema, &opened, &content));
    enum status verified =
        labelled_verify(log_key, LABEL_LOG_HEAD, buffer_span(&content), opened.signature);
    if (verified == STATUS_BAD_SIGNATURE)
        return STATUS_UNTRUSTED;
    TRY(verified);
    *head = opened;
    return STATUS_OK;
}

enum status directory_head_match(const struct directory_head *head, const struct directory_log *log)
{
    uint8_t root[DIRECTORY_HASH_SIZE];
    TRY(directory_log_root(log, root));
    bool same = head->size == log->size && memcmp(head->root, root, sizeof root) == 0;
    return same ? STATUS_OK : STATUS_UNTRUSTED;
}
