/* Diagnostics as text, byte for byte, and as what programs read. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/util.h"
#include "config/render.h"
#include "unit.h"

#define LONG_LINE_CHARACTERS 5000u

/* What was put out; holds until the next call. */
static const char *render(struct diag_list *diags, enum render_format format)
{
    static char text[64 * KIB];
    FILE *file = fmemopen(text, sizeof text, "w");

    render_diags(diags, format, file);
    fputc('\0', file);
    fclose(file);
    diag_list_finish(diags);
    return text;
}

static struct diag *add(struct diag_list *diags, enum diag_severity severity, unsigned column,
    unsigned length, const char *line)
{
    struct place place = {"web.json", 4, column, length};
    struct diag *diag = diag_add(diags, severity, "W1003", place, "unknown option 'RemotURL'");

    diag->source_line = line ? mem_strdup(line) : NULL;
    return diag;
}

static void assert_text(struct diag_list *diags, const char *expected)
{
    const char *text = render(diags, RENDER_TEXT);

    ck_assert_str_eq(text, expected);
}

#define FOOT "1 error; 'weir explain W1003' tells more\n"

START_TEST(a_problem_shows_its_line_and_what_to_do)
{
    struct diag_list diags = {0};
    struct diag *diag = add(&diags, DIAG_ERROR, 3, 10, "  \"RemotURL\": 1,");

    diag->suggestion = mem_strdup("did you mean 'RemoteURL'?");
    diag->expected = mem_strdup("an option of flusher_http");
    assert_text(&diags, "web.json:4:3: error[W1003]: unknown option 'RemotURL'\n"
                        "    4 |   \"RemotURL\": 1,\n"
                        "      |   ^~~~~~~~~~ did you mean 'RemoteURL'?\n"
                        "      = expected an option of flusher_http\n" FOOT);
}
END_TEST

START_TEST(without_a_line_the_suggestion_stands_alone)
{
    struct diag_list diags = {0};
    struct diag *diag = diag_add(&diags, DIAG_WARNING, "W1018", (struct place){.file = "etc"}, "x");

    diag->suggestion = mem_strdup("give a file");
    assert_text(&diags, "etc: warning[W1018]: x\n"
                        "      = give a file\n"
                        "1 warning; 'weir explain W1018' tells more\n");
}
END_TEST

START_TEST(tabs_and_wide_characters_keep_the_caret_in_place)
{
    struct diag_list diags = {0};

    add(&diags, DIAG_ERROR, 6, 2, "\ta\xE6\x97\xA5\xC3\xA9:xy");
    assert_text(&diags, "web.json:4:6: error[W1003]: unknown option 'RemotURL'\n"
                        "    4 |     a\xE6\x97\xA5\xC3\xA9:xy\n"
                        "      |          ^~\n" FOOT);
}
END_TEST

START_TEST(control_bytes_are_made_visible)
{
    struct diag_list diags = {0};
    struct place place = {"\033[2J.json", 1, 2, 1};

    /* NOLINTNEXTLINE(misc-misleading-bidirectional): that is what is tested */
    diag_add(&diags, DIAG_ERROR, "W1001", place, "a\nb\xE2\x80\xAE\xFF")->source_line =
        mem_strdup("\033\xFFz");
    assert_text(&diags, "\\x1b[2J.json:1:2: error[W1001]: a\\x0ab\\u202e\\xff\n"
                        "    1 | \\x1b\\xffz\n"
                        "      |     ^~~~\n"
                        "1 error; 'weir explain W1001' tells more\n");
}
END_TEST

/* The caret stands under the marked character, wherever that is in a long line. */
START_TEST(long_lines_are_clipped_around_the_caret)
{
    static const unsigned columns[] = {1, 50, 2500, LONG_LINE_CHARACTERS - 1, LONG_LINE_CHARACTERS};
    char line[LONG_LINE_CHARACTERS + 1];
    const char *text, *caret, *mark;
    struct diag_list diags = {0};

    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        memset(line, 'a', LONG_LINE_CHARACTERS);
        line[LONG_LINE_CHARACTERS] = '\0';
        line[columns[i] - 1] = '!';
        add(&diags, DIAG_ERROR, columns[i], LONG_LINE_CHARACTERS, line);
        text = render(&diags, RENDER_TEXT);
        mark = strchr(text, '!');
        caret = strchr(text, '^');
        ck_assert_ptr_nonnull(mark);
        ck_assert_ptr_nonnull(caret);
        ck_assert_int_eq(mark - (strstr(text, "\n") + 1), caret - (strchr(mark, '\n') + 1));
        ck_assert_uint_lt(strlen(text), 400);
        ck_assert_ptr_nonnull(strstr(text, "..."));
    }
}
END_TEST

