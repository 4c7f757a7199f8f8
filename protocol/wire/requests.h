/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every request: its number, its name, who may make it, and the schemas of its two bodies
 * (PROTOCOL.md, 6). The structures are in the header of their subject: accounts.h, devices.h,
 * people.h, channels.h, history.h, sessions.h, network.h.
 * Thread rule: constant tables.
 */
#ifndef WEFT_WIRE_REQUESTS_H
#define WEFT_WIRE_REQUESTS_H

#include "protocol/codec/schema.h"

enum wire_access {
    WIRE_ACCESS_GREETED, /* after the hellos, before a login */
    WIRE_ACCESS_ACCOUNT, /* any logged-in device; the handler checks what is asked of a channel */
};

/* REQUEST(number, NAME, name, access). Numbers are never used again for something else. */
#define WIRE_REQUEST_LIST(REQUEST)                                                                 \
    REQUEST(1, INVITE_SHOW, invite_show, GREETED)                                                  \
    REQUEST(2, REDEEM, redeem, GREETED)                                                            \
    REQUEST(3, LOGIN, login, GREETED)                                                              \
    REQUEST(4, PING, ping, GREETED)                                                                \
    REQUEST(5, READ, read, ACCOUNT)                                                                \
    REQUEST(10, LOG_ENTRIES, log_entries, ACCOUNT)                                                 \
    REQUEST(11, PAIRING_OPEN, pairing_open, ACCOUNT)                                               \
    REQUEST(12, PAIRING_STEP, pairing_step, GREETED)                                               \
    REQUEST(13, PAIRING_SHOW, pairing_show, ACCOUNT)                                               \
    REQUEST(14, PAIRING_ANSWER, pairing_answer, ACCOUNT)                                           \
    REQUEST(15, PAIRING_FINISH, pairing_finish, ACCOUNT)                                           \
    REQUEST(16, DEVICE_LIST, device_list, ACCOUNT)                                                 \
    REQUEST(17, DEVICE_REVOKE, device_revoke, ACCOUNT)                                             \
    REQUEST(20, PERSON_GET, person_get, ACCOUNT)                                                   \
    REQUEST(21, PEOPLE, people, ACCOUNT)                                                           \
    REQUEST(22, PROFILE_SET, profile_set, ACCOUNT)                                                 \
    REQUEST(23, GROUPS, groups, ACCOUNT)                                                           \
    REQUEST(24, READ_POSITIONS, read_positions, ACCOUNT)                                           \
    REQUEST(30, KEY_PACKAGES_PUBLISH, key_packages_publish, ACCOUNT)                               \
    REQUEST(31, KEY_PACKAGES_COUNT, key_packages_count, ACCOUNT)                                   \
    REQUEST(32, KEY_PACKAGES_FETCH, key_packages_fetch, ACCOUNT)                                   \
    REQUEST(40, CHANNEL_CREATE, channel_create, ACCOUNT)                                           \
    REQUEST(41, CHANNEL_LIST, channel_list, ACCOUNT)                                               \
    REQUEST(42, CHANNEL_SHOW, channel_show, ACCOUNT)                                               \
    REQUEST(43, CHANNEL_GROUP, channel_group, ACCOUNT)                                             \
    REQUEST(44, CHANNEL_COMMIT, channel_commit, ACCOUNT)                                           \
    REQUEST(45, CHANNEL_SEND, channel_send, ACCOUNT)                                               \
    REQUEST(46, CHANNEL_PAGE, channel_page, ACCOUNT)                                               \
    REQUEST(47, CHANNEL_ENTRY, channel_entry, ACCOUNT)                                             \
    REQUEST(48, CHANNEL_SUBSCRIBE, channel_subscribe, ACCOUNT)                                     \
    REQUEST(49, CHANNEL_KNOCK, channel_knock, ACCOUNT)                                             \
    REQUEST(50, CHANNEL_KNOCKS, channel_knocks, ACCOUNT)                                           \
    REQUEST(51, CHANNEL_KNOCK_ANSWER, channel_knock_answer, ACCOUNT)                               \
    REQUEST(52, CHANNEL_LEAVE, channel_leave, ACCOUNT)                                             \
    REQUEST(53, WELCOMES, welcomes, ACCOUNT)                                                       \
    REQUEST(54, WELCOME_DONE, welcome_done, ACCOUNT)                                               \
    REQUEST(55, READ_POSITION, read_position, ACCOUNT)                                             \
    REQUEST(56, WORK_LIST, work_list, ACCOUNT)                                                     \
    REQUEST(57, CHANNEL_REPORT, channel_report, ACCOUNT)                                           \
    REQUEST(58, CHANNEL_CONTINUE, channel_continue, ACCOUNT)                                       \
    REQUEST(59, CHANNEL_GENERATION, channel_generation, ACCOUNT)                                   \
    REQUEST(60, SESSION_CREATE, session_create, ACCOUNT)                                           \
    REQUEST(61, SESSION_SHOW, session_show, ACCOUNT)                                               \
    REQUEST(62, SESSION_STAGE, session_stage, ACCOUNT)                                             \
    REQUEST(63, CHANNEL_DELETE, channel_delete, ACCOUNT)                                           \
    REQUEST(64, HISTORY_ASK, history_ask, ACCOUNT)                                                 \
    REQUEST(65, HISTORY_SHOW, history_show, ACCOUNT)                                               \
    REQUEST(66, HISTORY_BEGIN, history_begin, ACCOUNT)                                             \
    REQUEST(67, HISTORY_SHARED, history_shared, ACCOUNT)                                           \
    REQUEST(70, ASSISTERS_PROPOSE, assisters_propose, ACCOUNT)                                     \
    REQUEST(71, ASSISTERS_INVITE, assisters_invite, ACCOUNT)                                       \
    REQUEST(72, INVITATIONS, invitations, ACCOUNT)                                                 \
    REQUEST(73, INVITATION_ANSWER, invitation_answer, ACCOUNT)                                     \
    REQUEST(74, FILE_BEGIN, file_begin, ACCOUNT)                                                   \
    REQUEST(75, FILE_PUT, file_put, ACCOUNT)                                                       \
    REQUEST(76, FILE_DONE, file_done, ACCOUNT)                                                     \
    REQUEST(77, FILE_GET, file_get, ACCOUNT)                                                       \
    REQUEST(78, FILE_DROP, file_drop, ACCOUNT)                                                     \
    REQUEST(80, STATS, stats, ACCOUNT)                                                             \
    REQUEST(81, NETWORK, network, ACCOUNT)                                                         \
    REQUEST(82, SUGGESTIONS, suggestions, ACCOUNT)                                                 \
    REQUEST(83, SUGGESTION_ANSWER, suggestion_answer, ACCOUNT)                                     \
    REQUEST(84, SUGGESTION_OPENED, suggestion_opened, ACCOUNT)                                     \
    REQUEST(85, SUGGESTION_MET, suggestion_met, ACCOUNT)                                           \
    REQUEST(86, COFFEE, coffee, ACCOUNT)                                                           \
    REQUEST(95, CHANNEL_KEEP, channel_keep, ACCOUNT)                                               \
    REQUEST(97, LOG_RESTORES, log_restores, ACCOUNT)

