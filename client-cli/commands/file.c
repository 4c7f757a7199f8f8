/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft file send [CHANNEL] PATH, weft file save [CHANNEL] NUMBER: files, encrypted on the way. */
#include "client-cli/commands/file_name.h"
#include "client-cli/commands/own_channel.h"
#include "client-cli/commands/own_message.h"
#include "client-cli/commands/verbs.h"
#include "client-cli/core/channel_log.h"
#include "client-cli/core/file_receive.h"
#include "client-cli/core/message_number.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- how far it is ---- */

struct showing {
    struct invocation *invocation;
    const char *verb;
    const char *name;
    unsigned percent;
    bool begun;
};

static void show_progress(void *context, uint64_t done, uint64_t total)
{
    struct showing *showing = context;
    unsigned percent = total == 0 ? 100 : (unsigned)(done * 100 / total);
    char line[FILE_NAME_SIZE + 64];
    if (showing->begun && percent == showing->percent)
        return;
    showing->begun = true;
    showing->percent = percent;
    snprintf(line, sizeof line, "%s %.60s: %u %%", showing->verb, showing->name, percent);
    out_progress(showing->invocation->out, line);
    out_record(showing->invocation->out, json_pack("{s:s, s:I, s:I}", "type", "progress", "done",
                                                   (json_int_t)done, "total", (json_int_t)total));
}

static enum status path_of(struct invocation *invocation, const char *given, char path[PATH_MAX])
{
    const char *from = invocation->working_directory;
    int length = given[0] == '/' || from == NULL ? snprintf(path, PATH_MAX, "%s", given)
                 : strcmp(given, ".") == 0       ? snprintf(path, PATH_MAX, "%s", from)
                                                 : snprintf(path, PATH_MAX, "%s/%s", from, given);
    if (length <= 0 || length >= PATH_MAX)
        return command_explain(invocation, STATUS_LIMIT, "this path is too long");
    return STATUS_OK;
}

/* ---- sending ---- */

static void close_file(const int *file)
{
    if (*file >= 0)
        close(*file);
}

static enum status
send_it(struct invocation *invocation, struct channel *channel, int file, const char *given)
{
    char name[FILE_NAME_SIZE];
    file_name_clean(span_from_text(given), name);
    struct showing showing = {.invocation = invocation, .verb = "sending", .name = name};
    struct file_to_send sent = {.descriptor = file,
                                .name = span_from_text(name),
                                .media_type = span_from_text(file_name_media_type(name)),
                                .progress = {show_progress, &showing}};
    struct channel_said said;
    enum status status = file_send(invocation->engine, channel, &sent, &said);
    out_progress(invocation->out, "");
    TRY(engine_explain_broken_off(invocation->engine, status));
    char message[ID_TEXT_SIZE];
    id_text(&said.message, message);
    out_line(invocation->out, "sent %s, number %s", name, message_number(said.sequence).text);
    out_record(invocation->out, json_pack("{s:s, s:s, s:I, s:o}", "type", "said", "message",
                                          message, "sequence", (json_int_t)said.sequence,
                                          "file_name", out_json_text(span_from_text(name))));
    return STATUS_OK;
}

enum status file_send_run(struct invocation *invocation)
{
    CLEANUP(close_file) int file = -1;
    struct channel *channel = NULL;
    char path[PATH_MAX];
    size_t at = 0;
    TRY(own_channel_take(invocation, &at, &channel));
    const char *given = invocation->arguments.positional[at];
    TRY(path_of(invocation, given, path));
    file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe would keep us waiting */
    if (file < 0)
        return command_explain(invocation, errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO,
                               "%.300s cannot be read: %s", given, strerror(errno));
    TRY(channel_log_catch_up(invocation->engine, channel));
    return send_it(invocation, channel, file, given);
}

/* ---- saving ---- */

/* --as names a folder or a file; otherwise this folder, and the sender's name for it. */
static enum status choose_target(struct invocation *invocation,
                                 const struct content_file *file,
                                 char directory[PATH_MAX],
                                 char name[FILE_NAME_SIZE])
{
    const char *as = arguments_value(&invocation->arguments, "as");
    struct stat found;
    file_name_clean(file->name, name);
    TRY(path_of(invocation, as == NULL ? "." : as, directory));
    if (as == NULL || (stat(directory, &found) == 0 && S_ISDIR(found.st_mode)))
        return STATUS_OK;
    char *slash = strrchr(directory, '/');
    const char *last = slash == NULL ? directory : slash + 1;
    if (last[0] == '\0' || strlen(last) >= FILE_NAME_SIZE)
        return command_explain(invocation, STATUS_USAGE, "%.300s is no name for a file", as);
    memcpy(name, last, strlen(last) + 1);
    if (slash == NULL)
        snprintf(directory, PATH_MAX, ".");
    else
        slash[slash == directory ? 1 : 0] = '\0';
    return STATUS_OK;
}

static enum status save_it(struct invocation *invocation,
                           const struct channel *channel,
                           const struct content_file *file)
{
    char directory[PATH_MAX];
    char name[FILE_NAME_SIZE];
    TRY(choose_target(invocation, file, directory, name));
    struct showing showing = {.invocation = invocation, .verb = "saving", .name = name};
    struct file_target target = {.directory = directory,
                                 .name = name,
                                 .replace = arguments_has(&invocation->arguments, "force"),
                                 .progress = {show_progress, &showing}};
    enum status status = file_receive(invocation->engine, channel, file, &target);
    out_progress(invocation->out, "");
    TRY(engine_explain_broken_off(invocation->engine, status));
    out_line(invocation->out, "saved as %s", name);
    out_record(invocation->out,
               json_pack("{s:s, s:o, s:o, s:I}", "type", "saved", "directory",
                         out_json_text(span_from_text(directory)), "file_name",
                         out_json_text(span_from_text(name)), "size", (json_int_t)file->size));
    return STATUS_OK;
}

enum status file_save_run(struct invocation *invocation)
{
    CLEANUP(own_message_clear) struct own_message message = OWN_MESSAGE_INIT;
    struct channel *channel = NULL;
    struct content content;
    struct content_file file;
    size_t at;
    TRY(own_message_take(invocation, 0, &at, &channel, &message));
    bool has_file = entry_content(&message.entry, &content) == STATUS_OK &&
                    content.kind == CONTENT_FILE &&
                    content_decode_body(&content, &message.arena, &file) == STATUS_OK;
    if (!has_file)
        return command_explain(invocation, STATUS_NOT_FOUND, "there is no file in message %s",
                               message_number(message.entry.sequence).text);
    enum status status = save_it(invocation, channel, &file);
    secret_wipe(file.key, sizeof file.key);
    return status;
}
