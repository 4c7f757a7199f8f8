/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/handler/proposals.h"

#include <stdlib.h>
#include <string.h>

struct proposal {
    struct id channel;
    struct id person;
    size_t len;
    uint8_t reason[LIMIT_TITLE_BYTES];
};

struct proposals {
    struct proposal kept[PROPOSALS_KEPT];
    size_t count;
    size_t next; /* to be replaced once all are in use */
};

enum status proposals_new(struct proposals **proposals)
{
    struct proposals *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    *proposals = fresh;
    return STATUS_OK;
}

void proposals_free(struct proposals **proposals)
{
    free(*proposals);
    *proposals = NULL;
}

static size_t
find(const struct proposals *proposals, const struct id *channel, const struct id *person)
{
    size_t at = 0;
    while (at < proposals->count && !(id_equal(&proposals->kept[at].person, person) &&
                                      id_equal(&proposals->kept[at].channel, channel)))
        at++;
    return at;
}

void proposals_keep(struct proposals *proposals,
                    const struct id *channel,
                    const struct id *person,
                    struct span reason)
{
    size_t at = find(proposals, channel, person);
    if (at == PROPOSALS_KEPT) {
        at = proposals->next;
        proposals->next = (proposals->next + 1) % PROPOSALS_KEPT;
    } else if (at == proposals->count) {
        proposals->count++;
    }
    struct proposal *kept = &proposals->kept[at];
    kept->channel = *channel;
    kept->person = *person;
    kept->len = reason.len <= sizeof kept->reason ? reason.len : 0;
    if (kept->len > 0)
        memcpy(kept->reason, reason.ptr, kept->len);
}

struct span proposals_reason(const struct proposals *proposals,
                             const struct id *channel,
                             const struct id *person)
{
    size_t at = find(proposals, channel, person);
    if (at == proposals->count)
        return SPAN_EMPTY;
    return span_of(proposals->kept[at].reason, proposals->kept[at].len);
}
