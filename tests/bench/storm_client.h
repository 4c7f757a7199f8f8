/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * One client of a storm: a real engine with a vault of its own, over real TLS.
 * Errors end the program (must.h). Thread rule: one thread a client; several in a process.
 */
#ifndef WEFT_BENCH_STORM_CLIENT_H
#define WEFT_BENCH_STORM_CLIENT_H

#include "tests/bench/storm_scene.h"

/* Makes the profile of client `number` and redeems the scene's invite; it is closed again. */
void storm_client_enrol(const struct storm_scene *scene, size_t number);

/* The client's life from STORM_CREATE, STORM_GATHER or STORM_JOIN on, to STORM_END. */
void storm_client_live(struct storm_scene *scene, size_t number);

#endif
