/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An invite as people pass it on: weft://HOST:PORT/join#FRAGMENT (PROTOCOL.md, 5).
 *
 * The fragment, which no server or proxy log sees, is base64url of a version, the invite's secret
 * and the pins: the directory log's key and the hash of the key that will follow it.
 * Errors: STATUS_MALFORMED, STATUS_UNSUPPORTED (version), STATUS_LIMIT.
 * Thread rule: pure functions.
 */
#ifndef WEFT_WIRE_INVITE_LINK_H
#define WEFT_WIRE_INVITE_LINK_H

#include "protocol/base/buffer.h"

#define INVITE_SECRET_SIZE 16
#define INVITE_HOST_SIZE_MAX 253 /* RFC 1035, 2.3.4: a name's text form */

struct invite_link {
    char host[INVITE_HOST_SIZE_MAX + 1]; /* a name or an address; IPv6 without brackets */
    uint16_t port;
    uint8_t secret[INVITE_SECRET_SIZE];
    uint8_t log_key[32];
    uint8_t next_log_key_sha256[32];
};

/* Appends the link's text. */
MUST_CHECK enum status invite_link_format(const struct invite_link *link, struct buffer *text);

MUST_CHECK enum status invite_link_parse(struct span text, struct invite_link *link);

#endif
