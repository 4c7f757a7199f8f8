/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * weftd init: makes a state directory in which `serve` can start at once, and prints the first
 * admin's invite. What is there already is never overwritten.
 */
#include "protocol/crypto/random_system.h"
#include "server/command/audit.h"
#include "server/command/exit_code.h"
#include "server/command/invite_maker.h"
#include "server/command/local.h"
#include "server/command/own_certificate.h"
#include "server/store/people.h"
#include "server/transport/address.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_TEXT_MAX (64u << 10)
#define FIRST_GROUP "Organisers"

enum {
    CHOICE_COMMUNITY,
    CHOICE_HOST,
    CHOICE_ADDRESS,
    CHOICE_PORT,
    CHOICE_CERTIFICATE,
    CHOICE_KEY,
    CHOICE_COUNT
};

/* Options and the configuration keys that they set. */
static const struct {
    const char *option;
    const char *key;
} choice_names[CHOICE_COUNT] = {
    [CHOICE_COMMUNITY] = {"--community", "community"},
    [CHOICE_HOST] = {"--host", "public_host"},
    [CHOICE_ADDRESS] = {"--address", "address"},
    [CHOICE_PORT] = {"--port", "port"},
    [CHOICE_CERTIFICATE] = {"--certificate", "certificate"},
    [CHOICE_KEY] = {"--key", "key"},
};

struct choices {
    const char *values[CHOICE_COUNT];
    char certificate[APP_PATH_MAX];
    char key[APP_PATH_MAX];
};

static bool read_choices(int argc, const char **argv, struct choices *choices)
{
    for (int i = 0; i < argc; i += 2) {
        int found = -1;
        for (int k = 0; k < CHOICE_COUNT; k++) {
            if (strcmp(argv[i], choice_names[k].option) == 0)
                found = k;
        }
        if (found < 0 || i + 1 == argc || choices->values[found] != NULL)
            return false;
        choices->values[found] = argv[i + 1];
    }
    return (choices->values[CHOICE_CERTIFICATE] == NULL) == (choices->values[CHOICE_KEY] == NULL);
}

/* The configuration holds absolute paths, or names inside the state directory. */
static bool make_absolute(struct choices *choices)
{
    if (choices->values[CHOICE_CERTIFICATE] == NULL)
        return true;
    if (realpath(choices->values[CHOICE_CERTIFICATE], choices->certificate) == NULL ||
        realpath(choices->values[CHOICE_KEY], choices->key) == NULL)
        return false;
    choices->values[CHOICE_CERTIFICATE] = choices->certificate;
    choices->values[CHOICE_KEY] = choices->key;
    return true;
}

static enum status write_file(const char *path, struct span text)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return errno == EEXIST ? STATUS_EXISTS : STATUS_IO;
    bool written = write(file, text.ptr, text.len) == (ssize_t)text.len && fsync(file) == 0;
    enum status failed = errno == ENOSPC || errno == EDQUOT ? STATUS_FULL : STATUS_IO;
    return close(file) == 0 && written ? STATUS_OK : failed;
}

static enum status write_config(const struct app_place *place, const struct choices *choices)
{
    struct config_choice set[CHOICE_COUNT];
    size_t count = 0;
    for (int i = 0; i < CHOICE_COUNT; i++) {
        if (choices->values[i] != NULL)
            set[count++] = (struct config_choice){choice_names[i].key, choices->values[i]};
    }
    CLEANUP(buffer_clear) struct buffer text = BUFFER_INIT(CONFIG_TEXT_MAX);
    TRY(config_sample(set, count, &text));
    /* What was chosen must be readable again. */
    struct config config;
    struct config_problem problem;
    TRY(config_init(&config));
    enum status status = config_read(buffer_span(&text), &config, &problem);
    config_clear(&config);
    if (status == STATUS_MALFORMED)
        fprintf(stderr, "weftd: %s\n", problem.text);
    TRY(status);
    char path[APP_PATH_MAX];
    TRY(app_path(place, "weftd.conf", path));
    return write_file(path, buffer_span(&text));
}

static enum status make_store(const struct app_place *place)
{
    struct store *store = NULL;
    struct store_options options = {.state_directory = place->state_directory, .create = true};
    TRY(store_open(&options, &store));
    store_close(&store);
    return STATUS_OK;
}

