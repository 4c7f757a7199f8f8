/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/exit_code.h"
#include "server/command/local.h"
#include "server/command/own_certificate.h"
#include "server/transport/certificate.h"

#include <stdio.h>

static enum status check_tls(const struct app_place *place, const struct config *config)
{
    char certificate[APP_PATH_MAX];
    char key[APP_PATH_MAX];
    char problem[CERTIFICATE_PROBLEM_SIZE];
    if (own_certificate_is_missing(place, config))
        return STATUS_OK; /* serve makes them */
    TRY(app_path(place, config->certificate, certificate));
    TRY(app_path(place, config->key, key));
    enum status status = certificate_check_key(certificate, key);
    if (status == STATUS_OK)
        return status;
    certificate_problem(certificate, key, problem);
    fprintf(stderr, "weftd: %s\n", problem[0] == '\0' ? status_text(status) : problem);
    return status;
}

int check_config_run(const struct app_place *place, bool json, int argc, const char **argv)
{
    (void)json; /* it is for people */
    (void)argv;
    struct config config;
    struct app_problem problem = {""};
    if (argc > 0)
        return EXIT_CODE_USAGE;
    enum status status = app_load_config(place, &config, &problem);
    if (status != STATUS_OK) {
        fprintf(stderr, "%s\n", problem.text);
        return exit_code_of(status);
    }
    status = check_tls(place, &config);
    if (status == STATUS_OK)
        printf("the configuration is right\n");
    config_clear(&config);
    return exit_code_of(status);
}
