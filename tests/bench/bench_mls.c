/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * What a member's group costs: one figure a line, `name value unit`, in CPU time, the median of
 * its repetitions. `floor_*` is the count of primitives that an operation cannot do without, times
 * what they cost in this run.
 * Usage: bench_mls [--suite S] [--members N]; without them, suite 1 and 1024 members.
 *
 * Cold is the tree after one commit that added everybody: all parents blank. Warm is after one
 * member in each subtree beside the creator's path has committed, so that each level of that path
 * takes one encryption.
 *
 * `*_after_N` is of another group, to which 128 at a time were added without a path, as in a
 * channel, when members have committed a path one after another: whoever's spares the others the
 * most, as weftd asks them (server/delivery/paths.c), the creator last. next_commit_bytes is the
 * commit of whom it asks next, mean_path_bytes what all members' paths would be on average, from
 * which it asks nobody below path_kib, and paths_asked how many that took.
 */
#include "protocol/base/limits.h"
#include "protocol/crypto/aead.h"
#include "protocol/crypto/hash.h"
#include "protocol/crypto/hpke.h"
#include "protocol/crypto/random_system.h"
#include "protocol/mls/member/group.h"
#include "protocol/mls/public/path_costs.h"
#include "tests/bench/must.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HELPERS_MAX 20
#define REPETITIONS 9
#define MESSAGES 200

/* As weftd asks for them: its path_kib, unless set, and at most so many. */
#define PATH_BYTES_MAX 4096
#define PATHS_MAX 32

struct person {
    struct secret private_key;
    struct signature_public public_key;
    uint8_t name[8];
    struct mls_identity identity;
    struct buffer package, package_private;
    struct mls_key_package_checked checked;
};

struct bench {
    const struct suite *suite;
    uint32_t member_count;
    struct person *people;
    struct mls_options options;
    struct mls_group *creator;
    struct mls_group *helpers[HELPERS_MAX];
    size_t helper_count;
    struct buffer welcome, tree;
};

/* ---- time ---- */

static double cpu_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

static void print_pair(const char *name, double value, double floor_value)
{
    (void)printf("%s %.4f ms\nfloor_%s %.4f ms\n", name, value, name, floor_value);
    (void)fflush(stdout);
}

