/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/transcript.h"

#include "protocol/base/limits.h"

/* A commit's own bytes are hashed where they lie. */
enum status mls_transcript_confirmed(const struct suite *suite,
                                     struct span interim,
                                     const struct mls_authenticated_content *commit,
                                     struct digest *confirmed)
{
    CLEANUP(buffer_clear) struct buffer around = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    struct writer writer = writer_of(&around);
    writer_u16(&writer, commit->wire_format);
    if (commit->content.bytes.len == 0)
        mls_framed_content_write(&writer, &commit->content);
    size_t before = around.len;
    writer_vector(&writer, commit->auth.signature);
    TRY(writer_finish(&writer));
    const struct span parts[] = {interim, span_of(around.ptr, before), commit->content.bytes,
                                 span_of(around.ptr + before, around.len - before)};
    return hash_parts(suite->hash, parts, sizeof parts / sizeof *parts, confirmed);
}

enum status mls_transcript_interim(const struct suite *suite,
                                   struct span confirmed,
                                   struct span confirmation_tag,
                                   struct digest *interim)
{
    CLEANUP(buffer_clear) struct buffer input = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    struct writer writer = writer_of(&input);
    writer_vector(&writer, confirmation_tag);
    TRY(writer_finish(&writer));
    const struct span parts[] = {confirmed, buffer_span(&input)};
    return hash_parts(suite->hash, parts, 2, interim);
}
