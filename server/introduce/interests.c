/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/introduce/interests.h"

#include "protocol/base/limits.h"

#include <stdlib.h>
#include <string.h>

/* Shorter words of an offer ("in", "at") stand for nothing. */
#define WORD_BYTES_MIN 4

/* A text of a profile, an offer's word of one. */
struct key {
    struct span text; /* in lower case, one space between words */
    uint32_t person;
    bool offer;
};

struct interests {
    const struct network *network;
    struct key *keys; /* by text, then topics before offers, then by person */
    size_t count;
    size_t capacity;
    size_t *starts; /* of each person's own interests in the network */
    struct arena texts;
};

/* Copies of what network.h holds at most. */
#define TEXTS_BYTES_MAX (512u << 20)

static bool is_part_of_word(uint8_t byte)
{
    return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z');
}

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

/* The words of a text, with one space between them, into `words` of the same length. */
static size_t write_words(struct span text, uint8_t *words)
{
    size_t len = 0;
    bool gap = false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = lower(text.ptr[i]);
        if (!is_part_of_word(byte)) {
            gap = len > 0;
            continue;
        }
        if (gap)
            words[len++] = ' ';
        gap = false;
        words[len++] = byte;
    }
    return len;
}

static enum status normalise(struct arena *arena, struct span text, struct span *normalised)
{
    void *words = NULL;
    TRY(arena_take(arena, text.len, 1, &words));
    *normalised = span_of(words, write_words(text, words));
    return STATUS_OK;
}

static enum status
add_key(struct interests *interests, struct span text, const struct network_interest *of)
{
    if (text.len == 0)
        return STATUS_OK;
    if (interests->count == interests->capacity) {
        size_t more = interests->capacity == 0 ? 256 : 2 * interests->capacity;
        struct key *grown = realloc(interests->keys, more * sizeof *grown);
        if (grown == NULL)
            return STATUS_NO_MEMORY;
        interests->keys = grown;
        interests->capacity = more;
    }
    interests->keys[interests->count++] = (struct key){text, of->person, of->can_help_with};
    return STATUS_OK;
}

/* The whole text and, of an offer of several, each word. */
static enum status add_interest(struct interests *interests, const struct network_interest *of)
{
    struct span text;
    TRY(normalise(&interests->texts, of->text, &text));
    TRY(add_key(interests, text, of));
    size_t start = 0;
    for (size_t i = 0; of->can_help_with && i <= text.len; i++) {
        if (i < text.len && text.ptr[i] != ' ')
            continue;
        if (i - start >= WORD_BYTES_MIN && i - start < text.len)
            TRY(add_key(interests, span_of(text.ptr + start, i - start), of));
        start = i + 1;
    }
    return STATUS_OK;
}

static int compare_texts(struct span a, struct span b)
{
    int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
    return order != 0 ? order : a.len < b.len ? -1 : a.len > b.len;
}

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    int order = compare_texts(x->text, y->text);
    if (order != 0)
        return order;
    if (x->offer != y->offer)
        return x->offer ? 1 : -1;
    return x->person < y->person ? -1 : x->person > y->person;
}

static enum status fill(struct interests *interests)
{
    const struct network *network = interests->network;
    interests->starts = calloc((size_t)network->person_count + 1, sizeof *interests->starts);
    if (interests->starts == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < network->interest_count; i++) {
        const struct network_interest *interest = &network->interests[i];
        interests->starts[interest->person + 1] = i + 1;
        if (network_may_be_introduced(network, interest->person))
            TRY(add_interest(interests, interest));
    }
    for (uint32_t i = 0; i < network->person_count; i++)
        if (interests->starts[i + 1] == 0)
            interests->starts[i + 1] = interests->starts[i];
    if (interests->count > 0)
        qsort(interests->keys, interests->count, sizeof *interests->keys, compare_keys);
    return STATUS_OK;
}

enum status interests_new(const struct network *network, struct interests **interests)
{
    struct interests *made = calloc(1, sizeof *made);
    if (made == NULL)
        return STATUS_NO_MEMORY;
    made->network = network;
    arena_init(&made->texts, TEXTS_BYTES_MAX);
    enum status status = fill(made);
    if (status != STATUS_OK) {
        interests_free(&made);
        return status;
    }
    *interests = made;
    return STATUS_OK;
}