static size_t resident_bytes(void)
{
    size_t pages = 0;
    size_t resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%zu %zu", &pages, &resident) != 2)
        resident = 0;
    (void)fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* ---- what the primitives cost ---- */

struct costs {
    double sign, verify, multiply, derive, open, aead, expand;
};

#define MEASURE(cost, call)                                                                        \
    do {                                                                                           \
        double begin_ = cpu_ms();                                                                  \
        for (int i_ = 0; i_ < MESSAGES; i_++)                                                      \
            MUST(call);                                                                            \
        (cost) = (cpu_ms() - begin_) / MESSAGES;                                                   \
    } while (0)

static enum status seal_once(const struct suite *suite, struct span text, struct buffer *out)
{
    uint8_t key[32] = {1};
    uint8_t nonce[AEAD_NONCE_SIZE_MAX] = {2};
    buffer_truncate(out, 0);
    return aead_seal(suite->aead, span_of(key, suite->aead_key_size),
                     span_of(nonce, suite->aead_nonce_size), SPAN_EMPTY, text, out);
}

static enum status
open_once(const struct suite *suite, struct span key, struct span kem, struct span sealed)
{
    CLEANUP(buffer_clear) struct buffer out = BUFFER_INIT(4096);
    return hpke_open(suite, key, kem, SPAN_EMPTY, SPAN_EMPTY, sealed, &out);
}

static struct costs measure_costs(const struct bench *bench)
{
    static const uint8_t text[1186];
    const struct suite *suite = bench->suite;
    const struct person *person = &bench->people[0];
    struct costs costs = {0};
    struct secret prepared = {0};
    struct secret private_key = {0};
    struct hpke_public public_key;
    struct hpke_public kem_output;
    struct signature signature;
    uint8_t out[HASH_SIZE_MAX];
    CLEANUP(buffer_clear) struct buffer sealed = BUFFER_INIT(4096);
    CLEANUP(buffer_clear) struct buffer box = BUFFER_INIT(4096);
    struct span seed = span_of(text, suite->hash_size);
    MUST(signature_prepare(suite->signature, secret_span(&person->private_key), &prepared));
    MEASURE(costs.sign,
            signature_sign_prepared(suite->signature, &prepared, SPAN_OF(text), &signature));
    MEASURE(costs.verify,
            signature_verify(suite->signature, signature_public_span(&person->public_key),
                             SPAN_OF(text), signature_span(&signature)));
    MEASURE(costs.derive, hpke_derive_key_pair(suite, seed, &private_key, &public_key));
    MEASURE(costs.multiply, hpke_public_of(suite, secret_span(&private_key), &public_key));
    MUST(hpke_seal(suite, random_system(), hpke_public_span(&public_key), SPAN_EMPTY, SPAN_EMPTY,
                   seed, &kem_output, &box));
    MEASURE(costs.open, open_once(suite, secret_span(&private_key), hpke_public_span(&kem_output),
                                  buffer_span(&box)));
    MEASURE(costs.aead, seal_once(suite, SPAN_OF(text), &sealed));
    MEASURE(costs.expand, hkdf_expand(suite->hash, seed, span_of(text, 40), out, suite->hash_size));
    return costs;
}

/* ---- people ---- */

static void make_person(const struct bench *bench, uint32_t index, struct person *person)
{
    static const uint16_t types[] = {0xF0C1, 0x000A};
    buffer_init(&person->package, 4096);
    buffer_init(&person->package_private, 4096);
    for (size_t i = 0; i < 4; i++)
        person->name[i] = (uint8_t)(index >> (8 * i));
    MUST(signature_generate(bench->suite->signature, random_system(), &person->private_key,
                            &person->public_key));
    person->identity =
        (struct mls_identity){.credential = {MLS_CREDENTIAL_BASIC, SPAN_OF(person->name)},
                              .signature_public_key = signature_public_span(&person->public_key),
                              .signature_private_key = secret_span(&person->private_key),
                              .not_before = 1,
                              .not_after = 1000,
                              .extension_types = types,
                              .extension_type_count = 2};
    MUST(mls_key_package_new(bench->suite, &person->identity, false, random_system(),
                             &person->package, &person->package_private));
    MUST(mls_key_package_check(buffer_span(&person->package), &bench->options, &person->checked));
}

static struct mls_group *
join(const struct bench *bench, uint32_t who, struct span welcome, struct span tree)
{
    struct mls_group *group = NULL;
    struct mls_join_request request = {.welcome = welcome,
                                       .key_package = buffer_span(&bench->people[who].package),
                                       .private_part =
                                           buffer_span(&bench->people[who].package_private),
                                       .ratchet_tree = tree};
    MUST(mls_group_join(&request, &bench->options, &group));
    return group;
}

/* ---- measuring ---- */

static void bulk_add(struct bench *bench, const struct costs *costs)
{
    uint32_t count = bench->member_count - 1;
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct mls_proposal *adds = calloc(count, sizeof *adds);
    struct mls_group_config config = {.suite = bench->suite,
                                      .group_id = SPAN_LITERAL("bench"),
                                      .identity = &bench->people[0].identity};
    MUST_BE(adds != NULL);
    MUST(mls_group_new(&config, random_system(), &bench->creator));
    for (uint32_t i = 0; i < count; i++)
        adds[i] = (struct mls_proposal){.type = MLS_PROPOSAL_ADD,
                                        .add = &bench->people[i + 1].checked.package};
    struct mls_commit_request request = {
        .proposals = adds, .proposal_count = count, .adds_max = count};
    double begin = cpu_ms();
    MUST(mls_group_commit(bench->creator, &request, &bench->options, random_system(), &bundle));
    MUST(mls_group_apply_pending(bench->creator));
    print_pair("bulk_add", cpu_ms() - begin,
               (double)count * (2 * costs->verify + 2 * costs->multiply));
    bench->welcome = bundle.welcome;
    bundle.welcome = (struct buffer){0};
    free(adds);
}

static void receive(const struct bench *bench, struct mls_group *group, struct span commit)
{
    CLEANUP(mls_received_clear) struct mls_received received = {0};
    MUST(mls_group_receive(group, commit, &bench->options, &received));
    MUST(mls_group_merge_staged(group));
}

/* One member in each subtree beside the creator's path. */
static void join_helpers(struct bench *bench, const struct costs *costs)
{
    double times[HELPERS_MAX];
    for (uint32_t leaf = 1; leaf < bench->member_count && bench->helper_count < HELPERS_MAX;
         leaf *= 2) {
        double begin = cpu_ms();
        bench->helpers[bench->helper_count] =
            join(bench, leaf, buffer_span(&bench->welcome), buffer_span(&bench->tree));
        times[bench->helper_count++] = cpu_ms() - begin;
    }
    print_pair("welcome_join", median(times, bench->helper_count),
               (double)bench->member_count * costs->verify);
}

/* How long the creator takes for a commit with a path; the last one stays pending. */
static double
time_commits(const struct bench *bench, size_t repetitions, struct mls_commit_bundle *bundle)
{
    double times[REPETITIONS];
    const struct mls_commit_request request = {0};
    for (size_t i = 0; i < repetitions; i++) {
        mls_group_clear_pending(bench->creator);
        double begin = cpu_ms();
        MUST(mls_group_commit(bench->creator, &request, &bench->options, random_system(), bundle));
        times[i] = cpu_ms() - begin;
    }
    return median(times, repetitions);
}

/* The creator commits and the helpers follow. */
static void measure_commit(const struct bench *bench,
                           const struct costs *costs,
                           const char *suffix,
                           size_t repetitions,
                           double seals)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    double times[HELPERS_MAX];
    char name[64];
    double levels = (double)bench->helper_count;
    double create = time_commits(bench, repetitions, &bundle);
    (void)snprintf(name, sizeof name, "commit_create%s", suffix);
    print_pair(name, create, 2 * costs->sign + (1 + levels + 2 * seals) * costs->multiply);
    (void)printf("commit_bytes%s %zu bytes\n", suffix, bundle.commit.len);
    for (size_t i = 0; i < bench->helper_count; i++) {
        double begin = cpu_ms();
        receive(bench, bench->helpers[i], buffer_span(&bundle.commit));
        times[i] = cpu_ms() - begin;
    }
    (void)snprintf(name, sizeof name, "commit_process%s", suffix);
    /* A member at the median helps half-way up. */
    print_pair(name, median(times, bench->helper_count),
               2 * costs->verify + costs->open + levels / 2 * costs->derive);
    MUST(mls_group_apply_pending(bench->creator));
}

