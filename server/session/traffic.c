/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/session/traffic.h"

#include "protocol/wire/requests.h"

#define REQUEST_FITS(number, NAME, name, access)                                                   \
    _Static_assert((number) > 0 && (number) < TRAFFIC_KINDS, #name);
WIRE_REQUEST_LIST(REQUEST_FITS)
#undef REQUEST_FITS

void traffic_count(struct traffic *traffic, uint16_t kind, enum wire_code code)
{
    uint16_t known = wire_request_find(kind) == NULL ? 0 : kind;
    traffic->answers[known][code]++;
}
