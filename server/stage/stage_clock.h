/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The clock of one session: a state machine without I/O, whose time is passed in.
 *
 *     PLANNED --start--> RUNNING <--pause/resume--> PAUSED
 *        |                 |  next: the following stage, RUNNING; after the last one ENDED
 *        +-------end-------+--end--> ENDED
 *
 * A stage in minutes counts down on the monotonic clock while the session runs, and goes below 0
 * when it is over time: the facilitator ends a stage, never the clock. A stage in days has a
 * deadline in wall time, which a pause does not move.
 *
 * Every change names the counter that it changes, and raises it by one. A change makes the next
 * state beside the present one, so that it can be stored before it is true.
 * Units: milliseconds. Errors: with each function. Thread rule: pure functions.
 */
#ifndef WEFT_STAGE_STAGE_CLOCK_H
#define WEFT_STAGE_STAGE_CLOCK_H

#include "protocol/format/format.h"
#include "protocol/wire/sessions.h"

/* For this long after a change, a message that names the counter before is judged by the stage
 * before: it was written there, and was on its way. A phone's round trip is well below. */
#define STAGE_CLOCK_GRACE_MS 2000

/* The counter of a session that was only planned: 0 means "no session" in a message. */
#define STAGE_CLOCK_COUNTER_FIRST 1

/* A moment, on both clocks. */
struct stage_now {
    int64_t wall_ms;
    int64_t monotonic_ms;
};

struct stage_clock {
    enum wire_session_state state;
    uint16_t stage;   /* index into the format's stages */
    uint32_t counter; /* of changes */
    bool timed;       /* the stage has a length, and the session has begun */
    /* Of a timed stage: what was left at `since_ms`, from which it falls while RUNNING. */
    int64_t remaining_ms;
    int64_t since_ms;    /* monotonic */
    int64_t deadline_ms; /* wall time; 0: none */
    /* The last change, and what was before it. */
    int64_t changed_ms; /* monotonic */
    enum wire_session_state state_before;
    uint16_t stage_before;
};

struct stage_change {
    uint8_t action; /* enum wire_stage_action, as it came */
    uint16_t minutes;
    uint32_t counter; /* that whoever asks has seen */
};

/* A session that was planned and not begun. */
void stage_clock_plan(const struct stage_now *now, struct stage_clock *clock);

/* As it was stored: the time since then does not count. `remaining_ms` is not read for a stage
 * without a length. STATUS_CORRUPT for a stage that the format has not. */
MUST_CHECK enum status stage_clock_restore(const struct format *format,
                                           const struct stage_clock *stored,
                                           const struct stage_now *now,
                                           struct stage_clock *clock);

/* What is left of a timed stage, below 0 when it is over time; 0 for any other. */
int64_t stage_clock_remaining(const struct stage_clock *clock, int64_t monotonic_ms);

/*
 * The clock after a change; the present one stays as it is. STATUS_CONFLICT when the counter is
 * another, STATUS_NOT_NOW for an action that its state does not allow, STATUS_INVALID for one that
 * does not exist or extends nothing. `*detail` then says so in words, or stays as it is.
 */
MUST_CHECK enum status stage_clock_change(const struct stage_clock *clock,
                                          const struct format *format,
                                          const struct stage_change *change,
                                          const struct stage_now *now,
                                          struct stage_clock *next,
                                          const char **detail);

/*
 * Whether somebody with these roles may use the floor with a message that names `counter`.
 * Before the start and after the end the floor is everybody's: a session that is planned for next
 * week does not silence its channel until then. STATUS_CONFLICT when the session has moved on,
 * STATUS_NOT_NOW while it is paused or when the stage gives the roles no turn; `*detail` says so.
 */
MUST_CHECK enum status stage_clock_may_speak(const struct stage_clock *clock,
                                             const struct format *format,
                                             uint16_t roles,
                                             uint32_t counter,
                                             int64_t monotonic_ms,
                                             const char **detail);

#endif
