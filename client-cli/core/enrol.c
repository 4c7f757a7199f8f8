/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/enrol.h"

#include "client-cli/core/records.h"
#include "protocol/base/limits.h"
#include "protocol/base/secret.h"

#include <string.h>

/* A redemption that was begun: what has to be sent again, to the letter. */
struct joining {
    uint8_t secret[INVITE_SECRET_SIZE];
    struct span entry;
};

static const struct field joining_fields[] = {
    FIELD_ID(struct joining, secret),
    FIELD_SIZED(FIELD_BYTES, struct joining, entry, LIMIT_FRAME_BYTES),
};
static const struct schema joining_schema = SCHEMA("joining", struct joining, joining_fields);

static const struct vault_place joining_place = {.kind = RECORD_JOINING};

enum status enrol_show(struct engine *engine,
                       const struct invite_link *link,
                       struct connection_reply *reply,
                       struct wire_invite_show_response *shown)
{
    struct wire_invite_show_request request;
    memcpy(request.secret, link->secret, sizeof request.secret);
    account_point_at(&engine->account, link);
    TRY(engine_connect(engine));
    enum status status = engine_call(engine, WIRE_INVITE_SHOW, &request, reply, shown);
    secret_wipe(&request, sizeof request);
    return status;
}

static enum status
sign_entry(const struct engine *engine, const struct id *invited_by, struct buffer *bytes)
{
    const struct account *account = &engine->account;
    struct directory_entry entry = {
        .version = DIRECTORY_ENTRY_VERSION,
        .kind = DIRECTORY_ADD_DEVICE,
        .authority = DIRECTORY_BY_FIRST,
        .time = engine_now_ms(engine),
        .person = account->person,
        .device = account->device,
        .by_person = *invited_by,
        .login_key = SPAN_OF(account->login_public),
        .leaf_key = SPAN_OF(account->leaf_public),
    };
    struct directory_signers signers = {.login_private_key = SPAN_OF(account->login_private),
                                        .leaf_private_key = SPAN_OF(account->leaf_private)};
    return directory_entry_sign(&entry, &signers, bytes);
}

/* Stores keys and entry before anything is redeemed. */
static enum status
store_joining(struct engine *engine, const struct invite_link *link, struct span entry)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct joining joining = {.entry = entry};
    memcpy(joining.secret, link->secret, sizeof joining.secret);
    TRY(schema_encode(&joining_schema, &joining, &bytes));
    TRY(vault_put(engine->vault, &joining_place, buffer_span(&bytes)));
    return account_store(engine->vault, &engine->account);
}

static enum status begin_joining(struct engine *engine,
                                 const struct invite_link *link,
                                 const struct wire_invite_show_response *shown,
                                 struct buffer *entry)
{
    engine->account.person = shown->person;
    engine->account.community = shown->community;
    TRY(account_make_keys(&engine->account, engine->random));
    TRY(sign_entry(engine, &shown->invited_by, entry));
    TRY(vault_begin(engine->vault));
    return vault_end(engine->vault, store_joining(engine, link, buffer_span(entry)));
}

/* The entry of a redemption that was begun with this invite and whose answer never came. */
static enum status
resume_joining(struct engine *engine, const struct invite_link *link, struct buffer *entry)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct arena none = ARENA_INIT(0);
    struct joining joining;
    TRY(vault_get(engine->vault, &joining_place, &bytes));
    if (schema_decode(&joining_schema, buffer_span(&bytes), &none, &joining) != STATUS_OK)
        return STATUS_CORRUPT;
    if (!secret_equal(SPAN_OF(joining.secret), SPAN_OF(link->secret)))
        return STATUS_NOT_FOUND;
    TRY(account_load(engine->vault, &engine->account));
    return buffer_append(entry, joining.entry);
}

static enum status finish_joining(struct engine *engine)
{
    TRY(vault_begin(engine->vault));
    enum status status = vault_delete(engine->vault, &joining_place);
    if (status == STATUS_OK)
        status = account_store(engine->vault, &engine->account);
    return vault_end(engine->vault, status);
}

/* Sends the redemption; `entry` is in the vault already. */
static enum status redeem(struct engine *engine, const struct invite_link *link, struct span entry)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_redeem_request request = {.name = engine->account.name, .entry = entry};
    struct wire_redeem_response response;
    memcpy(request.secret, link->secret, sizeof request.secret);
    enum status status = engine_call(engine, WIRE_REDEEM, &request, &reply, &response);
    secret_wipe(request.secret, sizeof request.secret);
    TRY(status);
    if (!id_equal(&response.person, &engine->account.person))
        return engine_explain(engine, STATUS_UNTRUSTED,
                              "the server took the invite for somebody else's");
    engine->account.joined = engine_now_ms(engine);
    TRY(finish_joining(engine));
    TRY(account_load(engine->vault, &engine->account)); /* whose texts outlive the request */
    return engine_connect(engine);
}

enum status enrol_resume(struct engine *engine, const struct invite_link *link)
{
    CLEANUP(buffer_clear) struct buffer entry = BUFFER_INIT(LIMIT_FRAME_BYTES);
    TRY(resume_joining(engine, link, &entry));
    TRY(engine_connect(engine));
    return redeem(engine, link, buffer_span(&entry));
}

enum status enrol_redeem(struct engine *engine,
                         const struct invite_link *link,
                         const struct wire_invite_show_response *shown,
                         struct span name)
{
    CLEANUP(buffer_clear) struct buffer entry = BUFFER_INIT(LIMIT_FRAME_BYTES);
    engine->account.name = name;
    TRY(begin_joining(engine, link, shown, &entry));
    return redeem(engine, link, buffer_span(&entry));
}
