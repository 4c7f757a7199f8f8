/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Becoming a member of a community with an invite link: look at what it offers, then redeem it.
 *
 * The keys and the signed directory entry are in the vault before the invite is redeemed, so that
 * a redemption whose answer was lost can be made again with the same entry.
 * Errors: those of engine.h; STATUS_EXISTS when the profile has joined already.
 * Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_ENROL_H
#define WEFT_CORE_ENROL_H

#include "client-cli/core/engine.h"
#include "protocol/wire/accounts.h"

/* Points an engine without account at the link's server and asks what the invite is for. `shown`
 * lends from `reply`. */
MUST_CHECK enum status enrol_show(struct engine *engine,
                                  const struct invite_link *link,
                                  struct connection_reply *reply,
                                  struct wire_invite_show_response *shown);

/* Goes on with a redemption of this very invite whose answer never came. STATUS_NOT_FOUND when none
 * was begun. */
MUST_CHECK enum status enrol_resume(struct engine *engine, const struct invite_link *link);

/* Makes person and device and redeems the invite under `name`. Afterwards the engine is logged
 * in. */
MUST_CHECK enum status enrol_redeem(struct engine *engine,
                                    const struct invite_link *link,
                                    const struct wire_invite_show_response *shown,
                                    struct span name);

#endif
