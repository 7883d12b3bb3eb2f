#include "config/extensions.h"

#include <stdio.h>
#include "base/mem.h"
#include "base/util.h"
#include "told.h"
#include "unit.h"

/* A value as text, without quotes. */
static void show(struct buf *text, const struct json_node *node)
{
    bool is_list = json_object_is_type(node->value, json_type_array);

    if (!is_list && !json_object_is_type(node->value, json_type_object)) {
        buf_puts(text, node->value ? json_object_get_string(node->value) : "null");
        return;
    }
    buf_puts(text, is_list ? "[" : "{");
    for (size_t i = 0; i < node->n_children; i++) {
        buf_printf(
            text, "%s%s%s", i ? " " : "", is_list ? "" : node->children[i].key, is_list ? "" : "=");
        show(text, &node->children[i]);
    }
    buf_puts(text, is_list ? "]" : "}");
}

#define A "{'Type':'ext_basicauth/a','U':'1'}"
#define B "{'type':'ext_basicauth/b','detail':{'U':'2'}}"
#define PLAIN "{'Type':'ext_basicauth','U':'0'}"

static const struct {
    const char *declared, *flushers; /* in single quotes */
    const char *resolved, *told;
} cases[] = {
    /* By type and id, in both forms, in any depth. */
    {A "," B, "[{'T':{'Type':'ext_basicauth/b'},'L':[{'Type':'ext_basicauth/a'}]}]",
        "[{T={Type=ext_basicauth U=2} L=[{Type=ext_basicauth U=1}]}]", ""},
    {"{'plugin_type':'ext_basicauth/a/7','detail':{'U':{'x':'y'}}}",
        "[{'T':{'Type':'ext_basicauth/a'}}]", "[{T={Type=ext_basicauth U={x=y}}}]", ""},
    {A, "[{'T':{'type':'ext_basicauth/a'}}]", "[{T={type=ext_basicauth U=1}}]", ""},
    {"{'Type':'ext_basicauth/a'}", "[{'T':{'Type':'ext_basicauth/a'}}]",
        "[{T={Type=ext_basicauth}}]", ""},
    /* Its own options come first; what is twice is told when options are filled. */
    {A, "[{'T':{'V':'3','Type':'ext_basicauth/a'}}]", "[{T={V=3 Type=ext_basicauth U=1}}]", ""},
    /* By the bare type: the bare one, the only one, none. */
    {PLAIN, "[{'T':{'Type':'ext_basicauth'}}]", "[{T={Type=ext_basicauth U=0}}]", ""},
    {A "," PLAIN, "[{'T':{'Type':'ext_basicauth'},'S':{'Type':'ext_basicauth/a'}}]",
        "[{T={Type=ext_basicauth U=0} S={Type=ext_basicauth U=1}}]", ""},
    {A, "[{'T':{'Type':'ext_basicauth'}}]", "[{T={Type=ext_basicauth U=1}}]", ""},
    {"", "[{'T':{'Type':'ext_basicauth'}}]", "[{T={Type=ext_basicauth}}]", ""},
    /* Options of its own: it is none. */
    {A, "[{'T':{'Type':'ext_basicauth','U':'9'}}]", "[{T={Type=ext_basicauth U=9}}]", "W1312 1:24"},
    /* No references. */
    {"", "[{'Type':'flusher_a','T':{'Type':'basic'},'e':'ext_x','n':null,'L':[]}]",
        "[{Type=flusher_a T={Type=basic} e=ext_x n=null L=[]}]", ""},
    /* Types that upstream has not are known once they are referred to. */
    {"{'Type':'ext_own','k':'v'}", "[{'T':{'Type':'ext_own'}}]", "[{T={Type=ext_own k=v}}]", ""},
    {"{'Type':'ext_own'}", "[]", "[]", "W1023 1:24"},
    {"{'Type':'ext_default_decoder'}", "[]", "[]", "W1312 1:24"},
    /* No such, and more than one. */
    {A, "[{'T':{'Type':'ext_basicauth/c'}}]", "[{T={Type=ext_basicauth}}]",
        "W1024 1:77, W1312 1:24"},
    {A "," B, "[{'T':{'Type':'ext_basicauth'}}]", "[{T={Type=ext_basicauth}}]", "W1024 1:123"},
    /* The section itself. */
    {A "," A, "[{'T':{'Type':'ext_basicauth/a'}}]", "[{T={Type=ext_basicauth U=1}}]", "W1016 1:59"},
    {"3", "[]", "[]", "W1010 1:16"},
    {"{'k':1}", "[]", "[]", "W1011 1:16"},
    {"{'Type':'ext_a/'}", "[]", "[]", "W1021 1:24"},
    {"{'type':'ext_basicauth','U':1}", "[{'T':{'Type':'ext_basicauth'}}]",
        "[{T={Type=ext_basicauth}}]", "W1003 1:40"},
    {"{'type':'ext_basicauth','detail':3}", "[{'T':{'Type':'ext_basicauth'}}]",
        "[{T={Type=ext_basicauth}}]", "W1010 1:49"},
};

START_TEST(references_are_resolved)
{
    SCOPED_FREE char *text =
        mem_printf("{'extensions':[%s],'flushers':%s}", cases[_i].declared, cases[_i].flushers);
    struct pipeline_request request = {0};
    struct diag_list diags = {0};
    SCOPED_BUF struct buf shown = {0};
    struct document *document;
    struct extensions *extensions;
    struct json_node flushers;

    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    document = document_parse("web.json", text, strlen(text), &diags);
    ck_assert_ptr_nonnull(document);
    extensions = extensions_read(json_member(document->root, "extensions"), &request, &diags);
    flushers = extensions_resolve(extensions, *json_member(document->root, "flushers"), &diags);
    show(&shown, &flushers);
    extensions_check_used(extensions, &diags);
    ck_assert_str_eq(buf_text(&shown), cases[_i].resolved);
    expect_told(text, &diags, cases[_i].told);
    extensions_destroy(extensions);
    document_destroy(document);
    diag_list_finish(&diags);
}
END_TEST

/* Nobody has said that it is one. */
START_TEST(secrets_of_what_is_not_used_are_not_shown)
{
    static const char text[] = "{\"extensions\": [{\"Type\": \"ext_basicauth\",\n"
                               "\"Key\": \"hunter2\"}, {\"Type\": \"ext_x\", \"K\": \"hunter2\"}]}";
    struct pipeline_request request = {0};
    struct diag_list diags = {0};
    struct document *document = document_parse("web.json", text, sizeof text - 1, &diags);
    struct extensions *extensions =
        extensions_read(json_member(document->root, "extensions"), &request, &diags);

    extensions_check_used(extensions, &diags);
    document_show_lines("web.json", text, sizeof text - 1, 0, &diags);
    expect_told(text, &diags, "W1312 1:26, W1023 2:29");
    for (size_t i = 0; i < diags.count; i++)
        ck_assert(!diags.items[i].source_line || !strstr(diags.items[i].source_line, "hunter2"));
    extensions_destroy(extensions);
    document_destroy(document);
    diag_list_finish(&diags);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("extensions");

    tcase_add_loop_test(tests, references_are_resolved, 0, ARRAY_SIZE(cases));
    tcase_add_test(tests, secrets_of_what_is_not_used_are_not_shown);
    return unit_run(tests);
}
