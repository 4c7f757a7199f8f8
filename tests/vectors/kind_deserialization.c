/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "protocol/codec/reader.h"
#include "tests/vectors/harness.h"

static const char *const fields[] = {"vlbytes_header", "length", NULL};

static enum vector_result run(struct vector_case *test)
{
    struct span header;
    uint64_t expected;
    size_t length;
    CHECK(vector_hex(test, test->json, "vlbytes_header", &header));
    CHECK(vector_number(test->json, "length", &expected));
    struct reader reader = reader_of(header);
    CHECK_OK(reader_length(&reader, &length));
    CHECK(reader_at_end(&reader));
    CHECK(length == expected);
    return VECTOR_PASSED;
}

const struct vector_kind kind_deserialization = {"deserialization", fields, run};