static enum status make_state(const struct app_place *place, struct choices *choices)
{
    TRY(write_config(place, choices));
    TRY(identity_create(place->state_directory, random_system()));
    if (choices->values[CHOICE_CERTIFICATE] == NULL)
        TRY(own_certificate_make(place, choices->values[CHOICE_HOST] != NULL
                                            ? choices->values[CHOICE_HOST]
                                            : "localhost"));
    return make_store(place);
}

struct first_invite {
    struct store_job job;
    struct store_invite invite;
    struct id fresh_group;
    int64_t now_ms;
    enum status status;
};

static enum status run_first_invite(struct store_db *db, struct store_job *job)
{
    struct first_invite *first = (struct first_invite *)(void *)job;
    TRY(store_groups_ensure(db, SPAN_LITERAL(FIRST_GROUP), &first->fresh_group,
                            &first->invite.group));
    TRY(store_invites_add(db, &first->invite));
    return audit_add(db, first->now_ms, "init", &first->invite.invite, 0);
}

static void done_first_invite(struct store_job *job, enum status status)
{
    struct first_invite *first = (struct first_invite *)(void *)job;
    first->status = status;
}

static bool is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || address_is_loopback(host);
}

/* What comes next, and why nobody else would reach it yet. */
static void print_next(const struct app_place *place, const struct config *config)
{
    fprintf(stderr, "Next: weftd --state %s serve\n", place->state_directory);
    if (is_loopback(config->public_host))
        fprintf(stderr,
                "Its links are for this machine only: public_host in %s/weftd.conf is %s.\n",
                place->state_directory, config->public_host);
    else if (is_loopback(config->address))
        fprintf(stderr,
                "It listens on %s only: for others to reach it, set address in %s/weftd.conf to "
                "an\naddress of this machine, or leave it empty for all.\n",
                config->address, place->state_directory);
}

static enum status print_first_invite(struct app *app)
{
    CLEANUP(buffer_clear) struct buffer link = BUFFER_INIT(INVITE_LINK_TEXT_MAX);
    struct first_invite first = {
        .job = {.run = run_first_invite, .done = done_first_invite},
        .invite = {.role = STORE_ROLE_ADMIN},
        .now_ms = clock_wall_ms(clock_system()),
        .status = STATUS_INTERNAL,
    };
    uint32_t port = app->config.public_port != 0 ? app->config.public_port : app->config.port;
    TRY(id_random(app->hub.random, &first.fresh_group));
    TRY(invite_maker_fill(&app->hub, (uint16_t)port, app->config.invite_days, &first.invite,
                          &link));
    TRY(store_write(app->store, &first.job));
    TRY(first.status);
    fprintf(stderr, "The first admin joins with this link, once, within %u days:\n",
            (unsigned)app->config.invite_days);
    printf("%.*s\n", (int)link.len, (const char *)link.ptr);
    return STATUS_OK;
}

int init_run(const struct app_place *place, bool json, int argc, const char **argv)
{
    (void)json; /* it is for people */
    struct choices choices = {0};
    if (argc % 2 != 0 || !read_choices(argc, argv, &choices)) {
        fprintf(stderr, "usage: weftd init %s\n", local_commands[0].usage);
        return EXIT_CODE_USAGE;
    }
    if (!make_absolute(&choices)) {
        fprintf(stderr, "weftd: the certificate or its key cannot be read\n");
        return EXIT_CODE_NOT_FOUND;
    }
    if (mkdir(place->state_directory, 0700) != 0 && errno != EEXIST) {
        fprintf(stderr, "weftd: %s cannot be made: %s\n", place->state_directory, strerror(errno));
        return exit_code_of(STATUS_IO);
    }
    enum status status = make_state(place, &choices);
    if (status == STATUS_EXISTS)
        fprintf(stderr,
                "weftd: %s holds a community already, or what an init that failed left; it is as "
                "it was\n",
                place->state_directory);
    else if (status != STATUS_OK && status != STATUS_MALFORMED) /* that was told */
        fprintf(stderr, "weftd: %s was not made into a community: %s\n", place->state_directory,
                status_text(status));
    if (status != STATUS_OK)
        return exit_code_of(status);
    struct app app;
    struct app_problem problem;
    status = app_open(place, &app, &problem);
    if (status != STATUS_OK) {
        fprintf(stderr, "weftd: %s\n", problem.text);
        return exit_code_of(status);
    }
    status = print_first_invite(&app);
    if (status == STATUS_OK)
        print_next(place, &app.config);
    app_close(&app);
    return exit_code_of(status);
}
