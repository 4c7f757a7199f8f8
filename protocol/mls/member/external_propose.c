/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mls/member/external_propose.h"

#include "protocol/mls/member/protection.h"

enum status mls_external_propose(const struct mls_external_proposal *request,
                                 struct buffer *message)
{
    struct signature signature;
    if (request->sender.type != MLS_SENDER_EXTERNAL &&
        request->sender.type != MLS_SENDER_NEW_MEMBER_PROPOSAL)
        return STATUS_USAGE;
    /* RFC 9420, 12.1.8: "An external proposal MUST be sent as a PublicMessage object, since the
     * sender will not have the keys necessary to construct a PrivateMessage object." */
    struct mls_authenticated_content authenticated = {
        .wire_format = MLS_WIRE_PUBLIC_MESSAGE,
        .content = {.group_id = request->group_id,
                    .epoch = request->epoch,
                    .sender = request->sender,
                    .authenticated_data = request->authenticated_data,
                    .type = MLS_CONTENT_PROPOSAL,
                    .proposal = *request->proposal}};
    TRY(mls_authenticated_content_check_form(&authenticated));
    /* No context is signed, which outsiders need not know (6.1). */
    TRY(mls_protection_sign_content(request->suite, request->signature_private_key,
                                    MLS_WIRE_PUBLIC_MESSAGE, &authenticated.content, SPAN_EMPTY,
                                    &signature));
    authenticated.auth.signature = signature_span(&signature);
    return mls_protection_seal_public(request->suite, SPAN_EMPTY, &authenticated, SPAN_EMPTY,
                                      message);
}
