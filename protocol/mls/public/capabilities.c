/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/capabilities.h"

enum status mls_capabilities_read(struct reader *reader, struct mls_capabilities *capabilities)
{
    struct reader next = *reader;
    struct mls_capabilities read;
    TRY(mls_type_list_read(&next, &read.versions));
    TRY(mls_type_list_read(&next, &read.cipher_suites));
    TRY(mls_type_list_read(&next, &read.extensions));
    TRY(mls_type_list_read(&next, &read.proposals));
    TRY(mls_type_list_read(&next, &read.credentials));
    *reader = next;
    *capabilities = read;
    return STATUS_OK;
}

void mls_capabilities_write(struct writer *writer, const struct mls_capabilities *capabilities)
{
    mls_type_list_write(writer, &capabilities->versions);
    mls_type_list_write(writer, &capabilities->cipher_suites);
    mls_type_list_write(writer, &capabilities->extensions);
    mls_type_list_write(writer, &capabilities->proposals);
    mls_type_list_write(writer, &capabilities->credentials);
}

/* RFC 9420, 7.2: "unknown values in `capabilities` MUST be ignored": all questions ask for a
 * value that somebody needs, so others are never met. */
bool mls_capabilities_have_extension(const struct mls_capabilities *capabilities, uint16_t type)
{
    return mls_extension_type_is_default(type) ||
           mls_type_list_contains(capabilities->extensions, type);
}

bool mls_capabilities_have_proposal(const struct mls_capabilities *capabilities, uint16_t type)
{
    return mls_proposal_type_is_default(type) ||
           mls_type_list_contains(capabilities->proposals, type);
}

/* RFC 9420, 11.1: "Note that this is not true for credential types." */
bool mls_capabilities_have_credential(const struct mls_capabilities *capabilities, uint16_t type)
{
    return mls_type_list_contains(capabilities->credentials, type);
}

bool mls_capabilities_have_required(const struct mls_capabilities *capabilities,
                                    const struct mls_required_capabilities *required)
{
    for (size_t i = 0; i < mls_type_list_count(required->extensions); i++)
        if (!mls_capabilities_have_extension(capabilities,
                                             mls_type_list_at(required->extensions, i)))
            return false;
    for (size_t i = 0; i < mls_type_list_count(required->proposals); i++)
        if (!mls_capabilities_have_proposal(capabilities, mls_type_list_at(required->proposals, i)))
            return false;
    for (size_t i = 0; i < mls_type_list_count(required->credentials); i++)
        if (!mls_capabilities_have_credential(capabilities,
                                              mls_type_list_at(required->credentials, i)))
            return false;
    return true;
}

bool mls_capabilities_have_extensions(const struct mls_capabilities *capabilities,
                                      struct mls_extensions list)
{
    struct mls_extension extension;
    size_t at = 0;
    while (mls_extensions_next(list, &at, &extension))
        if (!mls_capabilities_have_extension(capabilities, extension.type))
            return false;
    return true;
}
