/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The channel's session: the one whose clock stands here, else the last one that ended. */
#include "protocol/wire/sessions.h"
#include "server/handler/task.h"
#include "server/stage/stage.h"

struct session_show {
    struct task task;
    struct wire_session_show_response response;
};

static enum status run(struct store_db *db, struct task *task)
{
    struct session_show *show = (struct session_show *)(void *)task;
    const struct wire_session_show_request *request = task->call->request;
    return stage_last_ended(db, &request->channel, task->now_ms, &task->call->arena,
                            &show->response.session);
}

static void finish(struct task *task)
{
    call_answer(task->call, &((struct session_show *)(void *)task)->response);
}

static const char *explain(enum status status)
{
    return status == STATUS_NOT_FOUND ? "the channel has no session" : NULL;
}

void session_show_handle(struct services *services, struct channel *channel, struct call *call)
{
    struct session_show *show = task_new(services, channel, call, sizeof *show);
    if (show == NULL)
        return;
    if (stage_describe(services->stage, &channel->id, &show->response.session) == STATUS_OK) {
        finish(&show->task);
        return;
    }
    show->task.run = run;
    show->task.finish = finish;
    show->task.explain = explain;
    task_read(&show->task);
}
