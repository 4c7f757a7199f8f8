/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/bench/fan_channel.h"

#include "protocol/base/limits.h"
#include "protocol/channel/extension.h"
#include "protocol/channel/identity.h"
#include "protocol/channel/known_log.h"
#include "protocol/crypto/random_system.h"
#include "protocol/directory/log.h"
#include "protocol/mls/member/group.h"
#include "protocol/wire/accounts.h"
#include "protocol/wire/channels.h"
#include "tests/bench/must.h"

#include <string.h>
#include <time.h>

#define DAY_SECONDS 86400u

static const uint16_t extension_types[] = {CHANNEL_EXTENSION_TYPE, MLS_EXTENSION_LAST_RESORT};

/* ---- the group ---- */

struct leaf {
    uint8_t name[CHANNEL_IDENTITY_SIZE];
    struct mls_identity identity;
    struct buffer package;
    struct buffer package_private;
    struct mls_key_package_checked checked;
};

static const struct mls_options options = {
    .extension_types = extension_types,
    .extension_type_count = sizeof extension_types / sizeof *extension_types,
};

static void identify(const struct fan_device *device, struct leaf *leaf)
{
    struct channel_identity ids = {device->person, device->device};
    uint64_t now = (uint64_t)time(NULL);
    channel_identity_encode(&ids, leaf->name);
    leaf->identity = (struct mls_identity){
        .credential = {MLS_CREDENTIAL_BASIC, SPAN_OF(leaf->name)},
        .signature_public_key = signature_public_span(&device->leaf_public),
        .signature_private_key = secret_span(&device->leaf_private),
        .not_before = now - DAY_SECONDS,
        .not_after = now + 80 * DAY_SECONDS,
        .extension_types = extension_types,
        .extension_type_count = sizeof extension_types / sizeof *extension_types,
    };
}

static void write_extensions(const struct fan_device *creator, struct buffer *bytes)
{
    CLEANUP(buffer_clear) struct buffer required_bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    CLEANUP(buffer_clear) struct buffer channel_bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    static const uint8_t types[] = {CHANNEL_EXTENSION_TYPE >> 8, CHANNEL_EXTENSION_TYPE & 0xff};
    struct mls_required_capabilities required = {.extensions = {SPAN_OF(types)}};
    struct channel_role_item role = {creator->person, CHANNEL_ROLE_FACILITATOR};
    struct channel_extension extension = {.visibility = CHANNEL_OPEN,
                                          .history = CHANNEL_HISTORY_FROM_JOINING,
                                          .roles = &role,
                                          .role_count = 1};
    struct writer required_writer = writer_of(&required_bytes);
    mls_required_capabilities_write(&required_writer, &required);
    MUST(writer_finish(&required_writer));
    MUST(channel_extension_encode(&extension, &channel_bytes));
    struct writer writer = writer_of(bytes);
    mls_extension_write(&writer, MLS_EXTENSION_REQUIRED_CAPABILITIES, buffer_span(&required_bytes));
    mls_extension_write(&writer, CHANNEL_EXTENSION_TYPE, buffer_span(&channel_bytes));
    MUST(writer_finish(&writer));
}

static void create(struct fan_loop *loop,
                   struct fan_device *creator,
                   const struct id *channel,
                   struct mls_group **group)
{
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(LIMIT_FRAME_BYTES);
    CLEANUP(buffer_clear) struct buffer group_info = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    CLEANUP(buffer_clear) struct buffer tree = BUFFER_INIT(LIMIT_OBJECT_BYTES);
    uint8_t group_id[CHANNEL_GROUP_ID_SIZE];
    struct leaf leaf;
    identify(creator, &leaf);
    write_extensions(creator, &extensions);
    channel_group_id_encode(channel, 1, group_id);
    struct mls_group_config config = {
        .suite = suite_find(SUITE_X25519_AES128GCM_SHA256_ED25519),
        .group_id = SPAN_OF(group_id),
        .identity = &leaf.identity,
        .extensions = {buffer_span(&extensions)},
    };
    MUST(mls_group_new(&config, random_system(), group));
    MUST(mls_group_write_group_info(*group, false, &group_info));
    MUST(mls_group_write_tree(*group, &tree));
    struct wire_channel_create_request request = {
        .channel = *channel,
        .title = SPAN_LITERAL("Load"),
        .group_info = buffer_span(&group_info),
        .ratchet_tree = buffer_span(&tree),
    };
    (void)fan_device_call(loop, creator, WIRE_CHANNEL_CREATE, &request);
}

