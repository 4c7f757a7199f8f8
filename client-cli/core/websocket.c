/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The only file of the client that knows libwebsockets. */
#include "client-cli/core/websocket.h"

#include "client-cli/core/limits.h"
#include "protocol/base/buffer.h"
#include "protocol/wire/frame.h"

#include <dlfcn.h>
#include <libwebsockets.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

/* What libwebsockets still does on the loop after a destroy is done within a few rounds. */
#define DESTROY_ROUNDS 10

/* A context has one connection; for all that a process may open it would keep half a megabyte. */
#define CONTEXT_DESCRIPTORS 16

/* What a server asks for beyond a day is a mistake. */
#define RETRY_AFTER_SECONDS_MAX 86400ul

enum websocket_state { WEBSOCKET_CLOSED, WEBSOCKET_CONNECTING, WEBSOCKET_OPEN };

struct outgoing {
    struct outgoing *next;
    size_t len;
    uint8_t bytes[]; /* LWS_PRE, then the message */
};

struct websocket {
    struct uv_loop_s *loop;
    struct websocket_handler handler;
    struct lws_context *context;
    struct lws_protocols protocols[2];
    struct lws *wsi;
    enum websocket_state state;
    bool cancelled;
    struct buffer incoming;
    struct outgoing *first;
    struct outgoing **last;
};

static void drop_outgoing(struct websocket *websocket)
{
    while (websocket->first != NULL) {
        struct outgoing *message = websocket->first;
        websocket->first = message->next;
        free(message);
    }
    websocket->last = &websocket->first;
}

static void become_closed(struct websocket *websocket, const struct websocket_end *end)
{
    if (websocket->state == WEBSOCKET_CLOSED)
        return;
    websocket->state = WEBSOCKET_CLOSED;
    websocket->wsi = NULL;
    buffer_clear(&websocket->incoming);
    drop_outgoing(websocket);
    websocket->handler.closed(websocket->handler.context, end);
}

/* A date in the place of the seconds (RFC 9110, 10.2.3) counts as nothing said. */
static uint32_t retry_after_ms(struct lws *wsi)
{
    char text[16] = "";
    if (lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_RETRY_AFTER) <= 0)
        return 0;
    char *end = text;
    unsigned long seconds = strtoul(text, &end, 10);
    return end == text || *end != '\0' || seconds > RETRY_AFTER_SECONDS_MAX
               ? 0
               : (uint32_t)seconds * 1000;
}

/* The library's own words (its prefixes of them) tell a person nothing. */
static const char *reason_in_words(const char *reason)
{
    static const struct {
        const char *begins;
        const char *words;
    } known[] = {
        {"closed before established", "no server answers there"},
        {"Closed before conn", "no server answers there"},
        {"Timed out", "what is there does not answer in time"},
        {"connect S", "what answers there is no server of Weft"}, /* its TLS failed */
        {"HS:", "what answers there is no server of Weft"},       /* its HTTP did */
    };
    for (size_t i = 0; reason != NULL && i < sizeof known / sizeof *known; i++)
        if (strncmp(reason, known[i].begins, strlen(known[i].begins)) == 0)
            return known[i].words;
    return reason == NULL ? "" : reason;
}

static void on_refused(struct websocket *websocket, struct lws *wsi, const char *reason)
{
    struct websocket_end end = {.reason = reason_in_words(reason)};
    end.http_status = lws_http_client_http_response(wsi);
    if (end.http_status != 0)
        end.retry_after_ms = retry_after_ms(wsi);
    if (end.http_status == 429 || end.http_status == 503) /* weftd too answers so */
        end.reason = "it has too many connections now";
    become_closed(websocket, &end);
}

/* Everybody's certificate is taken, for the first frame is what proves the server: see the
 * header. The handshake itself has shown that the server holds the certificate's key. */
static int take_certificate(X509_STORE_CTX *store, void *unused)
{
    (void)unused;
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

static void prepare_tls(SSL_CTX *tls)
{
    SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION);
    SSL_CTX_set_cert_verify_callback(tls, take_certificate, NULL);
}

