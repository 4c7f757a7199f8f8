/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads requests as lines of JSON from standard input, writes a line for each. */
#include "tests/interop/peer.h"

#include "protocol/crypto/random_system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- members and keys ---- */

static const uint16_t extension_types[] = {PEER_EXTENSION, MLS_EXTENSION_LAST_RESORT};

static enum status find_psk(void *context, const struct mls_psk_id *id, struct buffer *psk)
{
    const struct peer *peer = context;
    for (size_t i = 0; i < peer->psk_count; i++)
        if (id->type == MLS_PSK_EXTERNAL && span_equal(id->psk_id, buffer_span(&peer->psks[i].id)))
            return buffer_append(psk, buffer_span(&peer->psks[i].value));
    return STATUS_NOT_FOUND;
}

void peer_init(struct peer *peer, uint64_t now_seconds)
{
    *peer = (struct peer){.random = random_system(),
                          .options = {.now_seconds = now_seconds,
                                      .tolerance_seconds = 3600,
                                      .extension_types = extension_types,
                                      .extension_type_count = 1},
                          .psk_store = {find_psk, peer}};
}

static void free_member(struct peer_member *member)
{
    mls_group_free(&member->group);
    memory_rows_clear(&member->rows);
    buffer_clear(&member->package);
    buffer_clear(&member->package_private);
    secret_clear(&member->signature_private);
    free(member);
}

void peer_clear(struct peer *peer)
{
    for (size_t i = 0; i < peer->member_count; i++)
        free_member(peer->members[i]);
    for (size_t i = 0; i < peer->psk_count; i++) {
        buffer_clear(&peer->psks[i].id);
        buffer_clear(&peer->psks[i].value);
    }
    peer->member_count = 0;
    peer->psk_count = 0;
}

struct peer_member *peer_find(struct peer *peer, const char *name)
{
    for (size_t i = 0; i < peer->member_count; i++)
        if (strcmp(peer->members[i]->name, name) == 0)
            return peer->members[i];
    return NULL;
}

enum status peer_find_or_add(struct peer *peer, const char *name, struct peer_member **member)
{
    struct peer_member *found = peer_find(peer, name);
    if (found == NULL) {
        if (peer->member_count == PEER_MEMBERS_MAX || strlen(name) >= sizeof found->name)
            return STATUS_LIMIT;
        found = calloc(1, sizeof *found);
        if (found == NULL)
            return STATUS_NO_MEMORY;
        (void)snprintf(found->name, sizeof found->name, "%s", name);
        buffer_init(&found->package, PEER_BYTES_MAX);
        buffer_init(&found->package_private, PEER_BYTES_MAX);
        found->identity.extension_types = extension_types;
        found->identity.extension_type_count = 2;
        peer->members[peer->member_count++] = found;
    }
    *member = found;
    return STATUS_OK;
}

void peer_forget(struct peer *peer, const char *name)
{
    for (size_t i = 0; i < peer->member_count; i++) {
        if (strcmp(peer->members[i]->name, name) != 0)
            continue;
        free_member(peer->members[i]);
        peer->members[i] = peer->members[--peer->member_count];
        return;
    }
}

/* ---- requests ---- */

/* Writes the answer to one line. A request that fails is answered too; false ends the program. */
static bool answer_line(struct peer *peer, const char *line, size_t length)
{
    json_t *answer = json_object();
    json_t *request = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
    enum status status = STATUS_USAGE;
    if (answer != NULL && json_is_object(request))
        status = peer_answer(peer, request, answer);
    if (status != STATUS_OK)
        (void)json_object_set_new(answer, "error", json_string(status_name(status)));
    int failed = json_dumpf(answer, stdout, JSON_COMPACT) | putchar('\n') | fflush(stdout);
    json_decref(request);
    json_decref(answer);
    return failed >= 0;
}

int main(void)
{
    struct peer peer;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length = 0;
    if (crypto_start() != STATUS_OK)
        return EXIT_FAILURE;
    peer_init(&peer, (uint64_t)time(NULL));
    bool is_open = true;
    while (is_open && (length = getline(&line, &capacity, stdin)) > 0)
        is_open = answer_line(&peer, line, (size_t)length);
    free(line);
    peer_clear(&peer);
    return is_open ? EXIT_SUCCESS : EXIT_FAILURE;
}
