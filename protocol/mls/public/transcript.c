/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/public/transcript.h"

#include "protocol/base/limits.h"

void mls_confirmed_transcript_input_write(struct writer *writer,
                                          const struct mls_authenticated_content *commit)
{
    writer_u16(writer, commit->wire_format);
    mls_framed_content_copy(writer, &commit->content);
    writer_vector(writer, commit->auth.signature);
}

enum status mls_transcript_confirmed(const struct suite *suite,
                                     struct span interim,
                                     const struct mls_authenticated_content *commit,
                                     struct digest *confirmed)
{
    CLEANUP(buffer_clear) struct buffer input = BUFFER_INIT(2 * LIMIT_OBJECT_BYTES);
    struct writer writer = writer_of(&input);
    mls_confirmed_transcript_input_write(&writer, commit);
    TRY(writer_finish(&writer));
    const struct span parts[] = {interim, buffer_span(&input)};
    return hash_parts(suite->hash, parts, 2, confirmed);
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
