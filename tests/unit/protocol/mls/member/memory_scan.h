/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Which secrets are in the memory of this process: secrets are noted as they are derived, and
 * whatever the process can write to (heap, guarded pages, stacks, globals) is then searched for
 * them. The list itself is masked, so that the search does not find it.
 * Thread rule: one thread, and nothing else may allocate meanwhile.
 */
#ifndef WEFT_TESTS_MEMORY_SCAN_H
#define WEFT_TESTS_MEMORY_SCAN_H

#include "protocol/base/span.h"

/* Shorter ones would be found by chance: nonces have 12 bytes. */
#define NOTED_SIZE_MIN 12
#define NOTED_SIZE_MAX 66
#define NOTED_MAX 16384

struct noted {
    uint8_t masked[NOTED_SIZE_MAX];
    uint8_t len;
    char label[16];     /* what it was derived as */
    uint64_t marks;     /* for the caller */
    uint32_t next_plus; /* in its bucket, plus 1 */
};

/* Begins with nothing noted. */
void memory_scan_begin(void);

/* Notes a secret, once. */
void memory_scan_note(struct span secret, const char *label);

size_t memory_scan_count(void);
struct noted *memory_scan_at(size_t index);

/* Sets `mark` in each noted secret that is in the bytes. */
void memory_scan_bytes(struct span bytes, uint64_t mark);

/* Sets `mark` in each noted secret that is anywhere in memory. Returns the bytes that it read. */
size_t memory_scan_process(uint64_t mark);

#endif
