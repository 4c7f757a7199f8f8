/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/people.h"
#include "server/handler/task.h"
#include "server/store/coffee.h"
#include "server/store/introductions.h"
#include "server/store/profiles.h"

static enum status copy_topics(const struct wire_topic *from,
                               size_t count,
                               struct arena *arena,
                               const struct span **topics)
{
    void *items = NULL;
    TRY(arena_take(arena, count, sizeof(struct span), &items));
    struct span *copied = items;
    for (size_t i = 0; i < count; i++)
        copied[i] = from[i].text;
    *topics = copied;
    return STATUS_OK;
}

/* Whoever opts out is introduced to nobody any more, whatever they said before. */
static enum status stop_everything(struct store_db *db, const struct task *task)
{
    const struct id *person = &task->call->person;
    TRY(store_coffee_set(db, person, false, task->now_ms));
    return store_introductions_withdraw(db, person, task->now_ms);
}

static enum status run(struct store_db *db, struct task *task)
{
    const struct wire_profile_set_request *request = task->call->request;
    const struct wire_profile *profile = &request->profile;
    struct store_profile stored = {
        .opted_in = profile->opted_in,
        .contacts_per_week_max = profile->weekly_contacts_max,
        .topics_count = profile->topic_count,
        .can_help_with_count = profile->can_help_with_count,
    };
    TRY(copy_topics(profile->topics, profile->topic_count, &task->call->arena, &stored.topics));
    TRY(copy_topics(profile->can_help_with, profile->can_help_with_count, &task->call->arena,
                    &stored.can_help_with));
    TRY(store_profiles_set(db, &task->call->person, &stored));
    return stored.opted_in ? STATUS_OK : stop_everything(db, task);
}

void profile_set_handle(struct services *services, struct call *call)
{
    struct task *task = task_new(services, NULL, call, sizeof *task);
    if (task == NULL)
        return;
    task->run = run;
    task_write(task);
}
