/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/handler/pairing.h"

#include "protocol/base/limits.h"
#include "server/store/people.h"

const char *pairing_explain(enum status status)
{
    switch ((int)status) {
    case STATUS_NOT_FOUND:
        return "this link is not known here, or its time is over: make another with weft device "
               "add";
    case STATUS_CONFLICT:
        return "this link has been used by another device, or is finished: make another with weft "
               "device add";
    case STATUS_LIMIT:
        return "a person has at most 8 devices: revoke one first, weft device revoke";
    case STATUS_DENIED:
        return "only the person themselves approves their devices, and an admin those of somebody "
               "who has lost theirs";
    default:
        return NULL;
    }
}

enum status
pairing_check_person(struct store_db *db, const struct call *call, const struct id *person)
{
    if (id_equal(person, &call->person))
        return STATUS_OK;
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_FRAME_BYTES);
    struct store_person caller;
    TRY(store_people_get(db, &call->person, &arena, &caller));
    return caller.role == STORE_ROLE_ADMIN ? store_people_check_joined(db, person) : STATUS_DENIED;
}

enum status pairing_get_own(struct store_db *db,
                            struct task *task,
                            const struct id *id,
                            struct store_pairing *pairing)
{
    TRY(store_pairings_get(db, id, task->now_ms, &task->call->arena, pairing));
    return id_equal(&pairing->device, &task->call->device) ? STATUS_OK : STATUS_NOT_FOUND;
}
