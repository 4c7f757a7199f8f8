/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "tests/bench/fan_server.h"

#include "tests/bench/must.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Rates are for people; a load test is many people's worth from one address. */
static const char config[] = "address = 127.0.0.1\n"
                             "port = 0\n"
                             "monitor_port = %u\n"
                             "public_port = 7443\n" /* in links, which nobody follows */
                             "tls = %s\n"
                             "connections_max = 100000\n"
                             "connections_per_address_max = 100000\n"
                             "handshakes_per_minute = 1000000\n"
                             "requests_per_minute = 10000000\n"
                             "messages_per_minute = 10000000\n"
                             "log_level = warning\n"
                             "%s\n";

/* All of it, or the program ends. */
#define FORMAT(text, size, ...)                                                                    \
    do {                                                                                           \
        int format_len_ = snprintf(text, size, __VA_ARGS__);                                       \
        MUST_BE(format_len_ > 0 && (size_t)format_len_ < (size));                                  \
    } while (0)

/* build/PRESET/tests/bench/bench_fanout beside build/PRESET/server/weftd. */
static void find_program(char program[4096])
{
    char own[4000];
    ssize_t len = readlink("/proc/self/exe", own, sizeof own - 1);
    MUST_BE(len > 0);
    own[len] = '\0';
    for (int i = 0; i < 3; i++)
        *strrchr(own, '/') = '\0';
    FORMAT(program, 4096, "%s/server/weftd", own);
    MUST_BE(access(program, X_OK) == 0);
}

