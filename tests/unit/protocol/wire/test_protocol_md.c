/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * PROTOCOL.md must say of every structure exactly what the schemas say. `test_protocol_md --print`
 * writes all structures as PROTOCOL.md must hold them.
 */
#include "protocol/base/limits.h"
#include "protocol/channel/extension.h"
#include "protocol/content/content.h"
#include "protocol/content/segment.h"
#include "protocol/directory/entry.h"
#include "protocol/directory/log.h"
#include "protocol/directory/pairing.h"
#include "protocol/directory/restore.h"
#include "protocol/format/format.h"
#include "protocol/wire/accounts.h"
#include "protocol/wire/code.h"
#include "protocol/wire/events.h"
#include "protocol/wire/frame.h"
#include "protocol/wire/hello.h"
#include "protocol/wire/message_header.h"
#include "protocol/wire/requests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STRUCTURE_SIZE_MAX 4096
#define SCHEMAS_MAX 256

/* Every schema once, those inside others before them. */
struct collection {
    const struct schema *schemas[SCHEMAS_MAX];
    size_t count;
};

static void collect(struct collection *collection, const struct schema *schema)
{
    for (size_t i = 0; i < collection->count; i++)
        if (collection->schemas[i] == schema)
            return;
    for (size_t i = 0; i < schema->field_count; i++)
        if (schema->fields[i].of != NULL)
            collect(collection, schema->fields[i].of);
    assert_true(collection->count < SCHEMAS_MAX);
    collection->schemas[collection->count++] = schema;
}

static void collect_all(struct collection *collection)
{
    static const struct schema *const others[] = {
        &wire_server_hello_schema, &wire_server_key_schema,  &wire_client_hello_schema,
        &wire_login_proof_schema,  &wire_error_schema,       &wire_large_schema,
        &wire_part_schema,         &message_header_schema,   &directory_entry_schema,
        &directory_head_schema,    &content_schema,          &format_schema,
        &pairing_offer_schema,     &pairing_approver_schema, &directory_restore_schema,
        &segment_schema,
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        collect(collection, others[i]);
    for (size_t i = 0; i < wire_request_kind_count; i++) {
        collect(collection, wire_request_kinds[i].request);
        collect(collection, wire_request_kinds[i].response);
    }
    for (size_t i = 0; i < wire_event_kind_count; i++)
        collect(collection, wire_event_kinds[i].schema);
    for (size_t i = 0; i < content_kind_count; i++)
        collect(collection, content_kinds[i].body);
}

static void print_field(FILE *out, const struct field *field)
{
    static const char *const plain[] = {
        [FIELD_U8] = "uint8",   [FIELD_BOOL] = "bool",  [FIELD_U16] = "uint16",
        [FIELD_U32] = "uint32", [FIELD_U64] = "uint64", [FIELD_TIME] = "time",
    };
    switch (field->kind) {
    case FIELD_U8:
    case FIELD_BOOL:
    case FIELD_U16:
    case FIELD_U32:
    case FIELD_U64:
    case FIELD_TIME:
        fprintf(out, "    %s %s;\n", plain[field->kind], field->name);
        return;
    case FIELD_FIXED:
        fprintf(out, "    opaque %s[%zu];\n", field->name, field->max);
        return;
    case FIELD_BYTES:
        fprintf(out, "    opaque %s<V>; /* at most %zu */\n", field->name, field->max);
        return;
    case FIELD_TEXT:
        fprintf(out, "    text %s<V>; /* at most %zu */\n", field->name, field->max);
        return;
    case FIELD_STRUCT:
        fprintf(out, "    %s %s;\n", field->of->name, field->name);
        return;
    case FIELD_LIST:
        fprintf(out, "    %s %s<V>; /* at most %zu items */\n", field->of->name, field->name,
                field->max);
        return;
    }
}

static void print_schema(char *text, const struct schema *schema)
{
    FILE *out = fmemopen(text, STRUCTURE_SIZE_MAX, "w");
    assert_non_null(out);
    if (schema->field_count == 0) {
        fprintf(out, "struct {} %s;\n", schema->name);
    } else {
        fprintf(out, "struct {\n");
        for (size_t i = 0; i < schema->field_count; i++)
            print_field(out, &schema->fields[i]);
        fprintf(out, "} %s;\n", schema->name);
    }
    fclose(out);
}

static char *read_document(void)
{
    FILE *file = fopen(WEFT_PROTOCOL_MD, "rb");
    assert_non_null(file);
    char *document = calloc(1, 1u << 20);
    assert_non_null(document);
    size_t read = fread(document, 1, (1u << 20) - 1, file);
    assert_true(read > 1000);
    fclose(file);
    return document;
}

static void every_structure_stands_in_the_document(void **state)
{
    (void)state;
    static struct collection collection;
    char *document = read_document();
    collection.count = 0;
    collect_all(&collection);
    size_t missing = 0;
    for (size_t i = 0; i < collection.count; i++) {
        static char text[STRUCTURE_SIZE_MAX];
        print_schema(text, collection.schemas[i]);
        if (strstr(document, text) == NULL) {
            print_error("PROTOCOL.md lacks, or says otherwise:\n%s", text);
            missing++;
        }
    }
    free(document);
    assert_int_equal(missing, 0);
}

static void every_number_stands_in_the_document(void **state)
{
    (void)state;
    char *document = read_document();
    char row[128];
    for (size_t i = 0; i < wire_request_kind_count; i++) {
        const struct wire_request_kind *kind = &wire_request_kinds[i];
        snprintf(row, sizeof row, "| %u | %s |", kind->number, kind->name);
        if (strstr(document, row) == NULL)
            fail_msg("PROTOCOL.md lacks the request: %s", row);
    }
    for (size_t i = 0; i < wire_event_kind_count; i++) {
        const struct wire_event_kind *kind = &wire_event_kinds[i];
        snprintf(row, sizeof row, "| %u | %s |", kind->number, kind->name);
        if (strstr(document, row) == NULL)
            fail_msg("PROTOCOL.md lacks the event: %s", row);
    }
    for (size_t i = 0; i < content_kind_count; i++) {
        const struct content_kind_row *kind = &content_kinds[i];
        snprintf(row, sizeof row, "| %u | %s | %u |", kind->number, kind->name, kind->lane);
        if (strstr(document, row) == NULL)
            fail_msg("PROTOCOL.md lacks the content kind: %s", row);
    }
    free(document);
}

static void print_all(void)
{
    static struct collection collection;
    collect_all(&collection);
    for (size_t i = 0; i < collection.count; i++) {
        static char text[STRUCTURE_SIZE_MAX];
        print_schema(text, collection.schemas[i]);
        printf("%s\n", text);
    }
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--print") == 0) {
        print_all();
        return EXIT_SUCCESS;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_structure_stands_in_the_document),
        cmocka_unit_test(every_number_stands_in_the_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