void interests_free(struct interests **interests)
{
    if (*interests == NULL)
        return;
    free((*interests)->keys);
    free((*interests)->starts);
    arena_clear(&(*interests)->texts);
    free(*interests);
    *interests = NULL;
}

/* ---- pairs ---- */

/* A list of pairs that grows. */
struct pairs {
    const struct network *network;
    const bool *takes_part;
    struct pairwise_entry *list;
    size_t count;
    size_t capacity;
};

static enum status add_pair(struct pairs *pairs, uint32_t a, uint32_t b, float value)
{
    if (a == b || !pairs->takes_part[a] || !pairs->takes_part[b] ||
        pairs->network->groups[a] == pairs->network->groups[b] ||
        pairs->count == INTERESTS_PAIRS_MAX)
        return STATUS_OK;
    if (pairs->count == pairs->capacity) {
        size_t more = pairs->capacity == 0 ? 256 : 2 * pairs->capacity;
        struct pairwise_entry *grown = realloc(pairs->list, more * sizeof *grown);
        if (grown == NULL)
            return STATUS_NO_MEMORY;
        pairs->list = grown;
        pairs->capacity = more;
    }
    pairs->list[pairs->count++] = (struct pairwise_entry){a < b ? a : b, a < b ? b : a, value};
    return STATUS_OK;
}

/* Of the keys [from, to) with one text: topics with each other, and topics with offers. */
static enum status
add_pairs_of(const struct interests *interests, size_t from, size_t to, struct pairs *pairs)
{
    for (size_t i = from; i < to && !interests->keys[i].offer; i++) {
        for (size_t k = i + 1; k < to; k++) {
            const struct key *key = &interests->keys[k];
            TRY(add_pair(pairs, interests->keys[i].person, key->person, key->offer ? 2 : 1));
        }
    }
    return STATUS_OK;
}

static size_t end_of_text(const struct interests *interests, size_t from)
{
    size_t to = from + 1;
    while (to < interests->count &&
           compare_texts(interests->keys[from].text, interests->keys[to].text) == 0)
        to++;
    return to;
}

static int compare_pairs(const void *a, const void *b)
{
    const struct pairwise_entry *x = a, *y = b;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return x->b < y->b ? -1 : x->b > y->b;
}

static void sum_up(struct pairs *pairs)
{
    size_t kept = 0;
    if (pairs->count > 0)
        qsort(pairs->list, pairs->count, sizeof *pairs->list, compare_pairs);
    for (size_t i = 0; i < pairs->count; i++) {
        if (kept > 0 && compare_pairs(&pairs->list[kept - 1], &pairs->list[i]) == 0)
            pairs->list[kept - 1].value += pairs->list[i].value;
        else
            pairs->list[kept++] = pairs->list[i];
    }
    pairs->count = kept;
}

enum status interests_pairs(const struct interests *interests,
                            const bool *takes_part,
                            struct pairwise_entry **entries,
                            size_t *count)
{
    struct pairs pairs = {.network = interests->network, .takes_part = takes_part};
    enum status status = STATUS_OK;
    for (size_t from = 0, to = 0; from < interests->count && status == STATUS_OK; from = to) {
        to = end_of_text(interests, from);
        if (to - from <= INTERESTS_COMMON_PEOPLE)
            status = add_pairs_of(interests, from, to, &pairs);
    }
    if (status != STATUS_OK) {
        free(pairs.list);
        return status;
    }
    sum_up(&pairs);
    *entries = pairs.list;
    *count = pairs.count;
    return STATUS_OK;
}

/* ---- two people ---- */

