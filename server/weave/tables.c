/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "server/weave/tables.h"

#include "protocol/codec/utf8.h"
#include "server/weave/rows.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ROWS_FIRST 1024
#define COLUMNS_WANTED 3
#define PLACE_NONE SIZE_MAX
/* More digits than a double keeps. */
#define WEIGHT_BYTES_MAX 32

const char *tables_fault_text(enum tables_fault fault)
{
#define TABLES_FAULT_TEXT(name, text) [TABLES_##name] = text,
    static const char *const texts[] = {TABLES_FAULTS(TABLES_FAULT_TEXT)};
#undef TABLES_FAULT_TEXT
    return texts[fault];
}

/* A field without its doubled quotes. */
struct tables_text {
    struct tables_text *next;
    uint8_t bytes[];
};

static void texts_free(struct tables_text *text)
{
    while (text != NULL) {
        struct tables_text *next = text->next;
        free(text);
        text = next;
    }
}

static enum status undouble(struct span text, struct tables_text **texts, struct span *undoubled)
{
    struct tables_text *copy = malloc(sizeof(*copy) + text.len);
    if (copy == NULL)
        return STATUS_NO_MEMORY;
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        copy->bytes[len++] = text.ptr[i];
        if (text.ptr[i] == '"')
            i++;
    }
    copy->next = *texts;
    *texts = copy;
    *undoubled = span_of(copy->bytes, len);
    return STATUS_OK;
}

/* What a kind of file has in its columns. */
struct column {
    const char *name;
    bool needed;
    size_t bytes_max;
};

struct kind {
    struct column columns[COLUMNS_WANTED];
    size_t plain_places[COLUMNS_WANTED];
    size_t plain_fields_min;
    size_t plain_fields_max;
};

static const struct kind people_kind = {
    .columns = {{"person_id", true, WEAVE_ID_BYTES_MAX},
                {"name", true, WEAVE_NAME_BYTES_MAX},
                {"group", true, WEAVE_NAME_BYTES_MAX}},
    .plain_places = {0, PLACE_NONE, 1},
    .plain_fields_min = 2,
    .plain_fields_max = 2,
};

static const struct kind ties_kind = {
    .columns = {{"person_a", true, WEAVE_ID_BYTES_MAX},
                {"person_b", true, WEAVE_ID_BYTES_MAX},
                {"weight", false, WEIGHT_BYTES_MAX}},
    .plain_places = {0, 1, 2},
    .plain_fields_min = 2,
    .plain_fields_max = 3,
};

/* One pass over a file. */
struct pass {
    const struct kind *kind;
    struct tables_errors *errors;
    struct rows rows;
    struct rows_row row;
    bool row_is_waiting; /* the first row of a plain file was read to know its form */
    size_t places[COLUMNS_WANTED];
    size_t fields_min;
    size_t fields_max;
};

static void add_error(struct tables_errors *errors,
                      enum tables_fault fault,
                      uint64_t line,
                      uint64_t column,
                      uint64_t line_other)
{
    if (errors->listed < WEAVE_ERRORS_LISTED)
        errors->list[errors->listed++] = (struct tables_error){line, column, line_other, fault};
    errors->total++;
}

static void
add_field_error(struct pass *pass, enum tables_fault fault, const struct rows_field *field)
{
    add_error(pass->errors, fault, field->line, field->column, 0);
}

/* NULL when the file has no such column. */
static const struct rows_field *field_of(const struct pass *pass, size_t wanted)
{
    size_t place = pass->places[wanted];
    return place == PLACE_NONE || place >= pass->row.count ? NULL : &pass->row.fields[place];
}

/* For a column that every file of the kind has; the row was checked. */
static const struct rows_field *needed_field_of(const struct pass *pass, size_t wanted)
{
    return &pass->row.fields[pass->places[wanted]];
}

static bool is_number(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return text.len != 0;
}

/* Control characters (C0, DEL, C1), line and paragraph separators, and the marks that turn the
 * direction of text (U+202A to U+202E, U+2066 to U+2069). `text` is valid UTF-8. */
