/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/extension.h"

/* Types of a long list already seen: one bit each, so that 10,000 extensions cost 10,000 steps. */
struct seen_types {
    uint64_t bits[(UINT16_MAX + 1) / 64];
};

/* Below this, comparing each with each is cheaper than clearing the bits. */
#define SHORT_LIST 8

static enum status read_one(struct reader *reader, struct mls_extension *extension)
{
    TRY(reader_u16(reader, &extension->type));
    return reader_vector(reader, SIZE_MAX, &extension->data);
}

static enum status check_long_list(struct span bytes)
{
    struct seen_types seen = {0};
    struct reader reader = reader_of(bytes);
    while (!reader_at_end(&reader)) {
        struct mls_extension extension;
        TRY(read_one(&reader, &extension));
        uint64_t bit = UINT64_C(1) << extension.type % 64;
        if ((seen.bits[extension.type / 64] & bit) != 0)
            return STATUS_INVALID;
        seen.bits[extension.type / 64] |= bit;
    }
    return STATUS_OK;
}

/* RFC 9420, 13.4: "Any field containing a list of extensions MUST NOT have more than one
 * extension of any given type." */
static enum status check_list(struct span bytes)
{
    uint16_t types[SHORT_LIST];
    size_t count = 0;
    struct reader reader = reader_of(bytes);
    while (!reader_at_end(&reader)) {
        struct mls_extension extension;
        TRY(read_one(&reader, &extension));
        if (count == SHORT_LIST)
            return check_long_list(bytes);
        for (size_t i = 0; i < count; i++)
            if (types[i] == extension.type)
                return STATUS_INVALID;
        types[count++] = extension.type;
    }
    return STATUS_OK;
}

/* RFC 9420, 13.4: "For this to work, implementations MUST correctly handle extensible fields:" Data
 * of every type is kept as it is and looked at by who knows the type. */
enum status mls_extensions_read(struct reader *reader, struct mls_extensions *list)
{
    struct reader next = *reader;
    struct span bytes;
    TRY(reader_vector(&next, SIZE_MAX, &bytes));
    TRY(check_list(bytes));
    *reader = next;
    list->bytes = bytes;
    return STATUS_OK;
}

void mls_extensions_write(struct writer *writer, const struct mls_extensions *list)
{
    writer_vector(writer, list->bytes);
}

void mls_extension_write(struct writer *writer, uint16_t type, struct span data)
{
    writer_u16(writer, type);
    writer_vector(writer, data);
}

bool mls_extensions_next(struct mls_extensions list, size_t *at, struct mls_extension *extension)
{
    if (*at >= list.bytes.len)
        return false;
    struct reader reader = reader_of(span_of(list.bytes.ptr + *at, list.bytes.len - *at));
    if (read_one(&reader, extension) != STATUS_OK)
        return false;
    *at = list.bytes.len - reader_left(&reader);
    return true;
}

bool mls_extensions_find(struct mls_extensions list, uint16_t type, struct span *data)
{
    struct mls_extension extension;
    size_t at = 0;
    while (mls_extensions_next(list, &at, &extension)) {
        if (extension.type != type)
            continue;
        if (data != NULL)
            *data = extension.data;
        return true;
    }
    return false;
}

enum status mls_required_capabilities_decode(struct span data,
                                             struct mls_required_capabilities *required)
{
    struct reader reader = reader_of(data);
    struct mls_required_capabilities read;
    TRY(mls_type_list_read(&reader, &read.extensions));
    TRY(mls_type_list_read(&reader, &read.proposals));
    TRY(mls_type_list_read(&reader, &read.credentials));
    TRY(reader_finish(&reader));
    *required = read;
    return STATUS_OK;
}

void mls_required_capabilities_write(struct writer *writer,
                                     const struct mls_required_capabilities *required)
{
    mls_type_list_write(writer, &required->extensions);
    mls_type_list_write(writer, &required->proposals);
    mls_type_list_write(writer, &required->credentials);
}

static enum status read_sender(struct reader *reader, struct mls_external_sender *sender)
{
    TRY(reader_vector(reader, SIZE_MAX, &sender->signature_key));
    return mls_credential_read(reader, &sender->credential);
}

bool mls_external_senders_next(struct span data, size_t *at, struct mls_external_sender *sender)
{
    struct reader outer = reader_of(data);
    struct reader senders;
    if (reader_sub(&outer, SIZE_MAX, &senders) != STATUS_OK || *at >= reader_left(&senders))
        return false;
    size_t size = reader_left(&senders);
    struct reader reader = reader_of(span_of(senders.ptr + *at, size - *at));
    if (read_sender(&reader, sender) != STATUS_OK)
        return false;
    *at = size - reader_left(&reader);
    return true;
}

enum status
mls_external_senders_at(struct span data, uint32_t index, struct mls_external_sender *sender)
{
    struct reader outer = reader_of(data);
    struct reader reader;
    TRY(reader_sub(&outer, SIZE_MAX, &reader));
    TRY(reader_finish(&outer));
    struct mls_external_sender found = {0};
    bool has_found = false;
    for (uint64_t i = 0; !reader_at_end(&reader); i++) {
        struct mls_external_sender read;
        TRY(read_sender(&reader, &read));
        if (i == index) {
            found = read;
            has_found = true;
        }
    }
    if (!has_found)
        return STATUS_NOT_FOUND;
    *sender = found;
    return STATUS_OK;
}

void mls_external_sender_write(struct writer *writer, const struct mls_external_sender *sender)
{
    writer_vector(writer, sender->signature_key);
    mls_credential_write(writer, &sender->credential);
}

enum status mls_external_pub_decode(struct span data, struct span *public_key)
{
    struct reader reader = reader_of(data);
    struct span key;
    TRY(reader_vector(&reader, SIZE_MAX, &key));
    TRY(reader_finish(&reader));
    *public_key = key;
    return STATUS_OK;
}

void mls_external_pub_write(struct writer *writer, struct span public_key)
{
    writer_vector(writer, public_key);
}

static enum status check_known(const struct mls_extension *extension)
{
    struct mls_required_capabilities required;
    struct mls_external_sender sender;
    struct span key;
    switch (extension->type) {
    case MLS_EXTENSION_REQUIRED_CAPABILITIES:
        return mls_required_capabilities_decode(extension->data, &required);
    case MLS_EXTENSION_EXTERNAL_PUB:
        return mls_external_pub_decode(extension->data, &key);
    case MLS_EXTENSION_EXTERNAL_SENDERS: {
        /* An empty list is well formed. */
        enum status status = mls_external_senders_at(extension->data, UINT32_MAX, &sender);
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    default: /* the application's, or opaque */
        return STATUS_OK;
    }
}

enum status mls_extensions_check_known(struct mls_extensions list)
{
    struct mls_extension extension;
    size_t at = 0;
    while (mls_extensions_next(list, &at, &extension))
        TRY(check_known(&extension));
    return STATUS_OK;
}
