/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/command/local.h"

const struct local_command local_commands[] = {
    {"init", init_run,
     "[--community NAME] [--host HOST] [--address ADDRESS]\n"
     "       [--port PORT] [--certificate FILE --key FILE]",
     "make a community: keys, configuration, the first admin's invite"},
    {"serve", serve_run, "", "run the server"},
    {"restore", restore_run,
     "[--incomplete] FOLDER\n"
     "       The store that was there stays beside it, a backup itself.\n"
     "       --incomplete: also when files of the backup are missing or damaged",
     "put a backup in the place of the store, while no server uses it"},
    {"check-config", check_config_run, "",
     "read the configuration and the TLS files, and say what is wrong"},
};

const size_t local_command_count = sizeof local_commands / sizeof *local_commands;
