#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "base/buf.h"
#include "plugin/plugins_file.h"
#include "unit.h"

static struct plugins_list list;
static struct diag_list diags;

static void setup(void)
{
    list = (struct plugins_list){0};
    diags = (struct diag_list){0};
}

static void teardown(void)
{
    plugins_list_finish(&list);
    diag_list_finish(&diags);
}

static void parse(const char *text)
{
    plugins_file_parse("plugins.yml", text, strlen(text), &list, &diags);
}

#define HEX16 "0123456789abcdef"
#define ENTRY "plugins:\n  common:\n    "

/* One thing is wrong in each: its code, line and column, and a word of the advice. */
static const struct {
    const char *text, *code;
    unsigned line, column;
    const char *word; /* NULL: no suggestion is expected */
} wrong[] = {
    {"plugins:\n  common: }\n", "W2002", 2, 11, NULL},
    {"plugins:\n\t- a\n", "W2002", 2, 1, NULL},
    {"plugins: {}\nplugins: {}\n", "W2002", 2, 1, NULL},
    {"- import: a.so\n", "W2003", 1, 3, NULL},
    {"plugins: []\n", "W2003", 0, 0, NULL},
    {"plugins: a.so\n", "W2003", 1, 10, NULL},
    {"plugins:\n  common: a.so\n", "W2003", 2, 11, NULL},
    {ENTRY "- a.so\n", "W2003", 3, 7, NULL},
    {ENTRY "- import: [a.so]\n", "W2003", 3, 16, NULL},
    {ENTRY "- import: \"\"\n", "W2003", 3, 15, NULL},
    {"x-a: &a b.so\n" ENTRY "- import: *a\n", "W2003", 4, 16, NULL},
    {"plugin: {}\n", "W2004", 1, 1, "`plugins`"},
    {"plugins:\n  comnon: []\n", "W2004", 2, 3, "`common`"},
    {ENTRY "- {import: a.so, sha265: x}\n", "W2004", 3, 22, "`sha256`"},
    {ENTRY "- {import: a.so, [a]: x}\n", "W2004", 3, 23, NULL},
    {ENTRY "- gomod: github.com/acme/flushers v1.2.3\n", "W2005", 3, 7, ".so"},
    {ENTRY "- {path: ../x, import: a.so}\n", "W2005", 3, 8, ".so"},
    {"plugins: {}\nproject: {replaces: []}\n", "W2005", 2, 1, ".so"},
    {ENTRY "- import: github.com/alibaba/ilogtail/plugins/flusher/http\n", "W2006", 3, 15, ".so"},
    {ENTRY "- isolation: thread\n", "W2007", 3, 7, "import"},
    {ENTRY "- {import: a.so, sha256: 12}\n", "W2008", 3, 30, "2 characters"},
    {ENTRY "- {import: a.so, isolation: fork}\n", "W2009", 3, 33, NULL},
    {ENTRY "- {import: a.so, isolation: process}\n", "W2010", 3, 33, "thread"},
    {ENTRY "- {import: a.so, sha256: 'sha256:" HEX16 HEX16 HEX16 HEX16 "'}\n", "W2008", 3, 30,
        "leave out"},
    {ENTRY "- import:\n", "W2003", 3, 7, NULL},
    {"plugins:\n  windows:\n    - imports: a.dll\n", "W2004", 3, 7, "`import`"},
};

START_TEST(wrong_text_is_told_with_its_place)
{
    const struct diag *diag;

    parse(wrong[_i].text);
    ck_assert_uint_eq(diags.count, 1);
    diag = &diags.items[0];
    ck_assert_str_eq(diag->code, wrong[_i].code);
    ck_assert_msg(diag->line == wrong[_i].line && diag->column == wrong[_i].column, "%u:%u: %s",
        diag->line, diag->column, diag->message);
    if (wrong[_i].word)
        ck_assert_msg(diag->suggestion && strstr(diag->suggestion, wrong[_i].word), "%s",
            diag->suggestion ? diag->suggestion : diag->message);
    if (diag->line && strcmp(diag->code, "W2002") != 0)
        ck_assert_ptr_nonnull(diag->source_line);
    ck_assert_uint_eq(list.count, 0);
}
END_TEST

START_TEST(entries_carry_what_was_written)
{
    parse("# plugins\nx-note: any\nplugins:\n  common:\n    - import: a.so\n      x-by: me\n"
          "    - {import: 'b c.so', isolation: thread, sha256: "
          "\"" HEX16 HEX16 HEX16 "0123456789ABCDEF\"}\n"
          "  linux:\n  windows: [{import: w.dll}]\n  debug: [{import: ./github.com/x}]\n");
    ck_assert_uint_eq(diags.count, 0);
    ck_assert_uint_eq(list.count, 4);
    ck_assert_str_eq(list.items[0].import, "a.so");
    ck_assert_str_eq(list.items[0].file, "plugins.yml");
    ck_assert_uint_eq(list.items[0].line, 5);
    ck_assert_uint_eq(list.items[0].column, 15);
    ck_assert_uint_eq(list.items[0].length, 4);
    ck_assert_str_eq(list.items[0].digest, "");
    ck_assert_str_eq(list.items[1].import, "b c.so");
    ck_assert_str_eq(list.items[1].digest, HEX16 HEX16 HEX16 HEX16);
    ck_assert(list.items[1].active);
    ck_assert(!list.items[2].active);
    ck_assert(list.items[3].active);
}
END_TEST

