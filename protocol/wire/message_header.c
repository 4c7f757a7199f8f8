/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/wire/message_header.h"

static const struct field fields[] = {
    FIELD_PLAIN(FIELD_U8, struct message_header, version),
    FIELD_ID(struct message_header, message),
    FIELD_PLAIN(FIELD_U8, struct message_header, lane),
    FIELD_PLAIN(FIELD_U32, struct message_header, stage_counter),
    FIELD_PLAIN(FIELD_U64, struct message_header, log_size),
    FIELD_ID(struct message_header, log_root),
};
const struct schema message_header_schema = SCHEMA("message_header", struct message_header, fields);

enum status message_header_decode(struct span bytes, struct message_header *header)
{
    struct arena none = ARENA_INIT(0);
    struct message_header decoded;
    TRY(schema_decode(&message_header_schema, bytes, &none, &decoded));
    if (decoded.version != MESSAGE_HEADER_VERSION || decoded.lane < LANE_FLOOR ||
        decoded.lane > LANE_CONTROL)
        return STATUS_UNSUPPORTED;
    *header = decoded;
    return STATUS_OK;
}

enum status message_header_encode(const struct message_header *header, struct buffer *out)
{
    return schema_encode(&message_header_schema, header, out);
}
