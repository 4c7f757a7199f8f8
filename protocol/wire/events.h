/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the server tells unasked (PROTOCOL.md, 6.10). Events are hints except `entry`: whatever is
 * lost with a connection is found again by asking.
 * Thread rule: plain data.
 */
#ifndef WEFT_WIRE_EVENTS_H
#define WEFT_WIRE_EVENTS_H

#include "protocol/wire/channels.h"
#include "protocol/wire/sessions.h"

/* ENTRY: of a subscribed channel, in sequence. */
struct wire_entry_event {
    struct wire_entry entry;
};

/* BEHIND: entries were dropped for this connection: page every subscribed channel. */

/* WORK: for this device: please commit it before its lease ends. */
struct wire_work_event {
    struct wire_work work;
};

/* STAGE: the session of a subscribed channel changed. */
struct wire_stage_event {
    struct wire_session session;
};

/* INVITATION: for this person. */
struct wire_invitation_event {
    struct wire_invitation invitation;
};

/* WELCOME: this device was added to a channel: ask for WELCOMES. */
struct wire_welcome_event {
    struct id channel;
};

/* DIRECTORY: the log grew. */
struct wire_directory_event {
    struct span head;
};

/* KNOCK: somebody waits at a channel where this person may let them in. */
struct wire_knock_event {
    struct id channel;
};

/* SUGGESTION: there is one for this person, or all accepted one, or it asks something: ask for
 * SUGGESTIONS. */
struct wire_suggestion_event {
    struct id suggestion;
};

/* CLOSING: the server stops; connect again after a while. */
struct wire_closing_event {
    uint32_t retry_after_ms;
};

/* OWN: another device of this person has read on, or the new device of a pairing has taken a step.
 */
enum wire_own {
    WIRE_OWN_READ = 1,
    WIRE_OWN_PAIRING = 2,
};
struct wire_own_event {
    uint8_t what;                /* enum wire_own */
    struct id channel;           /* none for a pairing */
    struct wire_cursor position; /* the last entry that was read */
};

/* HISTORY: for this device: please share what was said before, before its lease ends. */
struct wire_history_event {
    struct id channel;
};

#endif
