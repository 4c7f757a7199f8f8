/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/wire/files.h"

static const struct field file_begin_request_fields[] = {
    FIELD_ID(struct wire_file_begin_request, channel),
    FIELD_ID(struct wire_file_begin_request, file),
    FIELD_ID(struct wire_file_begin_request, message),
    FIELD_PLAIN(FIELD_U64, struct wire_file_begin_request, size),
};
const struct schema wire_file_begin_request_schema =
    SCHEMA("file_begin_request", struct wire_file_begin_request, file_begin_request_fields);

static const struct field file_begin_response_fields[] = {
    FIELD_PLAIN(FIELD_U32, struct wire_file_begin_response, chunks),
    FIELD_PLAIN(FIELD_BOOL, struct wire_file_begin_response, complete),
};
const struct schema wire_file_begin_response_schema =
    SCHEMA("file_begin_response", struct wire_file_begin_response, file_begin_response_fields);

static const struct field file_put_request_fields[] = {
    FIELD_ID(struct wire_file_put_request, channel),
    FIELD_ID(struct wire_file_put_request, file),
    FIELD_PLAIN(FIELD_U32, struct wire_file_put_request, index),
    FIELD_SIZED(FIELD_BYTES, struct wire_file_put_request, bytes, LIMIT_SEALED_CHUNK_BYTES),
};
const struct schema wire_file_put_request_schema =
    SCHEMA("file_put_request", struct wire_file_put_request, file_put_request_fields);

static const struct field file_done_request_fields[] = {
    FIELD_ID(struct wire_file_done_request, channel),
    FIELD_ID(struct wire_file_done_request, file),
    FIELD_ID(struct wire_file_done_request, sha256),
};
const struct schema wire_file_done_request_schema =
    SCHEMA("file_done_request", struct wire_file_done_request, file_done_request_fields);

static const struct field file_get_request_fields[] = {
    FIELD_ID(struct wire_file_get_request, channel),
    FIELD_ID(struct wire_file_get_request, file),
    FIELD_PLAIN(FIELD_U32, struct wire_file_get_request, index),
};
const struct schema wire_file_get_request_schema =
    SCHEMA("file_get_request", struct wire_file_get_request, file_get_request_fields);

static const struct field file_get_response_fields[] = {
    FIELD_SIZED(FIELD_BYTES, struct wire_file_get_response, bytes, LIMIT_SEALED_CHUNK_BYTES),
};
const struct schema wire_file_get_response_schema =
    SCHEMA("file_get_response", struct wire_file_get_response, file_get_response_fields);

static const struct field file_drop_request_fields[] = {
    FIELD_ID(struct wire_file_drop_request, channel),
    FIELD_ID(struct wire_file_drop_request, file),
};
const struct schema wire_file_drop_request_schema =
    SCHEMA("file_drop_request", struct wire_file_drop_request, file_drop_request_fields);

const struct schema wire_file_put_response_schema = WIRE_EMPTY("file_put_response");
const struct schema wire_file_done_response_schema = WIRE_EMPTY("file_done_response");
const struct schema wire_file_drop_response_schema = WIRE_EMPTY("file_drop_response");
