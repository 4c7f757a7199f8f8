/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * weftd.conf, as an operator or a tool of theirs writes it. What is refused says where and why.
 */
#include "server/config/config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config config;
    struct config_problem problem = {0};
    fuzz_expect(config_init(&config) == STATUS_OK);
    enum status status = config_read(span_of(data, size), &config, &problem);
    fuzz_expect(status == STATUS_OK || status == STATUS_MALFORMED);
    fuzz_expect(memchr(problem.text, 0, sizeof problem.text) != NULL);
    fuzz_expect((status == STATUS_MALFORMED) == (problem.text[0] != 0));
    if (status == STATUS_OK) {
        fuzz_expect(config.port <= UINT16_MAX && config.public_port <= UINT16_MAX);
        fuzz_expect(config.origin_count <= CONFIG_ORIGINS_MAX);
        fuzz_expect(config.connections_max != 0 && config.validation_threads != 0);
    }
    config_clear(&config);
    return 0;
}
