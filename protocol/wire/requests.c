/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/wire/requests.h"

#define KIND(number_, NAME, name_, access_)                                                        \
    {.number = number_,                                                                            \
     .name = #name_,                                                                               \
     .access = WIRE_ACCESS_##access_,                                                              \
     .request = &wire_##name_##_request_schema,                                                    \
     .response = &wire_##name_##_response_schema},
const struct wire_request_kind wire_request_kinds[] = {WIRE_REQUEST_LIST(KIND)};
const size_t wire_request_kind_count = sizeof wire_request_kinds / sizeof *wire_request_kinds;

const struct wire_request_kind *wire_request_find(uint16_t number)
{
    for (size_t i = 0; i < wire_request_kind_count; i++)
        if (wire_request_kinds[i].number == number)
            return &wire_request_kinds[i];
    return NULL;
}

#define EVENT(number_, NAME, name_) {number_, #name_, &wire_##name_##_event_schema},
const struct wire_event_kind wire_event_kinds[] = {WIRE_EVENT_LIST(EVENT)};
const size_t wire_event_kind_count = sizeof wire_event_kinds / sizeof *wire_event_kinds;

const struct wire_event_kind *wire_event_find(uint16_t number)
{
    for (size_t i = 0; i < wire_event_kind_count; i++)
        if (wire_event_kinds[i].number == number)
            return &wire_event_kinds[i];
    return NULL;
}
