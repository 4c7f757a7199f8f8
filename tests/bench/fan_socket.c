/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/bench/fan_socket.h"

#include "tests/bench/must.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_A_ROUND 512
#define READ_BYTES (64u << 10)
#define IN_BYTES_MAX (4u << 20)
#define OUT_BYTES_MAX (64u << 20)

enum fan_state { FAN_TLS, FAN_UPGRADE, FAN_OPEN, FAN_ENDED };

struct fan_socket {
    struct fan_loop *loop;
    void *owner;
    int fd;
    SSL *tls;
    enum fan_state state;
    bool wants_write;
    struct buffer in;
    struct buffer out;
    size_t out_sent;
};

void fan_loop_open(struct fan_loop *loop, bool tls)
{
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    MUST_BE(loop->epoll >= 0);
    if (!tls)
        return;
    loop->tls = SSL_CTX_new(TLS_client_method());
    MUST_BE(loop->tls != NULL);
    MUST_BE(SSL_CTX_set_min_proto_version(loop->tls, TLS1_3_VERSION) == 1);
    SSL_CTX_set_verify(loop->tls, SSL_VERIFY_NONE, NULL);
    (void)SSL_CTX_set_mode(loop->tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                          SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                          SSL_MODE_RELEASE_BUFFERS);
}

void fan_loop_close(struct fan_loop *loop)
{
    SSL_CTX_free(loop->tls);
    loop->tls = NULL;
    (void)close(loop->epoll);
}

/* ---- writing ---- */

static void watch(struct fan_socket *socket, int operation)
{
    struct epoll_event event = {.events = EPOLLIN | (socket->wants_write ? EPOLLOUT : 0u),
                                .data.ptr = socket};
    MUST_BE(epoll_ctl(socket->loop->epoll, operation, socket->fd, &event) == 0);
}

/* Bytes that the socket took; 0 when it takes none now, -1 when it has ended. */
static ssize_t put(struct fan_socket *socket, const uint8_t *bytes, size_t len)
{
    if (socket->tls != NULL) {
        int taken = SSL_write(socket->tls, bytes, len > READ_BYTES ? (int)READ_BYTES : (int)len);
        if (taken > 0)
            return taken;
        int error = SSL_get_error(socket->tls, taken);
        return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ ? 0 : -1;
    }
    ssize_t taken = send(socket->fd, bytes, len, MSG_NOSIGNAL);
    return taken >= 0 ? taken : errno == EAGAIN ? 0 : -1;
}

static void end(struct fan_socket *socket)
{
    if (socket->state != FAN_ENDED) {
        socket->state = FAN_ENDED;
        socket->loop->ended++;
        (void)epoll_ctl(socket->loop->epoll, EPOLL_CTL_DEL, socket->fd, NULL);
    }
}

void fan_socket_flush(struct fan_socket *socket)
{
    if (socket->state == FAN_ENDED || socket->state == FAN_TLS)
        return;
    while (socket->out_sent < socket->out.len) {
        ssize_t taken =
            put(socket, socket->out.ptr + socket->out_sent, socket->out.len - socket->out_sent);
        if (taken < 0) {
            end(socket);
            return;
        }
        if (taken == 0)
            break;
        socket->out_sent += (size_t)taken;
    }
    bool left = socket->out_sent < socket->out.len;
    if (!left) {
        buffer_truncate(&socket->out, 0);
        socket->out_sent = 0;
    }
    if (left != socket->wants_write) {
        socket->wants_write = left;
        watch(socket, EPOLL_CTL_MOD);
    }
}

void fan_socket_send(struct fan_socket *socket, struct span bytes)
{
    /* A zero mask leaves the payload as it is: RFC 6455 asks a client for a mask, and what is
     * measured is the server. */
    uint8_t head[14] = {0x82};
    size_t len = 2;
    if (bytes.len < 126) {
        head[1] = (uint8_t)(0x80 | bytes.len);
    } else {
        MUST_BE(bytes.len <= UINT16_MAX);
        head[1] = 0x80 | 126;
        head[2] = (uint8_t)(bytes.len >> 8);
        head[3] = (uint8_t)bytes.len;
        len = 4;
    }
    MUST(buffer_append(&socket->out, span_of(head, len + 4)));
    MUST(buffer_append(&socket->out, bytes));
}

