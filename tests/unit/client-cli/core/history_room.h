/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A newcomer who takes segments of history from a member who seals what they like: four entries,
 * of two authors who are in the directory, with a commit among them. Thread rule: one thread.
 */
#ifndef WEFT_TEST_HISTORY_ROOM_H
#define WEFT_TEST_HISTORY_ROOM_H

#include "client-cli/core/history_take.h"
#include "protocol/content/running_hash.h"
#include "protocol/content/segment.h"
#include "tests/unit/client-cli/core/profile_room.h"

#define HISTORY_ITEMS_MAX 6

/* Somebody with a device in the directory. */
struct history_author {
    struct account account;
};

struct history_room {
    struct profile_room profile;
    struct channel *channel;
    struct history_author ann;
    struct history_author ben;
    struct id sharer;
    uint64_t log_size; /* of which messages are signed */
    struct buffer contexts[3];
    struct segment_epoch epochs[3];
    struct buffer messages[HISTORY_ITEMS_MAX];
    struct segment_item items[HISTORY_ITEMS_MAX];
    struct segment segment;
    struct history_taken taken;
    const char *problem;
};

struct history_saying {
    struct id message;
    uint64_t epoch;
    struct content content;
};

/* Set-up and tear-down of a test, whose state is a struct history_room. */
int history_room_open(void **state);
int history_room_close(void **state);

/* The directory has the author's device shut out. */
void history_room_shut_out(struct history_room *room, const struct history_author *author);

/* The running hash with which an epoch begins. */
void history_room_hash_of_epoch(const struct history_room *room,
                                size_t epoch,
                                uint8_t hash[RUNNING_HASH_SIZE]);

/* As the author's own client signs it. */
void history_room_sign(struct history_room *room,
                       const struct history_author *author,
                       const struct history_saying *saying,
                       struct buffer *out);

/* Item `at` becomes a text of the author in `epoch`, whose message id is its number. */
void history_room_say(struct history_room *room,
                      size_t at,
                      const struct history_author *author,
                      uint64_t epoch,
                      const char *words);

/* Item `at` becomes what it was, edited. */
void history_room_edit(struct history_room *room,
                       size_t at,
                       const struct history_author *author,
                       const char *words);

/* The key that says the truth about the encoded segment. */
void history_room_key_of(const struct history_room *room,
                         struct span bytes,
                         struct history_key *key);

/* Takes `bytes` as `key` says, and nothing of them when that fails. */
enum status history_room_take_bytes(struct history_room *room,
                                    const struct history_key *key,
                                    struct span bytes);

/* Takes the segment as it stands. */
enum status history_room_take(struct history_room *room);

/* The fate of an entry; 0: there is none. `words` is its text when it was read. */
int history_room_fate_of(struct history_room *room,
                         uint64_t sequence,
                         const char *words,
                         const struct history_author *author);

bool history_room_has_warning(struct history_room *room, uint64_t sequence);

#endif
