/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/transport/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>

#include <sys/socket.h>
#include <unistd.h>

static enum status status_of(int error)
{
    switch (error) {
    case EADDRINUSE:
        return STATUS_LOCKED;
    case EACCES:
        return STATUS_DENIED;
    case EADDRNOTAVAIL:
        return STATUS_NOT_FOUND;
    default: /* the system's numbers, not an enum of ours */
        return STATUS_IO;
    }
}

static enum status try_listen(const struct addrinfo *info)
{
    const int on = 1;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return STATUS_IO;
    /* As the listener itself will: connections that linger from before do not count. */
    bool listens = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                   bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, 1) == 0;
    enum status status = listens ? STATUS_OK : status_of(errno);
    close(fd);
    return status;
}

enum status address_check(const char *address, uint16_t port)
{
    /* "65535" and its end. */
    char service[6];
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    snprintf(service, sizeof service, "%u", (unsigned)port);
    if (getaddrinfo(address, service, &hints, &found) != 0)
        return STATUS_USAGE;
    enum status status = try_listen(found);
    freeaddrinfo(found);
    return status;
}

bool address_is_loopback(const char *address)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, address, &v4) == 1)
        return (ntohl(v4.s_addr) >> IN_CLASSA_NSHIFT) == IN_LOOPBACKNET;
    return inet_pton(AF_INET6, address, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}
