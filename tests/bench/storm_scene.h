/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the processes of bench_storm share: where the storm stands, and what each client saw of it.
 * It lies in memory that is mapped before the first fork.
 * Errors end the program (must.h). Thread rule: everything that changes is under the lock or
 * atomic.
 */
#ifndef WEFT_BENCH_STORM_SCENE_H
#define WEFT_BENCH_STORM_SCENE_H

#include "protocol/base/id.h"
#include "protocol/wire/invite_link.h"
#include "tests/bench/latencies.h"

#include <pthread.h>
#include <stdatomic.h>

#define STORM_MESSAGES_MAX 4096

/* Those of a channel with its history, before the storm. */
#define STORM_EARLIER_MESSAGES 200

enum storm_phase {
    STORM_ENROL,  /* people and devices are made; not counted */
    STORM_CREATE, /* client 0 makes the channel */
    STORM_GATHER, /* the other members come */
    STORM_JOIN,   /* everybody else comes at once, and one member speaks */
    STORM_SETTLE, /* nobody speaks any more: all come to the end of the log */
    STORM_READ,   /* whoever came gets what was said before */
    STORM_PATHS,  /* members are asked for paths, nobody does anything */
    STORM_END,
};

/* A message of the speaker's. */
struct storm_message {
    int64_t said_ns;
    _Atomic uint64_t sequence; /* 0 until it is in the log */
};

/* What one client saw. Its own thread writes it. */
struct storm_client_result {
    _Atomic int64_t joined_ns; /* 0: not yet */
    uint64_t joined_sequence;
    uint64_t joined_epoch;
    uint64_t lost;
    uint64_t before; /* of an epoch before the client's own, and shown as that */
    uint64_t duplicated;
    uint64_t misordered;
};

struct storm_scene {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    enum storm_phase phase;
    size_t reached; /* clients that have done what the phase asks of them */

    struct invite_link link;
    char directory[4096]; /* of the profiles */
    bool full_history;    /* of the channel */
    struct id channel;
    int64_t begun_ns; /* of STORM_JOIN */
    _Atomic size_t message_count;
    _Atomic size_t reconnects; /* attempts after the first of each client */
    struct storm_message messages[STORM_MESSAGES_MAX];
    _Atomic uint64_t last_sequence; /* of the log, once nobody speaks any more */
    _Atomic uint64_t last_epoch;    /* at the end of the log; then as client 0 follows it */
    struct latencies latencies;     /* from saying a message to having it in a vault */
    size_t members;                 /* clients below this number; number 0 speaks */
    size_t clients;                 /* all */
    struct storm_client_result results[];
};

int64_t storm_now_ns(void);

/* Mapped for this process and its children. */
struct storm_scene *storm_scene_new(size_t members, size_t joiners);

/* The folder of the profiles, a new one inside `parent`; and away with it. */
void storm_scene_make_directory(struct storm_scene *scene, const char *parent);
void storm_scene_remove_directory(const struct storm_scene *scene);

void storm_scene_set_phase(struct storm_scene *scene, enum storm_phase phase);

/* Waits until the phase is reached or passed. */
void storm_scene_await(struct storm_scene *scene, enum storm_phase phase);
enum storm_phase storm_scene_phase(struct storm_scene *scene);

/* One more client is where the phase wants it; and waits until so many are. */
void storm_scene_reach(struct storm_scene *scene);
void storm_scene_await_reached(struct storm_scene *scene, size_t count, const char *what);

#endif
