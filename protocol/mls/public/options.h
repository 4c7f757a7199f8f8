/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the application decides and the library cannot know: the time, the longest lifetime, which
 * credentials are believed, which extensions are understood. A zeroed struct believes every
 * credential, takes every leaf's own not_before for the time, and understands RFC 9420's
 * extensions only.
 * Thread rule: constant while a call uses it; the callback runs in the calling thread.
 */
#ifndef WEFT_MLS_PUBLIC_OPTIONS_H
#define WEFT_MLS_PUBLIC_OPTIONS_H

#include "protocol/mls/public/credential.h"

/* The application's Authentication Service (RFC 9420, 5.3.1): STATUS_OK, or why the credential is
 * not believed. `replaced` is the credential it follows in the same leaf (the successor rule), or
 * NULL for a new leaf. Called only when the credential or the signature key is new there. */
typedef enum status mls_credential_check(void *context,
                                         const struct mls_credential *credential,
                                         struct span signature_key,
                                         const struct mls_credential *replaced);

struct mls_options {
    uint64_t now_seconds;          /* since 1970; 0: each leaf's own not_before */
    uint64_t tolerance_seconds;    /* how far a lifetime may miss `now` on either side */
    uint64_t lifetime_seconds_max; /* longest not_after - not_before; 0: no maximum */

    /* Messages of the epoch that the application knows it will never get (they were deleted, say):
     * a sender's ratchet may be so many steps farther ahead than LIMIT_RATCHET_STEPS. */
    uint32_t lost_messages;

    /* This is the first commit of a group that continues another one, where alone PSKs with usage
     * reinit or branch may be (RFC 9420, 11.2, 11.3). */
    bool continues_group;

    mls_credential_check *check_credential; /* NULL: every one is believed */
    void *check_context;

    /* GroupContext extension types that the application understands besides RFC 9420's own; a
     * group with another one is refused (RFC 9420, 13.4). */
    const uint16_t *extension_types;
    size_t extension_type_count;
};

/* Whether a GroupContext extension of this type is understood. */
bool mls_options_have_extension(const struct mls_options *options, uint16_t type);

/* Asks the application, or believes without one. */
MUST_CHECK enum status mls_options_check_credential(const struct mls_options *options,
                                                    const struct mls_credential *credential,
                                                    struct span signature_key,
                                                    const struct mls_credential *replaced);

#endif
