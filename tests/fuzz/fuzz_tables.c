/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * The two files of an import: the first byte says where the people end and the ties begin.
 */
#include "server/weave/tables.h"
#include "tests/fuzz/fuzz.h"

static void check_errors(const struct tables_errors *errors, enum status status)
{
    fuzz_expect((status == STATUS_OK) == (errors->total == 0));
    fuzz_expect(status == STATUS_OK || status == STATUS_MALFORMED);
    fuzz_expect(errors->listed <= errors->total);
    for (size_t i = 0; i < errors->listed; i++)
        fuzz_expect(errors->list[i].line >= 1 && errors->list[i].column >= 1);
}

static void read_ties(struct span bytes, const struct tables_people *people)
{
    static struct tables_errors errors;
    struct tables_ties *ties = NULL;
    check_errors(&errors, tables_ties_read(bytes, people->index, &errors, &ties));
    for (uint64_t i = 0; ties != NULL && i < ties->count; i++) {
        const struct tables_tie *tie = &ties->list[i];
        fuzz_expect(tie->a < tie->b && tie->b < people->count && tie->weight > 0);
        fuzz_expect(i == 0 || tie[-1].a < tie->a || (tie[-1].a == tie->a && tie[-1].b < tie->b));
    }
    tables_ties_free(&ties);
}

/* Ties beside people of whom some row is bad: every error is of a row, and no tie is given. */
static void read_beside(struct span people_bytes, struct span ties_bytes)
{
    static struct tables_errors errors;
    struct tables_people *ids = NULL;
    struct tables_ties *ties = NULL;
    enum status read = tables_people_ids(people_bytes, &ids);
    fuzz_expect(read == STATUS_OK || read == STATUS_MALFORMED);
    const struct ids *index = ids == NULL ? NULL : ids->index;
    check_errors(&errors, tables_ties_read(ties_bytes, index, &errors, &ties));
    fuzz_expect(index != NULL || ties == NULL || ties->count == 0);
    tables_ties_free(&ties);
    tables_people_free(&ids);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    static struct tables_errors errors;
    struct tables_people *people = NULL;
    size_t cut = data[0] * (size - 1) / 255;
    check_errors(&errors, tables_people_read(span_of(data + 1, cut), &errors, &people));
    struct span ties = span_of(data + 1 + cut, size - 1 - cut);
    if (people == NULL) {
        read_beside(span_of(data + 1, cut), ties);
        return 0;
    }
    fuzz_expect(people->count != 0 && people->group_count <= people->count);
    for (uint32_t i = 0; i < people->count; i++) {
        uint32_t position;
        fuzz_expect(people->ids[i].len != 0 && people->groups[i] < people->group_count);
        fuzz_expect(ids_find(people->index, people->ids[i], &position) == STATUS_OK);
        fuzz_expect(position == i);
    }
    read_ties(ties, people);
    tables_people_free(&people);
    return 0;
}
