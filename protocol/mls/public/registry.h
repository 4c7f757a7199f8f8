/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of RFC 9420 and what the registries say about them. Values on the wire that are not
 * listed here stay what they are: fields hold uint16_t, and unknown values are carried or refused
 * by the rule of their place (RFC 9420, 13), never mapped to something else.
 * Source: RFC 9420, 6, 17. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_PUBLIC_REGISTRY_H
#define WEFT_MLS_PUBLIC_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#define MLS_VERSION_10 1

enum mls_wire_format {
    MLS_WIRE_PUBLIC_MESSAGE = 1,
    MLS_WIRE_PRIVATE_MESSAGE = 2,
    MLS_WIRE_WELCOME = 3,
    MLS_WIRE_GROUP_INFO = 4,
    MLS_WIRE_KEY_PACKAGE = 5,
};

enum mls_extension_type {
    MLS_EXTENSION_APPLICATION_ID = 1,
    MLS_EXTENSION_RATCHET_TREE = 2,
    MLS_EXTENSION_REQUIRED_CAPABILITIES = 3,
    MLS_EXTENSION_EXTERNAL_PUB = 4,
    MLS_EXTENSION_EXTERNAL_SENDERS = 5,
    MLS_EXTENSION_LAST_RESORT = 0x000A, /* draft-ietf-mls-extensions */
};

enum mls_proposal_type {
    MLS_PROPOSAL_ADD = 1,
    MLS_PROPOSAL_UPDATE = 2,
    MLS_PROPOSAL_REMOVE = 3,
    MLS_PROPOSAL_PSK = 4,
    MLS_PROPOSAL_REINIT = 5,
    MLS_PROPOSAL_EXTERNAL_INIT = 6,
    MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS = 7,
};

enum mls_credential_type {
    MLS_CREDENTIAL_BASIC = 1,
    MLS_CREDENTIAL_X509 = 2,
};

/* RFC 9420, 7.2: types 1 to 5 are "default" and are never listed in capabilities. */
bool mls_extension_type_is_default(uint16_t type);

/* RFC 9420, 7.2: types 1 to 7. */
bool mls_proposal_type_is_default(uint16_t type);

/* RFC 9420, 12.4: whether a Commit that covers such a proposal must have a path; unknown types
 * do. */
bool mls_proposal_type_needs_path(uint16_t type);

/* RFC 9420, 12.1.8: whether a sender outside the group may send it. */
bool mls_proposal_type_is_external(uint16_t type);

#endif
