/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weftd: reads the options that all commands share, and calls the command. */
#include "protocol/crypto/random_system.h"
#include "server/command/command.h"
#include "server/command/local.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define STATE_DIRECTORY_DEFAULT "/var/lib/weft"

struct options {
    struct app_place place;
    bool json;
    int used; /* arguments read so far */
};

static void print_help(FILE *to)
{
    fprintf(to, "usage: weftd [--state DIRECTORY] [--config FILE] [--json] COMMAND\n\n");
    for (size_t i = 0; i < local_command_count; i++)
        fprintf(to, "  %-13s %s\n", local_commands[i].name, local_commands[i].help);
    for (size_t i = 0; i < command_count; i++)
        fprintf(to, "  %-13s %s\n", commands[i].name, commands[i].help);
    fprintf(to, "\nThe state directory is %s unless said otherwise.\n", STATE_DIRECTORY_DEFAULT);
    fprintf(to, "weftd --version says which this is.\n");
}

static int show_version(void)
{
    printf("weftd %s\n", WEFT_VERSION);
    return EXIT_CODE_OK;
}

static bool is_help(const char *text)
{
    return strcmp(text, "--help") == 0 || strcmp(text, "help") == 0;
}

/* Options before the command. */
static bool read_options(int argc, const char **argv, struct options *options)
{
    int at = 1;
    for (; at < argc && argv[at][0] == '-' && !is_help(argv[at]); at++) {
        bool has_value = at + 1 < argc;
        if (strcmp(argv[at], "--json") == 0)
            options->json = true;
        else if (strcmp(argv[at], "--state") == 0 && has_value)
            options->place.state_directory = argv[++at];
        else if (strcmp(argv[at], "--config") == 0 && has_value)
            options->place.config_path = argv[++at];
        else
            return false;
    }
    options->used = at;
    return at < argc;
}

/* The same after it, where many put them. */
static int take_options(int argc, const char **argv, struct options *options)
{
    int kept = 0;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            options->json = true;
        else if (strcmp(argv[i], "--state") == 0 && i + 1 < argc)
            options->place.state_directory = argv[++i];
        else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
            options->place.config_path = argv[++i];
        else
            argv[kept++] = argv[i];
    }
    return kept;
}

/* How one command is used; false when there is none of that name. */
static bool print_usage(const char *name)
{
    for (size_t i = 0; i < local_command_count; i++) {
        if (strcmp(local_commands[i].name, name) != 0)
            continue;
        const char *usage = local_commands[i].usage;
        printf("usage: weftd %s%s%s\n\n%s\n", name, usage[0] == '\0' ? "" : " ", usage,
               local_commands[i].help);
        return true;
    }
    const struct command *command = command_find(name);
    if (command != NULL)
        printf("usage: weftd %s %s\n\n%s\n", name, command->usage, command->help);
    return command != NULL;
}

static int refuse_command(const char *name)
{
    fprintf(stderr, "weftd: there is no command `%s`\n\n", name);
    print_help(stderr);
    return EXIT_CODE_USAGE;
}

/* Of everything, or of the command that is named. */
static int show_help(int count, const char **names)
{
    if (count == 0)
        print_help(stdout);
    else if (!print_usage(names[0]))
        return refuse_command(names[0]);
    return EXIT_CODE_OK;
}

/* Keys are in memory: no core dump, and no debugger of the same user. */
static void keep_memory_private(void)
{
    struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0);
}

/* What nobody can read did not go well. */
static int end_output(int exit_code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return exit_code;
    fprintf(stderr, "weftd: what it has to say could not all be written: is the disk full?\n");
    return exit_code == EXIT_CODE_OK ? EXIT_CODE_INTERNAL : exit_code;
}

static int run(int argc, char **argv)
{
    struct options options = {.place = {.state_directory = STATE_DIRECTORY_DEFAULT}};
    const char **arguments = (const char **)(void *)argv;
    if (argc == 2 && strcmp(arguments[1], "--version") == 0)
        return show_version();
    if (!read_options(argc, arguments, &options)) {
        print_help(stderr);
        return EXIT_CODE_USAGE;
    }
    const char *name = arguments[options.used];
    const char **rest = arguments + options.used + 1;
    int count = take_options(argc - options.used - 1, rest, &options);
    if (is_help(name))
        return show_help(count, rest);
    if (count > 0 && strcmp(rest[0], "--help") == 0)
        return show_help(1, &name);
    keep_memory_private();
    if (crypto_start() != STATUS_OK) {
        fprintf(stderr, "weftd: the cryptographic library does not start\n");
        return EXIT_CODE_INTERNAL;
    }
    for (size_t i = 0; i < local_command_count; i++) {
        if (strcmp(local_commands[i].name, name) == 0)
            return local_commands[i].run(&options.place, options.json, count, rest);
    }
    const struct command *command = command_find(name);
    if (command != NULL && command->show != NULL)
        return command->show(&options.place, options.json, count, rest);
    if (command != NULL)
        return remote_run(&options.place, name, options.json, count, rest);
    return refuse_command(name);
}

int main(int argc, char **argv)
{
    return end_output(run(argc, argv));
}