/* The program's first line of output; it goes on. */
static pid_t run(const struct fan_server *server,
                 const char *const *arguments,
                 int core,
                 char *line,
                 size_t size)
{
    int out[2];
    MUST_BE(pipe2(out, O_CLOEXEC) == 0);
    pid_t pid = fork();
    MUST_BE(pid >= 0);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        const char *argv[16] = {server->program, "--state", server->directory};
        for (size_t i = 0; arguments[i] != NULL; i++)
            argv[3 + i] = arguments[i];
        cpu_set_t cores;
        CPU_ZERO(&cores);
        if (core >= 0)
            CPU_SET((size_t)core, &cores);
        if (core >= 0 && sched_setaffinity(0, sizeof cores, &cores) != 0)
            _exit(126);
        (void)dup2(out[1], STDOUT_FILENO);
        (void)execv(server->program, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    (void)close(out[1]);
    FILE *stream = fdopen(out[0], "r");
    MUST_BE(stream != NULL);
    if (fgets(line, (int)size, stream) == NULL)
        line[0] = '\0';
    (void)fclose(stream);
    return pid;
}

static void
run_to_end(const struct fan_server *server, const char *const *arguments, char *line, size_t size)
{
    int how = 0;
    pid_t pid = run(server, arguments, -1, line, size);
    MUST_BE(waitpid(pid, &how, 0) == pid);
    MUST_BE(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

/* A port that nobody has now. */
static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    MUST_BE(socket_fd >= 0 && bind(socket_fd, (struct sockaddr *)&address, size) == 0);
    MUST_BE(getsockname(socket_fd, (struct sockaddr *)&address, &size) == 0);
    (void)close(socket_fd);
    return ntohs(address.sin_port);
}

void fan_server_init(struct fan_server *server, const char *parent, bool tls, const char *settings)
{
    char path[8192];
    char line[4096];
    *server = (struct fan_server){0};
    find_program(server->program);
    FORMAT(server->directory, sizeof server->directory, "%s/weft-fanout-XXXXXX", parent);
    MUST_BE(mkdtemp(server->directory) != NULL);
    const char *init[] = {"init", "--community", "Load", NULL};
    run_to_end(server, init, line, sizeof line);
    FORMAT(path, sizeof path, "%s/weftd.conf", server->directory);
    FILE *file = fopen(path, "w");
    server->monitor_port = free_port();
    MUST_BE(file != NULL &&
            fprintf(file, config, server->monitor_port, tls ? "yes" : "no", settings) > 0);
    MUST_BE(fclose(file) == 0);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

void fan_server_remove_tree(const char *path)
{
    MUST_BE(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

void fan_server_clear(struct fan_server *server)
{
    if (server->pid != 0)
        fan_server_stop(server);
    fan_server_remove_tree(server->directory);
}

void fan_server_invite_link(struct fan_server *server, size_t uses, struct invite_link *link)
{
    char text[32];
    char line[4096];
    FORMAT(text, sizeof text, "%zu", uses);
    const char *invite[] = {"invite", "--group", "Load", "--uses", text, NULL};
    run_to_end(server, invite, line, sizeof line);
    MUST(invite_link_parse(span_of(line, strcspn(line, "\n")), link));
}

void fan_server_invite(struct fan_server *server, size_t uses, uint8_t secret[INVITE_SECRET_SIZE])
{
    struct invite_link link;
    fan_server_invite_link(server, uses, &link);
    memcpy(secret, link.secret, INVITE_SECRET_SIZE);
}

void fan_server_start(struct fan_server *server, int core)
{
    char line[4096];
    static const char before[] = " port ";
    const char *serve[] = {"serve", NULL};
    server->pid = run(server, serve, core, line, sizeof line);
    const char *at = strstr(line, before);
    MUST_BE(at != NULL);
    unsigned long port = strtoul(at + strlen(before), NULL, 10);
    MUST_BE(port > 0 && port <= UINT16_MAX);
    server->port = (uint16_t)port;
}

void fan_server_stop(struct fan_server *server)
{
    int how = 0;
    MUST_BE(kill(server->pid, SIGTERM) == 0);
    MUST_BE(waitpid(server->pid, &how, 0) == server->pid);
    MUST_BE(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    server->pid = 0;
}

/* The so manieth number of what the kernel tells, from 0. */
static double number_in(const char *path, int place)
{
    char text[256];
    double number = 0;
    FILE *file = fopen(path, "r");
    MUST_BE(file != NULL && fgets(text, sizeof text, file) != NULL && fclose(file) == 0);
    char *at = text;
    for (int i = 0; i <= place; i++) {
        const char *begin = at;
        number = strtod(begin, &at);
        MUST_BE(at != begin);
    }
    return number;
}

/* /proc/PID/task/TID/schedstat begins with the nanoseconds that the thread ran. */
double fan_server_cpu_seconds(const struct fan_server *server)
{
    char path[4096];
    double sum = 0;
    FORMAT(path, sizeof path, "/proc/%d/task", (int)server->pid);
    DIR *tasks = opendir(path);
    MUST_BE(tasks != NULL);
    for (struct dirent *task = readdir(tasks); task != NULL; task = readdir(tasks)) {
        if (task->d_name[0] == '.')
            continue;
        FORMAT(path, sizeof path, "/proc/%d/task/%s/schedstat", (int)server->pid, task->d_name);
        sum += number_in(path, 0) / 1e9;
    }
    (void)closedir(tasks);
    return sum;
}

double fan_server_resident_kib(const struct fan_server *server)
{
    char path[128];
    FORMAT(path, sizeof path, "/proc/%d/statm", (int)server->pid);
    return number_in(path, 1) * (double)sysconf(_SC_PAGESIZE) / 1024;
}

double fan_server_peak_kib(const struct fan_server *server)
{
    static const char name[] = "VmHWM:";
    char path[128];
    char line[256];
    double kib = -1;
    FORMAT(path, sizeof path, "/proc/%d/status", (int)server->pid);
    FILE *file = fopen(path, "r");
    MUST_BE(file != NULL);
    while (kib < 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, sizeof name - 1) == 0)
            kib = strtod(line + sizeof name - 1, NULL);
    (void)fclose(file);
    MUST_BE(kib >= 0);
    return kib;
}

/* The whole answer of /metrics, as text. */
static void read_metrics(const struct fan_server *server, char *answer, size_t size)
{
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(server->monitor_port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    size_t len = 0;
    int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    MUST_BE(socket_fd >= 0);
    MUST_BE(connect(socket_fd, (const struct sockaddr *)&address, sizeof address) == 0);
    MUST_BE(write(socket_fd, request, sizeof request - 1) == (ssize_t)sizeof request - 1);
    ssize_t got;
    do {
        got = read(socket_fd, answer + len, size - 1 - len);
        len += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    (void)close(socket_fd);
    answer[len] = '\0';
}

double fan_server_metric(const struct fan_server *server, const char *name)
{
    char answer[65536];
    char before[256];
    read_metrics(server, answer, sizeof answer);
    FORMAT(before, sizeof before, "\n%s ", name);
    const char *at = strstr(answer, before);
    MUST_BE(at != NULL);
    return strtod(at + strlen(before), NULL);
}
