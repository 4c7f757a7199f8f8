/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/transport/handshake.h"

#include "protocol/codec/writer.h"
#include "protocol/wire/frame.h"
#include "server/limits.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define KEY_TEXT_SIZE 24 /* base64 of 16 bytes */
#define KEY_SIZE 16

/* RFC 6455, 1.3. */
#define ACCEPT_SUFFIX "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

/* The header lines that matter, by what they are. */
struct headers {
    struct span host;
    struct span upgrade;
    struct span connection;
    struct span key;
    struct span version;
    struct span protocols;
    struct span origin;
    struct span content_length;
    struct span transfer_encoding;
    size_t count;
};

struct known_header {
    const char *name;
    size_t offset;
};

static const struct known_header known_headers[] = {
    {"host", offsetof(struct headers, host)},
    {"upgrade", offsetof(struct headers, upgrade)},
    {"connection", offsetof(struct headers, connection)},
    {"sec-websocket-key", offsetof(struct headers, key)},
    {"sec-websocket-version", offsetof(struct headers, version)},
    {"sec-websocket-protocol", offsetof(struct headers, protocols)},
    {"origin", offsetof(struct headers, origin)},
    {"content-length", offsetof(struct headers, content_length)},
    {"transfer-encoding", offsetof(struct headers, transfer_encoding)},
};

