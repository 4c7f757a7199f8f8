/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* weft: the command line of Weft. */
#include "client-cli/commands/exit_code.h"
#include "client-cli/commands/program.h"
#include "protocol/crypto/random_system.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* Keys are in this process's memory: no core file, and no other process may look. (The leak
 * checker of a sanitized build is another process.) */
static void keep_memory_private(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

int main(int argc, char **argv)
{
    keep_memory_private();
    signal(SIGPIPE, SIG_IGN); /* a reader that went away shows as a failed write */
    if (crypto_start() != STATUS_OK) {
        fputs("weft: the cryptographic library does not start\n", stderr);
        return EXIT_CODE_INTERNAL;
    }
    return program_main(argc - 1, (const char *const *)(argv + 1));
}
