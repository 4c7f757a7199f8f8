/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The number of a message, as people see and type it. A channel's sequence starts each generation
 * at a multiple of 2^32 (protocol/wire/generations.h): of the first generation it is shown as it
 * is, of the second as 2.1, 2.2 and so on. Programs get the sequence. Thread rule: pure.
 */
#ifndef WEFT_CORE_MESSAGE_NUMBER_H
#define WEFT_CORE_MESSAGE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#define MESSAGE_NUMBER_SIZE 32

struct message_number {
    char text[MESSAGE_NUMBER_SIZE];
};

struct message_number message_number(uint64_t sequence);

/* The sequence that such a text means; a sequence itself is one too. False for anything else. */
bool message_number_read(const char *text, uint64_t *sequence);

#endif
