/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/wire/people.h"

#include "protocol/base/limits.h"

static const struct field topic_fields[] = {
    FIELD_SIZED(FIELD_TEXT, struct wire_topic, text, LIMIT_TOPIC_BYTES),
};
const struct schema wire_topic_schema = SCHEMA("topic", struct wire_topic, topic_fields);

static const struct field profile_fields[] = {
    FIELD_ITEMS(struct wire_profile, topics, topic_count, &wire_topic_schema, LIMIT_TOPICS),
    FIELD_ITEMS(
        struct wire_profile, can_help_with, can_help_with_count, &wire_topic_schema, LIMIT_TOPICS),
    FIELD_PLAIN(FIELD_U8, struct wire_profile, weekly_contacts_max),
    FIELD_PLAIN(FIELD_BOOL, struct wire_profile, opted_in),
};
const struct schema wire_profile_schema = SCHEMA("profile", struct wire_profile, profile_fields);

static const struct field person_fields[] = {
    FIELD_ID(struct wire_person, person),
    FIELD_SIZED(FIELD_TEXT, struct wire_person, name, LIMIT_NAME_BYTES),
    FIELD_SIZED(FIELD_TEXT, struct wire_person, group_name, LIMIT_NAME_BYTES),
    FIELD_PLAIN(FIELD_U8, struct wire_person, role),
    FIELD_NESTED(struct wire_person, profile, &wire_profile_schema),
};
const struct schema wire_person_schema = SCHEMA("person", struct wire_person, person_fields);

static const struct field id_item_fields[] = {
    FIELD_ID(struct wire_id_item, id),
};
const struct schema wire_id_item_schema = SCHEMA("id_item", struct wire_id_item, id_item_fields);

static const struct field person_get_request_fields[] = {
    FIELD_ITEMS(struct wire_person_get_request,
                people,
                person_count,
                &wire_id_item_schema,
                LIMIT_LIST_ITEMS),
};
const struct schema wire_person_get_request_schema =
    SCHEMA("person_get_request", struct wire_person_get_request, person_get_request_fields);

static const struct field person_get_response_fields[] = {
    FIELD_ITEMS(struct wire_person_get_response,
                people,
                person_count,
                &wire_person_schema,
                LIMIT_LIST_ITEMS),
};
const struct schema wire_person_get_response_schema =
    SCHEMA("person_get_response", struct wire_person_get_response, person_get_response_fields);

static const struct field people_request_fields[] = {
    FIELD_SIZED(FIELD_TEXT, struct wire_people_request, query, LIMIT_NAME_BYTES),
    FIELD_ID(struct wire_people_request, after),
};
const struct schema wire_people_request_schema =
    SCHEMA("people_request", struct wire_people_request, people_request_fields);

static const struct field people_response_fields[] = {
    FIELD_ITEMS(
        struct wire_people_response, people, person_count, &wire_person_schema, LIMIT_LIST_ITEMS),
    FIELD_PLAIN(FIELD_BOOL, struct wire_people_response, more),
};
const struct schema wire_people_response_schema =
    SCHEMA("people_response", struct wire_people_response, people_response_fields);

static const struct field profile_set_request_fields[] = {
    FIELD_NESTED(struct wire_profile_set_request, profile, &wire_profile_schema),
};
const struct schema wire_profile_set_request_schema =
    SCHEMA("profile_set_request", struct wire_profile_set_request, profile_set_request_fields);

static const struct field group_fields[] = {
    FIELD_SIZED(FIELD_TEXT, struct wire_group, name, LIMIT_NAME_BYTES),
};
static const struct schema wire_group_schema = SCHEMA("group", struct wire_group, group_fields);

static const struct field groups_response_fields[] = {
    FIELD_ITEMS(
        struct wire_groups_response, groups, group_count, &wire_group_schema, LIMIT_LIST_ITEMS),
};
const struct schema wire_groups_response_schema =
    SCHEMA("groups_response", struct wire_groups_response, groups_response_fields);

static const struct field key_package_fields[] = {
    FIELD_ID(struct wire_key_package, device),
    FIELD_PLAIN(FIELD_BOOL, struct wire_key_package, last_resort),
    FIELD_SIZED(FIELD_BYTES, struct wire_key_package, message, LIMIT_KEY_PACKAGE_BYTES),
};
static const struct schema wire_key_package_schema =
    SCHEMA("key_package", struct wire_key_package, key_package_fields);

static const struct field key_packages_publish_request_fields[] = {
    FIELD_ITEMS(struct wire_key_packages_publish_request,
                key_packages,
                key_package_count,
                &wire_key_package_schema,
                LIMIT_LIST_ITEMS),
};
const struct schema wire_key_packages_publish_request_schema =
    SCHEMA("key_packages_publish_request",
           struct wire_key_packages_publish_request,
           key_packages_publish_request_fields);

static const struct field key_packages_count_response_fields[] = {
    FIELD_PLAIN(FIELD_U32, struct wire_key_packages_count_response, one_time),
    FIELD_PLAIN(FIELD_BOOL, struct wire_key_packages_count_response, last_resort),
};
const struct schema wire_key_packages_count_response_schema =
    SCHEMA("key_packages_count_response",
           struct wire_key_packages_count_response,
           key_packages_count_response_fields);

static const struct field key_packages_fetch_request_fields[] = {
    FIELD_ID(struct wire_key_packages_fetch_request, channel),
    FIELD_ITEMS(struct wire_key_packages_fetch_request,
                people,
                person_count,
                &wire_id_item_schema,
                LIMIT_LIST_ITEMS),
};
const struct schema wire_key_packages_fetch_request_schema =
    SCHEMA("key_packages_fetch_request",
           struct wire_key_packages_fetch_request,
           key_packages_fetch_request_fields);

static const struct field key_packages_fetch_response_fields[] = {
    FIELD_ITEMS(struct wire_key_packages_fetch_response,
                key_packages,
                key_package_count,
                &wire_key_package_schema,
                LIMIT_LIST_ITEMS),
};
const struct schema wire_key_packages_fetch_response_schema =
    SCHEMA("key_packages_fetch_response",
           struct wire_key_packages_fetch_response,
           key_packages_fetch_response_fields);

static const struct field stats_response_fields[] = {
    FIELD_SIZED(FIELD_TEXT, struct wire_stats_response, json, LIMIT_OBJECT_BYTES),
};
const struct schema wire_stats_response_schema =
    SCHEMA("stats_response", struct wire_stats_response, stats_response_fields);

const struct schema wire_profile_set_response_schema = WIRE_EMPTY("profile_set_response");
const struct schema wire_groups_request_schema = WIRE_EMPTY("groups_request");
const struct schema wire_key_packages_publish_response_schema =
    WIRE_EMPTY("key_packages_publish_response");
const struct schema wire_key_packages_count_request_schema =
    WIRE_EMPTY("key_packages_count_request");
const struct schema wire_stats_request_schema = WIRE_EMPTY("stats_request");