static bool hash_server_key(struct lws *wsi, uint8_t hash[SHA256_DIGEST_LENGTH])
{
    X509 *certificate = SSL_get_peer_certificate(lws_get_ssl(wsi));
    if (certificate == NULL)
        return false;
    uint8_t *encoded = NULL;
    int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded);
    bool hashed = length > 0 && SHA256(encoded, (size_t)length, hash) != NULL;
    OPENSSL_free(encoded);
    X509_free(certificate);
    return hashed;
}

static int on_established(struct websocket *websocket, struct lws *wsi)
{
    uint8_t hash[SHA256_DIGEST_LENGTH];
    if (websocket->cancelled || !hash_server_key(wsi, hash))
        return -1;
    websocket->state = WEBSOCKET_OPEN;
    websocket->handler.opened(websocket->handler.context, SPAN_OF(hash));
    return 0;
}

/* Collects the pieces of a message. A negative result closes the connection. */
static int on_receive(struct websocket *websocket, struct lws *wsi, struct span piece)
{
    if (websocket->cancelled || !lws_frame_is_binary(wsi))
        return -1;
    if (buffer_append(&websocket->incoming, piece) != STATUS_OK)
        return -1;
    if (lws_remaining_packet_payload(wsi) != 0 || !lws_is_final_fragment(wsi))
        return 0;
    websocket->handler.received(websocket->handler.context, buffer_span(&websocket->incoming));
    buffer_truncate(&websocket->incoming, 0);
    return websocket->cancelled ? -1 : 0;
}

static int on_writable(struct websocket *websocket, struct lws *wsi)
{
    struct outgoing *message = websocket->first;
    if (websocket->cancelled)
        return -1;
    if (message == NULL)
        return 0;
    int written = lws_write(wsi, message->bytes + LWS_PRE, message->len, LWS_WRITE_BINARY);
    websocket->first = message->next;
    if (websocket->first == NULL)
        websocket->last = &websocket->first;
    else
        lws_callback_on_writable(wsi);
    bool failed = written < (int)message->len;
    free(message);
    return failed ? -1 : 0;
}

static int
on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)len;
    if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_CLIENT_VERIFY_CERTS) {
        prepare_tls(user); /* here `user` is the SSL_CTX */
        return 0;
    }
    struct lws_context *context = lws_get_context(wsi);
    struct websocket *websocket = context == NULL ? NULL : lws_context_user(context);
    if (websocket == NULL || websocket->wsi != wsi)
        return lws_callback_http_dummy(wsi, reason, user, in, len);
    switch ((int)reason) { /* not ours: libwebsockets has a hundred reasons */
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        return on_established(websocket, wsi);
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return on_receive(websocket, wsi, span_of(in, len));
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return on_writable(websocket, wsi);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        on_refused(websocket, wsi, in);
        return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_WSI_DESTROY:
        become_closed(websocket, &(struct websocket_end){.reason = ""});
        return 0;
    default:
        return lws_callback_http_dummy(wsi, reason, user, in, len);
    }
}

/* What libwebsockets has for libuv is loaded with a context and unloaded with it, though handles of
 * its may still wait for their close callbacks, as after a connection that failed for want of
 * memory: kept, it is there when they come. Where it is no library of its own, nothing is lost. */
static void keep_loop_library(void)
{
    (void)dlopen("libwebsockets-evlib_uv.so", RTLD_NOW | RTLD_NODELETE);
}

