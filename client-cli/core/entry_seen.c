/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/core/entry_seen.h"

#include "client-cli/core/entry.h"
#include "client-cli/core/limits.h"

static enum status compare_hashes(struct engine *engine,
                                  const struct channel *channel,
                                  const struct content_seen *seen,
                                  const char **problem)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct stored_entry before;
    enum status found = entry_get(engine, &channel->id, seen->sequence, &record, &arena, &before);
    if (found == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(found);
    if (before.epoch > seen->epoch ||
        span_equal(SPAN_OF(before.running_hash), SPAN_OF(seen->running_hash)))
        return STATUS_OK;
    *problem = "the sender saw another log than you: the server shows different people different "
               "things";
    return STATUS_OK;
}

/* Whoever speaks has read the log to its end just before. What is older by minutes and was not seen
 * was kept from them. */
static enum status compare_times(struct engine *engine,
                                 const struct channel *channel,
                                 const struct entry_seen_place *place,
                                 const struct content_seen *seen,
                                 const char **problem)
{
    CLEANUP(buffer_clear) struct buffer record = BUFFER_INIT(ENTRY_RECORD_BYTES_MAX);
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    struct stored_entry unseen;
    if (seen->sequence == channel->cursor)
        return STATUS_OK;
    enum status found =
        entry_get(engine, &channel->id, seen->sequence + 1, &record, &arena, &unseen);
    if (found == STATUS_NOT_FOUND)
        return STATUS_OK;
    TRY(found);
    if (place->time - unseen.time > CORE_UNSEEN_MS)
        *problem = "the sender had not been shown what was said minutes before: the server keeps "
                   "things from them";
    return STATUS_OK;
}

enum status entry_seen_check(struct engine *engine,
                             struct channel *channel,
                             const struct entry_seen_place *place,
                             const struct content_seen *seen,
                             const char **problem)
{
    *problem = NULL;
    if (seen->epoch == mls_group_epoch(channel->group) &&
        !span_equal(seen->epoch_authenticator, mls_group_epoch_authenticator(channel->group))) {
        *problem = "the sender is in another group than you at the same epoch: the server may be "
                   "showing you different things";
        return STATUS_OK;
    }
    /* Nobody has seen their own message before they say it: then the numbers are not the sender's,
     * and something before it was left out here, or moved. */
    if (seen->sequence >= place->sequence) {
        *problem = "the sender had seen more than the server has shown you: something was left out "
                   "or put in another order";
        return STATUS_OK;
    }
    if (seen->sequence <= channel->joined_sequence || seen->sequence > channel->cursor)
        return STATUS_OK;
    TRY(compare_hashes(engine, channel, seen, problem));
    return *problem != NULL ? STATUS_OK : compare_times(engine, channel, place, seen, problem);
}
