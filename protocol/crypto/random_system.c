/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/crypto/random_system.h"

#include "protocol/base/secret.h"
#include "protocol/crypto/provider.h"

#include <errno.h>
#include <sodium.h>
#include <sys/random.h>

enum status crypto_start(void)
{
    if (sodium_init() < 0)
        return STATUS_CRYPTO;
    return provider_start();
}

static enum status fill(void *context, uint8_t *bytes, size_t count)
{
    (void)context;
    for (size_t done = 0; done < count;) {
        ssize_t got = getrandom(bytes + done, count - done, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            secret_wipe(bytes, count);
            return STATUS_NO_RANDOMNESS;
        }
        done += (size_t)got;
    }
    return STATUS_OK;
}

const struct random_source *random_system(void)
{
    static const struct random_source source = {fill, NULL};
    return &source;
}
