/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Which stage a session was in at each of its counters, as far as it can be known: from the
 * facilitators' control messages, each of which names the counter it changes, and from where the
 * session stands now. A change that nobody signed leaves a gap; what lies beyond it is told from
 * the other end.
 *
 * Errors: STATUS_NO_MEMORY. Thread rule: one thread at a time; nothing but the two of _add and
 * _clear changes it.
 */
#ifndef WEFT_CORE_SESSION_STEPS_H
#define WEFT_CORE_SESSION_STEPS_H

#include "protocol/content/kinds.h"
#include "protocol/format/format.h"
#include "protocol/wire/sessions.h"

/* A session's changes: stages, extensions and pauses of a long day. Later ones are not known. */
#define SESSION_STEPS_MAX 4096

struct session_steps {
    const struct format *format;
    const struct wire_session *present;
    uint8_t *actions; /* by the counter that they change; 0: not known */
    uint32_t count;
};

/* `format` and `present` are lent for the steps' life. */
MUST_CHECK enum status session_steps_init(const struct format *format,
                                          const struct wire_session *present,
                                          struct session_steps *steps);
void session_steps_clear(struct session_steps *steps);

/* A facilitator's control message. Of several for one counter the first counts, as it was for the
 * server; what names a counter that never was is left out. */
void session_steps_add(struct session_steps *steps, const struct content_stage *step);

/* The stage in which `counter` was the session's; NULL when it had not begun, was over, or when
 * that is not known. */
const struct format_stage *session_steps_stage(const struct session_steps *steps, uint32_t counter);

#endif
