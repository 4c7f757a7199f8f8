/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The engine of a profile: vault, connection, directory and channels under one roof, without a
 * terminal. A process has at most one; the vault's lock keeps others out.
 *
 * The other files of core/ work on this struct, each on the part that it names; commands use
 * their functions and only read it.
 *
 * Errors: what the parts say. Before a failing function returns, it may say in plain words what is
 * wrong and what to do next (engine_explain); commands show engine_explanation.
 * Thread rule: one thread.
 */
#ifndef WEFT_CORE_ENGINE_H
#define WEFT_CORE_ENGINE_H

#include "client-cli/core/account.h"
#include "client-cli/core/connection.h"
#include "client-cli/core/vault/vault.h"
#include "protocol/directory/directory.h"
#include "protocol/mls/public/options.h"

#include <uv.h>

struct channel;
struct search;
struct stored_entry;

/* Who is told what happens while the engine works: messages as they become durable, and notices
 * that people must see (a divergence, somebody let in, a breach). Any may be NULL. */
struct engine_listener {
    void (*entry)(void *context, const struct channel *channel, const struct stored_entry *entry);
    void (*notice)(void *context, const struct channel *channel, const char *text);
    /* The channel's session changed: session.h has how it stands now. */
    void (*session)(void *context, struct channel *channel);
    void *context;
};

struct engine {
    uv_loop_t loop;
    struct vault *vault;
    struct account account;
    struct connection *connection;
    struct directory *directory; /* our replica of the log, every entry verified */
    struct channel *channels;    /* a list; channel.h */
    const struct random_source *random;
    struct engine_listener listener;
    bool logged_in;
    bool looked_after;    /* since the login: KeyPackages, Welcomes, read positions */
    int64_t welcomes_due; /* when those that could not be opened are asked for again; 0: never */
    int64_t welcomes_pause_ms;
    uint8_t role;          /* enum account_role, since the login */
    int64_t start_ms;      /* when this machine started, by the server's clock once it was heard */
    struct search *search; /* search.h; NULL until somebody searches */
    char explanation[600];
};

struct engine_options {
    const char *directory; /* of the profile: exists, mode 0700 */
    struct span passphrase;
    const struct random_source *random;
};

/* Makes the vault of a new profile; there is no account yet. STATUS_LOCKED: `holder`. */
MUST_CHECK enum status
engine_create(const struct engine_options *options, struct engine **engine, pid_t *holder);

/* Opens a profile: account, directory and channels are loaded, nothing is sent. Before the join was
 * confirmed, account.joined is 0. STATUS_NOT_FOUND without a vault. */
MUST_CHECK enum status
engine_open(const struct engine_options *options, struct engine **engine, pid_t *holder);

/* Closes the connection and the vault, wipes, frees. NULL is allowed. */
void engine_close(struct engine **engine);

void engine_listen(struct engine *engine, const struct engine_listener *listener);

/* Connects to the account's server, and logs in when the account is confirmed; then brings the
 * directory up to date. Does nothing when logged in already. */
MUST_CHECK enum status engine_connect(struct engine *engine);

/* The same without what every login looks after: for a device that has yet to see whether the
 * directory has it as it was agreed. */
MUST_CHECK enum status engine_log_in(struct engine *engine);

/* Whether requests can be made. */
bool engine_is_connected(const struct engine *engine);

/* A request on the engine's connection; what the server says of an error becomes the
 * explanation. When it asks to come back later, that is waited for and told, up to
 * CORE_PATIENCE_MS in all. */
MUST_CHECK enum status engine_call(struct engine *engine,
                                   enum wire_request kind,
                                   const void *request,
                                   struct connection_reply *reply,
                                   void *response);

/* The same without waiting, for what can be asked another time: STATUS_RATE_LIMITED, and
 * connection_retry_after_ms says when. */
MUST_CHECK enum status engine_call_once(struct engine *engine,
                                        enum wire_request kind,
                                        const void *request,
                                        struct connection_reply *reply,
                                        void *response);

/* Milliseconds since 1970, UTC, by the server's clock as far as we know it. It goes on evenly when
 * this computer's clock is set. */
int64_t engine_now_ms(const struct engine *engine);

/* The same by our own clock: for whatever a server must not put off by lying about the time. */
int64_t engine_wall_ms(void);

/* Whether a time that the server says can be one: what sums may be made of. */
bool engine_is_time(int64_t time_ms);

/* What MLS has to ask of a channel, now: directory, lifetimes. */
void engine_mls_options(const struct engine *engine, struct mls_options *options);

/* Keeps a text for the person at the terminal and returns `status`. */
__attribute__((format(printf, 3, 4))) enum status
engine_explain(struct engine *engine, enum status status, const char *format, ...);

/* The same of a connection that was lost while something was done that the same command goes on
 * with; any other `status` as it is. */
MUST_CHECK enum status engine_explain_broken_off(struct engine *engine, enum status status);

/* Empty when nobody explained anything. */
const char *engine_explanation(const struct engine *engine);
void engine_forget_explanation(struct engine *engine);

__attribute__((format(printf, 3, 4))) void
engine_notice(struct engine *engine, const struct channel *channel, const char *format, ...);

#endif