/* The header of a commit, by the directory as it is now, and what its GroupInfo says of that. */
static void write_header(struct fan_loop *loop,
                         struct fan_device *device,
                         struct buffer *bytes,
                         struct buffer *extensions)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct wire_log_entries_request request = {.from = UINT32_MAX};
    struct wire_log_entries_response response;
    struct directory_head head;
    struct message_header header = {.version = MESSAGE_HEADER_VERSION, .lane = LANE_CONTROL};
    struct span answer = fan_device_call(loop, device, WIRE_LOG_ENTRIES, &request);
    MUST(schema_decode(&wire_log_entries_response_schema, answer, &arena, &response));
    MUST(schema_decode(&directory_head_schema, response.head, &arena, &head));
    MUST(id_random(random_system(), &header.message));
    header.log_size = head.size;
    memcpy(header.log_root, head.root, sizeof header.log_root);
    MUST(message_header_encode(&header, bytes));
    MUST(channel_known_log_write(head.size, extensions));
}

static void make_package(const struct fan_device *device, struct leaf *leaf)
{
    buffer_init(&leaf->package, LIMIT_KEY_PACKAGE_BYTES);
    buffer_init(&leaf->package_private, LIMIT_KEY_PACKAGE_BYTES);
    identify(device, leaf);
    MUST(mls_key_package_new(suite_find(SUITE_X25519_AES128GCM_SHA256_ED25519), &leaf->identity,
                             false, random_system(), &leaf->package, &leaf->package_private));
    MUST(mls_key_package_check(buffer_span(&leaf->package), &options, &leaf->checked));
}

static void add(struct fan_loop *loop,
                struct fan_device *creator,
                struct mls_group *group,
                const struct id *channel,
                const struct fan_device *members,
                size_t count)
{
    static struct leaf leaves[LIMIT_ADDS_PER_COMMIT]; /* too large for the stack */
    struct mls_proposal adds[LIMIT_ADDS_PER_COMMIT];
    CLEANUP(buffer_clear) struct buffer header = BUFFER_INIT(LIMIT_FRAME_BYTES);
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(LIMIT_FRAME_BYTES);
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    for (size_t i = 0; i < count; i++) {
        make_package(&members[i], &leaves[i]);
        adds[i] =
            (struct mls_proposal){.type = MLS_PROPOSAL_ADD, .add = &leaves[i].checked.package};
    }
    write_header(loop, creator, &header, &extensions);
    struct mls_commit_request request = {.proposals = adds,
                                         .proposal_count = count,
                                         .authenticated_data = buffer_span(&header),
                                         .info_extensions = {buffer_span(&extensions)}};
    MUST(mls_group_commit(group, &request, &options, random_system(), &bundle));
    struct wire_channel_commit_request commit = {
        .channel = *channel,
        .generation = 1,
        .epoch = mls_group_epoch(group),
        .commit = buffer_span(&bundle.commit),
        .welcome = buffer_span(&bundle.welcome),
        .group_info = buffer_span(&bundle.group_info),
    };
    (void)fan_device_call(loop, creator, WIRE_CHANNEL_COMMIT, &commit);
    MUST(mls_group_apply_pending(group));
    for (size_t i = 0; i < count; i++) {
        buffer_clear(&leaves[i].package);
        buffer_clear(&leaves[i].package_private);
    }
}

void fan_channel_make(struct fan_loop *loop,
                      struct fan_device *creator,
                      struct fan_device *members,
                      size_t member_count,
                      struct id *channel,
                      uint64_t *epoch)
{
    struct mls_group *group = NULL;
    MUST(id_random(random_system(), channel));
    create(loop, creator, channel, &group);
    for (size_t at = 0; at < member_count; at += LIMIT_ADDS_PER_COMMIT) {
        size_t left = member_count - at;
        add(loop, creator, group, channel, members + at,
            left < LIMIT_ADDS_PER_COMMIT ? left : LIMIT_ADDS_PER_COMMIT);
    }
    *epoch = mls_group_epoch(group);
    mls_group_free(&group);
}

/* ---- its messages ---- */