static bool has_control_character(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t *at = text.ptr + i;
        if (*at < 0x20 || *at == 0x7F)
            return true;
        if (*at == 0xC2 && at[1] < 0xA0)
            return true;
        if (*at == 0xE2 && at[1] == 0x80 && at[2] >= 0xA8 && at[2] <= 0xAE)
            return true;
        if (*at == 0xE2 && at[1] == 0x81 && at[2] >= 0xA6 && at[2] <= 0xA9)
            return true;
    }
    return false;
}

static bool check_text(struct pass *pass, const struct rows_field *field, size_t bytes_max)
{
    enum tables_fault fault;
    if (field->text.len > bytes_max)
        fault = TABLES_TOO_LONG;
    else if (field->text.len != 0 && !utf8_is_valid(field->text))
        fault = TABLES_NOT_UTF8;
    else if (has_control_character(field->text))
        fault = TABLES_CONTROL_CHARACTER;
    else
        return true;
    add_field_error(pass, fault, field);
    return false;
}

static bool check_row(struct pass *pass)
{
    const struct rows_row *row = &pass->row;
    if (row->fault != ROWS_FAULT_NONE) {
        add_error(pass->errors,
                  row->fault == ROWS_FAULT_OPEN_QUOTE ? TABLES_OPEN_QUOTE : TABLES_STRAY_QUOTE,
                  row->fault_line, row->fault_column, 0);
        return false;
    }
    if (row->count < pass->fields_min) {
        add_field_error(pass, TABLES_FIELDS_MISSING, &row->fields[row->count - 1]);
        return false;
    }
    if (row->count > pass->fields_max) {
        add_field_error(pass, TABLES_FIELDS_EXTRA, &row->fields[pass->fields_max]);
        return false;
    }
    bool good = true;
    for (size_t i = 0; i < COLUMNS_WANTED; i++) {
        const struct rows_field *field = field_of(pass, i);
        if (field != NULL)
            good &= check_text(pass, field, pass->kind->columns[i].bytes_max);
    }
    return good;
}

static size_t column_named(const struct kind *kind, struct span name)
{
    for (size_t i = 0; i < COLUMNS_WANTED; i++) {
        const char *wanted = kind->columns[i].name;
        if (strlen(wanted) == name.len &&
            strncasecmp(wanted, (const char *)name.ptr, name.len) == 0)
            return i;
    }
    return PLACE_NONE;
}

static void read_header_field(struct pass *pass, size_t place)
{
    const struct rows_field *field = &pass->row.fields[place];
    size_t wanted = field->text.len == 0 ? PLACE_NONE : column_named(pass->kind, field->text);
    if (wanted == PLACE_NONE)
        add_field_error(pass, TABLES_COLUMN_UNKNOWN, field);
    else if (pass->places[wanted] != PLACE_NONE)
        add_field_error(pass, TABLES_COLUMN_REPEATED, field);
    else
        pass->places[wanted] = place;
}

/* False when rows cannot be read by this header. */
static bool read_header(struct pass *pass)
{
    size_t count = pass->row.count;
    pass->fields_min = 1;
    pass->fields_max = WEAVE_COLUMNS_MAX - 1;
    if (!check_row(pass))
        return false;
    pass->fields_min = pass->fields_max = count;
    for (size_t i = 0; i < count; i++)
        read_header_field(pass, i);
    for (size_t i = 0; i < COLUMNS_WANTED; i++)
        if (pass->kind->columns[i].needed && pass->places[i] == PLACE_NONE)
            add_field_error(pass, TABLES_COLUMN_MISSING, &pass->row.fields[count - 1]);
    return pass->errors->total == 0;
}

/* False when there is nothing to read, which is then among the errors. */
static bool pass_begin(struct pass *pass,
                       const struct kind *kind,
                       struct span bytes,
                       struct tables_errors *errors)
{
    memset(errors, 0, sizeof(*errors));
    pass->kind = kind;
    pass->errors = errors;
    pass->row_is_waiting = false;
    for (size_t i = 0; i < COLUMNS_WANTED; i++)
        pass->places[i] = PLACE_NONE;
    rows_init(&pass->rows, bytes);
    if (!rows_next(&pass->rows, &pass->row)) {
        add_error(errors, TABLES_EMPTY_FILE, 1, 1, 0);
        return false;
    }
    bool is_plain = pass->rows.delimiter == '\t' && pass->row.fault == ROWS_FAULT_NONE &&
                    is_number(pass->row.fields[0].text);
    if (!is_plain)
        return read_header(pass);
    pass->rows.with_comments = true;
    pass->row_is_waiting = true;
    memcpy(pass->places, kind->plain_places, sizeof(pass->places));
    pass->fields_min = kind->plain_fields_min;
    pass->fields_max = kind->plain_fields_max;
    return true;
}

