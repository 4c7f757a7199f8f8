/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/device_link.h"

#include "client-cli/core/records.h"
#include "protocol/base/secret.h"
#include "protocol/wire/devices.h"

#include <string.h>

/* A pairing that was begun. */
struct linking {
    uint8_t secret[PAIRING_SECRET_SIZE];
    uint8_t nonce[PAIRING_NONCE_SIZE];
    struct span approver; /* encoded; empty until it has answered */
    struct span entry;
};

static const struct field linking_fields[] = {
    FIELD_ID(struct linking, secret),
    FIELD_ID(struct linking, nonce),
    FIELD_SIZED(FIELD_BYTES, struct linking, approver, LIMIT_DIRECTORY_ENTRY_BYTES),
    FIELD_SIZED(FIELD_BYTES, struct linking, entry, LIMIT_DIRECTORY_ENTRY_BYTES),
};
static const struct schema linking_schema = SCHEMA("linking", struct linking, linking_fields);

static void linking_clear(struct linking *linking)
{
    secret_wipe(linking, sizeof *linking);
}

static const struct vault_place linking_place = {.kind = RECORD_LINKING};

void device_link_clear(struct device_link *link)
{
    secret_wipe(&link->transcript, sizeof link->transcript);
    buffer_clear(&link->entry);
}

/* ---- what is kept ---- */

static enum status put_record(struct engine *engine, const struct device_link *link)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    CLEANUP(buffer_clear) struct buffer approver = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    const struct pairing_transcript *transcript = &link->transcript;
    CLEANUP(linking_clear) struct linking linking = {.entry = buffer_span(&link->entry)};
    if (link->entry.len != 0)
        TRY(schema_encode(&pairing_approver_schema, &transcript->approver, &approver));
    linking.approver = buffer_span(&approver);
    memcpy(linking.secret, transcript->secret, sizeof linking.secret);
    memcpy(linking.nonce, transcript->offer.nonce, sizeof linking.nonce);
    TRY(schema_encode(&linking_schema, &linking, &bytes));
    TRY(vault_put(engine->vault, &linking_place, buffer_span(&bytes)));
    return account_store(engine->vault, &engine->account);
}

static enum status end_record(struct engine *engine, const struct device_link *link)
{
    (void)link;
    TRY(vault_delete(engine->vault, &linking_place));
    return account_store(engine->vault, &engine->account);
}

static enum status store(struct engine *engine,
                         const struct device_link *link,
                         enum status (*write)(struct engine *, const struct device_link *))
{
    TRY(vault_begin(engine->vault));
    return vault_end(engine->vault, write(engine, link));
}

/* ---- the new device's part ---- */

static void fill_offer(const struct account *account, struct pairing_offer *offer)
{
    offer->device = account->device;
    memcpy(offer->login_key, account->login_public, sizeof offer->login_key);
    memcpy(offer->leaf_key, account->leaf_public, sizeof offer->leaf_key);
}

/* A pairing of this very link that was begun before. STATUS_NOT_FOUND. */
static enum status resume(struct engine *engine, struct device_link *link)
{
    CLEANUP(buffer_clear) struct buffer bytes = BUFFER_INIT(LIMIT_FRAME_BYTES);
    struct arena none = ARENA_INIT(0);
    struct pairing_transcript *transcript = &link->transcript;
    CLEANUP(linking_clear) struct linking linking = {0};
    TRY(vault_get(engine->vault, &linking_place, &bytes));
    if (schema_decode(&linking_schema, buffer_span(&bytes), &none, &linking) != STATUS_OK)
        return STATUS_CORRUPT;
    if (!secret_equal(SPAN_OF(linking.secret), SPAN_OF(transcript->secret)))
        return STATUS_NOT_FOUND;
    TRY(account_load(engine->vault, &engine->account));
    memcpy(transcript->offer.nonce, linking.nonce, sizeof linking.nonce);
    if (linking.entry.len == 0)
        return STATUS_OK;
    TRY(buffer_append(&link->entry, linking.entry));
    return schema_decode(&pairing_approver_schema, linking.approver, &none,
                         &transcript->approver) == STATUS_OK
               ? STATUS_OK
               : STATUS_CORRUPT;
}

static enum status begin(struct engine *engine, struct device_link *link)
{
    struct pairing_transcript *transcript = &link->transcript;
    TRY(random_fill(engine->random, transcript->offer.nonce, sizeof transcript->offer.nonce));
    TRY(account_make_keys(&engine->account, engine->random));
    return store(engine, link, put_record);
}

enum status
device_link_begin(struct engine *engine, const struct invite_link *given, struct device_link *link)
{
    struct pairing_transcript *transcript = &link->transcript;
    memcpy(transcript->secret, given->secret, sizeof transcript->secret);
    memcpy(transcript->log_key, given->log_key, sizeof transcript->log_key);
    memcpy(transcript->next_log_key_sha256, given->next_log_key_sha256,
           sizeof transcript->next_log_key_sha256);
    TRY(pairing_id(transcript->secret, &link->pairing));
    enum status resumed = resume(engine, link);
    if (resumed != STATUS_OK && resumed != STATUS_NOT_FOUND)
        return resumed;
    account_point_at(&engine->account, given);
    if (resumed == STATUS_NOT_FOUND)
        TRY(begin(engine, link));
    fill_offer(&engine->account, &transcript->offer);
    TRY(pairing_commit(&transcript->offer, transcript->commitment));
    return engine_connect(engine);
}

/* ---- steps ---- */

