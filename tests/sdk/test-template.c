/* %{...} templates: what is text, what is a name, what is refused. */
#include <errno.h>
#include <weir/template.h>
#include <weir/words.h>

#include "unit.h"

/* Names that have a value: a -> 1, b.c -> "two", empty -> "". */
static const struct weir_str *find(void *owner, struct weir_str name)
{
    static const struct weir_str one = {"1", 1}, two = {"two", 3}, empty = {NULL, 0};

    (void)owner;
    return weir_str_is(name, "a")       ? &one
           : weir_str_is(name, "b.c")   ? &two
           : weir_str_is(name, "empty") ? &empty
                                        : NULL;
}

static const struct {
    const char *text;
    const char *filled; /* NULL: refused */
    const char *names;  /* of its variables, each with a comma behind; or the reason */
} rows[] = {
    {"", "", ""},
    {"plain", "plain", ""},
    {"100%", "100%", ""},
    {"%a%%", "%a%%", ""},
    {"%{a}", "1", "a,"},
    {"<%{a}-%{b.c}>", "<1-two>", "a,b.c,"},
    {"%{a}%{a}", "11", "a,a,"},
    {"test_%{content.app}", "test_content.app", "content.app,"},
    {"x%{empty}y", "xy", "empty,"},
    {"}%{a}}", "}1}", "a,"},
    {"{a}", "{a}", ""},
    {"\\%{a}", "%{a}", ""},
    {"a\\\\b", "a\\b", ""},
    {"end\\", "end\\", ""},
    {"%\\{a}", "%{a}", ""},
    {"%{\\a}", "1", "a,"},
    {"%{x\\}y}", "x}y", "x}y,"},
    {"%{x\\:y}", "x:y", "x:y,"},
    {"%{x%y}", "x%y", "x%y,"},
    {"%{a:v1:?v2}", "1", "a,"},
    {"%{a:}", "1", "a,"},
    {"%{a:?}", "1", "a,"},
    {"%{a:x:<y}%{b.c:!z}", "1two", "a,b.c,"},
    {"%{", NULL, "missing closing '}'"},
    {"%{a", NULL, "missing closing '}'"},
    {"%{a:", NULL, "missing closing '}'"},
    {"%{a\\}", NULL, "missing closing '}'"},
    {"%{}", NULL, "empty format expansion"},
    {"%{:x}", NULL, "unexpected formatter operator"},
    {"%{a::x}", NULL, "consecutive operators"},
    {"%{a%{b}}", NULL, "format string variables can not be nested"},
};

START_TEST(reads_and_fills)
{
    struct weir_template made = {0};
    struct weir_buffer out = {0}, names = {0};
    const char *why = NULL;
    int r = weir_template_parse(&made, weir_str_of(rows[_i].text), &why);

    if (!rows[_i].filled) {
        ck_assert_int_eq(r, -EINVAL);
        ck_assert_str_eq(why, rows[_i].names);
        return;
    }
    ck_assert_msg(r == 0, "%s: %s", rows[_i].text, why);
    weir_template_append(&made, &out, find, NULL);
    for (size_t i = 0; i < weir_template_n_parts(&made); i++) {
        if (!weir_template_is_variable(&made, i))
            continue;
        weir_buffer_append_str(&names, weir_template_text(&made, i));
        weir_buffer_append_byte(&names, ',');
    }
    weir_buffer_append_byte(&out, '\0');
    weir_buffer_append_byte(&names, '\0');
    ck_assert_str_eq(out.data, rows[_i].filled);
    ck_assert_str_eq(names.data, rows[_i].names);
    weir_buffer_finish(&out);
    weir_buffer_finish(&names);
    weir_template_finish(&made);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("template");

    tcase_add_loop_test(tests, reads_and_fills, 0, sizeof rows / sizeof rows[0]);
    return unit_run(tests);
}