static bool pass_next(struct pass *pass)
{
    if (!pass->row_is_waiting)
        return rows_next(&pass->rows, &pass->row);
    pass->row_is_waiting = false;
    return true;
}

/* Room for one more item of `size` bytes: when `count` has reached `capacity`, the memory that the
 * pointer at `slot` points to is doubled. */
static enum status make_room(void *slot, size_t size, size_t count, size_t capacity)
{
    if (count < capacity)
        return STATUS_OK;
    void *items;
    memcpy(&items, slot, sizeof(items));
    items = realloc(items, (capacity == 0 ? ROWS_FIRST : capacity * 2) * size);
    if (items == NULL)
        return STATUS_NO_MEMORY;
    memcpy(slot, &items, sizeof(items));
    return STATUS_OK;
}

static size_t next_capacity(size_t count, size_t capacity)
{
    if (count < capacity)
        return capacity;
    return capacity == 0 ? ROWS_FIRST : capacity * 2;
}

/* A table of people while it grows. */
struct people_making {
    struct tables_people *people;
    struct ids *group_index;
    uint64_t *lines; /* of each person, for ID_REPEATED */
    size_t capacity;
    size_t group_capacity;
};

static void people_making_clear(struct people_making *making)
{
    tables_people_free(&making->people);
    ids_free(&making->group_index);
    free(making->lines);
}

static enum status people_make_room(struct people_making *making)
{
    struct tables_people *people = making->people;
    size_t count = people->count, capacity = making->capacity;
    if (count >= WEAVE_ROWS_MAX)
        return STATUS_LIMIT;
    TRY(make_room(&people->ids, sizeof(*people->ids), count, capacity));
    TRY(make_room(&people->names, sizeof(*people->names), count, capacity));
    TRY(make_room(&people->groups, sizeof(*people->groups), count, capacity));
    TRY(make_room(&making->lines, sizeof(*making->lines), count, capacity));
    making->capacity = next_capacity(count, capacity);
    return STATUS_OK;
}

static enum status
text_of(struct tables_people *people, const struct rows_field *field, struct span *text)
{
    *text = field == NULL ? SPAN_EMPTY : field->text;
    if (field != NULL && field->has_doubled_quotes)
        return undouble(field->text, &people->texts, text);
    return STATUS_OK;
}

static enum status group_of(struct people_making *making, struct span name, uint32_t *group)
{
    struct tables_people *people = making->people;
    TRY(make_room(&people->group_names, sizeof(*people->group_names), people->group_count,
                  making->group_capacity));
    making->group_capacity = next_capacity(people->group_count, making->group_capacity);
    people->group_names[people->group_count] = name;
    enum status status = ids_add(making->group_index, people->group_names, group);
    if (status == STATUS_EXISTS)
        return STATUS_OK;
    TRY(status);
    people->group_count++;
    return people->group_count > WEAVE_GROUPS_MAX ? STATUS_LIMIT : STATUS_OK;
}

static enum status add_person(struct people_making *making, struct pass *pass)
{
    const struct rows_field *id = needed_field_of(pass, 0);
    const struct rows_field *group = needed_field_of(pass, 2);
    if (id->text.len == 0)
        add_field_error(pass, TABLES_EMPTY_ID, id);
    if (group->text.len == 0)
        add_field_error(pass, TABLES_EMPTY_GROUP, group);
    if (id->text.len == 0 || group->text.len == 0)
        return STATUS_OK;
    TRY(people_make_room(making));
    struct tables_people *people = making->people;
    struct span group_name;
    TRY(text_of(people, id, &people->ids[people->count]));
    TRY(text_of(people, field_of(pass, 1), &people->names[people->count]));
    TRY(text_of(people, group, &group_name));
    uint32_t position;
    enum status status = ids_add(people->index, people->ids, &position);
    if (status == STATUS_EXISTS) {
        add_error(pass->errors, TABLES_ID_REPEATED, id->line, id->column, making->lines[position]);
        return STATUS_OK;
    }
    TRY(status);
    making->lines[position] = id->line;
    TRY(group_of(making, group_name, &people->groups[position]));
    people->count++;
    return STATUS_OK;
}

