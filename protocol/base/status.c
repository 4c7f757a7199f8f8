/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/status.h"

#include <stddef.h>

#define STATUS_TEXT(name, text) [STATUS_##name] = text,
static const char *const texts[] = {STATUS_LIST(STATUS_TEXT)};

#define STATUS_NAME(name, text) [STATUS_##name] = #name,
static const char *const names[] = {STATUS_LIST(STATUS_NAME)};

static const size_t status_count = sizeof texts / sizeof *texts;

const char *status_text(enum status status)
{
    return (size_t)status < status_count ? texts[status] : "unknown status";
}

bool status_is_local(enum status status)
{
    return status == STATUS_NO_MEMORY || status == STATUS_NO_RANDOMNESS ||
           status == STATUS_INTERNAL || status == STATUS_IO || status == STATUS_FULL ||
           status == STATUS_CORRUPT || status == STATUS_LOCKED || status == STATUS_CRYPTO;
}

bool status_passes(enum status status)
{
    return status == STATUS_NO_MEMORY || status == STATUS_CRYPTO || status == STATUS_IO;
}

enum status status_of_stored(enum status status)
{
    return status == STATUS_OK || status_passes(status) ? status : STATUS_CORRUPT;
}

const char *status_name(enum status status)
{
    return (size_t)status < status_count ? names[status] : "UNKNOWN";
}
