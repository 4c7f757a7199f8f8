/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/relay.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The holder's side runs in this process, the asking one in a child. */
struct fixture {
    char directory[200];
    uv_loop_t loop;
    struct relay *relay;
    bool woken;
    int runs;
    int turns; /* of the loop while a command runs, with output in between */
};

static void wake(void *context)
{
    struct fixture *fixture = context;
    fixture->woken = true;
}

static int run(void *context, const struct relay_request *request, const struct out_sink *sink)
{
    struct fixture *fixture = context;
    char text[256];
    fixture->runs++;
    for (int i = 0; i < fixture->turns; i++) {
        sink->write(sink->context, OUT_DATA, SPAN_LITERAL("more\n"));
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
    }
    snprintf(text, sizeof text, "%d %s %s %.*s %d\n", request->argc, request->argv[1],
             request->working_directory, (int)request->input.len, (const char *)request->input.ptr,
             request->colour);
    sink->write(sink->context, OUT_DATA, span_from_text(text));
    sink->write(sink->context, OUT_ERROR | OUT_PROSE, SPAN_LITERAL("an error\n"));
    return 9;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    if (fixture == NULL)
        return -1;
    /* Longer than sockaddr_un has room for. */
    strcpy(fixture->directory, "/tmp/weft-test-relay-XXXXXX");
    if (mkdtemp(fixture->directory) == NULL)
        return -1;
    size_t length = strlen(fixture->directory);
    fixture->directory[length++] = '/';
    memset(fixture->directory + length, 'x', 120);
    if (mkdir(fixture->directory, 0700) != 0 || uv_loop_init(&fixture->loop) != 0)
        return -1;
    struct relay_handler handler = {.wake = wake, .run = run, .context = fixture};
    if (relay_open(&fixture->loop, fixture->directory, &handler, &fixture->relay) != STATUS_OK)
        return -1;
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    relay_close(&fixture->relay);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    int closed = uv_loop_close(&fixture->loop);
    int removed = rmdir(fixture->directory);
    *strrchr(fixture->directory, '/') = '\0';
    removed |= rmdir(fixture->directory);
    free(fixture);
    return closed | removed;
}

/* The output of the asking side, out and error in one. */
struct heard {
    char text[512];
};

static void hear(void *context, unsigned way, struct span bytes)
{
    struct heard *heard = context;
    size_t used = strlen(heard->text);
    snprintf(heard->text + used, sizeof heard->text - used, "%s%s%.*s",
             (way & OUT_ERROR) != 0 ? "!" : "", (way & OUT_PROSE) != 0 ? "~" : "", (int)bytes.len,
             (const char *)bytes.ptr);
}

static int ask(const char *directory)
{
    const char *const argv[] = {"say", "hello \"there\"\nfriend"};
    struct relay_request request = {.argc = 2,
                                    .argv = argv,
                                    .working_directory = "/some/where",
                                    .input = SPAN_LITERAL("typed"),
                                    .colour = true};
    struct heard heard = {{0}};
    struct out_sink sink = {.write = hear, .context = &heard};
    int exit_code = -1;
    if (relay_ask(directory, &request, &sink, &exit_code) != STATUS_OK || exit_code != 9)
        return 1;
    const char *expected = "2 hello \"there\"\nfriend /some/where typed 1\n!~an error\n";
    return strcmp(heard.text, expected) == 0 ? 0 : 2;
}

/* Serves until the child has ended; its exit code. */
static int serve_until_ended(struct fixture *fixture, pid_t child)
{
    int result = 0;
    pid_t ended = 0;
    for (int i = 0; i < 20000 && ended == 0; i++) {
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
        if (fixture->woken) {
            fixture->woken = false;
            relay_serve(fixture->relay);
        }
        ended = waitpid(child, &result, WNOHANG);
        usleep(1000);
    }
    assert_int_equal(ended, child);
    return WIFEXITED(result) ? WEXITSTATUS(result) : -1;
}

static void a_command_runs_in_the_process_that_holds_the_profile(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 3; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            _exit(ask(fixture->directory));
        assert_int_equal(serve_until_ended(fixture, child), 0);
    }
    assert_int_equal(fixture->runs, 3);
}

static void serve_one_who_went_away(struct fixture *fixture, int turns)
{
    fixture->turns = turns;
    signal(SIGPIPE, SIG_IGN);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(1); /* ends it while it waits for an answer that nobody gives yet */
        _exit(ask(fixture->directory));
    }
    int result;
    while (!fixture->woken)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFSIGNALED(result));
    fixture->woken = false;
    relay_serve(fixture->relay);
    fixture->turns = 0;
    child = fork();
    if (child == 0)
        _exit(ask(fixture->directory));
    assert_int_equal(serve_until_ended(fixture, child), 0);
}

static void somebody_who_goes_away_early_harms_nobody(void **state)
{
    serve_one_who_went_away(*state, 0);
}

static void somebody_who_goes_away_while_the_command_runs_harms_nobody(void **state)
{
    serve_one_who_went_away(*state, 10);
}

static void the_socket_is_private_and_goes_with_its_process(void **state)
{
    struct fixture *fixture = *state;
    char path[300];
    struct stat found;
    snprintf(path, sizeof path, "%s/engine.sock", fixture->directory);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    assert_true(relay_is_there(fixture->directory));
    relay_close(&fixture->relay);
    assert_int_equal(stat(path, &found), -1);
    assert_false(relay_is_there(fixture->directory));
    const char *const argv[] = {"status"};
    struct relay_request request = {.argc = 1, .argv = argv, .working_directory = "/"};
    struct heard heard = {{0}};
    struct out_sink sink = {.write = hear, .context = &heard};
    int exit_code = -1;
    assert_int_equal(relay_ask(fixture->directory, &request, &sink, &exit_code), STATUS_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_command_runs_in_the_process_that_holds_the_profile,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(somebody_who_goes_away_early_harms_nobody, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(somebody_who_goes_away_while_the_command_runs_harms_nobody,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_socket_is_private_and_goes_with_its_process, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
