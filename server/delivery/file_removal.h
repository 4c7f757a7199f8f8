/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Removes the bytes of files whose rows are gone for good. What a crash keeps from being removed is
 * swept at the next start.
 * Thread rule: loop thread only.
 */
#ifndef WEFT_DELIVERY_FILE_REMOVAL_H
#define WEFT_DELIVERY_FILE_REMOVAL_H

#include "server/session/hub.h"
#include "server/store/files.h"

/* Copies the ids; does nothing for none. */
void file_removal_begin(struct hub *hub, const struct store_file_ids *files);

#endif
