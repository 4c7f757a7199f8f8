/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/ref_hash.h"

#include "protocol/base/limits.h"
#include "protocol/codec/writer.h"

enum status
mls_ref_hash(const struct suite *suite, struct span label, struct span value, struct digest *ref)
{
    CLEANUP(buffer_clear) struct buffer input = BUFFER_INIT(2 * LIMIT_OBJECT_BYTES);
    struct writer writer = writer_of(&input);
    writer_vector(&writer, label);
    writer_vector(&writer, value);
    TRY(writer_finish(&writer));
    return hash_bytes(suite->hash, buffer_span(&input), ref);
}

enum status mls_ref_of_key_package(const struct suite *suite, struct span value, struct digest *ref)
{
    return mls_ref_hash(suite, SPAN_LITERAL("MLS 1.0 KeyPackage Reference"), value, ref);
}

enum status mls_ref_of_proposal(const struct suite *suite, struct span value, struct digest *ref)
{
    return mls_ref_hash(suite, SPAN_LITERAL("MLS 1.0 Proposal Reference"), value, ref);
}