/* ---- reading ---- */

/* One frame of the server's, which never masks and never fragments. Bytes taken; 0: not whole. */
static size_t take_frame(struct fan_socket *socket, struct span bytes)
{
    if (bytes.len < 2)
        return 0;
    size_t head = 2;
    size_t len = bytes.ptr[1] & 0x7fu;
    if (len == 126 && bytes.len >= 4) {
        len = (size_t)bytes.ptr[2] << 8 | bytes.ptr[3];
        head = 4;
    } else if (len == 127 && bytes.len >= 10) {
        len = 0;
        for (size_t i = 2; i < 10; i++)
            len = len << 8 | bytes.ptr[i];
        head = 10;
    } else if (len >= 126) {
        return 0;
    }
    if (bytes.len < head + len)
        return 0;
    unsigned opcode = bytes.ptr[0] & 0x0fu;
    if (opcode == 2)
        socket->loop->message(socket->owner, span_of(bytes.ptr + head, len));
    else if (opcode == 9) {
        static const uint8_t pong[] = {0x8a, 0x80, 0, 0, 0, 0};
        MUST(buffer_append(&socket->out, SPAN_OF(pong)));
        fan_socket_flush(socket);
    }
    return head + len;
}

/* How much of it is done with. */
static size_t take_frames(struct fan_socket *socket, struct span bytes)
{
    size_t at = 0;
    if (socket->state == FAN_UPGRADE) {
        const uint8_t *head = memmem(bytes.ptr, bytes.len, "\r\n\r\n", 4);
        if (head == NULL)
            return 0;
        MUST_BE(memcmp(bytes.ptr, "HTTP/1.1 101", 12) == 0);
        at = (size_t)(head - bytes.ptr) + 4;
        socket->state = FAN_OPEN;
    }
    for (size_t taken = 1; taken > 0 && socket->state == FAN_OPEN; at += taken)
        taken = take_frame(socket, span_of(bytes.ptr + at, bytes.len - at));
    return at;
}

/* Frames are taken where they were read, and only what is not whole is kept. */
static void take_input(struct fan_socket *socket, struct span bytes)
{
    if (socket->in.len == 0) {
        size_t at = take_frames(socket, bytes);
        MUST(buffer_append(&socket->in, span_of(bytes.ptr + at, bytes.len - at)));
        return;
    }
    MUST(buffer_append(&socket->in, bytes));
    size_t at = take_frames(socket, buffer_span(&socket->in));
    memmove(socket->in.ptr, socket->in.ptr + at, socket->in.len - at);
    buffer_truncate(&socket->in, socket->in.len - at);
    /* A connection that waits must not keep what its last burst took. */
    if (socket->in.len == 0)
        buffer_clear(&socket->in);
}

