/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A complete example of mls/member: Ann creates a group and adds Ben, they talk, Ben changes his
 * keys, and Ann goes on after a restart. It is a program of its own, run by the test suite, and
 * uses nothing but the library: what a client has besides is a network, where this has variables,
 * and a store, where this has an array.
 */
#include "protocol/crypto/random_system.h"
#include "protocol/mls/member/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a store: the rows of one group ---- */

#define ROWS_MAX 256

struct store {
    struct mls_row_key keys[ROWS_MAX];
    struct buffer rows[ROWS_MAX];
    size_t count;
    size_t next; /* of an enumeration */
};

static size_t place_of(const struct store *store, const struct mls_row_key *key)
{
    size_t at = 0;
    while (at < store->count &&
           (store->keys[at].kind != key->kind || store->keys[at].epoch != key->epoch ||
            store->keys[at].index != key->index))
        at++;
    return at;
}

static enum status put(void *context, const struct mls_row_key *key, struct span bytes)
{
    struct store *store = context;
    size_t at = place_of(store, key);
    if (at == ROWS_MAX)
        return STATUS_LIMIT;
    if (at == store->count) {
        store->keys[store->count++] = *key;
        buffer_init(&store->rows[at], SIZE_MAX);
    }
    buffer_truncate(&store->rows[at], 0);
    return buffer_append(&store->rows[at], bytes);
}

static enum status drop(void *context, const struct mls_row_key *key)
{
    struct store *store = context;
    size_t at = place_of(store, key);
    if (at == store->count)
        return STATUS_OK;
    buffer_clear(&store->rows[at]);
    store->count--;
    store->keys[at] = store->keys[store->count];
    store->rows[at] = store->rows[store->count];
    return STATUS_OK;
}

static enum status next_row(void *context, struct mls_row_key *key, struct span *bytes)
{
    struct store *store = context;
    if (store->next == store->count)
        return STATUS_NOT_FOUND;
    *key = store->keys[store->next];
    *bytes = buffer_span(&store->rows[store->next]);
    store->next++;
    return STATUS_OK;
}

static void store_clear(struct store *store)
{
    while (store->count > 0)
        buffer_clear(&store->rows[--store->count]);
}

/* Memory follows disk: a client does this in one transaction with what it shows or sends. */
static enum status save(struct mls_group *group, struct store *store)
{
    const struct mls_row_sink sink = {put, drop, store};
    TRY(mls_group_changes(group, &sink));
    mls_group_changes_done(group);
    return STATUS_OK;
}

/* ---- two people ---- */

struct client {
    struct secret signature_private;
    struct signature_public signature_public;
    struct mls_identity identity;
    struct mls_options options;
    struct mls_group *group;
    struct store store;
};

static enum status client_init(struct client *client, const struct suite *suite, const char *name)
{
    TRY(signature_generate(suite->signature, random_system(), &client->signature_private,
                           &client->signature_public));
    /* A client with people's names would say who vouches for them: options.check_credential. */
    client->options.now_seconds = 1700000000;
    client->identity = (struct mls_identity){
        .credential = {MLS_CREDENTIAL_BASIC, span_from_text(name)},
        .signature_public_key = signature_public_span(&client->signature_public),
        .signature_private_key = secret_span(&client->signature_private),
        .not_before = client->options.now_seconds - 3600,
        .not_after = client->options.now_seconds + 86400};
    return STATUS_OK;
}

static void client_clear(struct client *client)
{
    mls_group_free(&client->group);
    store_clear(&client->store);
    secret_clear(&client->signature_private);
}

/* Says something; the message may leave once the rows are stored. */
static enum status say(struct client *client, const char *text, struct mls_sent *sent)
{
    TRY(mls_group_protect(client->group, SPAN_EMPTY, span_from_text(text), 256, random_system(),
                          sent));
    return save(client->group, &client->store);
}