static bool text_is(struct span text, const char *expected)
{
    size_t len = strlen(expected);
    return text.len == len && strncasecmp((const char *)text.ptr, expected, len) == 0;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static struct span trimmed(struct span text)
{
    while (text.len > 0 && is_blank(text.ptr[0]))
        text = span_of(text.ptr + 1, text.len - 1);
    while (text.len > 0 && is_blank(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

/* RFC 9110, 5.6.2: tchar. */
static bool is_token_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* Takes up to the next CRLF from the front of `*bytes`; false when there is none, or when the line
 * holds another control character (a bare CR or LF, NUL). */
static bool take_line(struct span *bytes, struct span *line)
{
    for (size_t i = 0; i + 1 < bytes->len; i++) {
        uint8_t c = bytes->ptr[i];
        if (c == '\r' && bytes->ptr[i + 1] == '\n') {
            *line = span_of(bytes->ptr, i);
            *bytes = span_of(bytes->ptr + i + 2, bytes->len - i - 2);
            return true;
        }
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return false;
}

/* Whether a comma-separated list holds `wanted`. */
static bool list_has(struct span list, const char *wanted)
{
    while (list.len > 0) {
        const uint8_t *comma = memchr(list.ptr, ',', list.len);
        size_t len = comma == NULL ? list.len : (size_t)(comma - list.ptr);
        if (text_is(trimmed(span_of(list.ptr, len)), wanted))
            return true;
        size_t step = comma == NULL ? len : len + 1;
        list = span_of(list.ptr + step, list.len - step);
    }
    return false;
}

static int read_header(struct span line, struct headers *headers)
{
    size_t name_len = 0;
    while (name_len < line.len && is_token_char(line.ptr[name_len]))
        name_len++;
    if (name_len == 0 || name_len == line.len || line.ptr[name_len] != ':')
        return 400;
    if (++headers->count > LIMIT_HANDSHAKE_HEADERS)
        return 431;
    struct span name = span_of(line.ptr, name_len);
    struct span value = trimmed(span_of(line.ptr + name_len + 1, line.len - name_len - 1));
    for (size_t i = 0; i < sizeof known_headers / sizeof *known_headers; i++) {
        if (!text_is(name, known_headers[i].name))
            continue;
        struct span *place = (struct span *)(void *)((char *)headers + known_headers[i].offset);
        if (place->ptr != NULL)
            return 400; /* twice: two readers could take different ones */
        *place = value;
    }
    return 0;
}

static int read_request_line(struct span line)
{
    const uint8_t *first = memchr(line.ptr, ' ', line.len);
    if (first == NULL)
        return 400;
    struct span method = span_of(line.ptr, (size_t)(first - line.ptr));
    struct span rest = span_of(first + 1, line.len - method.len - 1);
    const uint8_t *second = memchr(rest.ptr, ' ', rest.len);
    if (second == NULL)
        return 400;
    struct span target = span_of(rest.ptr, (size_t)(second - rest.ptr));
    struct span version = span_of(second + 1, rest.len - target.len - 1);
    if (!span_equal(version, SPAN_LITERAL("HTTP/1.1")))
        return 400;
    if (!span_equal(method, SPAN_LITERAL("GET")))
        return 405;
    return span_equal(target, SPAN_LITERAL("/")) ? 0 : 404;
}

static bool origin_is_allowed(struct span origin, const struct handshake_rules *rules)
{
    if (origin.ptr == NULL)
        return true; /* not a browser */
    for (size_t i = 0; i < rules->origin_count; i++) {
        if (span_equal(origin, span_from_text(rules->origins[i])))
            return true;
    }
    return false;
}

static bool key_is_valid(struct span key)
{
    uint8_t decoded[KEY_TEXT_SIZE];
    if (key.len != KEY_TEXT_SIZE || key.ptr[22] != '=' || key.ptr[23] != '=' || key.ptr[21] == '=')
        return false;
    return EVP_DecodeBlock(decoded, key.ptr, KEY_TEXT_SIZE) == KEY_SIZE + 2;
}

static int check_headers(const struct headers *headers, const struct handshake_rules *rules)
{
    if (headers->host.ptr == NULL || headers->host.len == 0)
        return 400;
    if (headers->transfer_encoding.ptr != NULL)
        return 400;
    if (headers->content_length.ptr != NULL && !text_is(headers->content_length, "0"))
        return 400;
    if (!text_is(headers->upgrade, "websocket") || !list_has(headers->connection, "upgrade"))
        return 426;
    if (!text_is(headers->version, "13"))
        return 426;
    if (!key_is_valid(headers->key) || !list_has(headers->protocols, WIRE_SUBPROTOCOL))
        return 400;
    return origin_is_allowed(headers->origin, rules) ? 0 : 403;
}

/* RFC 6455, 4.2.2, 5.4. */
static bool compute_accept(struct span key, char accept[HANDSHAKE_ACCEPT_SIZE])
{
    uint8_t text[KEY_TEXT_SIZE + sizeof ACCEPT_SUFFIX];
    uint8_t hash[EVP_MAX_MD_SIZE];
    memcpy(text, key.ptr, KEY_TEXT_SIZE);
    memcpy(text + KEY_TEXT_SIZE, ACCEPT_SUFFIX, sizeof ACCEPT_SUFFIX);
    size_t len = KEY_TEXT_SIZE + sizeof ACCEPT_SUFFIX - 1;
    if (EVP_Digest(text, len, hash, NULL, EVP_sha1(), NULL) != 1)
        return false;
    return EVP_EncodeBlock((uint8_t *)accept, hash, 20) == HANDSHAKE_ACCEPT_SIZE - 1;
}

static struct handshake_result refused(int http_status)
{
    return (struct handshake_result){.kind = HANDSHAKE_REFUSED, .http_status = http_status};
}

static bool header_has_ended(struct span bytes)
{
    return memmem(bytes.ptr, bytes.len, "\r\n\r\n", 4) != NULL;
}

struct handshake_result handshake_read(struct span bytes, const struct handshake_rules *rules)
{
    /* A TLS or HTTP/2 greeting on this port is told apart at its first byte. */
    if (bytes.len > 0 && (bytes.ptr[0] < 'A' || bytes.ptr[0] > 'Z'))
        return refused(400);
    if (bytes.len == 0 || !header_has_ended(bytes)) {
        bool too_long = bytes.len >= LIMIT_HANDSHAKE_BYTES;
        return too_long ? refused(431) : (struct handshake_result){.kind = HANDSHAKE_MORE};
    }
    struct span line;
    if (!take_line(&bytes, &line))
        return refused(400);
    int http_status = read_request_line(line);
    struct headers headers = {0};
    while (http_status == 0) {
        if (!take_line(&bytes, &line))
            return refused(400);
        if (line.len == 0)
            break;
        http_status = read_header(line, &headers);
    }
    if (http_status == 0)
        http_status = bytes.len > 0 ? 400 : check_headers(&headers, rules);
    if (http_status != 0)
        return refused(http_status);
    struct handshake_result result = {.kind = HANDSHAKE_ACCEPTED};
    return compute_accept(headers.key, result.accept) ? result : refused(500);
}

struct http_reason {
    int http_status;
    const char *reason;
    const char *extra; /* header lines */
};

static const struct http_reason http_reasons[] = {
    {400, "Bad Request", ""},
    {403, "Forbidden", ""},
    {404, "Not Found", ""},
    {405, "Method Not Allowed", "Allow: GET\r\n"},
    {426, "Upgrade Required", "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"},
    {429, "Too Many Requests", "Retry-After: 60\r\n"},
    {431, "Request Header Fields Too Large", ""},
    {500, "Internal Server Error", ""},
    {503, "Service Unavailable", "Retry-After: 5\r\n"},
};

static const struct http_reason *find_reason(int http_status)
{
    size_t count = sizeof http_reasons / sizeof *http_reasons;
    for (size_t i = 0; i < count; i++) {
        if (http_reasons[i].http_status == http_status)
            return &http_reasons[i];
    }
    return &http_reasons[0];
}

enum status handshake_answer(const struct handshake_result *result, struct buffer *out)
{
    char text[256];
    if (result->kind == HANDSHAKE_ACCEPTED) {
        snprintf(text, sizeof text,
                 "HTTP/1.1 101 Switching Protocols\r\n"
                 "Upgrade: websocket\r\n"
                 "Connection: Upgrade\r\n"
                 "Sec-WebSocket-Accept: %s\r\n"
                 "Sec-WebSocket-Protocol: " WIRE_SUBPROTOCOL "\r\n\r\n",
                 result->accept);
    } else {
        const struct http_reason *reason = find_reason(result->http_status);
        snprintf(text, sizeof text,
                 "HTTP/1.1 %d %s\r\n%sConnection: close\r\nContent-Length: 0\r\n\r\n",
                 result->http_status, reason->reason, reason->extra);
    }
    return buffer_append(out, span_from_text(text));
}
