/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * A summit opens its doors: many real clients join one open channel at once.
 *
 *   bench_storm --joiners N [--members M] [--directory DIR] [--vaults DIR] [--path-kib K]
 *               [--history full]
 *
 * weftd is started; people and devices are made, each with a vault and a key file, and M of them
 * (default 3) are in the channel and follow it. Then N others connect over TLS, log in and join,
 * while one of the members speaks once a second. Nobody of the members does anything but follow:
 * they commit what the server asks them to. The storm is over when everybody is in and has come to
 * the end of the log. Several clients live in a process, a thread each.
 *
 * The server's store is in --directory (here unless said), on the disk that is meant. A thousand
 * people have a thousand disks: --vaults may name a place in memory, lest one disk's fsync for all
 * of them is what is measured.
 *
 * With --path-kib (weftd's setting) what follows is awaited as well: the paths that the server asks
 * members for, which make later commits small.
 *
 * With --history full newcomers may read what was said before, 200 messages, and it is awaited that
 * all have it.
 *
 * Progress goes to the error output; to the standard output one figure a line, `name value unit`:
 *   slowest_wait_s   from the beginning until the last one is in; median_wait_s
 *   joins_per_s      N by that
 *   settled_s        until all are at the end of the log; the next two are counted until then
 *   weftd_cpu_s, client_cpu_s (of all clients together), bytes_sent (by weftd, within TLS),
 *                    weftd_resident_kib
 *   commits          epochs that it took; reconnects: attempts after each client's first
 *   messages_during  said by the member; p50_ms, p99_ms: until one is in a client's vault
 *   lost, duplicated, misordered   of those messages, over all clients; before_joining: of an epoch
 *                    before the client's own, which nobody can read there, and shown as that
 *   history_s        with --history full: after all were at the end of the log, until the last one
 *                    has what was said before; history_weftd_cpu_s, history_client_cpu_s meanwhile
 *   path_commits     with --path-kib: epochs after all were at the end of the log
 */
#include "protocol/crypto/random_system.h"
#include "tests/bench/fan_server.h"
#include "tests/bench/must.h"
#include "tests/bench/storm_client.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Descriptors and mappings of a process are limited, and a client has some dozen of each. */
#define CLIENTS_PER_PROCESS 125
#define PROCESSES_MIN 4
#define PROCESSES_MAX 64

/* Each client is two threads' worth of small work; the default stack would be 8 GiB for a thousand.
 */
#define STACK_BYTES (1u << 20)

/* A server does not stand in a queue with the processes of its users, so that they are nicer. Not
 * more: in front of all of them it would wake up for each frame alone, at twice the CPU. */
#define CLIENT_NICENESS 5

/* After so long without another epoch none follows: weftd waits 30 s for further newcomers, and 5 s
 * after each member that it asks. */
#define PATHS_QUIET_S 45

struct storm {
    struct fan_server server;
    struct storm_scene *scene;
    size_t joiners;
    pid_t processes[PROCESSES_MAX];
    size_t process_count;
};

static struct storm storm; /* there is one, and a signal's handler needs it */

/* ---- one process of clients ---- */

struct place {
    struct storm_scene *scene;
    size_t number;
    pthread_t thread;
};

static void *live(void *context)
{
    const struct place *place = context;
    storm_client_live(place->scene, place->number);
    return NULL;
}

/* Every `step`th client from `first` on: so the members are in different processes. */
_Noreturn static void be_process(struct storm_scene *scene, size_t first, size_t step)
{
    size_t count = 0;
    pthread_attr_t attributes;
    struct place *places = calloc(scene->clients, sizeof *places);
    MUST_BE(places != NULL && pthread_attr_init(&attributes) == 0);
    MUST_BE(pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    MUST_BE(setpriority(PRIO_PROCESS, 0, CLIENT_NICENESS) == 0);
    for (size_t number = first; number < scene->clients; number += step) {
        storm_client_enrol(scene, number);
        storm_scene_reach(scene);
    }
    storm_scene_await(scene, STORM_CREATE);
    for (size_t number = first; number < scene->clients; number += step) {
        struct place *place = &places[count++];
        *place = (struct place){.scene = scene, .number = number};
        MUST_BE(pthread_create(&place->thread, &attributes, live, place) == 0);
    }
    for (size_t i = 0; i < count; i++)
        MUST_BE(pthread_join(places[i].thread, NULL) == 0);
    /* What libwebsockets keeps of connections that were open at their end is no leak of a client,
     * which ends with its process. */
    _exit(0);
}

static void start_processes(void)
{
    size_t wanted = storm.scene->clients / CLIENTS_PER_PROCESS + 1;
    storm.process_count = wanted < PROCESSES_MIN ? PROCESSES_MIN : wanted;
    MUST_BE(storm.process_count <= PROCESSES_MAX);
    for (size_t i = 0; i < storm.process_count; i++) {
        storm.processes[i] = fork();
        MUST_BE(storm.processes[i] >= 0);
        if (storm.processes[i] == 0)
            be_process(storm.scene, i, storm.process_count);
    }
}

/* A client that failed has said why; nothing is worth measuring then. */
static void on_child(int number)
{
    int how = 0;
    (void)number;
    pid_t ended = waitpid(-1, &how, WNOHANG);
    if (ended <= 0 || (WIFEXITED(how) && WEXITSTATUS(how) == 0))
        return;
    for (size_t i = 0; i < storm.process_count; i++)
        (void)kill(storm.processes[i], SIGKILL);
    (void)kill(storm.server.pid, SIGKILL);
    _exit(1);
}

static void await_processes(void)
{
    (void)signal(SIGCHLD, SIG_DFL);
    for (size_t i = 0; i < storm.process_count; i++) {
        int how = 0;
        MUST_BE(waitpid(storm.processes[i], &how, 0) == storm.processes[i]);
        MUST_BE(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    }
}

/* As the kernel accounts for all threads of the clients. */
static double client_cpu_seconds(void)
{
    double sum = 0;
    for (size_t i = 0; i < storm.process_count; i++) {
        clockid_t clock;
        struct timespec used;
        MUST_BE(clock_getcpuclockid(storm.processes[i], &clock) == 0);
        MUST_BE(clock_gettime(clock, &used) == 0);
        sum += (double)used.tv_sec + (double)used.tv_nsec / 1e9;
    }
    return sum;
}

static double sent_bytes(void)
{
    return fan_server_metric(&storm.server, "weftd_sent_bytes_total");
}

/* ---- figures ---- */

static int compare_times(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a;
    int64_t second = *(const int64_t *)b;
    return first < second ? -1 : first > second;
}

struct sums {
    uint64_t lost, before, duplicated, misordered;
    double slowest_s, median_s;
};

static void add_up(struct sums *sums)
{
    const struct storm_scene *scene = storm.scene;
    int64_t *waits = calloc(storm.joiners, sizeof *waits);
    MUST_BE(waits != NULL);
    for (size_t i = 0; i < scene->clients; i++) {
        const struct storm_client_result *result = &scene->results[i];
        sums->lost += result->lost;
        sums->before += result->before;
        sums->duplicated += result->duplicated;
        sums->misordered += result->misordered;
        if (i >= scene->members)
            waits[i - scene->members] = result->joined_ns - scene->begun_ns;
    }
    qsort(waits, storm.joiners, sizeof *waits, compare_times);
    sums->slowest_s = (double)waits[storm.joiners - 1] / 1e9;
    size_t middle = storm.joiners / 2;
    sums->median_s = (double)waits[middle] / 1e9;
    free(waits);
}

static void print_waits(const struct sums *sums)
{
    const struct storm_scene *scene = storm.scene;
    (void)printf("joins_per_s %.1f 1/s\n", (double)storm.joiners / sums->slowest_s);
    (void)printf("slowest_wait_s %.2f s\n", sums->slowest_s);
    (void)printf("median_wait_s %.2f s\n", sums->median_s);
    (void)printf("reconnects %zu attempts\n", atomic_load(&scene->reconnects));
    (void)printf("messages_during %zu messages\n", atomic_load(&scene->message_count));
    (void)printf("p50_ms %.0f ms\n", latencies_ms(&scene->latencies, 0.5));
    (void)printf("p99_ms %.0f ms\n", latencies_ms(&scene->latencies, 0.99));
    (void)printf("lost %llu messages\n", (unsigned long long)sums->lost);
    (void)printf("before_joining %llu messages\n", (unsigned long long)sums->before);
    (void)printf("duplicated %llu messages\n", (unsigned long long)sums->duplicated);
    (void)printf("misordered %llu messages\n", (unsigned long long)sums->misordered);
}

/* ---- the storm ---- */

static void gather(void)
{
    struct storm_scene *scene = storm.scene;
    storm_scene_await_reached(scene, scene->clients, "people made");
    storm_scene_set_phase(scene, STORM_CREATE);
    storm_scene_await_reached(scene, 1, "channel made");
    storm_scene_set_phase(scene, STORM_GATHER);
    if (scene->members > 1)
        storm_scene_await_reached(scene, scene->members - 1, "members came");
}

static void await_paths(void)
{
    struct storm_scene *scene = storm.scene;
    const uint64_t settled = atomic_load(&scene->last_epoch);
    uint64_t epoch = settled;
    storm_scene_set_phase(scene, STORM_PATHS);
    for (int quiet_s = 0; quiet_s < PATHS_QUIET_S; quiet_s++) {
        (void)sleep(1);
        if (atomic_load(&scene->last_epoch) != epoch)
            quiet_s = 0;
        epoch = atomic_load(&scene->last_epoch);
    }
    (void)printf("path_commits %llu commits\n", (unsigned long long)(epoch - settled));
}

static void await_history(void)
{
    struct storm_scene *scene = storm.scene;
    double clients_before = client_cpu_seconds();
    double weftd_before = fan_server_cpu_seconds(&storm.server);
    int64_t begun_ns = storm_now_ns();
    storm_scene_set_phase(scene, STORM_READ);
    storm_scene_await_reached(scene, storm.joiners, "have the history");
    (void)printf("history_s %.2f s\n", (double)(storm_now_ns() - begun_ns) / 1e9);
    (void)printf("history_weftd_cpu_s %.2f s\n",
                 fan_server_cpu_seconds(&storm.server) - weftd_before);
    (void)printf("history_client_cpu_s %.2f s\n", client_cpu_seconds() - clients_before);
}

/* When the last of the members had come: where one of them stands while others come is no measure,
 * since it may take the whole storm in one round. */
static uint64_t epoch_before(const struct storm_scene *scene)
{
    uint64_t last = 0;
    for (size_t i = 0; i < scene->members; i++)
        if (scene->results[i].joined_epoch > last)
            last = scene->results[i].joined_epoch;
    return last;
}

static bool measure(bool paths)
{
    struct storm_scene *scene = storm.scene;
    struct sums sums = {0};
    double clients_before = client_cpu_seconds();
    double weftd_before = fan_server_cpu_seconds(&storm.server);
    double bytes_before = sent_bytes();
    scene->begun_ns = storm_now_ns();
    storm_scene_set_phase(scene, STORM_JOIN);
    storm_scene_await_reached(scene, storm.joiners, "joined");
    (void)fprintf(stderr, "all in after %.1f s; weftd %.2f s, clients %.1f s of CPU\n",
                  (double)(storm_now_ns() - scene->begun_ns) / 1e9,
                  fan_server_cpu_seconds(&storm.server) - weftd_before,
                  client_cpu_seconds() - clients_before);
    storm_scene_set_phase(scene, STORM_SETTLE);
    storm_scene_await_reached(scene, scene->clients, "at the end of the log");
    (void)printf("settled_s %.2f s\n", (double)(storm_now_ns() - scene->begun_ns) / 1e9);
    (void)printf("weftd_cpu_s %.2f s\n", fan_server_cpu_seconds(&storm.server) - weftd_before);
    (void)printf("client_cpu_s %.2f s\n", client_cpu_seconds() - clients_before);
    (void)printf("bytes_sent %.0f bytes\n", sent_bytes() - bytes_before);
    (void)printf("weftd_resident_kib %.0f KiB\n", fan_server_resident_kib(&storm.server));
    (void)printf("commits %llu commits\n",
                 (unsigned long long)(scene->last_epoch - epoch_before(scene)));
    if (scene->full_history)
        await_history();
    if (paths)
        await_paths();
    storm_scene_set_phase(scene, STORM_END);
    await_processes();
    add_up(&sums);
    print_waits(&sums);
    return sums.lost + sums.duplicated + sums.misordered == 0;
}

struct arguments {
    size_t members;
    size_t joiners;
    const char *directory;
    const char *vaults;
    const char *path_kib; /* NULL: the server's own, and its paths are not awaited */
    bool full_history;
};

static void read_arguments(int argc, char **argv, struct arguments *arguments)
{
    bool good = argc % 2 == 1;
    for (int i = 1; i + 1 < argc && good; i += 2) {
        if (strcmp(argv[i], "--joiners") == 0)
            arguments->joiners = strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--members") == 0)
            arguments->members = strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--directory") == 0)
            arguments->directory = argv[i + 1];
        else if (strcmp(argv[i], "--vaults") == 0)
            arguments->vaults = argv[i + 1];
        else if (strcmp(argv[i], "--path-kib") == 0)
            arguments->path_kib = argv[i + 1];
        else if (strcmp(argv[i], "--history") == 0 && strcmp(argv[i + 1], "full") == 0)
            arguments->full_history = true;
        else
            good = false;
    }
    if (arguments->vaults == NULL)
        arguments->vaults = arguments->directory;
    if (good && arguments->joiners > 0 && arguments->members > 0)
        return;
    (void)fprintf(stderr, "bench_storm --joiners N [--members M] [--directory DIR] [--vaults DIR] "
                          "[--path-kib K] [--history full]\n");
    exit(2);
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.members = 3, .directory = "."};
    char settings[128];
    read_arguments(argc, argv, &arguments);
    storm.joiners = arguments.joiners;
    MUST(crypto_start());
    storm.scene = storm_scene_new(arguments.members, storm.joiners);
    storm.scene->full_history = arguments.full_history;
    storm_scene_make_directory(storm.scene, arguments.vaults);
    bool paths = arguments.path_kib != NULL;
    (void)snprintf(settings, sizeof settings, "%s%s", paths ? "path_kib = " : "",
                   paths ? arguments.path_kib : "");
    fan_server_init(&storm.server, arguments.directory, true, settings);
    fan_server_invite_link(&storm.server, storm.scene->clients, &storm.scene->link);
    fan_server_start(&storm.server, -1);
    storm.scene->link.port = storm.server.port;
    (void)strcpy(storm.scene->link.host, "127.0.0.1");
    (void)signal(SIGCHLD, on_child);
    start_processes();
    gather();
    bool good = measure(paths);
    fan_server_clear(&storm.server);
    storm_scene_remove_directory(storm.scene);
    return good ? 0 : 1;
}
