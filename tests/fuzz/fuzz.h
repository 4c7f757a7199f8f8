/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What every fuzz target shares. A target is one .c file that defines LLVMFuzzerTestOneInput; it
 * must survive any input, and aborts (fuzz_expect) when a property that it knows does not hold.
 *
 * With the preset fuzz a target is a libFuzzer program; with every other preset it is linked with
 * replay.c, which runs the kept corpus and its small mutations as a test of the suite.
 * Thread rule: one thread.
 */
#ifndef WEFT_FUZZ_FUZZ_H
#define WEFT_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Named by libFuzzer. Runs one input of `size` bytes, lent; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts with the place when `holds` is false, so that libFuzzer keeps the input. */
#define fuzz_expect(holds)                                                                         \
    do {                                                                                           \
        if (!(holds)) {                                                                            \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #holds);             \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
