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
    pid_t leaving; /* of the asking process, which is ended while its command runs */
    bool incomplete;
};

static void wake(void *context)
{
    struct fixture *fixture = context;
    fixture->woken = true;
}

static void end_child(pid_t child)
{
    int result;
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFSIGNALED(result));
}

static int run(void *context, const struct relay_request *request, const struct out_sink *sink)
{
    struct fixture *fixture = context;
    char text[256];
    fixture->runs++;
    if (fixture->leaving != 0)
        end_child(fixture->leaving);
    for (int i = 0; fixture->leaving != 0 && i < 10; i++) {
        sink->write(sink->context, OUT_DATA, SPAN_LITERAL("more\n"));
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
    }
    snprintf(text, sizeof text, "%d %s %s %.*s %d\n", request->argc, request->argv[1],
             request->working_directory, (int)request->input.len, (const char *)request->input.ptr,
             request->colour);
    sink->write(sink->context, OUT_DATA, span_from_text(text));
    sink->write(sink->context, OUT_ERROR | OUT_PROSE, SPAN_LITERAL("an error\n"));
    fixture->incomplete = *sink->incomplete;
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

/* Somebody who has asked and waits. */
static pid_t begin_to_ask(struct fixture *fixture)
{
    signal(SIGPIPE, SIG_IGN);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(ask(fixture->directory));
    while (!fixture->woken)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    fixture->woken = false;
    return child;
}

static void the_next_is_served(struct fixture *fixture)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(ask(fixture->directory));
    assert_int_equal(serve_until_ended(fixture, child), 0);
    assert_false(fixture->incomplete);
}

static void a_command_of_whom_went_away_before_their_turn_is_not_run(void **state)
{
    struct fixture *fixture = *state;
    end_child(begin_to_ask(fixture));
    relay_serve(fixture->relay);
    assert_int_equal(fixture->runs, 0);
    the_next_is_served(fixture);
}

static void who_goes_away_while_their_command_runs_has_not_got_all(void **state)
{
    struct fixture *fixture = *state;
    fixture->leaving = begin_to_ask(fixture);
    relay_serve(fixture->relay);
    assert_int_equal(fixture->runs, 1);
    assert_true(fixture->incomplete);
    fixture->leaving = 0;
    the_next_is_served(fixture);
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
        cmocka_unit_test_setup_teardown(a_command_of_whom_went_away_before_their_turn_is_not_run,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_goes_away_while_their_command_runs_has_not_got_all,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_socket_is_private_and_goes_with_its_process, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
