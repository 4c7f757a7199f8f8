/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Channels of a load test: a real MLS group whose creator adds the others, and messages that are
 * made beforehand. To weftd, which cannot look inside, they are like any other: group, epoch,
 * header and size are right. What is encrypted is noise, so that no client's cryptography is
 * measured.
 * Errors end the program (must.h). Thread rule: one thread.
 */
#ifndef WEFT_BENCH_FAN_CHANNEL_H
#define WEFT_BENCH_FAN_CHANNEL_H

#include "tests/bench/fan_device.h"

/* What a receiver can tell of a message: stands in its ciphertext. */
struct fan_stamp {
    uint64_t number;
    int64_t sent_ns;
};

/* A send request with holes for the request's number, the message's id and the stamp. */
struct fan_message {
    struct buffer frame;
    size_t id_at;
    size_t stamp_at;
    size_t event_stamp_at; /* of the stamp in the event that subscribers get */
};

void fan_message_clear(struct fan_message *message);

/* `creator` makes an open channel and adds the members; the directory holds all of them. */
void fan_channel_make(struct fan_loop *loop,
                      struct fan_device *creator,
                      struct fan_device *members,
                      size_t member_count,
                      struct id *channel,
                      uint64_t *epoch);

/* What creator or members may send: a PrivateMessage whose ciphertext has so many bytes. */
void fan_message_make(const struct id *channel,
                      uint64_t epoch,
                      size_t ciphertext_bytes,
                      struct fan_message *message);

/* Sends it as the device's next request, with a fresh id; does not flush. */
void fan_message_send(struct fan_device *device,
                      struct fan_message *message,
                      const struct fan_stamp *stamp);

/* The stamp, and the sequence, of an entry event. */
void fan_message_read(const struct fan_message *message,
                      struct span event,
                      struct fan_stamp *stamp,
                      uint64_t *sequence);

#endif
