/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What the vector kinds share: one file kind_NAME.c a kind, each with one `struct vector_kind`
 * that the table in main.c lists.
 *
 * A kind recognises its cases by their fields and runs them one by one. Values decoded from a
 * case live in its arena until the case ends. JSON that is not of the documented form makes the
 * case fail, not the program.
 * Source: mlswg/mls-implementations, test-vectors.md. Thread rule: one thread.
 */
#ifndef WEFT_TESTS_VECTORS_HARNESS_H
#define WEFT_TESTS_VECTORS_HARNESS_H

#include "protocol/base/arena.h"
#include "protocol/base/random.h"
#include "protocol/base/span.h"
#include "protocol/crypto/suite.h"

#include <jansson.h>

enum vector_result { VECTOR_PASSED, VECTOR_FAILED, VECTOR_SKIPPED };

struct vector_case {
    const json_t *json;
    struct arena arena;
    /* Where the case stopped being true: set by CHECK. */
    const char *failed_text;
    const char *failed_file;
    int failed_line;
};

struct vector_kind {
    const char *name;
    /* Fields that every case of this kind has and no case of another kind has together; NULL
     * ends the list. */
    const char *const *fields;
    enum vector_result (*run)(struct vector_case *test);
};

/* Ends the case as failed, with the text of the condition, unless it holds. For functions that
 * return enum vector_result and have `struct vector_case *test` in scope. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return vector_failed(test, #condition, __FILE__, __LINE__);                            \
    } while (0)

/* CHECK that a fallible call of the library succeeds. */
#define CHECK_OK(call) CHECK((call) == STATUS_OK)

/* Runs another function of the kind and ends the case unless that passed. */
#define CHECK_PASSED(call)                                                                         \
    do {                                                                                           \
        enum vector_result check_result_ = (call);                                                 \
        if (check_result_ != VECTOR_PASSED)                                                        \
            return check_result_;                                                                  \
    } while (0)

/* Records the first failure of the case. */
enum vector_result
vector_failed(struct vector_case *test, const char *text, const char *file, int line);

/* Room for one item of `size` bytes in the case's arena, zeroed; ends the program without
 * memory. */
void *vector_take(struct vector_case *test, size_t count, size_t size);

/* Whether `object` has the member `name` and it is not null. */
bool vector_has(const json_t *object, const char *name);

/* Member `name` of `object` as bytes from hex; an absent or malformed member gives false. */
bool vector_hex(struct vector_case *test, const json_t *object, const char *name, struct span *out);

/* The same for a value itself, such as an element of an array. */
bool vector_hex_value(struct vector_case *test, const json_t *value, struct span *out);

/* Member `name` as a string's bytes. */
bool vector_text(const json_t *object, const char *name, struct span *out);

bool vector_number(const json_t *object, const char *name, uint64_t *out);

/* Member `name` when it is an array, otherwise NULL. */
const json_t *vector_array(const json_t *object, const char *name);

/* The suite that member `cipher_suite` names; false when the member is missing. `*suite` is NULL
 * when this build cannot run it: return VECTOR_SKIPPED. */
bool vector_suite(const json_t *object, const struct suite **suite);

/* The system's randomness. */
const struct random_source *vector_random(void);

#endif
