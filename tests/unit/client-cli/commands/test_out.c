/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client-cli/commands/out.h"

#include "protocol/base/buffer.h"
#include "protocol/base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* What came out, as C strings. */
struct written {
    struct buffer out;
    struct buffer error;
};

static void write_here(void *context, unsigned way, struct span bytes)
{
    struct written *written = context;
    bool error = (way & OUT_ERROR) != 0;
    assert_int_equal(buffer_append(error ? &written->error : &written->out, bytes), STATUS_OK);
}

struct fixture {
    struct written written;
    bool incomplete;
    struct out *out;
};

static void begin(struct fixture *fixture, bool json, bool colour)
{
    *fixture = (struct fixture){.written = {BUFFER_INIT(4096), BUFFER_INIT(4096)}};
    struct out_sink sink = {
        .write = write_here, .context = &fixture->written, .incomplete = &fixture->incomplete};
    struct out_options options = {.json = json, .colour = colour};
    assert_int_equal(out_new(&sink, &options, &fixture->out), STATUS_OK);
}

static void end(struct fixture *fixture)
{
    out_free(&fixture->out);
    buffer_clear(&fixture->written.out);
    buffer_clear(&fixture->written.error);
}

static void what_there_was_no_memory_for_is_not_passed_over(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, true, false);
    out_record(fixture.out, json_pack("{s:s}", "type", "said"));
    assert_false(fixture.incomplete);
    out_record(fixture.out, NULL);
    assert_true(fixture.incomplete);
    end(&fixture);
}

static void assert_text(struct buffer *buffer, const char *expected)
{
    assert_true(span_equal(buffer_span(buffer), span_from_text(expected)));
}

static void a_line_stays_one_line_whatever_it_quotes(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, false, true);
    out_line(fixture.out, "%s said", "Ada\n3  2026  Ben: \x1b[1mforged");
    assert_text(&fixture.written.out, "Ada 3  2026  Ben: \xef\xbf\xbd[1mforged said\n");
    end(&fixture);
}

static void bold_is_ours_alone_and_only_on_demand(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, false, true);
    out_heading(fixture.out, "title \x1b[0m");
    assert_text(&fixture.written.out, "\x1b[1mtitle \xef\xbf\xbd[0m\x1b[0m\n");
    end(&fixture);
    begin(&fixture, false, false);
    out_heading(fixture.out, "title");
    assert_text(&fixture.written.out, "title\n");
    end(&fixture);
}

static void only_the_form_that_was_asked_for_is_written(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, true, false);
    out_line(fixture.out, "for people");
    out_text(fixture.out, "", SPAN_LITERAL("for people"));
    out_record(fixture.out, json_pack("{s:s}", "text", "\x1b]0;x\x07 \u202e"));
    assert_text(&fixture.written.out, "{\"text\":\"\\u001B]0;x\\u0007 \\u202E\"}\n");
    end(&fixture);
    begin(&fixture, false, false);
    out_record(fixture.out, json_pack("{s:s}", "text", "for programs"));
    assert_int_equal(fixture.written.out.len, 0);
    end(&fixture);
}

static void an_error_has_its_status_by_name(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, true, false);
    out_error(fixture.out, STATUS_NOT_NOW, "not your turn");
    assert_text(&fixture.written.error,
                "{\"type\":\"error\",\"error\":\"NOT_NOW\",\"text\":\"not your turn\"}\n");
    assert_int_equal(fixture.written.out.len, 0);
    end(&fixture);
    begin(&fixture, false, false);
    out_error(fixture.out, STATUS_NOT_NOW, "not your turn");
    assert_text(&fixture.written.error, "weft: not your turn\n");
    end(&fixture);
}

static void text_of_several_lines_is_indented_line_by_line(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, false, false);
    out_text(fixture.out, "  ", SPAN_LITERAL("one\ntwo\r\n\nfour"));
    assert_text(&fixture.written.out, "  one\n  two \n  \n  four\n");
    end(&fixture);
}

static void bytes_that_are_not_text_still_make_json(void **state)
{
    (void)state;
    const uint8_t bytes[] = {'a', 0xff, 'b'};
    json_t *text = out_json_text(SPAN_OF(bytes));
    assert_string_equal(json_string_value(text), "a\xef\xbf\xbd"
                                                 "b");
    json_decref(text);
}

/* Whoever writes a message of nothing but such characters must not keep it out of the record. */
static void the_longest_message_is_not_lost_by_its_escapes(void **state)
{
    (void)state;
    static char text[LIMIT_ENTRY_BYTES];
    struct fixture fixture;
    begin(&fixture, true, false);
    buffer_clear(&fixture.written.out);
    buffer_init(&fixture.written.out, 8 * sizeof text);
    memset(text, 1, sizeof text);
    out_record(fixture.out, json_pack("{s:o}", "text", out_json_text(SPAN_OF(text))));
    assert_int_equal(fixture.written.out.len, 6 * sizeof text + strlen("{\"text\":\"\"}\n"));
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_message_is_not_lost_by_its_escapes),
        cmocka_unit_test(what_there_was_no_memory_for_is_not_passed_over),
        cmocka_unit_test(a_line_stays_one_line_whatever_it_quotes),
        cmocka_unit_test(bold_is_ours_alone_and_only_on_demand),
        cmocka_unit_test(only_the_form_that_was_asked_for_is_written),
        cmocka_unit_test(an_error_has_its_status_by_name),
        cmocka_unit_test(text_of_several_lines_is_indented_line_by_line),
        cmocka_unit_test(bytes_that_are_not_text_still_make_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