/* Each helper commits once and all the others follow. */
static void warm_up(const struct bench *bench)
{
    const struct mls_commit_request request = {0};
    for (size_t i = 0; i < bench->helper_count; i++) {
        CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
        MUST(mls_group_commit(bench->helpers[i], &request, &bench->options, random_system(),
                              &bundle));
        MUST(mls_group_apply_pending(bench->helpers[i]));
        receive(bench, bench->creator, buffer_span(&bundle.commit));
        for (size_t j = 0; j < bench->helper_count; j++)
            if (j != i)
                receive(bench, bench->helpers[j], buffer_span(&bundle.commit));
    }
}

static void measure_messages(const struct bench *bench, const struct costs *costs)
{
    static const uint8_t text[1024];
    double seal[MESSAGES];
    double open[MESSAGES];
    for (size_t i = 0; i < MESSAGES; i++) {
        CLEANUP(mls_sent_clear) struct mls_sent sent = {0};
        CLEANUP(mls_received_clear) struct mls_received received = {0};
        double begin = cpu_ms();
        MUST(mls_group_protect(bench->creator, SPAN_EMPTY, SPAN_OF(text), 0, random_system(),
                               &sent));
        double middle = cpu_ms();
        MUST(mls_group_receive(bench->helpers[0], buffer_span(&sent.message), &bench->options,
                               &received));
        open[i] = cpu_ms() - middle;
        seal[i] = middle - begin;
    }
    double symmetric = 2 * costs->aead + 5 * costs->expand;
    print_pair("app_encrypt", median(seal, MESSAGES), costs->sign + symmetric);
    print_pair("app_decrypt", median(open, MESSAGES), costs->verify + symmetric);
}

