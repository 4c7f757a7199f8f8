/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/device_add.h"

#include "protocol/base/secret.h"
#include "protocol/wire/devices.h"

#include <string.h>

void device_add_clear(struct device_add *add)
{
    secret_wipe(&add->transcript, sizeof add->transcript);
    buffer_clear(&add->entry);
}

static enum status
fill_approver(const struct engine *engine, const struct id *person, struct device_add *add)
{
    const struct account *account = &engine->account;
    struct pairing_approver *approver = &add->transcript.approver;
    bool own = id_equal(person, &account->person);
    approver->authority = own ? DIRECTORY_BY_DEVICE : DIRECTORY_BY_ADMIN;
    approver->person = *person;
    approver->by_person = account->person;
    approver->by_device = account->device;
    memcpy(approver->login_key, account->login_public, sizeof approver->login_key);
    return random_fill(engine->random, approver->nonce, sizeof approver->nonce);
}

static enum status
format_link(const struct engine *engine, const struct device_add *add, struct buffer *text)
{
    const struct account *account = &engine->account;
    struct invite_link link = {.port = account->port};
    if (account->host.len > INVITE_HOST_SIZE_MAX)
        return STATUS_LIMIT;
    memcpy(link.host, account->host.ptr, account->host.len);
    memcpy(link.secret, add->transcript.secret, sizeof link.secret);
    memcpy(link.log_key, account->log_key, sizeof link.log_key);
    memcpy(link.next_log_key_sha256, account->next_log_key_sha256, sizeof link.next_log_key_sha256);
    enum status status = invite_link_format(&link, text);
    secret_wipe(&link, sizeof link);
    return status;
}

enum status device_add_begin(struct engine *engine,
                             const struct id *person,
                             struct device_add *add,
                             struct buffer *text)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct pairing_transcript *transcript = &add->transcript;
    TRY(random_fill(engine->random, transcript->secret, sizeof transcript->secret));
    memcpy(transcript->log_key, engine->account.log_key, sizeof transcript->log_key);
    memcpy(transcript->next_log_key_sha256, engine->account.next_log_key_sha256,
           sizeof transcript->next_log_key_sha256);
    TRY(pairing_id(transcript->secret, &add->pairing));
    TRY(fill_approver(engine, person, add));
    struct wire_pairing_open_request request = {.pairing = add->pairing, .person = *person};
    struct wire_pairing_open_response response;
    TRY(engine_call(engine, WIRE_PAIRING_OPEN, &request, &reply, &response));
    return format_link(engine, add, text);
}

static enum status explain_between(struct engine *engine)
{
    return engine_explain(engine, STATUS_UNTRUSTED,
                          "what came is not what the new device began with: somebody sits in "
                          "between. Nothing was approved; tell the people who run the server");
}

/* Now that a commitment stands, and not before, our part is said; again when the answer to that was
 * lost. */
static enum status answer(struct engine *engine,
                          struct device_add *add,
                          const struct wire_pairing_show_response *shown)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    CLEANUP(buffer_clear) struct buffer approver = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    struct pairing_transcript *transcript = &add->transcript;
    if (pairing_hear_commitment(transcript, shown->commitment) != STATUS_OK)
        return explain_between(engine);
    TRY(pairing_prove(transcript, transcript->approver.proof));
    TRY(schema_encode(&pairing_approver_schema, &transcript->approver, &approver));
    struct wire_pairing_answer_request request = {.pairing = add->pairing,
                                                  .approver = buffer_span(&approver)};
    return engine_call(engine, WIRE_PAIRING_ANSWER, &request, &reply, NULL);
}

static enum status take_reveal(struct engine *engine,
                               struct device_add *add,
                               const struct wire_pairing_show_response *shown)
{
    struct directory_entry entry;
    enum status status = directory_entry_open(shown->entry, &entry);
    if (status == STATUS_OK) {
        pairing_offer_of(&entry, shown->nonce, &add->transcript.offer);
        status = pairing_check(&add->transcript, &entry);
    }
    if (status_passes(status))
        return status;
    if (status != STATUS_OK)
        return explain_between(engine);
    buffer_clear(&add->entry);
    TRY(buffer_append(&add->entry, shown->entry));
    add->stage = DEVICE_ADD_CODE;
    return pairing_code(&add->transcript, add->code);
}

enum status device_add_step(struct engine *engine, struct device_add *add)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_pairing_show_request request = {.pairing = add->pairing};
    struct wire_pairing_show_response shown;
    TRY(engine_connect(engine));
    TRY(engine_call(engine, WIRE_PAIRING_SHOW, &request, &reply, &shown));
    if (add->stage != DEVICE_ADD_WAITING)
        return STATUS_OK;
    if (shown.state == WIRE_PAIRING_IS_COMMITTED)
        return answer(engine, add, &shown);
    if (shown.state == WIRE_PAIRING_IS_REVEALED)
        return take_reveal(engine, add, &shown);
    return STATUS_OK;
}

static enum status send_end(struct engine *engine, const struct device_add *add, struct span entry)
{
    CLEANUP(connection_reply_clear) struct connection_reply reply = CONNECTION_REPLY_INIT;
    struct wire_pairing_finish_request request = {.pairing = add->pairing, .entry = entry};
    struct wire_pairing_finish_response response;
    TRY(engine_connect(engine)); /* whoever looks for a code may take longer than a ping */
    return engine_call(engine, WIRE_PAIRING_FINISH, &request, &reply, &response);
}

static enum status refuse(struct engine *engine, struct device_add *add)
{
    add->stage = DEVICE_ADD_REFUSED;
    /* Nothing was signed, whether or not this arrives: who would not pass it on may be the very one
     * that sits in between, and the warning must be seen. */
    if (send_end(engine, add, SPAN_EMPTY) != STATUS_OK)
        engine_forget_explanation(engine);
    return engine_explain(engine, STATUS_DENIED,
                          "not approved, and this link is over. If you typed what the new device "
                          "shows, somebody may sit between the two: do not use the new device, "
                          "even if it says that it was approved, do not try again over this "
                          "network, and tell the people who run the server");
}

enum status device_add_confirm(struct engine *engine, struct device_add *add, struct span typed)
{
    CLEANUP(buffer_clear) struct buffer entry = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES);
    if (add->stage != DEVICE_ADD_CODE)
        return STATUS_NOT_NOW;
    if (typed.len == 0)
        return refuse(engine, add);
    if (!pairing_code_matches(add->code, typed)) {
        add->tries++;
        return add->tries < DEVICE_ADD_TRIES ? STATUS_DENIED : refuse(engine, add);
    }
    TRY(directory_entry_countersign(buffer_span(&add->entry),
                                    SPAN_OF(engine->account.login_private), &entry));
    TRY(send_end(engine, add, buffer_span(&entry)));
    add->stage = DEVICE_ADD_APPROVED;
    return STATUS_OK;
}
