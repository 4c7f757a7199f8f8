/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Thousands of WebSocket clients in one thread, as cheap as a load generator needs them: epoll,
 * TLS 1.3 or none, one callback a message. Only for a server of ours on this machine: what comes
 * is not checked as a client must check it, and the mask is zero.
 *
 * Ownership: sockets belong to the loop. Errors end the program (must.h), except that a connection
 * which the server closes is counted. Thread rule: one thread.
 */
#ifndef WEFT_BENCH_FAN_SOCKET_H
#define WEFT_BENCH_FAN_SOCKET_H

#include "protocol/base/buffer.h"

struct fan_socket;

struct fan_loop {
    int epoll;
    uint16_t port;
    struct ssl_ctx_st *tls; /* NULL: without */
    size_t ended;           /* connections that the server closed */
    /* A whole binary message, lent for the call. */
    void (*message)(void *owner, struct span bytes);
};

void fan_loop_open(struct fan_loop *loop, bool tls);
void fan_loop_close(struct fan_loop *loop);

/* Connects to loop->port of the loopback; messages go to `owner`. */
struct fan_socket *fan_socket_open(struct fan_loop *loop, void *owner);

/* Ends and frees; `*socket` becomes NULL. */
void fan_socket_close(struct fan_socket **socket);

/* Queues one binary message; it leaves with fan_socket_flush, or when the socket takes it. */
void fan_socket_send(struct fan_socket *socket, struct span bytes);
void fan_socket_flush(struct fan_socket *socket);

/* From now on it acknowledges at once what it reads, as the kernel lets a client do that has only
 * listened for a while. Fresh from a request, one in seven deliveries was not acknowledged by
 * itself, and the server paid a twentieth more for the sends. */
void fan_socket_listen(struct fan_socket *socket);

/* Its input is left where it is from now on, as by a client that hangs; the kernel keeps little. */
void fan_socket_stop_reading(struct fan_socket *socket);

/* One round: waits at most so long for something to happen and handles it. */
void fan_loop_run(struct fan_loop *loop, int timeout_ms);

#endif