/* ---- paths on request ---- */

/* A commit of the grown group, and what those need whom it added. */
struct grown_commit {
    struct buffer commit, welcome, tree;
};

struct grown {
    struct mls_group *creator;
    struct grown_commit *commits; /* adds, then paths */
    size_t commit_count;
};

static void grow_by(const struct bench *bench, struct grown *grown, uint32_t first, uint32_t count)
{
    struct mls_proposal adds[LIMIT_ADDS_PER_COMMIT];
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    struct grown_commit *made = &grown->commits[grown->commit_count++];
    const struct mls_commit_request request = {.proposals = adds, .proposal_count = count};
    for (uint32_t i = 0; i < count; i++)
        adds[i] = (struct mls_proposal){.type = MLS_PROPOSAL_ADD,
                                        .add = &bench->people[first + i].checked.package};
    MUST(mls_group_commit(grown->creator, &request, &bench->options, random_system(), &bundle));
    MUST(mls_group_apply_pending(grown->creator));
    buffer_init(&made->tree, SIZE_MAX);
    MUST(mls_group_write_tree(grown->creator, &made->tree));
    made->commit = bundle.commit;
    made->welcome = bundle.welcome;
    bundle.commit = bundle.welcome = (struct buffer){0};
}

static void grow(const struct bench *bench, struct grown *grown)
{
    uint32_t batches = bench->member_count / LIMIT_ADDS_PER_COMMIT + 1;
    struct mls_group_config config = {.suite = bench->suite,
                                      .group_id = SPAN_LITERAL("grown"),
                                      .identity = &bench->people[0].identity};
    *grown = (struct grown){.commits = calloc(batches + PATHS_MAX, sizeof *grown->commits)};
    MUST_BE(grown->commits != NULL);
    MUST(mls_group_new(&config, random_system(), &grown->creator));
    for (uint32_t first = 1; first < bench->member_count; first += LIMIT_ADDS_PER_COMMIT) {
        uint32_t left = bench->member_count - first;
        grow_by(bench, grown, first, left < LIMIT_ADDS_PER_COMMIT ? left : LIMIT_ADDS_PER_COMMIT);
    }
}

static void clear_grown(struct grown *grown)
{
    mls_group_free(&grown->creator);
    for (size_t i = 0; i < grown->commit_count; i++) {
        buffer_clear(&grown->commits[i].commit);
        buffer_clear(&grown->commits[i].welcome);
        buffer_clear(&grown->commits[i].tree);
    }
    free(grown->commits);
}

/* Whose path spares the most, or 0: nobody's does, or only that of the creator. */
static uint32_t choose(const struct grown *grown, uint64_t *mean_bytes)
{
    CLEANUP(arena_clear) struct arena arena = ARENA_INIT(LIMIT_DECODED_BYTES);
    const struct mls_tree *tree = mls_public_group_tree(mls_group_public(grown->creator));
    struct mls_path_costs costs;
    uint32_t best = 0;
    MUST(mls_path_costs(tree, &arena, &costs));
    for (uint32_t leaf = 1; leaf < mls_tree_leaf_count(tree); leaf++)
        if (costs.spared[leaf] > (best == 0 ? 0 : costs.spared[best]))
            best = leaf;
    *mean_bytes = costs.path_bytes;
    return best;
}

/* The member comes by the Welcome that was for it, reads all that was committed since, and commits
 * a path; who it was is at that leaf, since nobody was removed. Bytes of its commit. */
