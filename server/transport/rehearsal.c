/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/transport/rehearsal.h"

#include "protocol/base/span.h"

#include <openssl/err.h>

/* A handshake is three flights; what goes on longer than this goes nowhere. */
#define ROUNDS_MAX 16

static void free_context(SSL_CTX **context)
{
    SSL_CTX_free(*context);
}

static void free_side(SSL **side)
{
    SSL_free(*side);
}

static enum status join_sides(SSL *server, SSL *client)
{
    BIO *servers = NULL;
    BIO *clients = NULL;
    if (BIO_new_bio_pair(&servers, 0, &clients, 0) != 1)
        return STATUS_CRYPTO;
    SSL_set_bio(server, servers, servers); /* which take them */
    SSL_set_bio(client, clients, clients);
    SSL_set_accept_state(server);
    SSL_set_connect_state(client);
    return STATUS_OK;
}

static bool waits(SSL *side, int result)
{
    int error = SSL_get_error(side, result);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static enum status shake_hands(SSL *server, SSL *client)
{
    for (int round = 0; round < ROUNDS_MAX; round++) {
        int asked = SSL_do_handshake(client);
        if (asked != 1 && !waits(client, asked))
            return STATUS_CRYPTO;
        int answered = SSL_do_handshake(server);
        if (answered != 1 && !waits(server, answered))
            return STATUS_CRYPTO;
        if (asked == 1 && answered == 1)
            return STATUS_OK;
    }
    return STATUS_CRYPTO;
}

static enum status send_one(SSL *from, SSL *to)
{
    char sent = 'w';
    char got = 0;
    bool came = SSL_write(from, &sent, 1) == 1 && SSL_read(to, &got, 1) == 1 && got == sent;
    return came ? STATUS_OK : STATUS_CRYPTO;
}

static enum status rehearse(SSL_CTX *server_context, int version)
{
    /* It speaks to itself: there is nobody to be verified. */
    CLEANUP(free_context) SSL_CTX *client_context = SSL_CTX_new(TLS_client_method());
    if (client_context == NULL || SSL_CTX_set_min_proto_version(client_context, version) != 1 ||
        SSL_CTX_set_max_proto_version(client_context, version) != 1)
        return STATUS_CRYPTO;
    CLEANUP(free_side) SSL *server = SSL_new(server_context);
    CLEANUP(free_side) SSL *client = SSL_new(client_context);
    if (server == NULL || client == NULL)
        return STATUS_CRYPTO;
    TRY(join_sides(server, client));
    TRY(shake_hands(server, client));
    TRY(send_one(client, server));
    return send_one(server, client);
}

enum status rehearsal_run(SSL_CTX *server)
{
    enum status status = STATUS_OK;
    if ((SSL_CTX_get_options(server) & SSL_OP_NO_TLSv1_2) == 0)
        status = rehearse(server, TLS1_2_VERSION);
    if (status == STATUS_OK)
        status = rehearse(server, TLS1_3_VERSION);
    ERR_clear_error(); /* a connection of the same thread looks for its own there */
    return status;
}
