/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The running hashes over all commits of a group.
 * Errors: STATUS_CRYPTO, STATUS_NO_MEMORY.
 * Source: RFC 9420, 8.2. Thread rule: pure functions.
 */
#ifndef WEFT_MLS_PUBLIC_TRANSCRIPT_H
#define WEFT_MLS_PUBLIC_TRANSCRIPT_H

#include "protocol/crypto/hash.h"
#include "protocol/mls/public/framing.h"

/* confirmed_transcript_hash of the epoch that `commit` starts. `interim` is the interim hash of
 * the epoch before it.
 * It covers ConfirmedTranscriptHashInput. */
MUST_CHECK enum status mls_transcript_confirmed(const struct suite *suite,
                                                struct span interim,
                                                const struct mls_authenticated_content *commit,
                                                struct digest *confirmed);

/* interim_transcript_hash from the confirmed hash and the confirmation tag of the same epoch. */
MUST_CHECK enum status mls_transcript_interim(const struct suite *suite,
                                              struct span confirmed,
                                              struct span confirmation_tag,
                                              struct digest *interim);

#endif
