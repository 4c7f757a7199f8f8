/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * mls_vectors DIR [FILE...]: checks MLS test vectors. Without files, every *.json in DIR.
 * Prints a line a file and `N passed, N failed, N skipped`, N counting cases. Exit status: 0 when
 * none failed, 1 otherwise, 2 when a file cannot be read.
 */
#include "protocol/crypto/random_system.h"
#include "tests/vectors/harness.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A decoded tree of the largest passive-client case, many times over. */
#define CASE_BYTES_MAX ((size_t)256 << 20)

#define KINDS(KIND)                                                                                \
    KIND(tree_math)                                                                                \
    KIND(deserialization)                                                                          \
    KIND(messages)                                                                                 \
    KIND(tree_operations)                                                                          \
    KIND(tree_validation)                                                                          \
    KIND(transcript_hashes)                                                                        \
    KIND(crypto_basics)                                                                            \
    KIND(secret_tree)                                                                              \
    KIND(key_schedule)                                                                             \
    KIND(psk_secret)                                                                               \
    KIND(message_protection)                                                                       \
    KIND(welcome)                                                                                  \
    KIND(treekem)                                                                                  \
    KIND(passive_client)

#define DECLARE(name) extern const struct vector_kind kind_##name;
KINDS(DECLARE)
#undef DECLARE

#define ENTRY(name) &kind_##name,
static const struct vector_kind *const kinds[] = {KINDS(ENTRY)};
#undef ENTRY

struct totals {
    size_t passed;
    size_t failed;
    size_t skipped;
    bool unreadable;
};

static bool has_fields(const json_t *test, const char *const *fields)
{
    for (; *fields != NULL; fields++)
        if (json_object_get(test, *fields) == NULL)
            return false;
    return true;
}

static const struct vector_kind *find_kind(const json_t *file)
{
    const json_t *first = json_array_get(file, 0);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (has_fields(first, kinds[i]->fields))
            return kinds[i];
    return NULL;
}

static enum vector_result
run_case(const struct vector_kind *kind, const json_t *json, const char *path, size_t index)
{
    struct vector_case test = {.json = json, .arena = ARENA_INIT(CASE_BYTES_MAX)};
    enum vector_result result = kind->run(&test);
    if (result == VECTOR_FAILED)
        (void)printf("%s: case %zu: not true: %s (%s:%d)\n", path, index,
                     test.failed_text == NULL ? "?" : test.failed_text,
                     test.failed_file == NULL ? "?" : test.failed_file, test.failed_line);
    arena_clear(&test.arena);
    return result;
}

static void run_cases(const json_t *file, const char *path, struct totals *all)
{
    struct totals own = {0};
    const struct vector_kind *kind = find_kind(file);
    for (size_t i = 0; i < json_array_size(file); i++) {
        enum vector_result result = VECTOR_SKIPPED;
        if (kind != NULL)
            result = run_case(kind, json_array_get(file, i), path, i);
        own.passed += result == VECTOR_PASSED;
        own.failed += result == VECTOR_FAILED;
        own.skipped += result == VECTOR_SKIPPED;
    }
    (void)printf("%s: %s: %zu passed, %zu failed, %zu skipped\n", path,
                 kind == NULL ? "of no known kind" : kind->name, own.passed, own.failed,
                 own.skipped);
    (void)fflush(stdout);
    all->passed += own.passed;
    all->failed += own.failed;
    all->skipped += own.skipped;
}

static void run_file(const char *path, struct totals *all)
{
    json_error_t error;
    json_t *file = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_array(file)) {
        (void)printf("%s: cannot be read: %s\n", path,
                     file == NULL ? error.text : "not an array of cases");
        all->unreadable = true;
    } else {
        run_cases(file, path, all);
    }
    json_decref(file);
}

static bool run_named(const char *directory, const char *name, struct totals *all)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%s", directory, name);
    if (length < 0 || (size_t)length >= sizeof path)
        return false;
    run_file(path, all);
    return true;
}

static int is_json(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static bool run_directory(const char *directory, struct totals *all)
{
    struct dirent **entries = NULL;
    int count = scandir(directory, &entries, is_json, alphasort);
    if (count < 0) {
        (void)printf("%s: cannot be read\n", directory);
        return false;
    }
    bool ok = true;
    for (int i = 0; i < count; i++) {
        ok = run_named(directory, entries[i]->d_name, all) && ok;
        free(entries[i]);
    }
    free(entries);
    return ok;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        (void)fputs("usage: mls_vectors DIR [FILE...]\n", stderr);
        return 2;
    }
    if (crypto_start() != STATUS_OK) {
        (void)fputs("mls_vectors: the crypto library does not start\n", stderr);
        return 2;
    }
    struct totals all = {0};
    bool readable = true;
    if (argc == 2)
        readable = run_directory(argv[1], &all);
    for (int i = 2; i < argc; i++)
        readable = run_named(argv[1], argv[i], &all) && readable;
    (void)printf("%zu passed, %zu failed, %zu skipped\n", all.passed, all.failed, all.skipped);
    if (!readable || all.unreadable)
        return 2;
    return all.failed == 0 ? 0 : 1;
}
