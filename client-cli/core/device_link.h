/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Becoming another device of somebody: the new device's side of a pairing (PROTOCOL.md, 8.1).
 *
 * Keys and nonce are in the vault before the server hears of them, and the signed entry before it
 * is revealed, so that a command that was stopped goes on with the same link where it was. Errors:
 * those of engine.h; STATUS_UNTRUSTED when the directory does not say what was agreed. Thread rule:
 * the engine's thread.
 */
#ifndef WEFT_CORE_DEVICE_LINK_H
#define WEFT_CORE_DEVICE_LINK_H

#include "client-cli/core/engine.h"
#include "protocol/directory/pairing.h"
#include "protocol/wire/invite_link.h"

enum device_link_stage {
    DEVICE_LINK_WAITING = 1, /* the approver has not answered */
    DEVICE_LINK_CODE = 2,    /* `code` is there to be compared */
    DEVICE_LINK_APPROVED = 3,
    DEVICE_LINK_REFUSED = 4,
};

struct device_link {
    enum device_link_stage stage;
    struct id pairing;
    struct pairing_transcript transcript;
    struct buffer entry; /* empty until the approver has answered */
    char code[PAIRING_CODE_TEXT_SIZE];
};

#define DEVICE_LINK_INIT                                                                           \
    ((struct device_link){.stage = DEVICE_LINK_WAITING,                                            \
                          .entry = BUFFER_INIT(LIMIT_DIRECTORY_ENTRY_BYTES)})

void device_link_clear(struct device_link *link);

/* Begins with a link, or goes on with it; connects. */
MUST_CHECK enum status
device_link_begin(struct engine *engine, const struct invite_link *given, struct device_link *link);

/* Takes the next step when it can be taken, and says how things stand. When it is approved, the
 * engine is logged in. Not more than once in two seconds: whoever has no login is not asked for
 * more by the server. */
MUST_CHECK enum status device_link_step(struct engine *engine, struct device_link *link);

#endif
