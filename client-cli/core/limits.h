/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Maxima of the client alone, each with its reason.
 */
#ifndef WEFT_CORE_LIMITS_H
#define WEFT_CORE_LIMITS_H

#include "protocol/base/limits.h"

/* TLS, WebSocket and hellos over a bad hospital network. */
#define CORE_CONNECT_TIMEOUT_MS 15000

/* How long a person at a terminal waits, in all, because the server asked for it: what it asks of
 * an address with too many connections is a minute. */
#define CORE_PATIENCE_MS 75000

/* For the end of a connection that is given up before the next is made. */
#define CORE_CLOSE_TIMEOUT_MS 2000

/* The server may be validating somebody's large commit. */
#define CORE_REQUEST_TIMEOUT_MS 30000

/* Reconnecting: doubled from the first to the last, with as much again at random, so that a
 * thousand clients do not come back at once. */
#define CORE_BACKOFF_FIRST_MS 250
#define CORE_BACKOFF_LAST_MS 30000

/* An idle connection through a proxy is dropped after a minute by many of them. */
#define CORE_PING_INTERVAL_MS 25000

/* What an introduction asks after weeks can wait for an hour. */
#define CORE_LOOK_INTERVAL_MS 3600000

/* Clocks of computers that nobody looks after are off by minutes. Beyond that one of the two is
 * wrong, and people are told. */
#define CORE_CLOCK_DIFFERENCE_MS 600000

/* Between reading a log to its end and speaking: two requests, each of which may take its time. */
#define CORE_UNSEEN_MS 300000

/* Entries of one catch-up after which people are told how far it is, and again: a minute's work. A
 * log need not have an end. */
#define CORE_ENTRIES_TOLD 10000

/* Times beyond this are nobody's, and sums of them would overflow: some hundred thousand years. */
#define CORE_TIME_MAX_MS (INT64_C(1) << 53)

/* Events kept while a command waits for an answer; beyond that the channels are paged instead. */
#define CORE_EVENTS_MAX 1000

/* Lists of Welcomes asked for one after another, each with some that can be opened: whoever is let
 * into more channels at once opens the rest next time. */
#define CORE_WELCOME_ROUNDS 32

/* Until Welcomes that a server could not give, or that could not be opened for the moment, are
 * asked for again by whoever stays: longer each time, since it may be of no use. */
#define CORE_WELCOMES_AGAIN_FIRST_MS 5000
#define CORE_WELCOMES_AGAIN_LAST_MS (5 * 60 * 1000)

/* A page of a channel's log: a few frames. */
#define CORE_PAGE_BYTES (256u << 10)

/* A lifetime is part of an identity, and counts in a KeyPackage alone: of leaves without one. */
#define CORE_LEAF_DAYS 90

/* Until a newcomer's first commit with a path: longer would leave keys of a KeyPackage in use, at
 * once would make a storm of commits when many join. */
#define CORE_PATH_DAYS 7

/* The server asks one member after another, for 10 s each, to remove a device that was shut out;
 * when three have not, members do it unasked. Each draws how much later, so that the first is seen
 * by the others before they begin. */
#define CORE_REMOVAL_GRACE_MS 30000
#define CORE_REMOVAL_SPREAD_MS 60000

/* Whoever spoke in a channel within so long is not taken out of it for absence, whatever the server
 * says; and so many of the newest entries are looked at for it. */
#define CORE_SPOKE_LATELY_MS (INT64_C(30) * 86400000)
#define CORE_SPOKE_LATELY_ENTRIES 2000

/* What is handed in again after the server was put back from a backup: beyond that it is somebody's
 * morning's work anyway. */
#define CORE_LOST_ENTRIES_MAX 100

/* Between two words to one's other devices of how far a channel was read. */
#define CORE_READ_MARK_INTERVAL_MS 60000

/* Between two requests for what was said before we joined: the server takes one a minute. Doubled
 * each time up to an hour once somebody has answered: what is missing then may be with somebody who
 * comes online tomorrow, or with nobody. */
#define CORE_ASK_HISTORY_INTERVAL_MS 60000
#define CORE_ASK_HISTORY_LAST_MS 3600000

/* Whoever has answered is not asked again for so long. */
#define CORE_HISTORY_ANSWER_MS 86400000

/* Times in that while that a segment of one block is fetched on one member's word. An honest one
 * has it sealed anew after an edit; whoever says something else in each message would have us fetch
 * up to 72 MiB for each. */
#define CORE_HISTORY_TRIES 4

/* Members by whose word what is withheld of the history is taken as deleted or over; and how many
 * are asked of what the server still has: what nobody can read is kept back by all of them. */
#define CORE_HISTORY_OPINIONS 2
#define CORE_HISTORY_KEPT_OPINIONS 8

/* Of what is left out of the history, so much is looked for on the server at once: a page has what
 * lies next to each other, in the few KiB that one message has at most with its neighbours. */
#define CORE_KEPT_ENTRIES 2000
#define CORE_KEPT_PAGES 200
#define CORE_KEPT_PAGE_BYTES 16384

/* Into an open channel: two members in turn have had their five seconds, then we ask how it stands;
 * a thousand people who come at once are through in a minute and a half, and twice that on a bad
 * day. */
#define CORE_ASK_AGAIN_MS 10000
#define CORE_ASK_MS 180000

/* Others may win the epoch again and again, but each time somebody got ahead. */
#define CORE_COMMIT_TRIES 60

/* Of those, in a row to a state that stays the same and is said to be over: a server that has taken
 * somebody's commit shows the next state in some milliseconds. */
#define CORE_STALE_TRIES 10
#define CORE_STALE_STEP_MS 100

#endif
