/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/wire/history.h"
#include "server/delivery/history.h"
#include "server/handler/file_work.h"
#include "server/store/segments.h"

static enum status look(struct store_db *db, struct file_work *work)
{
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
    return store_segments_begin(db, &segment, &work->file.complete);
}

static void finish(struct file_work *work)
{
    const struct wire_history_begin_response response = {work->chunks, work->file.complete};
    call_answer(work->call, &response);
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
    if (!history_holds(channel, &call->device)) {
        call_fail(call, STATUS_NOT_NOW, "another member was asked to share");
        return;
    }
    history_go_on(services->delivery, channel, &call->device);
    struct file_work *work = file_work_new(services, channel, call, sizeof *work);
    if (work == NULL)
        return;
    work->look = look;
    work->look_writes = true;
    work->io = file_work_count_chunks;
    work->finish = finish;
    file_work_begin(work);
}
