/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/unit/protocol/channel/party.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/random_system.h"
#include "protocol/mls/public/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define DAY_SECONDS 86400

const uint16_t party_extension_types[2] = {CHANNEL_EXTENSION_TYPE, MLS_EXTENSION_LAST_RESORT};

void party_make(struct party *party, const struct channel_identity *identity, int64_t now_ms)
{
    const struct random_source *random = random_system();
    party->identity = *identity;
    assert_int_equal(
        signature_generate(SIGNATURE_ED25519, random, &party->login_private, &party->login_public),
        STATUS_OK);
    assert_int_equal(
        signature_generate(SIGNATURE_ED25519, random, &party->leaf_private, &party->leaf_public),
        STATUS_OK);
    channel_identity_encode(&party->identity, party->credential);
    party->mls = (struct mls_identity){
        .credential = {.type = MLS_CREDENTIAL_BASIC, .content = SPAN_OF(party->credential)},
        .signature_public_key = signature_public_span(&party->leaf_public),
        .signature_private_key = secret_span(&party->leaf_private),
        .not_before = (uint64_t)(now_ms / 1000 - DAY_SECONDS),
        .not_after = (uint64_t)(now_ms / 1000 + 90 * DAY_SECONDS),
        .extension_types = party_extension_types,
        .extension_type_count = 2,
    };
}

void party_sign_entry(const struct party *party, struct buffer *bytes)
{
    struct directory_entry entry = {
        .version = DIRECTORY_ENTRY_VERSION,
        .kind = DIRECTORY_ADD_DEVICE,
        .authority = DIRECTORY_BY_FIRST,
        .person = party->identity.person,
        .device = party->identity.device,
        .login_key = signature_public_span(&party->login_public),
        .leaf_key = signature_public_span(&party->leaf_public),
    };
    struct directory_signers signers = {
        .login_private_key = secret_span(&party->login_private),
        .leaf_private_key = secret_span(&party->leaf_private),
    };
    assert_int_equal(directory_entry_sign(&entry, &signers, bytes), STATUS_OK);
}

void party_write_extensions(const struct channel_extension *extension, struct buffer *bytes)
{
    CLEANUP(buffer_clear) struct buffer channel = BUFFER_INIT(4096);
    assert_int_equal(channel_extension_encode(extension, &channel), STATUS_OK);
    /* required_capabilities: one extension type, no proposals, no credentials */
    static const uint8_t required[] = {2, 0xf0, 0xc1, 0, 0};
    struct writer writer = writer_of(bytes);
    mls_extension_write(&writer, MLS_EXTENSION_REQUIRED_CAPABILITIES, SPAN_OF(required));
    mls_extension_write(&writer, CHANNEL_EXTENSION_TYPE, buffer_span(&channel));
    assert_int_equal(writer_finish(&writer), STATUS_OK);
}

void party_begin_group(const struct party *party,
                       const struct id *channel,
                       uint32_t generation,
                       struct span extensions,
                       struct mls_group **group)
{
    uint8_t group_id[CHANNEL_GROUP_ID_SIZE];
    channel_group_id_encode(channel, generation, group_id);
    struct mls_group_config config = {
        .suite = suite_find(SUITE_X25519_AES128GCM_SHA256_ED25519),
        .group_id = SPAN_OF(group_id),
        .identity = &party->mls,
        .extensions = {extensions},
    };
    assert_int_equal(mls_group_new(&config, random_system(), group), STATUS_OK);
}

void party_begin_channel(const struct party *party,
                         const struct id *channel,
                         uint32_t generation,
                         enum channel_visibility visibility,
                         struct mls_group **group)
{
    struct channel_role_item role = {party->identity.person, CHANNEL_ROLE_FACILITATOR};
    struct channel_extension extension = {
        .visibility = visibility,
        .history = CHANNEL_HISTORY_FROM_JOINING,
        .roles = &role,
        .role_count = 1,
    };
    CLEANUP(buffer_clear) struct buffer extensions = BUFFER_INIT(8192);
    party_write_extensions(&extension, &extensions);
    party_begin_group(party, channel, generation, buffer_span(&extensions), group);
}
