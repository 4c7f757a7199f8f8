/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Who asks to be let in. The event of a knock comes to whoever is there at that moment; somebody
 * who comes later asks. Thread rule: the engine's thread.
 */
#ifndef WEFT_CORE_KNOCKS_H
#define WEFT_CORE_KNOCKS_H

#include "client-cli/core/engine.h"

/* A notice for each channel in which people wait whom we may let in, with what to type. */
MUST_CHECK enum status knocks_look(struct engine *engine);

#endif
