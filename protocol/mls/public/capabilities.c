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

/* RFC 9420, 7.2: "As discussed in Section 13, unknown values in `capabilities` MUST be ignored, and
 * the creator of a `capabilities` field SHOULD include some random GREASE values to help ensure
 * that other clients correctly ignore unknown values." 13.4: "A client processing a KeyPackage
 * object MUST ignore all unrecognized values in the `capabilities` field of the LeafNode and all
 * unknown extensions in the `extensions` and `leaf_node.extensions` fields." 13.5: "Clients MUST
 * NOT implement any special processing rules for how to handle these values when receiving them,
 * since this negates their utility for detecting extensibility failures." "GREASE values MUST be
 * handled using normal logic for processing unsupported values." All questions ask for a value that
 * somebody needs, so others are never met. */
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

/* Up to so many comparisons, each with each is cheaper than clearing the bits of a set. Beyond, a
 * leaf that nobody has authenticated yet could cost 2^32 of them. */
#define COMPARISONS_MAX 4096

static bool
have_all(struct mls_type_list have, struct mls_type_list wanted, bool (*is_default)(uint16_t type))
{
    struct mls_type_set set;
    size_t count = mls_type_list_count(wanted);
    bool is_long = count * mls_type_list_count(have) > COMPARISONS_MAX;
    if (is_long)
        mls_type_set_init(&set, have);
    for (size_t i = 0; i < count; i++) {
        uint16_t type = mls_type_list_at(wanted, i);
        if (!is_default(type) &&
            !(is_long ? mls_type_set_has(&set, type) : mls_type_list_contains(have, type)))
            return false;
    }
    return true;
}

static bool credential_is_default(uint16_t type)
{
    (void)type;
    return false;
}

bool mls_capabilities_have_required(const struct mls_capabilities *capabilities,
                                    const struct mls_required_capabilities *required)
{
    return have_all(capabilities->extensions, required->extensions,
                    mls_extension_type_is_default) &&
           have_all(capabilities->proposals, required->proposals, mls_proposal_type_is_default) &&
           have_all(capabilities->credentials, required->credentials, credential_is_default);
}

bool mls_capabilities_have_extensions(const struct mls_capabilities *capabilities,
                                      struct mls_extensions list)
{
    struct mls_type_set set;
    struct mls_extension extension;
    size_t at = 0;
    /* An extension is at least a type and an empty vector. */
    bool is_long =
        list.bytes.len / 3 * mls_type_list_count(capabilities->extensions) > COMPARISONS_MAX;
    if (is_long)
        mls_type_set_init(&set, capabilities->extensions);
    while (mls_extensions_next(list, &at, &extension))
        if (!mls_extension_type_is_default(extension.type) &&
            !(is_long ? mls_type_set_has(&set, extension.type)
                      : mls_type_list_contains(capabilities->extensions, extension.type)))
            return false;
    return true;
}