enum status
tables_people_read(struct span bytes, struct tables_errors *errors, struct tables_people **people)
{
    CLEANUP(people_making_clear) struct people_making making = {0};
    making.people = calloc(1, sizeof(*making.people));
    if (making.people == NULL)
        return STATUS_NO_MEMORY;
    TRY(ids_new(NULL, 0, &making.people->index));
    TRY(ids_new(NULL, 0, &making.group_index));
    struct pass pass;
    if (!pass_begin(&pass, &people_kind, bytes, errors))
        return STATUS_MALFORMED;
    while (pass_next(&pass))
        if (check_row(&pass))
            TRY(add_person(&making, &pass));
    if (making.people->count == 0 && errors->total == 0)
        add_error(errors, TABLES_EMPTY_FILE, 1, 1, 0);
    if (errors->total != 0)
        return STATUS_MALFORMED;
    *people = making.people;
    making.people = NULL;
    return STATUS_OK;
}

static enum status add_id(struct people_making *making, struct pass *pass)
{
    const struct rows_field *id = field_of(pass, 0);
    struct tables_people *people = making->people;
    uint32_t position;
    if (pass->row.fault != ROWS_FAULT_NONE || id == NULL)
        return STATUS_MALFORMED;
    if (id->text.len == 0)
        return STATUS_OK;
    TRY(people_make_room(making));
    TRY(text_of(people, id, &people->ids[people->count]));
    enum status status = ids_add(people->index, people->ids, &position);
    people->count += status == STATUS_OK ? 1 : 0;
    return status == STATUS_EXISTS ? STATUS_OK : status;
}

enum status tables_people_ids(struct span bytes, struct tables_people **people)
{
    CLEANUP(people_making_clear) struct people_making making = {0};
    struct tables_errors errors;
    struct pass pass;
    making.people = calloc(1, sizeof(*making.people));
    if (making.people == NULL)
        return STATUS_NO_MEMORY;
    TRY(ids_new(NULL, 0, &making.people->index));
    if (!pass_begin(&pass, &people_kind, bytes, &errors))
        return STATUS_MALFORMED;
    while (pass_next(&pass))
        TRY(add_id(&making, &pass));
    *people = making.people;
    making.people = NULL;
    return STATUS_OK;
}

void tables_people_free(struct tables_people **people)
{
    struct tables_people *old = *people;
    *people = NULL;
    if (old == NULL)
        return;
    free(old->ids);
    free(old->names);
    free(old->groups);
    free(old->group_names);
    ids_free(&old->index);
    texts_free(old->texts);
    free(old);
}

/* Digits with at most one point, a digit on either side of it at least. */
static bool is_decimal(struct span text)
{
    size_t digits = 0, points = 0;
    for (size_t i = 0; i < text.len; i++) {
        digits += text.ptr[i] >= '0' && text.ptr[i] <= '9';
        points += text.ptr[i] == '.';
    }
    return digits + points == text.len && digits != 0 && points <= 1;
}

/* Not strtod: its decimal point depends on the locale. */
static double decimal_value(struct span text)
{
    double whole = 0, scale = 1;
    bool is_fraction = false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '.') {
            is_fraction = true;
            continue;
        }
        whole = whole * 10 + (text.ptr[i] - '0');
        scale *= is_fraction ? 10 : 1;
    }
    return whole / scale;
}

