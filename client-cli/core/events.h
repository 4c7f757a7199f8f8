/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the server tells unasked: each event is handled to its end, one after another.
 * Errors: those that the handling meets; a broken connection among them. Thread rule: the engine's
 * thread.
 */
#ifndef WEFT_CORE_EVENTS_H
#define WEFT_CORE_EVENTS_H

#include "client-cli/core/channel.h"

/* Handles every event that is there, without waiting. */
MUST_CHECK enum status events_handle_all(struct engine *engine);

/* Asks for the events of every channel that we are in from now on, and catches up to now. */
MUST_CHECK enum status events_subscribe_all(struct engine *engine);

/* The same for those that came since: by a command of another terminal, or in the next generation;
 * and for all of them on a connection that such a command has made. */
MUST_CHECK enum status events_subscribe_new(struct engine *engine);

/* Does what members of our channels are asked to commit. */
MUST_CHECK enum status events_look_for_work(struct engine *engine);

#endif
