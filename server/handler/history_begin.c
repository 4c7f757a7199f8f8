/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/history.h"
#include "server/delivery/history.h"
#include "server/handler/file_work.h"
#include "server/store/segments.h"

struct begin {
    struct file_work work;
    struct wire_history_begin_response response;
};

static enum status look(struct store_db *db, struct file_work *work)
{
    struct begin *begin = (struct begin *)(void *)work;
    const struct wire_history_begin_request *request = work->call->request;
    work->file = (struct store_file){
        .file = request->file,
        .channel = request->channel,
        .person = work->call->person,
        .device = work->call->device,
        .size_bytes = request->size,
        .created_at_ms = work->now_ms,
    };
    struct store_segment_new segment = {.file = work->file,
                                        .first_sequence = request->first,
                                        .last_sequence = request->last,
                                        .seen_sequence = request->seen};
    return store_segments_begin(db, &segment, &begin->response.complete);
}

static enum status io(struct file_work *work)
{
    struct begin *begin = (struct begin *)(void *)work;
    return file_work_count_chunks(work, &begin->response.chunks);
}

static void finish(struct file_work *work)
{
    call_answer(work->call, &((struct begin *)(void *)work)->response);
}

/* One block of one generation, from its beginning. */
static bool is_range(uint64_t first, uint64_t last)
{
    return first != 0 && first <= last && last <= INT64_MAX &&
           last - first < LIMIT_SEGMENT_ENTRIES && (first - 1) >> 32 == (last - 1) >> 32 &&
           ((first - 1) & UINT32_MAX) % LIMIT_SEGMENT_ENTRIES == 0;
}

void history_begin_handle(struct services *services, struct channel *channel, struct call *call)
{
    const struct wire_history_begin_request *request = call->request;
    if (!history_is_shared(channel)) {
        call_fail(call, STATUS_DENIED, "newcomers see what is said from their joining on");
        return;
    }
    if (request->size == 0 || request->size > LIMIT_SEALED_FILE_BYTES ||
        !is_range(request->first, request->last)) {
        call_fail(call, STATUS_INVALID, "a segment is one block of a channel's log");
        return;
    }
    history_go_on(services->delivery, channel, &call->device);
    struct begin *begin = file_work_new(services, channel, call, sizeof *begin);
    if (begin == NULL)
        return;
    begin->work.look = look;
    begin->work.look_writes = true;
    begin->work.io = io;
    begin->work.finish = finish;
    file_work_begin(&begin->work);
}
