/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/registry.h"

bool mls_extension_type_is_default(uint16_t type)
{
    return type >= MLS_EXTENSION_APPLICATION_ID && type <= MLS_EXTENSION_EXTERNAL_SENDERS;
}

bool mls_proposal_type_is_default(uint16_t type)
{
    return type >= MLS_PROPOSAL_ADD && type <= MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS;
}

/* RFC 9420, 12.4: "The only proposal types defined in this document that do not require a path
 * are:" add, psk, reinit. */
bool mls_proposal_type_needs_path(uint16_t type)
{
    return type != MLS_PROPOSAL_ADD && type != MLS_PROPOSAL_PSK && type != MLS_PROPOSAL_REINIT;
}

/* RFC 9420, 12.1.8: "Among the proposal types defined in this document, only the following types
 * may be sent by an `external` sender:" */
bool mls_proposal_type_is_external(uint16_t type)
{
    return type == MLS_PROPOSAL_ADD || type == MLS_PROPOSAL_REMOVE || type == MLS_PROPOSAL_PSK ||
           type == MLS_PROPOSAL_REINIT || type == MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS;
}