/* Bytes that came; 0: none now, -1: it has ended. */
static ssize_t get(struct fan_socket *socket, uint8_t *bytes, size_t len)
{
    if (socket->tls != NULL) {
        int came = SSL_read(socket->tls, bytes, (int)len);
        if (came > 0)
            return came;
        int error = SSL_get_error(socket->tls, came);
        return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
    ssize_t came = recv(socket->fd, bytes, len, 0);
    return came > 0 ? came : came < 0 && errno == EAGAIN ? 0 : -1;
}

static void on_readable(struct fan_socket *socket)
{
    /* One for all, since it is done with at the end of each read: a reader that has memory made for
     * each delivery is slow, and has the server free what the kernel sent. */
    static uint8_t bytes[READ_BYTES];
    for (size_t len = READ_BYTES; len == READ_BYTES && socket->state != FAN_ENDED;) {
        ssize_t came = get(socket, bytes, READ_BYTES);
        if (came < 0) {
            end(socket);
            return;
        }
        len = (size_t)came;
        take_input(socket, span_of(bytes, len));
        if (socket->tls != NULL && came > 0)
            len = READ_BYTES; /* a record at a time: what TLS holds, epoll does not tell */
    }
}

/* ---- opening ---- */

static void begin_upgrade(struct fan_socket *socket)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                                  "Connection: Upgrade\r\n"
                                  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                                  "Sec-WebSocket-Version: 13\r\n"
                                  "Sec-WebSocket-Protocol: weft.1\r\n\r\n";
    socket->state = FAN_UPGRADE;
    MUST(buffer_append(&socket->out, span_of(request, sizeof request - 1)));
    fan_socket_flush(socket);
}

static void shake_hands(struct fan_socket *socket)
{
    int done = SSL_do_handshake(socket->tls);
    if (done == 1) {
        begin_upgrade(socket);
        return;
    }
    int error = SSL_get_error(socket->tls, done);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        end(socket);
}

struct fan_socket *fan_socket_open(struct fan_loop *loop, void *owner)
{
    struct fan_socket *fresh = calloc(1, sizeof *fresh);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(loop->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int one = 1;
    MUST_BE(fresh != NULL);
    fresh->loop = loop;
    fresh->owner = owner;
    buffer_init(&fresh->in, IN_BYTES_MAX);
    buffer_init(&fresh->out, OUT_BYTES_MAX);
    fresh->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    MUST_BE(fresh->fd >= 0);
    MUST_BE(connect(fresh->fd, (struct sockaddr *)&address, sizeof address) == 0);
    MUST_BE(setsockopt(fresh->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0);
    int flags = 1;
    MUST_BE(ioctl(fresh->fd, FIONBIO, &flags) == 0);
    watch(fresh, EPOLL_CTL_ADD);
    if (loop->tls == NULL) {
        begin_upgrade(fresh);
        return fresh;
    }
    fresh->tls = SSL_new(loop->tls);
    MUST_BE(fresh->tls != NULL && SSL_set_fd(fresh->tls, fresh->fd) == 1);
    SSL_set_connect_state(fresh->tls);
    shake_hands(fresh);
    return fresh;
}

void fan_socket_close(struct fan_socket **socket)
{
    struct fan_socket *ending = *socket;
    if (ending == NULL)
        return;
    SSL_free(ending->tls);
    (void)close(ending->fd);
    buffer_clear(&ending->in);
    buffer_clear(&ending->out);
    free(ending);
    *socket = NULL;
}

void fan_socket_listen(struct fan_socket *socket)
{
    const int at_once = 1;
    MUST_BE(setsockopt(socket->fd, IPPROTO_TCP, TCP_QUICKACK, &at_once, sizeof at_once) == 0);
}

void fan_socket_stop_reading(struct fan_socket *socket)
{
    const int bytes = 1; /* the kernel makes the least of it that it can */
    MUST_BE(setsockopt(socket->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) == 0);
    MUST_BE(epoll_ctl(socket->loop->epoll, EPOLL_CTL_DEL, socket->fd, NULL) == 0);
}

void fan_loop_run(struct fan_loop *loop, int timeout_ms)
{
    struct epoll_event events[EVENTS_A_ROUND];
    int count = epoll_wait(loop->epoll, events, EVENTS_A_ROUND, timeout_ms);
    for (int i = 0; i < count; i++) {
        struct fan_socket *socket = events[i].data.ptr;
        if (socket->state == FAN_TLS)
            shake_hands(socket);
        else if ((events[i].events & EPOLLOUT) != 0)
            fan_socket_flush(socket);
        if ((events[i].events & ~(uint32_t)EPOLLOUT) != 0 && socket->state != FAN_TLS &&
            socket->state != FAN_ENDED)
            on_readable(socket);
    }
}
