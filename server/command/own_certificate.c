/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/own_certificate.h"

#include "server/transport/certificate.h"

#include <string.h>
#include <unistd.h>

enum status own_certificate_make(const struct app_place *place, const char *host)
{
    char certificate[APP_PATH_MAX];
    char key[APP_PATH_MAX];
    TRY(app_path(place, OWN_CERTIFICATE_FILE, certificate));
    TRY(app_path(place, OWN_CERTIFICATE_KEY_FILE, key));
    const char *names[3] = {host, "127.0.0.1", "localhost"};
    size_t count = strcmp(host, "localhost") != 0 ? 3 : 2;
    return certificate_make(certificate, key, names, count, clock_wall_ms(clock_system()));
}

bool own_certificate_is_missing(const struct app_place *place, const struct config *config)
{
    char certificate[APP_PATH_MAX];
    char key[APP_PATH_MAX];
    return strcmp(config->certificate, OWN_CERTIFICATE_FILE) == 0 &&
           strcmp(config->key, OWN_CERTIFICATE_KEY_FILE) == 0 &&
           app_path(place, OWN_CERTIFICATE_FILE, certificate) == STATUS_OK &&
           app_path(place, OWN_CERTIFICATE_KEY_FILE, key) == STATUS_OK &&
           access(certificate, F_OK) != 0 && access(key, F_OK) != 0;
}