START_TEST(a_place_behind_the_line_is_shown_at_its_end)
{
    struct diag_list diags = {0};

    add(&diags, DIAG_ERROR, 99, 7, "ab\r");
    assert_text(&diags, "web.json:4:99: error[W1003]: unknown option 'RemotURL'\n"
                        "    4 | ab\n"
                        "      |   ^\n" FOOT);
}
END_TEST

START_TEST(notes_alone_are_not_shown)
{
    struct diag_list diags = {0};

    add(&diags, DIAG_NOTE, 1, 1, NULL);
    assert_text(&diags, "");
}
END_TEST

START_TEST(the_sum_counts_and_names_an_error_before_warnings)
{
    struct diag_list diags = {0};
    const char *text;

    diag_add(&diags, DIAG_WARNING, "W1210", (struct place){0}, "w");
    add(&diags, DIAG_ERROR, 1, 1, NULL);
    add(&diags, DIAG_ERROR, 1, 1, NULL);
    text = render(&diags, RENDER_TEXT);
    ck_assert_ptr_nonnull(strstr(text, "\n2 errors, 1 warning; 'weir explain W1003' tells more\n"));
    ck_assert_int_eq(strncmp(text, "weir: warning[W1210]: w\n", 24), 0);
}
END_TEST

static struct json_object *render_parsed(struct diag_list *diags, enum render_format format)
{
    const char *text = render(diags, format);
    struct json_object *json = json_tokener_parse(text);

    ck_assert_msg(json, "no JSON: %s", text);
    return json;
}

START_TEST(json_and_sarif_are_json_whatever_the_files_hold)
{
    for (int format = RENDER_JSON; format <= RENDER_SARIF; format++) {
        struct diag_list diags = {0};
        struct json_object *json;

        json_object_put(render_parsed(&diags, (enum render_format)format));
        diag_add(
            &diags, DIAG_ERROR, "W1001", (struct place){"a \"b\xFF\n", 1, 1, 0}, "\"\\\x01\xC0");
        json = render_parsed(&diags, (enum render_format)format);
        ck_assert(json_object_is_type(json, json_type_object));
        json_object_put(json);
    }
}
END_TEST

START_TEST(sarif_has_the_place_and_the_rule)
{
    struct diag_list diags = {0};
    struct json_object *json;
    const char *text;

    add(&diags, DIAG_WARNING, 3, 10, NULL);
    json = render_parsed(&diags, RENDER_SARIF);
    text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN);
    ck_assert_ptr_nonnull(
        strstr(text, "\"region\":{\"startLine\":4,\"startColumn\":3,\"endColumn\":13}"));
    ck_assert_ptr_nonnull(strstr(text, "\"rules\":[{\"id\":\"W1003\""));
    ck_assert_ptr_nonnull(strstr(text, "\"level\":\"warning\""));
    json_object_put(json);
}
END_TEST

START_TEST(github_commands_are_one_line_each)
{
    struct diag_list diags = {0};
    const char *text;

    diag_add(&diags, DIAG_ERROR, "W1001", (struct place){"a,b:c.json", 2, 5, 1}, "x%%\n::stop::y");
    text = render(&diags, RENDER_GITHUB);
    ck_assert_str_eq(
        text, "::error title=W1001,file=a%2Cb%3Ac.json,line=2,col=5::x%25%0A::stop::y\n");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("render");

    tcase_add_test(tests, a_problem_shows_its_line_and_what_to_do);
    tcase_add_test(tests, without_a_line_the_suggestion_stands_alone);
    tcase_add_test(tests, tabs_and_wide_characters_keep_the_caret_in_place);
    tcase_add_test(tests, control_bytes_are_made_visible);
    tcase_add_test(tests, long_lines_are_clipped_around_the_caret);
    tcase_add_test(tests, a_place_behind_the_line_is_shown_at_its_end);
    tcase_add_test(tests, notes_alone_are_not_shown);
    tcase_add_test(tests, the_sum_counts_and_names_an_error_before_warnings);
    tcase_add_test(tests, json_and_sarif_are_json_whatever_the_files_hold);
    tcase_add_test(tests, sarif_has_the_place_and_the_rule);
    tcase_add_test(tests, github_commands_are_one_line_each);
    return unit_run(tests);
}
