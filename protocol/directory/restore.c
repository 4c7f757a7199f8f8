/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/directory/restore.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/labelled.h"

#define RESTORE_VERSION 1

static const struct field restore_fields[] = {
    FIELD_PLAIN(FIELD_U8, struct directory_restore, version),
    FIELD_PLAIN(FIELD_U32, struct directory_restore, number),
    FIELD_PLAIN(FIELD_U64, struct directory_restore, size),
    FIELD_ID(struct directory_restore, root),
    FIELD_PLAIN(FIELD_TIME, struct directory_restore, time),
    FIELD_SIZED(FIELD_BYTES, struct directory_restore, signature, SIGNATURE_SIZE_MAX),
};
const struct schema directory_restore_schema =
    SCHEMA("directory_restore", struct directory_restore, restore_fields);

/* What the signature covers: all fields but the last. */
static const struct schema signed_restore_schema = {
    .name = "directory_restore",
    .size = sizeof(struct directory_restore),
    .fields = restore_fields,
    .field_count = sizeof restore_fields / sizeof *restore_fields - 1,
};

enum status directory_restore_sign(const struct directory_log *log,
                                   uint32_t number,
                                   int64_t time,
                                   struct span log_private_key,
                                   struct buffer *restore)
{
    struct directory_restore made = {
        .version = RESTORE_VERSION, .number = number, .size = log->size, .time = time};
    CLEANUP(buffer_clear) struct buffer content = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    struct signature signature;
    TRY(directory_log_root(log, made.root));
    TRY(schema_encode(&signed_restore_schema, &made, &content));
    TRY(labelled_sign(log_private_key, LABEL_LOG_RESTORE, buffer_span(&content), &signature));
    made.signature = signature_span(&signature);
    return schema_encode(&directory_restore_schema, &made, restore);
}

enum status
directory_restore_open(struct span bytes, struct span log_key, struct directory_restore *restore)
{
    struct arena none = ARENA_INIT(0);
    struct directory_restore opened;
    TRY(schema_decode(&directory_restore_schema, bytes, &none, &opened));
    if (opened.version != RESTORE_VERSION)
        return STATUS_UNSUPPORTED;
    CLEANUP(buffer_clear) struct buffer content = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    TRY(schema_encode(&signed_restore_schema, &opened, &content));
    enum status verified =
        labelled_verify(log_key, LABEL_LOG_RESTORE, buffer_span(&content), opened.signature);
    if (verified == STATUS_BAD_SIGNATURE)
        return STATUS_UNTRUSTED;
    TRY(verified);
    *restore = opened;
    return STATUS_OK;
}
