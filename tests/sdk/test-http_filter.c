/* FlushInterceptor of flusher_http: which groups pass, and what is refused. */
#include "http/filter.h"

#include <weir/words.h>
#include "unit.h"

static const struct weir_kv tags[] = {
    {{"env", 3}, {"prod-eu", 7}}, {{"bad", 3}, {"\xff", 1}}, {{"empty", 5}, {NULL, 0}}};
static const struct weir_group group = {
    .struct_size = sizeof group, .tags = tags, .n_tags = sizeof tags / sizeof tags[0]};

static const struct {
    const char *tags, *metas;
    bool passes;
    const char *refused; /* a part of the words */
} cases[] = {
    {"", "", true, NULL},
    {"{}", "{}", true, NULL},
    {"null", "", true, NULL},
    {"{\"env\":{\"Pattern\":\"prod\"}}", "", true, NULL},
    {"{\"env\":{\"Pattern\":\"^prod$\"}}", "", false, NULL},
    {"{\"env\":{\"pattern\":\"^prod-(eu|us)$\",\"REVERSE\":false}}", "", true, NULL},
    {"{\"env\":{\"Pattern\":\"prod\",\"Reverse\":true}}", "", false, NULL},
    {"{\"env\":{\"Pattern\":\"test\",\"Reverse\":true}}", "", true, NULL},
    /* All must hold, of both kinds. */
    {"{\"env\":{\"Pattern\":\"prod\"},\"empty\":{\"Pattern\":\"x\"}}", "", false, NULL},
    {"{\"env\":{\"Pattern\":\"prod\"}}", "{\"env\":{\"Pattern\":\"us\"}}", false, NULL},
    {"{\"env\":{\"Pattern\":\"prod\"}}", "{\"env\":{\"Pattern\":\"eu\"}}", true, NULL},
    /* A tag that is not there is empty. */
    {"{\"none\":{\"Pattern\":\".\"}}", "", false, NULL},
    {"{\"none\":{\"Pattern\":\"^$\"},\"empty\":{\"Pattern\":\"^$\"}}", "", true, NULL},
    /* Steps have an end, and bytes that are no text no effect. */
    {"{\"env\":{\"Pattern\":\"(((.*)*)*)*x\"}}", "", false, NULL},
    {"{\"bad\":{\"Pattern\":\"^\\\\w$\"}}", "", false, NULL},
    {"{\"env\":{\"Pattern\":\"(\"}}", "", false, "the Pattern of env: character 1: missing"},
    {"{\"env\":\"prod\"}", "", false, "the condition of env is written like"},
    {"{\"env\":{}}", "", false, "the condition of env has no Pattern"},
    {"{\"env\":{\"Pattern\":3}}", "", false, "has Pattern, which is neither"},
    {"{\"env\":{\"Regex\":\"x\"}}", "", false, "has Regex, which is neither"},
    {"[]", "", false, "Tags is written like"},
    {"", "3", false, "Metas is written like"},
};

START_TEST(filters)
{
    struct http_options options = {.flush_interceptor.type = FLUSH_INTERCEPTOR_GROUPINFO};
    char text[512] = "";
    struct weir_error error = {.struct_size = sizeof error, .text = text, .text_max = sizeof text};
    struct filter filter = {0};
    int r;

    options.flush_interceptor.filter.tags = weir_str_of(cases[_i].tags);
    options.flush_interceptor.options.metas = weir_str_of(cases[_i].metas);
    r = filter_init(&filter, &options, &error);
    if (cases[_i].refused) {
        ck_assert_int_ne(r, 0);
        ck_assert_msg(strstr(text, cases[_i].refused) != NULL, "%s", text);
    } else {
        ck_assert_msg(r == 0, "%s", text);
        ck_assert(filter_passes(&filter, &group) == cases[_i].passes);
    }
    filter_finish(&filter);
}
END_TEST

START_TEST(conditions_without_a_type_are_refused)
{
    struct http_options options = {.flush_interceptor.filter.tags = weir_str_of("{\"a\":{}}")};
    char text[512] = "";
    struct weir_error error = {.struct_size = sizeof error, .text = text, .text_max = sizeof text};
    struct filter filter = {0};

    ck_assert_int_ne(filter_init(&filter, &options, &error), 0);
    ck_assert_ptr_nonnull(strstr(text, "no Type"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("filter");

    tcase_add_loop_test(tests, filters, 0, sizeof cases / sizeof cases[0]);
    tcase_add_test(tests, conditions_without_a_type_are_refused);
    return unit_run(tests);
}
