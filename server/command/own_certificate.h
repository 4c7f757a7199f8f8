/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The certificate that weftd makes by itself. Clients trust its key by the word of the community's
 * own (transport/certificate.h), so a new one costs nobody anything.
 * Errors: those of certificate.h. Thread rule: any thread, one at a time.
 */
#ifndef WEFT_COMMAND_OWN_CERTIFICATE_H
#define WEFT_COMMAND_OWN_CERTIFICATE_H

#include "server/command/app.h"

/* Its files, relative to the state directory. */
#define OWN_CERTIFICATE_FILE "tls.crt"
#define OWN_CERTIFICATE_KEY_FILE "tls.key"

/* Makes both for `host` and this machine; existing files are refused (STATUS_EXISTS). */
MUST_CHECK enum status own_certificate_make(const struct app_place *place, const char *host);

/* Whether weftd.conf names these two and neither is there, as after a restore on a new machine. */
bool own_certificate_is_missing(const struct app_place *place, const struct config *config);

#endif