/* In an entry event: the frame's header, channel, generation; then sequence, epoch, time, kind,
 * device and message (wire_entry), and then the message's bytes with their length. */
#define EVENT_SEQUENCE_AT (WIRE_FRAME_HEADER_SIZE + 16 + 4)
#define EVENT_BYTES_AT (EVENT_SEQUENCE_AT + 8 + 8 + 8 + 1 + 16 + 16)

static size_t place_of(const struct buffer *frame, const uint8_t *mark, size_t size)
{
    const uint8_t *found = memmem(frame->ptr, frame->len, mark, size);
    MUST_BE(found != NULL);
    return (size_t)(found - frame->ptr);
}

void fan_message_make(const struct id *channel,
                      uint64_t epoch,
                      size_t ciphertext_bytes,
                      struct fan_message *message)
{
    CLEANUP(buffer_clear) struct buffer header_bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(LIMIT_FRAME_BYTES);
    CLEANUP(buffer_clear) struct buffer encoded = BUFFER_INIT(LIMIT_FRAME_BYTES);
    static const uint8_t sender[28] = {7};
    uint8_t group_id[CHANNEL_GROUP_ID_SIZE];
    uint8_t *noise = NULL;
    struct message_header header = {.version = MESSAGE_HEADER_VERSION, .lane = LANE_FLOOR};
    MUST(id_random(random_system(), &header.message));
    MUST(message_header_encode(&header, &header_bytes));
    MUST(buffer_extend(&text, ciphertext_bytes, &noise));
    MUST(random_fill(random_system(), noise, ciphertext_bytes));
    channel_group_id_encode(channel, 1, group_id);
    struct mls_message mls = {.wire_format = MLS_WIRE_PRIVATE_MESSAGE};
    mls.private_message = (struct mls_private_message){
        .group_id = SPAN_OF(group_id),
        .epoch = epoch,
        .type = MLS_CONTENT_APPLICATION,
        .authenticated_data = buffer_span(&header_bytes),
        .encrypted_sender_data = SPAN_OF(sender),
        .ciphertext = buffer_span(&text),
    };
    struct writer writer = writer_of(&encoded);
    mls_message_write(&writer, &mls);
    MUST(writer_finish(&writer));
    struct wire_channel_send_request request = {
        .channel = *channel, .generation = 1, .message = buffer_span(&encoded)};
    buffer_init(&message->frame, LIMIT_FRAME_BYTES);
    MUST(frame_encode(FRAME_REQUEST, 0, WIRE_CHANNEL_SEND, &wire_channel_send_request_schema,
                      &request, &message->frame));
    message->id_at = place_of(&message->frame, header.message.bytes, sizeof header.message.bytes);
    message->stamp_at = place_of(&message->frame, noise, sizeof(struct fan_stamp));
    size_t within = place_of(&encoded, noise, sizeof(struct fan_stamp));
    message->event_stamp_at = EVENT_BYTES_AT + (encoded.len < 64 ? 1u : 2u) + within;
}

void fan_message_clear(struct fan_message *message)
{
    buffer_clear(&message->frame);
}

void fan_message_send(struct fan_device *device,
                      struct fan_message *message,
                      const struct fan_stamp *stamp)
{
    uint8_t *frame = message->frame.ptr;
    device->requests++;
    for (size_t i = 0; i < 4; i++)
        frame[1 + i] = (uint8_t)(device->requests >> (24 - 8 * i));
    /* Unique, and spread as random ids are. */
    uint64_t id[2] = {stamp->number * UINT64_C(0x9e3779b97f4a7c15) + 1, device->requests};
    memcpy(id + 1, device->device.bytes, 4);
    memcpy(frame + message->id_at, id, sizeof id);
    memcpy(frame + message->stamp_at, stamp, sizeof *stamp);
    fan_socket_send(device->socket, buffer_span(&message->frame));
}

void fan_message_read(const struct fan_message *message,
                      struct span event,
                      struct fan_stamp *stamp,
                      uint64_t *sequence)
{
    MUST_BE(event.len >= message->event_stamp_at + sizeof *stamp);
    memcpy(stamp, event.ptr + message->event_stamp_at, sizeof *stamp);
    *sequence = 0;
    for (size_t i = 0; i < 8; i++)
        *sequence = *sequence << 8 | event.ptr[EVENT_SEQUENCE_AT + i];
}