static enum status create_context(struct websocket *websocket)
{
    lws_set_log_level(0, NULL);
    websocket->protocols[0] = (struct lws_protocols){
        .name = WIRE_SUBPROTOCOL, .callback = on_event, .rx_buffer_size = LIMIT_FRAME_BYTES};
    void *loops[] = {websocket->loop};
    struct lws_context_creation_info info = {0};
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = websocket->protocols;
    info.user = websocket;
    info.gid = -1;
    info.uid = -1;
    info.foreign_loops = loops;
    info.pt_serv_buf_size = LIMIT_FRAME_BYTES;
    info.fd_limit_per_thread = CONTEXT_DESCRIPTORS;
    info.timeout_secs = CORE_CONNECT_TIMEOUT_MS / 1000; /* of each step; ours is of all together */
    /* Nobody's certificate is looked at, and reading a system's list of authorities takes 10 ms. */
    info.options = LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS | LWS_SERVER_OPTION_LIBUV |
                   LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN |
                   LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    keep_loop_library();
    websocket->context = lws_create_context(&info);
    return websocket->context == NULL ? STATUS_INTERNAL : STATUS_OK;
}

enum status websocket_new(struct uv_loop_s *loop,
                          const struct websocket_handler *handler,
                          struct websocket **websocket)
{
    struct websocket *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    fresh->loop = loop;
    fresh->handler = *handler;
    fresh->last = &fresh->first;
    buffer_init(&fresh->incoming, LIMIT_FRAME_BYTES);
    enum status status = create_context(fresh);
    if (status == STATUS_OK)
        *websocket = fresh;
    else
        free(fresh);
    return status;
}

static void ignore_closed(void *context, const struct websocket_end *end)
{
    (void)context;
    (void)end;
}

static void run_rounds(struct uv_loop_s *loop)
{
    for (int round = 0; round < DESTROY_ROUNDS; round++)
        uv_run(loop, UV_RUN_NOWAIT);
}

void websocket_free(struct websocket **websocket)
{
    struct websocket *ending = *websocket;
    if (ending == NULL)
        return;
    ending->handler.closed = ignore_closed;
    ending->cancelled = true;
    /* With a foreign loop libwebsockets destroys in two steps, between which its handles close. Of
     * one that it closed before, it knows nothing any more. */
    run_rounds(ending->loop);
    lws_context_destroy(ending->context);
    run_rounds(ending->loop);
    lws_context_destroy(ending->context);
    buffer_clear(&ending->incoming);
    drop_outgoing(ending);
    free(ending);
    *websocket = NULL;
}

enum status websocket_begin(struct websocket *websocket, const char *host, uint16_t port)
{
    if (websocket->state != WEBSOCKET_CLOSED)
        return STATUS_PENDING;
    struct lws_client_connect_info info = {0};
    info.context = websocket->context;
    info.address = host;
    info.host = host;
    info.port = port;
    info.path = "/";
    info.protocol = WIRE_SUBPROTOCOL;
    info.ssl_connection = LCCSCF_USE_SSL | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
    info.pwsi = &websocket->wsi;
    websocket->cancelled = false;
    websocket->state = WEBSOCKET_CONNECTING;
    if (lws_client_connect_via_info(&info) == NULL)
        become_closed(websocket,
                      &(struct websocket_end){.reason = "no machine of this name is found"});
    return STATUS_OK;
}

enum status websocket_send(struct websocket *websocket, struct span frame)
{
    if (websocket->state != WEBSOCKET_OPEN || websocket->cancelled)
        return STATUS_NETWORK;
    if (frame.len > LIMIT_FRAME_BYTES)
        return STATUS_LIMIT;
    struct outgoing *message = malloc(sizeof *message + LWS_PRE + frame.len);
    if (message == NULL)
        return STATUS_NO_MEMORY;
    message->next = NULL;
    message->len = frame.len;
    memcpy(message->bytes + LWS_PRE, frame.ptr, frame.len);
    *websocket->last = message;
    websocket->last = &message->next;
    lws_callback_on_writable(websocket->wsi);
    return STATUS_OK;
}

void websocket_cancel(struct websocket *websocket)
{
    if (websocket->state == WEBSOCKET_CLOSED)
        return;
    websocket->cancelled = true;
    /* libwebsockets closes it from its own timer, never below our feet. */
    if (websocket->wsi != NULL)
        lws_set_timeout(websocket->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
}
