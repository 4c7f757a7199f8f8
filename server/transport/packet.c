/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/transport/packet.h"

#include "protocol/base/limits.h"

#include <stdlib.h>
#include <string.h>

#define FIN 0x80
#define OPCODE_BINARY 2
#define HEADER_SIZE_MAX 10
#define CONTROL_PAYLOAD_MAX 125

/* RFC 6455, 5.2: the length in its shortest form. */
static size_t write_header(uint8_t *header, uint8_t opcode, size_t len)
{
    header[0] = (uint8_t)(FIN | opcode);
    if (len < 126) {
        header[1] = (uint8_t)len;
        return 2;
    }
    size_t size = len <= UINT16_MAX ? 2 : 8;
    header[1] = size == 2 ? 126 : 127;
    for (size_t i = size, rest = len; i-- > 0; rest >>= 8)
        header[2 + i] = (uint8_t)rest;
    return 2 + size;
}

static enum status build(uint8_t opcode, struct span payload, struct packet **packet)
{
    uint8_t header[HEADER_SIZE_MAX];
    size_t header_size = write_header(header, opcode, payload.len);
    struct packet *built = malloc(sizeof *built + header_size + payload.len);
    if (built == NULL)
        return STATUS_NO_MEMORY;
    built->references = 1;
    built->len = (uint32_t)(header_size + payload.len);
    memcpy(built->bytes, header, header_size);
    if (payload.len > 0)
        memcpy(built->bytes + header_size, payload.ptr, payload.len);
    *packet = built;
    return STATUS_OK;
}

enum status packet_new(struct span payload, struct packet **packet)
{
    if (payload.len > LIMIT_FRAME_BYTES)
        return STATUS_LIMIT;
    return build(OPCODE_BINARY, payload, packet);
}

enum status
packet_new_control(enum packet_control opcode, struct span payload, struct packet **packet)
{
    if (payload.len > CONTROL_PAYLOAD_MAX)
        return STATUS_LIMIT;
    return build((uint8_t)opcode, payload, packet);
}

struct packet *packet_share(struct packet *packet)
{
    packet->references++;
    return packet;
}

void packet_free(struct packet **packet)
{
    if (*packet != NULL && --(*packet)->references == 0)
        free(*packet);
    *packet = NULL;
}
