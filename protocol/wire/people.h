/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests about people, KeyPackages and figures (PROTOCOL.md, 6.2 and 6.3).
 * Decoded structures lend the frame's bytes and the arena's lists. Thread rule: plain data.
 */
#ifndef WEFT_WIRE_PEOPLE_H
#define WEFT_WIRE_PEOPLE_H

#include "protocol/base/id.h"
#include "protocol/wire/requests.h"

struct wire_topic {
    struct span text;
};
extern const struct schema wire_topic_schema;

/* What a person shows of themselves. Suggestions use it only while `opted_in`. */
struct wire_profile {
    struct wire_topic *topics;
    size_t topic_count;
    struct wire_topic *can_help_with;
    size_t can_help_with_count;
    uint8_t weekly_contacts_max; /* requests for help that the person accepts in a week */
    bool opted_in;
};
extern const struct schema wire_profile_schema;

struct wire_person {
    struct id person;
    struct span name; /* empty: erased */
    struct span group_name;
    uint8_t role;                /* enum account_role */
    struct wire_profile profile; /* empty unless opted in or one's own */
};
extern const struct schema wire_person_schema;

struct wire_id_item {
    struct id id;
};
extern const struct schema wire_id_item_schema;

/* PERSON_GET: unknown ids are left out of the answer. */
struct wire_person_get_request {
    struct wire_id_item *people;
    size_t person_count;
};
struct wire_person_get_response {
    struct wire_person *people;
    size_t person_count;
};

/* PEOPLE: those who joined and opted in, by name; `query` matches name, group, topic or help. */
struct wire_people_request {
    struct span query;
    struct id after; /* the last person of the page before, or none */
};
struct wire_people_response {
    struct wire_person *people;
    size_t person_count;
    bool more;
};

struct wire_profile_set_request {
    struct wire_profile profile;
};

/* GROUPS: the organisation's groups and how many people joined, small ones not counted out. */
struct wire_group {
    struct span name;
};
struct wire_groups_response {
    struct wire_group *groups;
    size_t group_count;
};

/* KEY_PACKAGES_PUBLISH: MLSMessages of the login's own device. */
struct wire_key_package {
    struct id device;
    bool last_resort;
    struct span message;
};
struct wire_key_packages_publish_request {
    struct wire_key_package *key_packages;
    size_t key_package_count;
};
struct wire_key_packages_count_response {
    uint32_t one_time;
    bool last_resort;
};

/* KEY_PACKAGES_FETCH: one for each active device of each person; each one-time KeyPackage is
 * handed out once. Only for a channel that the caller may add to. */
struct wire_key_packages_fetch_request {
    struct id channel;
    struct wire_id_item *people;
    size_t person_count;
};
struct wire_key_packages_fetch_response {
    struct wire_key_package *key_packages;
    size_t key_package_count;
};

/* STATS: the published figures, the same for members and admins, as a JSON document. */
struct wire_stats_response {
    struct span json;
};

#endif
