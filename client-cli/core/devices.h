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

/* In how many channels a device is. */
struct devices_reach {
    uint32_t counted; /* by the server, of all channels: its word */
    uint32_t seen;    /* by us, in the groups of our channels as they stand here */
    uint32_t missed;  /* channels of ours of which we cannot see whether it is in them */
};

/* The devices of a person in the groups of our channels. */
struct devices_view {
    struct devices_sight *sights; /* a list of the devices that were seen */
    uint32_t of;                  /* channels that were looked at */
    uint32_t missed;              /* and that could not be */
    struct arena arena;
};

/* Takes part in what waits to be committed, as devices_help, and looks. A channel that cannot be
 * brought up to date or read is told of, and keeps nobody from seeing the others. `view` is given
 * to devices_view_clear, also after a failure. */
MUST_CHECK enum status
devices_look(struct engine *engine, const struct id *person, struct devices_view *view);
void devices_view_clear(struct devices_view *view);

/* In how many of the channels that were looked at the device is. */
uint32_t devices_view_count(const struct devices_view *view, const struct id *device);

/* Shuts a device out, and commits its removal wherever we may. `reach` is what it can still
 * read. */
MUST_CHECK enum status
devices_revoke(struct engine *engine, const struct id *device, struct devices_reach *reach);

/* Takes part in what waits to be committed in every channel of ours. */
MUST_CHECK enum status devices_help(struct engine *engine);

/* Tells of devices that came or went in the entries of the directory from `from` on, when they are
 * ours, or of somebody in a channel of ours whom an admin gave a fresh start. */
MUST_CHECK enum status devices_tell(struct engine *engine, uint64_t from);

#endif