#define WIRE_REQUEST_ENUM(number, NAME, name, access) WIRE_##NAME = number,
enum wire_request { WIRE_REQUEST_LIST(WIRE_REQUEST_ENUM) };
#undef WIRE_REQUEST_ENUM

#define WIRE_REQUEST_SCHEMAS(number, NAME, name, access)                                           \
    extern const struct schema wire_##name##_request_schema;                                       \
    extern const struct schema wire_##name##_response_schema;
WIRE_REQUEST_LIST(WIRE_REQUEST_SCHEMAS)
#undef WIRE_REQUEST_SCHEMAS

struct wire_request_kind {
    uint16_t number;
    const char *name;
    enum wire_access access;
    const struct schema *request;
    const struct schema *response;
};

/* All kinds, by rising number. */
extern const struct wire_request_kind wire_request_kinds[];
extern const size_t wire_request_kind_count;

/* NULL when there is no such request. */
const struct wire_request_kind *wire_request_find(uint16_t number);

/* EVENT(number, NAME, name): what the server tells unasked (events.h). */
#define WIRE_EVENT_LIST(EVENT)                                                                     \
    EVENT(100, ENTRY, entry)                                                                       \
    EVENT(101, BEHIND, behind)                                                                     \
    EVENT(102, WORK, work)                                                                         \
    EVENT(103, STAGE, stage)                                                                       \
    EVENT(104, INVITATION, invitation)                                                             \
    EVENT(105, WELCOME, welcome)                                                                   \
    EVENT(106, DIRECTORY, directory)                                                               \
    EVENT(107, KNOCK, knock)                                                                       \
    EVENT(108, CLOSING, closing)                                                                   \
    EVENT(109, SUGGESTION, suggestion)                                                             \
    EVENT(110, OWN, own)                                                                           \
    EVENT(111, HISTORY, history)

#define WIRE_EVENT_ENUM(number, NAME, name) WIRE_EVENT_##NAME = number,
enum wire_event { WIRE_EVENT_LIST(WIRE_EVENT_ENUM) };
#undef WIRE_EVENT_ENUM

#define WIRE_EVENT_SCHEMAS(number, NAME, name)                                                     \
    extern const struct schema wire_##name##_event_schema;
WIRE_EVENT_LIST(WIRE_EVENT_SCHEMAS)
#undef WIRE_EVENT_SCHEMAS

struct wire_event_kind {
    uint16_t number;
    const char *name;
    const struct schema *schema;
};

extern const struct wire_event_kind wire_event_kinds[];
extern const size_t wire_event_kind_count;

const struct wire_event_kind *wire_event_find(uint16_t number);

/* A body without fields. */
struct wire_empty {
    uint8_t none;
};
#define WIRE_EMPTY(name_)                                                                          \
    {                                                                                              \
        .name = name_, .size = sizeof(struct wire_empty)                                           \
    }

#endif
