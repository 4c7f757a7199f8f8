/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The asking person's own place in the network: their ties, by name where the other opted in, and
 * how they stand in it, which nobody else is told.
 */
#include "protocol/wire/network.h"
#include "protocol/base/limits.h"
#include "server/handler/lookup.h"
#include "server/handler/task.h"
#include "server/introduce/standings.h"
#include "server/store/ties.h"

struct network_task {
    struct task task;
    struct standings_waiter waiter;
    struct wire_network_response response;
};

static uint8_t origin_of(enum store_tie_kind kind)
{
    switch (kind) {
    case STORE_TIE_IMPORTED:
        return TIE_DECLARED;
    case STORE_TIE_ACCEPTED:
        return TIE_ASKED;
    case STORE_TIE_MET:
        return TIE_MET;
    case STORE_TIE_SESSIONS:
        return TIE_SESSIONS;
    }
    return 0;
}

/* Adds one whom others may look up; of the rest only the number is told. */
static enum status
add_tie(struct store_db *db, struct network_task *network, const struct id *other, uint8_t origins)
{
    struct wire_network_response *response = &network->response;
    struct wire_person person;
    enum status status = lookup_person(db, other, false, &network->task.call->arena, &person);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    bool named = status == STATUS_OK && person.profile.opted_in;
    if (!named || response->tie_count == LIMIT_LIST_ITEMS) {
        response->unnamed_ties++;
        return STATUS_OK;
    }
    response->ties[response->tie_count++] = (struct wire_own_tie){
        .person = person.person,
        .name = person.name,
        .group_name = person.group_name,
        .origins = origins,
    };
    return STATUS_OK;
}

static enum status run(struct store_db *db, struct task *task)
{
    struct network_task *network = (struct network_task *)(void *)task;
    struct arena *arena = &task->call->arena;
    struct store_own_tie_list ties;
    void *items = NULL;
    TRY(store_ties_of_person(db, &task->call->person, NETWORK_SESSION_PEOPLE_MAX, arena, &ties));
    TRY(arena_take(arena, ties.count, sizeof(struct wire_own_tie), &items));
    network->response.ties = items;
    for (size_t i = 0; i < ties.count;) {
        const struct id *other = &ties.items[i].other;
        uint8_t origins = 0;
        for (; i < ties.count && id_equal(&ties.items[i].other, other); i++)
            origins |= origin_of(ties.items[i].kind);
        TRY(add_tie(db, network, other, origins));
    }
    return STATUS_OK;
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct network_task *)(void *)task)->response);
}

static void
ready(struct standings_waiter *waiter, const struct standing *standing, enum status status)
{
    struct network_task *network =
        (struct network_task *)(void *)((char *)waiter - offsetof(struct network_task, waiter));
    if (status != STATUS_OK) {
        call_fail(network->task.call, status, NULL);
        return;
    }
    network->response.in_network = standing->in_network;
    network->response.as_of = standing->as_of_ms;
    network->response.cut_off = standing->cut_off;
    network->response.in_cover = standing->in_cover;
    network->response.covering = standing->covering;
    task_read(&network->task);
}

void network_handle(struct services *services, struct call *call)
{
    struct network_task *network = task_new(services, NULL, call, sizeof *network);
    if (network == NULL)
        return;
    network->task.run = run;
    network->task.finish = finish;
    network->waiter = (struct standings_waiter){.person = call->person, .ready = ready};
    standings_find(services->standings, &network->waiter);
}
