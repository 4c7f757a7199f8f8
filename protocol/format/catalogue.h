/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The formats that Weft brings along. Each is data: adding one touches this room only.
 *
 * Sources: the peer assist of Collison and Parcell as in Serrat (ADB) and the NHS pages, in text
 * form as KM4Dev ran it; the after-action review of the US Army's TC 25-20.
 * Thread rule: constant tables.
 */
#ifndef WEFT_FORMAT_CATALOGUE_H
#define WEFT_FORMAT_CATALOGUE_H

#include "protocol/format/format.h"

extern const struct format *const format_catalogue[];
extern const size_t format_catalogue_count;

/* By name, such as "peer-assist"; NULL when there is none. */
const struct format *format_catalogue_find(struct span name);

#endif