static enum status sign_entry(struct engine *engine, struct device_link *link)
{
    const struct account *account = &engine->account;
    const struct pairing_approver *approver = &link->transcript.approver;
    struct directory_entry entry = {
        .version = DIRECTORY_ENTRY_VERSION,
        .kind = DIRECTORY_ADD_DEVICE,
        .authority = approver->authority,
        .time = engine_now_ms(engine),
        .person = approver->person,
        .device = account->device,
        .by_person = approver->by_person,
        .by_device = approver->by_device,
        .login_key = SPAN_OF(account->login_public),
        .leaf_key = SPAN_OF(account->leaf_public),
    };
    struct directory_signers signers = {.login_private_key = SPAN_OF(account->login_private),
                                        .leaf_private_key = SPAN_OF(account->leaf_private)};
    return directory_entry_sign(&entry, &signers, &link->entry);
}

/* The approver has spoken: what it says is final, and so is our answer. */
static enum status take_answer(struct engine *engine,
                               struct device_link *link,
                               const struct wire_pairing_step_response *response)
{
    struct arena none = ARENA_INIT(0);
    struct pairing_approver *approver = &link->transcript.approver;
    if (schema_decode(&pairing_approver_schema, response->approver, &none, approver) != STATUS_OK)
        return engine_explain(engine, STATUS_INVALID,
                              "the other device's answer cannot be read: is its weft as new as "
                              "this one? Make another link with weft device add");
    /* The server may have made it up, and then approve what nobody else has seen. */
    enum status proof = pairing_check_proof(&link->transcript);
    if (status_passes(proof))
        return proof;
    if (proof != STATUS_OK)
        return engine_explain(engine, STATUS_UNTRUSTED,
                              "whoever answered has not seen the link that you opened: somebody "
                              "sits in between. This device was not linked; tell the people who "
                              "run the server");
    engine->account.person = approver->person;
    engine->account.community = response->community;
    engine->account.name = response->person_name;
    TRY(sign_entry(engine, link));
    TRY(store(engine, link, put_record));
    return account_load(engine->vault, &engine->account); /* whose texts outlive the answer */
}

/* That the directory has us as it was agreed, signed by the device that we compared codes with. */
static enum status check_directory(struct engine *engine, const struct device_link *link)
{
    const struct pairing_approver *approver = &link->transcript.approver;
    const struct directory_device *own = directory_find(engine->directory, &engine->account.device);
    const struct directory_device *by = directory_find(engine->directory, &approver->by_device);
    bool agreed = own != NULL && by != NULL && id_equal(&own->person, &approver->person) &&
                  id_equal(&own->by_device, &approver->by_device) &&
                  span_equal(SPAN_OF(by->login_key), SPAN_OF(approver->login_key));
    return agreed ? STATUS_OK
                  : engine_explain(engine, STATUS_UNTRUSTED,
                                   "the server's directory says something else than the two "
                                   "devices agreed. Do not use this profile; tell the people who "
                                   "run the server");
}

/* The login tells whether we are in the directory: its answer is what counts. */
static enum status finish(struct engine *engine, struct device_link *link)
{
    engine->account.joined = engine_now_ms(engine);
    enum status status = engine_log_in(engine);
    if (status == STATUS_OK)
        status = check_directory(engine, link);
    if (status == STATUS_OK)
        status = store(engine, link, end_record);
    if (status != STATUS_OK) {
        engine->account.joined = 0;
        return status;
    }
    link->stage = DEVICE_LINK_APPROVED;
    return engine_connect(engine); /* now it may publish, and open what waits for it */
}

/* The link's time is over: whether it was approved before that, a login tells. */
static enum status finish_late(struct engine *engine, struct device_link *link)
{
    enum status status = finish(engine, link);
    if (status != STATUS_UNAUTHENTICATED)
        return status;
    return engine_explain(engine, STATUS_NOT_FOUND,
                          "the link's time is over, and the other device has not approved this "
                          "one: make another link there with weft device add");
}

static enum status ask(struct engine *engine,
                       const struct device_link *link,
                       struct connection_reply *reply,
                       struct wire_pairing_step_response *response)
{
    struct wire_pairing_step_request request = {.pairing = link->pairing,
                                                .entry = buffer_span(&link->entry)};
    memcpy(request.commitment, link->transcript.commitment, sizeof request.commitment);
    if (link->entry.len != 0)
        memcpy(request.nonce, link->transcript.offer.nonce, sizeof request.nonce);
    TRY(engine_connect(engine));
    return engine_call(engine, WIRE_PAIRING_STEP, &request, reply, response);
}

enum status device_link_step(struct engine *engine, struct device_link *link)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_pairing_step_response response;
    enum status status = ask(engine, link, &reply, &response);
    if (status == STATUS_NOT_FOUND && link->entry.len != 0)
        return finish_late(engine, link);
    TRY(status);
    if (response.state == WIRE_PAIRING_IS_REFUSED) {
        link->stage = DEVICE_LINK_REFUSED;
        return STATUS_OK;
    }
    if (link->entry.len == 0 && response.approver.len != 0)
        return take_answer(engine, link, &response); /* the next step reveals */
    if (response.state == WIRE_PAIRING_IS_APPROVED && link->entry.len != 0)
        return finish(engine, link);
    if (response.state != WIRE_PAIRING_IS_REVEALED || link->stage == DEVICE_LINK_CODE)
        return STATUS_OK;
    link->stage = DEVICE_LINK_CODE;
    return pairing_code(&link->transcript, link->code);
}
