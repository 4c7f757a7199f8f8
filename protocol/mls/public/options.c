/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/options.h"

/* RFC 9420, 13.5: "When comparing lists of capabilities to identify mutually supported
 * capabilities, clients MUST represent their own capabilities with a list containing only the
 * capabilities actually supported, without any GREASE values." "In other words, lists including
 * GREASE values are only sent to other clients; representations of a client's own capabilities MUST
 * NOT contain GREASE values." Options are how we know our own; GREASE is put in where a leaf is
 * written. */
bool mls_options_have_extension(const struct mls_options *options, uint16_t type)
{
    if (mls_extension_type_is_default(type))
        return true;
    for (size_t i = 0; i < options->extension_type_count; i++)
        if (options->extension_types[i] == type)
            return true;
    return false;
}

enum status mls_options_check_credential(const struct mls_options *options,
                                         const struct mls_credential *credential,
                                         struct span signature_key,
                                         const struct mls_credential *replaced)
{
    if (options->check_credential == NULL)
        return STATUS_OK;
    /* RFC 9420, 5.3.1: "Whenever a new credential is introduced in the group, it MUST be validated
     * with the AS." The application asks it, if it has one. */
    return options->check_credential(options->check_context, credential, signature_key, replaced);
}
