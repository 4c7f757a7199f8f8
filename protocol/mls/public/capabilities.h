/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client says it supports. Unknown values (GREASE among them) are kept and never looked
 * at.
 * Source: RFC 9420, 7.2, 11.1, 13.5. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_PUBLIC_CAPABILITIES_H
#define WEFT_MLS_PUBLIC_CAPABILITIES_H

#include "protocol/mls/public/extension.h"

struct mls_capabilities {
    struct mls_type_list versions;
    struct mls_type_list cipher_suites;
    struct mls_type_list extensions;
    struct mls_type_list proposals;
    struct mls_type_list credentials;
};

MUST_CHECK enum status mls_capabilities_read(struct reader *reader,
                                             struct mls_capabilities *capabilities);
void mls_capabilities_write(struct writer *writer, const struct mls_capabilities *capabilities);

/* Default types are always supported. */
bool mls_capabilities_have_extension(const struct mls_capabilities *capabilities, uint16_t type);
bool mls_capabilities_have_proposal(const struct mls_capabilities *capabilities, uint16_t type);
bool mls_capabilities_have_credential(const struct mls_capabilities *capabilities, uint16_t type);

/* Every type of `required` (11.1). */
bool mls_capabilities_have_required(const struct mls_capabilities *capabilities,
                                    const struct mls_required_capabilities *required);

/* Every extension type of the list (13.4). */
bool mls_capabilities_have_extensions(const struct mls_capabilities *capabilities,
                                      struct mls_extensions list);

#endif
