/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Runs a fuzz target over its kept corpus, without a fuzzer: every file, and every file of at
 * most MUTATED_BYTES_MAX bytes cut at each byte, with each bit flipped and with a byte more.
 *
 *     replay FOLDER...
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

static size_t run_mutations(const struct input *input)
{
    current_mutation = "cut at byte";
    for (current_place = 0; current_place < input->size; current_place++)
        run_copy(input->bytes, current_place);
    current_mutation = "with this bit flipped";
    for (current_place = 0; current_place < input->size * 8; current_place++) {
        uint8_t bit = (uint8_t)(1u << (current_place % 8));
        input->bytes[current_place / 8] ^= bit;
        run_copy(input->bytes, input->size);
        input->bytes[current_place / 8] ^= bit;
    }
    current_mutation = "with a byte more";
    current_place = input->size;
    input->bytes[input->size] = 0;
    run_copy(input->bytes, input->size + 1);
    return input->size * 9 + 1;
}

static size_t run_file(const char *path)
{
    struct input input = input_read(path);
    current_path = path;
    current_mutation = "as it is";
    current_place = 0;
    run_copy(input.bytes, input.size);
    size_t runs = 1;
    if (input.size <= MUTATED_BYTES_MAX)
        runs += run_mutations(&input);
    free(input.bytes);
    return runs;
}

static void run_folder(const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0)
        fail(strerror(errno), folder);
    size_t files = 0;
    size_t runs = 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        int length = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (length < 0 || (size_t)length >= sizeof path)
            fail("path too long", folder);
        if (entries[i]->d_name[0] != '.') {
            runs += run_file(path);
            files++;
        }
        free(entries[i]);
    }
    free(entries);
    if (files == 0)
        fail("holds no input", folder);
    printf("%s: %zu inputs, %zu runs\n", folder, files, runs);
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
    if (argc < 2)
        fail("names no folder", "usage");
    signal(SIGABRT, on_abort);
    for (int i = 1; i < argc; i++)
        run_folder(argv[i]);
    return 0;
}
