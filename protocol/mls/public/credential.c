/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/credential.h"

static enum status check_certificates(struct span certificates)
{
    struct reader reader = reader_of(certificates);
    while (!reader_at_end(&reader)) {
        struct span certificate;
        TRY(reader_vector(&reader, SIZE_MAX, &certificate));
    }
    return STATUS_OK;
}

enum status mls_credential_read(struct reader *reader, struct mls_credential *credential)
{
    struct reader next = *reader;
    struct mls_credential read;
    TRY(reader_u16(&next, &read.type));
    if (read.type != MLS_CREDENTIAL_BASIC && read.type != MLS_CREDENTIAL_X509)
        return STATUS_UNSUPPORTED;
    TRY(reader_vector(&next, SIZE_MAX, &read.content));
    if (read.type == MLS_CREDENTIAL_X509)
        TRY(check_certificates(read.content));
    *reader = next;
    *credential = read;
    return STATUS_OK;
}

void mls_credential_write(struct writer *writer, const struct mls_credential *credential)
{
    writer_u16(writer, credential->type);
    writer_vector(writer, credential->content);
}

bool mls_credential_equal(const struct mls_credential *a, const struct mls_credential *b)
{
    return a->type == b->type && span_equal(a->content, b->content);
}

bool mls_credential_next_certificate(const struct mls_credential *credential,
                                     size_t *at,
                                     struct span *certificate)
{
    if (credential->type != MLS_CREDENTIAL_X509 || *at >= credential->content.len)
        return false;
    struct reader reader =
        reader_of(span_of(credential->content.ptr + *at, credential->content.len - *at));
    if (reader_vector(&reader, SIZE_MAX, certificate) != STATUS_OK)
        return false;
    *at = credential->content.len - reader_left(&reader);
    return true;
}
