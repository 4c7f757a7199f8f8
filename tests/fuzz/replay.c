/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Runs a fuzz target over its kept corpus, without a fuzzer: every file, and every file of at
 * most MUTATED_BYTES_MAX bytes cut at each byte, with each bit flipped and with a byte more. When
 * those are more than MUTATIONS in all, every so manieth of them.
 *
 *     replay MUTATIONS FOLDER
 *
 * A fault ends the program by the target's own abort or by a sanitizer; the input's name and the
 * mutation stand on standard error. Exits with 1 when a folder holds no file.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

/* Longer inputs run as they are: the work grows with the square of the length. */
#define MUTATED_BYTES_MAX 2048

/* Corpora are kept small; a larger file is a mistake. */
#define INPUT_BYTES_MAX (1u << 20)

struct input {
    uint8_t *bytes;
    size_t size;
};

static void fail(const char *what, const char *path)
{
    fprintf(stderr, "replay: %s: %s\n", path, what);
    exit(1);
}

static struct input input_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail(strerror(errno), path);
    struct input input = {malloc(INPUT_BYTES_MAX + 1), 0};
    if (input.bytes == NULL)
        fail("out of memory", path);
    input.size = fread(input.bytes, 1, INPUT_BYTES_MAX + 1, file);
    if (ferror(file) || input.size > INPUT_BYTES_MAX)
        fail("cannot be read or is too large", path);
    fclose(file);
    return input;
}

/* A copy of its own size, so that a sanitizer sees every read past its end. */
static void run_copy(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    if (copy == NULL)
        abort();
    memcpy(copy, bytes, size);
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

/* The last input begun, told by on_abort() when the target aborts. */
static const char *current_path;
static const char *current_mutation;
static size_t current_place;

/* What is done in one folder. */
struct replay {
    size_t stride; /* of the mutations one in so many is run; odd, so that every bit's turn comes */
    size_t mutations;
    size_t inputs;
    size_t runs;
};

static size_t mutation_count(size_t size)
{
    return size > MUTATED_BYTES_MAX ? 0 : size * 9 + 1;
}

/* `which` is less than mutation_count. */
static void run_mutation(struct input *input, size_t which)
{
    if (which < input->size) {
        current_mutation = "cut at byte";
        current_place = which;
        run_copy(input->bytes, which);
    } else if (which < input->size * 9) {
        current_mutation = "with this bit flipped";
        current_place = which - input->size;
        uint8_t bit = (uint8_t)(1u << (current_place % 8));
        input->bytes[current_place / 8] ^= bit;
        run_copy(input->bytes, input->size);
        input->bytes[current_place / 8] ^= bit;
    } else {
        current_mutation = "with a byte more";
        current_place = input->size;
        input->bytes[input->size] = 0;
        run_copy(input->bytes, input->size + 1);
    }
}

static void run_file(struct replay *replay, const char *path)
{
    struct input input = input_read(path);
    current_path = path;
    current_mutation = "as it is";
    current_place = 0;
    run_copy(input.bytes, input.size);
    replay->inputs++;
    replay->runs++;
    for (size_t i = 0; i < mutation_count(input.size); i++) {
        if (replay->mutations++ % replay->stride != 0)
            continue;
        run_mutation(&input, i);
        replay->runs++;
    }
    free(input.bytes);
}

static void count_file(struct replay *replay, const char *path)
{
    struct input input = input_read(path);
    replay->mutations += mutation_count(input.size);
    free(input.bytes);
}

static void each_file(const char *folder,
                      void (*visit)(struct replay *replay, const char *path),
                      struct replay *replay)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0)
        fail(strerror(errno), folder);
    for (int i = 0; i < count; i++) {
        char path[4096];
        int length = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (length < 0 || (size_t)length >= sizeof path)
            fail("path too long", folder);
        if (entries[i]->d_name[0] != '.')
            visit(replay, path);
        free(entries[i]);
    }
    free(entries);
}

/* On abort(), so between two calls and not inside a library: printing is safe enough here. */
static void on_abort(int number)
{
    (void)number;
    if (current_path != NULL)
        fprintf(stderr, "replay: %s: %s %zu\n", current_path, current_mutation, current_place);
}

int main(int argc, char **argv)
{
    char *end = NULL;
    size_t limit = argc == 3 ? strtoul(argv[1], &end, 10) : 0;
    if (limit == 0 || *end != 0)
        fail("replay MUTATIONS FOLDER", "usage");
    signal(SIGABRT, on_abort);
    struct replay all = {0};
    each_file(argv[2], count_file, &all);
    struct replay replay = {.stride = all.mutations / limit | 1};
    each_file(argv[2], run_file, &replay);
    if (replay.inputs == 0)
        fail("holds no input", argv[2]);
    printf("%s: %zu inputs, %zu runs\n", argv[2], replay.inputs, replay.runs);
    return 0;
}
