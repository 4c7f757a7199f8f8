/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A publication as plain text for a terminal: every figure with what it means, what kind of network
 * it is, groups, ties between groups, what introductions changed, and the trend. At most 100
 * characters wide.
 *
 * Errors: those of buffer.h. Thread rule: pure function.
 */
#ifndef WEFT_STATISTICS_REPORT_H
#define WEFT_STATISTICS_REPORT_H

#include "protocol/base/buffer.h"
#include "protocol/statistics/statistics.h"

/* Appends lines, each with its end. */
MUST_CHECK enum status report_write(const struct statistics *statistics, struct buffer *out);

#endif