/* The first key that is not before `text`. */
static size_t first_of(const struct interests *interests, struct span text)
{
    size_t low = 0, high = interests->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_texts(interests->keys[middle].text, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A text of the person's own under which others are looked for: as a topic or as an offer. */
struct sought {
    struct span text;
    bool offer;
};

/* Whether the pair's person may have this in common with whoever the key is of. */
static bool is_other(const struct interests *interests,
                     const struct interests_pair *pair,
                     const struct key *key)
{
    const uint32_t *groups = interests->network->groups;
    return !pair->known[key->person] && groups[key->person] != groups[pair->person];
}

/* Calls `each` for every other who has what is sought, each once, in order. */
static void each_other(const struct interests *interests,
                       const struct interests_pair *pair,
                       const struct sought *sought,
                       void (*each)(void *context, uint32_t other),
                       void *context)
{
    uint32_t last = GRAPH_NONE;
    for (size_t i = first_of(interests, sought->text);
         i < interests->count && compare_texts(interests->keys[i].text, sought->text) == 0; i++) {
        const struct key *key = &interests->keys[i];
        if (key->offer != sought->offer || key->person == last || !is_other(interests, pair, key))
            continue;
        last = key->person;
        each(context, key->person);
    }
}

/* Calls `seek` for everything that an interest of the person's stands for: the text as a topic and
 * as an offer; of an offer, the text and each word as a topic. Ends when `seek` says so. */
static void each_sought(const struct network_interest *own,
                        bool (*seek)(void *context, const struct sought *sought),
                        void *context)
{
    uint8_t words[LIMIT_TOPIC_BYTES];
    size_t start = 0;
    if (own->text.len > sizeof words)
        return;
    struct sought sought = {.text = span_of(words, write_words(own->text, words))};
    if (sought.text.len == 0 || seek(context, &sought))
        return;
    if (!own->can_help_with) {
        sought.offer = true;
        (void)seek(context, &sought);
        return;
    }
    size_t len = sought.text.len;
    for (size_t i = 0; i <= len; i++) {
        if (i < len && words[i] != ' ')
            continue;
        sought.text = span_of(words + start, i - start);
        if (sought.text.len >= WORD_BYTES_MIN && sought.text.len < len && seek(context, &sought))
            return;
        start = i + 1;
    }
}

/* ---- one thing in common ---- */

struct finding {
    const struct interests *interests;
    const struct interests_pair *pair;
    struct interests_common *common; /* with the kind that is wanted */
    bool found;
};

static void count_other(void *context, uint32_t other)
{
    struct finding *finding = context;
    const uint32_t *groups = finding->interests->network->groups;
    finding->found = finding->found || other == finding->pair->other;
    finding->common->others++;
    finding->common->others_in_group += groups[other] == groups[finding->pair->other];
}

/* Whether the other has it; and who else does. */
static bool find_other(void *context, const struct sought *sought)
{
    struct finding *finding = context;
    if (sought->offer != (finding->common->kind == INTERESTS_OTHER_CAN_HELP))
        return false;
    finding->common->others = finding->common->others_in_group = 0;
    each_other(finding->interests, finding->pair, sought, count_other, finding);
    return finding->found;
}

uint32_t interests_between(const struct interests *interests,
                           const struct interests_pair *pair,
                           struct interests_common common[3])
{
    static const enum interests_kind kinds[] = {INTERESTS_BOTH_WORK_ON, INTERESTS_OTHER_CAN_HELP,
                                                INTERESTS_PERSON_CAN_HELP};
    const struct network *network = interests->network;
    const size_t *starts = interests->starts + pair->person;
    uint32_t count = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        struct finding finding = {interests, pair, &common[count], false};
        common[count].kind = kinds[k];
        for (size_t i = starts[0]; i < starts[1] && !finding.found; i++) {
            const struct network_interest *own = &network->interests[i];
            common[count].words = own->text;
            if (own->can_help_with == (kinds[k] == INTERESTS_PERSON_CAN_HELP))
                each_sought(own, find_other, &finding);
        }
        count += finding.found;
    }
    return count;
}

/* ---- anything in common ---- */

struct marking {
    const struct interests *interests;
    const struct interests_pair *pair;
    uint32_t *marks;
    uint32_t mark;
    uint32_t count;
};

static void mark_other(void *context, uint32_t other)
{
    struct marking *marking = context;
    marking->count += marking->marks[other] != marking->mark;
    marking->marks[other] = marking->mark;
}

static bool mark_others(void *context, const struct sought *sought)
{
    struct marking *marking = context;
    each_other(marking->interests, marking->pair, sought, mark_other, marking);
    return false;
}

uint32_t interests_count_others(const struct interests *interests,
                                const struct interests_pair *pair,
                                uint32_t *marks,
                                uint32_t mark)
{
    const size_t *starts = interests->starts + pair->person;
    struct marking marking = {interests, pair, marks, mark, 0};
    for (size_t i = starts[0]; i < starts[1]; i++)
        each_sought(&interests->network->interests[i], mark_others, &marking);
    return marking.count;
}
