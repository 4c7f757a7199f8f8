/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/bench/storm_scene.h"

#include "tests/bench/fan_server.h"
#include "tests/bench/must.h"

#include <sys/mman.h>
#include <time.h>

/* Nothing in a storm may take longer than this; the program ends. */
#define PATIENCE_S 1800

int64_t storm_now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct storm_scene *storm_scene_new(size_t members, size_t joiners)
{
    size_t clients = members + joiners;
    size_t size = sizeof(struct storm_scene) + clients * sizeof(struct storm_client_result);
    struct storm_scene *scene =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t lock;
    pthread_condattr_t changed;
    MUST_BE(scene != MAP_FAILED);
    MUST_BE(pthread_mutexattr_init(&lock) == 0 && pthread_condattr_init(&changed) == 0);
    MUST_BE(pthread_mutexattr_setpshared(&lock, PTHREAD_PROCESS_SHARED) == 0);
    MUST_BE(pthread_condattr_setpshared(&changed, PTHREAD_PROCESS_SHARED) == 0);
    MUST_BE(pthread_condattr_setclock(&changed, CLOCK_MONOTONIC) == 0);
    MUST_BE(pthread_mutex_init(&scene->lock, &lock) == 0);
    MUST_BE(pthread_cond_init(&scene->changed, &changed) == 0);
    scene->members = members;
    scene->clients = clients;
    return scene;
}

void storm_scene_make_directory(struct storm_scene *scene, const char *parent)
{
    (void)snprintf(scene->directory, sizeof scene->directory, "%s/weft-storm-XXXXXX", parent);
    MUST_BE(mkdtemp(scene->directory) != NULL);
}

void storm_scene_remove_directory(const struct storm_scene *scene)
{
    fan_server_remove_tree(scene->directory);
}

void storm_scene_set_phase(struct storm_scene *scene, enum storm_phase phase)
{
    (void)pthread_mutex_lock(&scene->lock);
    scene->phase = phase;
    scene->reached = 0;
    (void)pthread_cond_broadcast(&scene->changed);
    (void)pthread_mutex_unlock(&scene->lock);
}

void storm_scene_await(struct storm_scene *scene, enum storm_phase phase)
{
    (void)pthread_mutex_lock(&scene->lock);
    while (scene->phase < phase)
        (void)pthread_cond_wait(&scene->changed, &scene->lock);
    (void)pthread_mutex_unlock(&scene->lock);
}

enum storm_phase storm_scene_phase(struct storm_scene *scene)
{
    (void)pthread_mutex_lock(&scene->lock);
    enum storm_phase phase = scene->phase;
    (void)pthread_mutex_unlock(&scene->lock);
    return phase;
}

void storm_scene_reach(struct storm_scene *scene)
{
    (void)pthread_mutex_lock(&scene->lock);
    scene->reached++;
    (void)pthread_cond_broadcast(&scene->changed);
    (void)pthread_mutex_unlock(&scene->lock);
}

void storm_scene_await_reached(struct storm_scene *scene, size_t count, const char *what)
{
    struct timespec until;
    size_t told = 0;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += PATIENCE_S;
    (void)pthread_mutex_lock(&scene->lock);
    while (scene->reached < count) {
        MUST_BE(pthread_cond_timedwait(&scene->changed, &scene->lock, &until) == 0);
        if (scene->reached >= told + 100 || scene->reached == count) {
            told = scene->reached;
            (void)fprintf(stderr, "%s: %zu of %zu\n", what, told, count);
        }
    }
    (void)pthread_mutex_unlock(&scene->lock);
}