static size_t commit_path(const struct bench *bench, struct grown *grown, uint32_t who)
{
    CLEANUP(mls_commit_bundle_clear) struct mls_commit_bundle bundle = {0};
    const struct mls_commit_request request = {0};
    size_t at = (who - 1) / LIMIT_ADDS_PER_COMMIT;
    const struct grown_commit *added = &grown->commits[at];
    struct mls_group *member =
        join(bench, who, buffer_span(&added->welcome), buffer_span(&added->tree));
    MUST_BE(mls_group_own_leaf(member) == who);
    while (++at < grown->commit_count)
        receive(bench, member, buffer_span(&grown->commits[at].commit));
    MUST(mls_group_commit(member, &request, &bench->options, random_system(), &bundle));
    receive(bench, grown->creator, buffer_span(&bundle.commit));
    mls_group_free(&member);
    size_t bytes = bundle.commit.len;
    grown->commits[grown->commit_count++].commit = bundle.commit;
    bundle.commit = (struct buffer){0};
    return bytes;
}

static void measure_paths(const struct bench *bench)
{
    struct grown grown;
    uint64_t mean_bytes = 0;
    uint32_t asked = PATHS_MAX;
    grow(bench, &grown);
    for (uint32_t paths = 0; paths <= PATHS_MAX; paths++) {
        uint32_t who = choose(&grown, &mean_bytes);
        bool enough = mean_bytes <= PATH_BYTES_MAX || who == 0;
        bool is_first_enough = enough && paths < asked;
        asked = is_first_enough ? paths : asked;
        size_t bytes = who != 0 && paths < PATHS_MAX ? commit_path(bench, &grown, who) : 0;
        if ((paths & (paths - 1)) == 0 || is_first_enough || who == 0) {
            (void)printf("mean_path_bytes_after_%u %llu bytes\n", paths,
                         (unsigned long long)mean_bytes);
            if (bytes != 0)
                (void)printf("next_commit_bytes_after_%u %zu bytes\n", paths, bytes);
        }
        if (who == 0)
            break;
    }
    (void)printf("paths_asked %u paths\n", asked);
    clear_grown(&grown);
}

static void run(struct bench *bench)
{
    struct costs costs = measure_costs(bench);
    /* What the group keeps, not what was needed on the way, before or in the commit, and the
     * allocator holds back. */
    (void)malloc_trim(0);
    size_t before = resident_bytes();
    bulk_add(bench, &costs);
    (void)malloc_trim(0);
    (void)printf("rss_bytes %zu bytes\n", resident_bytes() - before - bench->welcome.capacity);
    MUST(mls_group_write_tree(bench->creator, &bench->tree));
    (void)printf("tree_bytes %zu bytes\n", bench->tree.len);
    join_helpers(bench, &costs);
    measure_commit(bench, &costs, "_cold", 3, (double)bench->member_count - 1);
    warm_up(bench);
    measure_commit(bench, &costs, "", REPETITIONS, (double)bench->helper_count);
    measure_messages(bench, &costs);
    measure_paths(bench);
}

static uint32_t number_after(int argc, char **argv, const char *option, uint32_t otherwise)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], option) == 0)
            return (uint32_t)strtoul(argv[i + 1], NULL, 10);
    return otherwise;
}

int main(int argc, char **argv)
{
    struct bench bench = {.member_count = number_after(argc, argv, "--members", 1024),
                          .welcome = BUFFER_INIT(SIZE_MAX),
                          .tree = BUFFER_INIT(SIZE_MAX)};
    MUST(crypto_start());
    bench.suite = suite_find((uint16_t)number_after(argc, argv, "--suite", 1));
    if (bench.suite == NULL || bench.member_count < 2) {
        (void)fputs("usage: bench_mls [--suite S] [--members N]\n", stderr);
        return 2;
    }
    bench.people = calloc(bench.member_count, sizeof *bench.people);
    MUST_BE(bench.people != NULL);
    for (uint32_t i = 0; i < bench.member_count; i++)
        make_person(&bench, i, &bench.people[i]);
    run(&bench);
    for (size_t i = 0; i < bench.helper_count; i++)
        mls_group_free(&bench.helpers[i]);
    mls_group_free(&bench.creator);
    for (uint32_t i = 0; i < bench.member_count; i++) {
        buffer_clear(&bench.people[i].package);
        buffer_clear(&bench.people[i].package_private);
    }
    free(bench.people);
    buffer_clear(&bench.welcome);
    buffer_clear(&bench.tree);
    return 0;
}
