/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status format_path(struct profile *profile, const char *root, const char *name)
{
    int length = snprintf(profile->directory, sizeof profile->directory, "%s/weft/%s", root, name);
    return length > 0 && (size_t)length < sizeof profile->directory ? STATUS_OK : STATUS_LIMIT;
}

static enum status choose(const char *name, struct profile *profile)
{
    if (strchr(name, '/') != NULL) {
        if (strlen(name) >= sizeof profile->directory)
            return STATUS_LIMIT;
        strcpy(profile->directory, name);
        return STATUS_OK;
    }
    if (name[0] == '\0' || name[0] == '.')
        return STATUS_USAGE;
    /* The XDG specification: a relative path there is to be ignored. */
    const char *data = getenv("XDG_DATA_HOME");
    if (data != NULL && data[0] == '/')
        return format_path(profile, data, name);
    const char *home = getenv("HOME");
    if (home == NULL || home[0] != '/')
        return STATUS_USAGE;
    char root[PATH_MAX];
    int length = snprintf(root, sizeof root, "%s/.local/share", home);
    if (length < 0 || (size_t)length >= sizeof root)
        return STATUS_LIMIT;
    return format_path(profile, root, name);
}

static enum status make_folder(const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST ? STATUS_OK : STATUS_IO;
}

/* Makes the folder and those above it. */
static enum status make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        enum status status = make_folder(path);
        *slash = '/';
        TRY(status);
    }
    return make_folder(path);
}

enum status profile_open(const char *name, struct profile *profile)
{
    if (name == NULL)
        name = getenv("WEFT_PROFILE");
    TRY(choose(name == NULL || name[0] == '\0' ? PROFILE_DEFAULT : name, profile));
    TRY(make_folders(profile->directory));
    struct stat found;
    if (stat(profile->directory, &found) != 0 || !S_ISDIR(found.st_mode))
        return STATUS_IO;
    if (found.st_uid != geteuid() || (found.st_mode & 0077) != 0)
        return STATUS_DENIED;
    return STATUS_OK;
}