/* Takes any message of the group. */
static enum status hear(struct client *client, struct span message)
{
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    TRY(mls_group_receive(client->group, message, &client->options, &received));
    switch (received.kind) {
    case MLS_RECEIVED_APPLICATION:
        (void)printf("epoch %llu, member %u: %.*s\n", (unsigned long long)received.epoch,
                     received.sender.index, (int)received.plaintext.len,
                     (const char *)received.plaintext.ptr);
        break;
    case MLS_RECEIVED_PROPOSAL: /* kept for the commit that refers to it */
        break;
    case MLS_RECEIVED_COMMIT:
        /* Here a client asks whether that is allowed: mls_group_staged, else _drop_staged. */
        TRY(mls_group_merge_staged(client->group));
        break;
    case MLS_RECEIVED_OWN_COMMIT:
        TRY(mls_group_apply_pending(client->group));
        break;
    case MLS_RECEIVED_OWN_MESSAGE: /* shown when it was sent */
        break;
    }
    return save(client->group, &client->store);
}

/* ---- what happens ---- */

/* Ann creates the group and adds the owner of the package; Ben joins with what she sent. */
static enum status meet(struct client *ann, struct client *ben, const struct suite *suite)
{
    CLEANUP(buffer_clear) struct buffer package = BUFFER_INIT(1 << 16);
    CLEANUP(buffer_clear) struct buffer private_part = BUFFER_INIT(1 << 16);
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_key_package_checked bens;
    /* Ben, some time before: the package goes to a server, the private part into his store. */
    TRY(mls_key_package_new(suite, &ben->identity, false, random_system(), &package,
                            &private_part));

    const struct mls_group_config config = {
        .suite = suite, .group_id = SPAN_LITERAL("an example"), .identity = &ann->identity};
    TRY(mls_group_new(&config, random_system(), &ann->group));
    TRY(mls_key_package_check(buffer_span(&package), &ann->options, &bens));
    const struct mls_proposal add = {.type = MLS_PROPOSAL_ADD, .add = &bens.package};
    const struct mls_commit_request request = {
        .proposals = &add, .proposal_count = 1, .tree_in_welcome = true};
    TRY(mls_group_commit(ann->group, &request, &ann->options, random_system(), &bundle));
    TRY(save(ann->group, &ann->store));
    /* She sends bundle.commit. Were another one first: mls_group_clear_pending, and hear it. */
    TRY(mls_group_apply_pending(ann->group));
    TRY(save(ann->group, &ann->store));

    const struct mls_join_request join = {.welcome = buffer_span(&bundle.welcome),
                                          .key_package = buffer_span(&package),
                                          .private_part = buffer_span(&private_part)};
    TRY(mls_group_join(&join, &ben->options, &ben->group));
    return save(ben->group, &ben->store);
}

/* A commit without proposals gives Ben fresh keys, and with them the group. */
static enum status refresh(struct client *ben, struct client *ann)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    const struct mls_commit_request request = {0};
    TRY(mls_group_commit(ben->group, &request, &ben->options, random_system(), &bundle));
    TRY(save(ben->group, &ben->store));
    TRY(hear(ben, buffer_span(&bundle.commit))); /* as the server sends it to all */
    return hear(ann, buffer_span(&bundle.commit));
}

static enum status restart(struct client *client)
{
    const struct mls_row_source source = {next_row, &client->store};
    mls_group_free(&client->group);
    client->store.next = 0;
    return mls_group_restore(&source, &client->options, &client->group);
}

static enum status play(struct client *ann, struct client *ben)
{
    CLEANUP(mls_sent_clear) struct mls_sent hello = {0};
    CLEANUP(mls_sent_clear) struct mls_sent answer = {0};
    TRY(crypto_start());
    const struct suite *suite = suite_find(SUITE_X25519_AES128GCM_SHA256_ED25519);
    TRY(client_init(ann, suite, "Ann"));
    TRY(client_init(ben, suite, "Ben"));
    TRY(meet(ann, ben, suite));
    TRY(say(ann, "hello", &hello));
    TRY(hear(ben, buffer_span(&hello.message)));
    TRY(refresh(ben, ann));
    TRY(restart(ann));
    TRY(say(ben, "hello again", &answer));
    return hear(ann, buffer_span(&answer.message));
}

int main(void)
{
    static struct client ann;
    static struct client ben;
    enum status status = play(&ann, &ben);
    if (status != STATUS_OK)
        (void)fprintf(stderr, "example: %s\n", status_text(status));
    client_clear(&ann);
    client_clear(&ben);
    return status == STATUS_OK ? 0 : 1;
}
