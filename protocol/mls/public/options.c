/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/options.h"

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
    return options->check_credential(options->check_context, credential, signature_key, replaced);
}
