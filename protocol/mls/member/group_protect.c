/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/member/group_state.h"
#include "protocol/mls/member/protection.h"

void mls_sent_clear(struct mls_sent *sent)
{
    buffer_clear(&sent->message);
    buffer_clear(&sent->content);
    *sent = (struct mls_sent){0};
}

enum status mls_group_prepare_key(struct mls_group *group)
{
    CLEANUP(secret_clear) struct secret prepared = {0};
    if (group->prepared_key != NULL)
        return STATUS_OK;
    TRY(signature_prepare(group->suite->signature, secret_span(group->signature_key), &prepared));
    return mls_group_keep(group->arena, secret_span(&prepared), &group->prepared_key);
}

static enum status seal(struct mls_group *group,
                        const struct mls_authenticated_content *unsigned_content,
                        size_t padding,
                        const struct random_source *random,
                        struct mls_sent *sent)
{
    struct mls_authenticated_content authenticated = *unsigned_content;
    struct signature signature;
    struct mls_private_seal how = {
        .suite = group->suite,
        .sender_data_secret = mls_key_schedule_get(&group->epoch->secrets, MLS_SECRET_SENDER_DATA),
        .tree = group->epoch->tree,
        .padding = padding,
        .random = random};
    TRY(mls_group_prepare_key(group));
    TRY(mls_protection_sign_content_prepared(group->suite, group->prepared_key,
                                             MLS_WIRE_PRIVATE_MESSAGE, &authenticated.content,
                                             mls_group_context_bytes(group), &signature));
    authenticated.auth.signature = signature_span(&signature);
    struct writer writer = writer_of(&sent->content);
    mls_authenticated_content_write(&writer, &authenticated);
    TRY(writer_finish(&writer));
    sent->epoch = group->epoch->number;
    return mls_protection_seal_private(&how, &authenticated, &sent->generation, &sent->message);
}

enum status mls_group_protect(struct mls_group *group,
                              struct span authenticated_data,
                              struct span plaintext,
                              size_t padded_size,
                              const struct random_source *random,
                              struct mls_sent *sent)
{
    TRY(mls_group_check_sending(group));
    /* RFC 9420, 12.4: "A group member that has observed one or more valid proposals within an epoch
     * MUST send a Commit message before sending application data." */
    if (mls_public_group_cached_count(group->public_group) != 0)
        return STATUS_NOT_NOW;
    /* RFC 9420, 15.2: "Note that each change to the group through a handshake message will also set
     * a new `encryption_secret`. Hence this change MUST be applied before encrypting any new
     * application message." */
    if (group->staged != NULL)
        return STATUS_NOT_NOW;
    CLEANUP(mls_sent_clear)
    struct mls_sent made = {.message = BUFFER_INIT(MLS_BYTES_MAX),
                            .content = BUFFER_INIT(MLS_BYTES_MAX)};
    const struct mls_authenticated_content content = {
        .wire_format = MLS_WIRE_PRIVATE_MESSAGE,
        .content = {.group_id = mls_group_id(group),
                    .epoch = group->epoch->number,
                    .sender = {MLS_SENDER_MEMBER, group->own_leaf},
                    .authenticated_data = authenticated_data,
                    .type = MLS_CONTENT_APPLICATION,
                    .application_data = plaintext}};
    size_t padding = padded_size > plaintext.len ? padded_size - plaintext.len : 0;
    TRY(seal(group, &content, padding, random, &made));
    mls_sent_clear(sent);
    *sent = made;
    made = (struct mls_sent){0};
    return STATUS_OK;
}