static bool read_weight(struct pass *pass, const struct rows_field *field, double *weight)
{
    *weight = 1;
    if (field == NULL)
        return true;
    struct span text = field->text;
    bool negative = text.len != 0 && text.ptr[0] == '-';
    if (negative)
        text = span_of(text.ptr + 1, text.len - 1);
    if (!is_decimal(text)) {
        add_field_error(pass, TABLES_WEIGHT_NOT_NUMBER, field);
        return false;
    }
    *weight = decimal_value(text);
    if (!negative && *weight > 0 && *weight <= WEAVE_WEIGHT_MAX)
        return true;
    add_field_error(pass, TABLES_WEIGHT_OUT_OF_RANGE, field);
    return false;
}

/* A position by an id that may have doubled quotes. */
static enum status find_person(struct pass *pass,
                               const struct ids *index,
                               const struct rows_field *field,
                               bool *good,
                               uint32_t *position)
{
    struct tables_text *texts = NULL;
    struct span id = field->text;
    if (field->has_doubled_quotes)
        TRY(undouble(field->text, &texts, &id));
    enum tables_fault fault = id.len == 0 ? TABLES_EMPTY_ID : TABLES_ID_UNKNOWN;
    if (id.len == 0 || (index != NULL && ids_find(index, id, position) != STATUS_OK)) {
        add_field_error(pass, fault, field);
        *good = false;
    }
    texts_free(texts);
    return STATUS_OK;
}

static enum status
add_tie(struct tables_ties *ties, size_t *capacity, struct pass *pass, const struct ids *index)
{
    struct tables_tie tie = {0};
    const struct rows_field *a = needed_field_of(pass, 0);
    const struct rows_field *b = needed_field_of(pass, 1);
    bool good = true;
    TRY(find_person(pass, index, a, &good, &tie.a));
    TRY(find_person(pass, index, b, &good, &tie.b));
    good &= read_weight(pass, field_of(pass, 2), &tie.weight);
    if (!good)
        return STATUS_OK;
    if (index == NULL ? span_equal(a->text, b->text) : tie.a == tie.b) {
        add_field_error(pass, TABLES_SELF_TIE, b);
        return STATUS_OK;
    }
    if (index == NULL)
        return STATUS_OK;
    if (tie.a > tie.b) {
        uint32_t smaller = tie.b;
        tie.b = tie.a;
        tie.a = smaller;
    }
    if (ties->count >= WEAVE_ROWS_MAX)
        return STATUS_LIMIT;
    TRY(make_room(&ties->list, sizeof(*ties->list), ties->count, *capacity));
    *capacity = next_capacity(ties->count, *capacity);
    ties->list[ties->count++] = tie;
    return STATUS_OK;
}

static int compare_ties(const void *x, const void *y)
{
    const struct tables_tie *a = x, *b = y;
    if (a->a != b->a)
        return a->a < b->a ? -1 : 1;
    return a->b < b->b ? -1 : a->b > b->b;
}

static void add_up_repeats(struct tables_ties *ties)
{
    ties->rows = ties->count;
    if (ties->count == 0)
        return;
    qsort(ties->list, ties->count, sizeof(*ties->list), compare_ties);
    uint64_t kept = 0;
    for (uint64_t i = 1; i < ties->count; i++) {
        if (compare_ties(&ties->list[kept], &ties->list[i]) == 0)
            ties->list[kept].weight += ties->list[i].weight;
        else
            ties->list[++kept] = ties->list[i];
    }
    ties->count = kept + 1;
}

enum status tables_ties_read(struct span bytes,
                             const struct ids *index,
                             struct tables_errors *errors,
                             struct tables_ties **ties)
{
    CLEANUP(tables_ties_free) struct tables_ties *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return STATUS_NO_MEMORY;
    struct pass pass;
    if (!pass_begin(&pass, &ties_kind, bytes, errors))
        return STATUS_MALFORMED;
    size_t capacity = 0;
    while (pass_next(&pass))
        if (check_row(&pass))
            TRY(add_tie(made, &capacity, &pass, index));
    if (errors->total != 0)
        return STATUS_MALFORMED;
    add_up_repeats(made);
    *ties = made;
    made = NULL;
    return STATUS_OK;
}

void tables_ties_free(struct tables_ties **ties)
{
    if (*ties != NULL)
        free((*ties)->list);
    free(*ties);
    *ties = NULL;
}
