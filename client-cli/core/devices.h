/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A person's devices: which there are, how far each has come, shutting one out, and what is told
 * when the directory grows. Errors: those of engine.h. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_DEVICES_H
#define WEFT_CORE_DEVICES_H

#include "client-cli/core/engine.h"
#include "protocol/wire/devices.h"

/* The devices of a person; their channels are the server's word. `listed` lends from `reply`. */
MUST_CHECK enum status devices_list(struct engine *engine,
                                    const struct id *person,
                                    struct connection_reply *reply,
                                    struct wire_device_list_response *listed);

/* Shuts a device out, and commits its removal wherever we may. `channels` is how many it can still
 * read. */
MUST_CHECK enum status
devices_revoke(struct engine *engine, const struct id *device, uint32_t *channels);

/* Takes part in what waits to be committed in every channel of ours. */
MUST_CHECK enum status devices_help(struct engine *engine);

/* Tells of devices that came or went in the entries of the directory from `from` on, when they are
 * ours, or of somebody in a channel of ours whom an admin gave a fresh start. */
MUST_CHECK enum status devices_tell(struct engine *engine, uint64_t from);

#endif
