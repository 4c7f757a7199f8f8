/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests about what was said in a channel before somebody joined it (PROTOCOL.md, 6.14). The
 * server keeps sealed segments as it keeps files, and asks one member after another to share.
 * Thread rule: plain data.
 */
#ifndef WEFT_WIRE_HISTORY_H
#define WEFT_WIRE_HISTORY_H

#include "protocol/base/id.h"
#include "protocol/base/limits.h"
#include "protocol/wire/people.h"
#include "protocol/wire/requests.h"

/* HISTORY_ASK: the asker wants the keys of what was said before. STATUS_RATE_LIMITED when the
 * person has just asked. */
struct wire_history_ask_request {
    struct id channel;
    struct wire_id_item *answered; /* people who have shared, and not all of it: others are asked */
    size_t answered_count;
};
struct wire_history_ask_response {
    bool online; /* somebody else is, and is asked; otherwise the next who comes */
};

/* HISTORY_SHOW: what is sealed, and whether the caller is to share it now. */
struct wire_history_show_request {
    struct id channel;
};
struct wire_history_sealed {
    uint64_t first;
    uint64_t last;
    struct id file;
};
struct wire_history_show_response {
    bool leased;        /* the caller is asked to seal and to share */
    struct id asked_by; /* the person who asks; none: only what is not sealed yet is wanted */
    int64_t kept_since; /* what was said before is not kept any more; 0: all is */
    struct wire_history_sealed *segments; /* complete ones, by rising first sequence */
    size_t segment_count;
};

/* HISTORY_BEGIN: begins the upload of a segment, which goes on as a file's: FILE_PUT, FILE_DONE.
 * Then it takes the place of the segment of the same block. The answer is FILE_BEGIN's.
 * STATUS_NOT_NOW, here and for FILE_DONE, when somebody else is to share by now. */
struct wire_history_begin_request {
    struct id channel;
    struct id file;
    uint64_t first;
    uint64_t last;
    uint64_t seen; /* the last entry that the sealer knew: STATUS_CONFLICT when some were deleted
                      since */
    uint64_t size; /* of all encrypted chunks together */
};
struct wire_history_begin_response {
    uint32_t chunks;
    bool complete;
};

/* HISTORY_SHARED: the keys were said in the channel: nobody need be asked any more, unless somebody
 * else than `asked_by` waits by now. */
struct wire_history_shared_request {
    struct id channel;
    struct id asked_by; /* as it was shown */
};

#endif