/* Whatever follows a second marker would not be read. */
START_TEST(a_second_document_is_told)
{
    parse("# one\n---\nplugins:\n  common:\n    - import: a.so\n--- # two\nplugins: {}\n");
    ck_assert_uint_eq(diags.count, 1);
    ck_assert_str_eq(diags.items[0].code, "W2002");
    ck_assert_uint_eq(diags.items[0].line, 6);
    ck_assert_ptr_nonnull(diags.items[0].source_line);
    ck_assert_uint_eq(list.count, 1);
}
END_TEST

static const char *const empty[] = {"", "# none yet\n", "---\n", "plugins:\n", "plugins: {}",
    "plugins:\n  common:\n  linux: []\n", "{}"};

START_TEST(no_plugins_are_no_error)
{
    parse(empty[_i]);
    ck_assert_uint_eq(diags.count, 0);
    ck_assert_uint_eq(list.count, 0);
}
END_TEST

START_TEST(good_entries_survive_bad_ones)
{
    parse(ENTRY "- import: a.so\n    - imports: b.so\n    - import: c.so\n");
    ck_assert_uint_eq(diags.n_errors, 1);
    ck_assert_uint_eq(list.count, 2);
}
END_TEST

START_TEST(jungle_of_aliases_does_not_grow)
{
    SCOPED_BUF struct buf text = {0};

    buf_puts(&text, "x-0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 20; i++)
        buf_printf(&text,
            "x-%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i,
            i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    buf_puts(&text, "plugins: {common: *a19}\n");
    parse(buf_text(&text));
    ck_assert_uint_eq(diags.count, 1);
    ck_assert_str_eq(diags.items[0].code, "W2003");
}
END_TEST

START_TEST(deep_nesting_is_an_error)
{
    SCOPED_BUF struct buf text = {0};

    buf_puts(&text, "plugins: ");
    for (int i = 0; i < 100000; i++)
        buf_putc(&text, '[');
    parse(buf_text(&text));
    ck_assert_uint_ge(diags.n_errors, 1);
    ck_assert_str_eq(diags.items[0].code, "W2002");
}
END_TEST

START_TEST(too_many_entries_are_an_error)
{
    SCOPED_BUF struct buf text = {0};

    buf_puts(&text, "plugins:\n  common:\n");
    for (int i = 0; i < PLUGINS_FILE_ENTRIES_MAX + 5; i++)
        buf_printf(&text, "    - import: %d.so\n", i);
    parse(buf_text(&text));
    ck_assert_uint_eq(diags.count, 1);
    ck_assert_str_eq(diags.items[0].code, "W2012");
    ck_assert_uint_eq(list.count, PLUGINS_FILE_ENTRIES_MAX);
}
END_TEST

START_TEST(large_and_missing_files_are_errors)
{
    static const char zeros[64 * 1024];
    char path[] = "/tmp/weir-test-yml-XXXXXX";
    SCOPED_FD int fd = mkstemp(path);

    for (size_t n = 0; n <= PLUGINS_FILE_BYTES_MAX; n += sizeof zeros)
        ck_assert_int_eq(write(fd, zeros, sizeof zeros), sizeof zeros);
    plugins_file_read(path, &list, &diags);
    unlink(path);
    plugins_file_read(path, &list, &diags);
    ck_assert_uint_eq(diags.count, 2);
    ck_assert_str_eq(diags.items[0].code, "W2012");
    ck_assert_str_eq(diags.items[1].code, "W2001");
}
END_TEST

/* Beside the file named lie others: of these, too, it is told when they cannot be read, but
 * not when they are not there. */
START_TEST(what_lies_beside_is_told)
{
    char folder[] = "/tmp/weir-test-yml-XXXXXX";
    char main_path[64], external[64], more[64];
    int fd;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(main_path, sizeof main_path, "%s/plugins.yml", folder);
    snprintf(external, sizeof external, "%s/external_plugins.yml", folder);
    snprintf(more, sizeof more, "%s/plugins.d", folder);
    fd = creat(main_path, 0600);
    ck_assert_int_ge(fd, 0);
    close(fd);
    plugins_file_read(main_path, &list, &diags);
    ck_assert_uint_eq(diags.count, 0);
    ck_assert_int_eq(symlink("external_plugins.yml", external), 0); /* a loop */
    ck_assert_int_eq(symlink("plugins.yml", more), 0);
    plugins_file_read(main_path, &list, &diags);
    unlink(more);
    unlink(external);
    unlink(main_path);
    rmdir(folder);
    ck_assert_uint_eq(diags.count, 2);
    ck_assert_str_eq(diags.items[0].code, "W2001");
    ck_assert_str_eq(diags.items[0].file, external);
    ck_assert_str_eq(diags.items[1].code, "W2001");
    ck_assert_str_eq(diags.items[1].file, more);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("plugins-file");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, wrong_text_is_told_with_its_place, 0, ARRAY_SIZE(wrong));
    tcase_add_test(tests, a_second_document_is_told);
    tcase_add_test(tests, entries_carry_what_was_written);
    tcase_add_loop_test(tests, no_plugins_are_no_error, 0, ARRAY_SIZE(empty));
    tcase_add_test(tests, good_entries_survive_bad_ones);
    tcase_add_test(tests, jungle_of_aliases_does_not_grow);
    tcase_add_test(tests, deep_nesting_is_an_error);
    tcase_add_test(tests, too_many_entries_are_an_error);
    tcase_add_test(tests, large_and_missing_files_are_errors);
    tcase_add_test(tests, what_lies_beside_is_told);
    return unit_run(tests);
}
