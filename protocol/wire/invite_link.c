/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/wire/invite_link.h"

#include "protocol/base/secret.h"
#include "protocol/codec/reader.h"
#include "protocol/codec/writer.h"

#include <sodium.h>
#include <string.h>

#define LINK_VERSION 1
#define LINK_SCHEME "weft://"
#define LINK_PATH "/join#"
#define FRAGMENT_SIZE (1 + INVITE_SECRET_SIZE + 32 + 32)
#define FRAGMENT_TEXT_SIZE                                                                         \
    sodium_base64_ENCODED_LEN(FRAGMENT_SIZE, sodium_base64_VARIANT_URLSAFE_NO_PADDING)

/* "65535" and its end. */
#define PORT_TEXT_SIZE 6

static void write_port(struct writer *writer, uint16_t port)
{
    uint8_t digits[PORT_TEXT_SIZE];
    size_t start = sizeof digits;
    do {
        digits[--start] = (uint8_t)('0' + port % 10);
        port = (uint16_t)(port / 10);
    } while (port != 0);
    writer_bytes(writer, span_of(digits + start, sizeof digits - start));
}

static enum status encode_fragment(const struct invite_link *link, char text[FRAGMENT_TEXT_SIZE])
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(FRAGMENT_SIZE);
    struct writer writer = writer_of(&bytes);
    writer_u8(&writer, LINK_VERSION);
    writer_bytes(&writer, SPAN_OF(link->secret));
    writer_bytes(&writer, SPAN_OF(link->log_key));
    writer_bytes(&writer, SPAN_OF(link->next_log_key_sha256));
    TRY(writer_finish(&writer));
    sodium_bin2base64(text, FRAGMENT_TEXT_SIZE, bytes.ptr, bytes.len,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return STATUS_OK;
}

enum status invite_link_format(const struct invite_link *link, struct buffer *text)
{
    char fragment[FRAGMENT_TEXT_SIZE];
    TRY(encode_fragment(link, fragment));
    bool brackets = strchr(link->host, ':') != NULL;
    size_t before = text->len;
    struct writer writer = writer_of(text);
    writer_bytes(&writer, SPAN_LITERAL(LINK_SCHEME));
    writer_bytes(&writer, brackets ? SPAN_LITERAL("[") : SPAN_EMPTY);
    writer_bytes(&writer, span_from_text(link->host));
    writer_bytes(&writer, brackets ? SPAN_LITERAL("]:") : SPAN_LITERAL(":"));
    write_port(&writer, link->port);
    writer_bytes(&writer, SPAN_LITERAL(LINK_PATH));
    writer_bytes(&writer, span_from_text(fragment));
    secret_wipe(fragment, sizeof fragment);
    if (writer_finish(&writer) != STATUS_OK)
        buffer_truncate(text, before);
    return writer_finish(&writer);
}

static enum status parse_port(struct span text, uint16_t *port)
{
    uint32_t value = 0;
    if (text.len == 0 || text.len >= PORT_TEXT_SIZE || text.ptr[0] == '0')
        return STATUS_MALFORMED;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return STATUS_MALFORMED;
        value = value * 10 + (uint32_t)(text.ptr[i] - '0');
    }
    if (value > UINT16_MAX)
        return STATUS_MALFORMED;
    *port = (uint16_t)value;
    return STATUS_OK;
}

/* Letters, digits, dots and hyphens, or the colons and digits of an IPv6 address in brackets. */
static bool host_is_plain(struct span host, bool brackets)
{
    for (size_t i = 0; i < host.len; i++) {
        uint8_t c = host.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool common = letter || (c >= '0' && c <= '9') || c == '.';
        if (!common && c != (brackets ? ':' : '-'))
            return false;
    }
    return host.len != 0 && host.len <= INVITE_HOST_SIZE_MAX;
}

static enum status parse_authority(struct span authority, struct invite_link *link)
{
    size_t colon = authority.len;
    while (colon > 0 && authority.ptr[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return STATUS_MALFORMED;
    TRY(parse_port(span_of(authority.ptr + colon, authority.len - colon), &link->port));
    struct span host = span_of(authority.ptr, colon - 1);
    bool brackets = host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
    if (brackets)
        host = span_of(host.ptr + 1, host.len - 2);
    if (!host_is_plain(host, brackets))
        return STATUS_MALFORMED;
    memcpy(link->host, host.ptr, host.len);
    link->host[host.len] = '\0';
    return STATUS_OK;
}

static enum status parse_fragment(struct span fragment, struct invite_link *link)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(FRAGMENT_SIZE);
    uint8_t *decoded = NULL;
    TRY(buffer_extend(&bytes, FRAGMENT_SIZE, &decoded));
    size_t size = 0;
    const char *end = NULL;
    const char *text = (const char *)fragment.ptr;
    if (sodium_base642bin(decoded, FRAGMENT_SIZE, text, fragment.len, NULL, &size, &end,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        end != text + fragment.len)
        return STATUS_MALFORMED;
    struct reader reader = reader_of(span_of(decoded, size));
    uint8_t version;
    TRY(reader_u8(&reader, &version));
    if (version != LINK_VERSION)
        return STATUS_UNSUPPORTED;
    if (reader_copy(&reader, link->secret, sizeof link->secret) != STATUS_OK ||
        reader_copy(&reader, link->log_key, sizeof link->log_key) != STATUS_OK ||
        reader_copy(&reader, link->next_log_key_sha256, sizeof link->next_log_key_sha256) !=
            STATUS_OK)
        return STATUS_MALFORMED;
    if (reader_finish(&reader) != STATUS_OK)
        return STATUS_MALFORMED;
    /* libsodium 1.0.18 takes some bytes above 0x7f for digits: a link has one form only. */
    char again[FRAGMENT_TEXT_SIZE];
    TRY(encode_fragment(link, again));
    bool same = span_equal(span_from_text(again), fragment);
    secret_wipe(again, sizeof again);
    return same ? STATUS_OK : STATUS_MALFORMED;
}

enum status invite_link_parse(struct span text, struct invite_link *link)
{
    struct span scheme = SPAN_LITERAL(LINK_SCHEME);
    struct span path = SPAN_LITERAL(LINK_PATH);
    if (!span_starts_with(text, scheme))
        return STATUS_MALFORMED;
    struct span rest = span_of(text.ptr + scheme.len, text.len - scheme.len);
    size_t slash = 0;
    while (slash < rest.len && rest.ptr[slash] != '/')
        slash++;
    struct span tail = span_of(rest.ptr + slash, rest.len - slash);
    if (!span_starts_with(tail, path))
        return STATUS_MALFORMED;
    struct invite_link parsed = {0};
    TRY(parse_authority(span_of(rest.ptr, slash), &parsed));
    TRY(parse_fragment(span_of(tail.ptr + path.len, tail.len - path.len), &parsed));
    *link = parsed;
    return STATUS_OK;
}
