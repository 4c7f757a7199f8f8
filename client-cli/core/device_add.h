/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Approving another device: the side of a pairing that is in the directory already (PROTOCOL.md,
 * 8.1). It is a device of the same person; or an admin's, for somebody who has lost theirs.
 *
 * Nothing is kept: a command that is stopped has approved nothing, or its approval is in the log.
 * Errors: those of engine.h; STATUS_DENIED for a wrong code. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_DEVICE_ADD_H
#define WEFT_CORE_DEVICE_ADD_H

#include "client-cli/core/engine.h"
#include "protocol/directory/pairing.h"

/* Somebody may mistype; whoever types the same wrong code again and again reads it from a device
 * that is not the one this device talks with. */
#define DEVICE_ADD_TRIES 3

enum device_add_stage {
    DEVICE_ADD_WAITING = 1, /* nobody has opened the link */
    DEVICE_ADD_CODE = 2,    /* the new device shows the code, and ours is `code` */
    DEVICE_ADD_APPROVED = 3,
    DEVICE_ADD_REFUSED = 4,
};

struct device_add {
    enum device_add_stage stage;
    struct id pairing;
    struct pairing_transcript transcript;
    struct buffer entry; /* as the new device signed it */
    char code[PAIRING_CODE_TEXT_SIZE];
    unsigned tries;
};

#define DEVICE_ADD_INIT                                                                            \
    ((struct device_add){.stage = DEVICE_ADD_WAITING,                                              \
                         .entry = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES)})

void device_add_clear(struct device_add *add);

/* Opens a pairing for a device of `person`; the link is appended to `text`. */
MUST_CHECK enum status device_add_begin(struct engine *engine,
                                        const struct id *person,
                                        struct device_add *add,
                                        struct buffer *text);

/* Takes the next step when it can be taken. */
MUST_CHECK enum status device_add_step(struct engine *engine, struct device_add *add);

/* Approves the device when `typed` is the code. STATUS_DENIED when it is not; the third time, or
 * with an empty text, the new device is refused for good. */
MUST_CHECK enum status
device_add_confirm(struct engine *engine, struct device_add *add, struct span typed);

#endif
