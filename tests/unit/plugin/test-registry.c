#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include "base/clock.h"
#include "base/mem.h"
#include "given_plugins.h"
#include "plugin/descriptor.h"
#include "plugin/trust.h"
#include "unit.h"

static char *folder, *path;
static struct diag_list diags;
static struct registry *registry;
static struct refusal why;

static void setup(void)
{
    given_quiet();
    folder = given_folder();
    path = mem_printf("%s/flusher_one.so", folder);
}

static void teardown(void)
{
    refusal_finish(&why);
    registry_destroy(registry);
    diag_list_finish(&diags);
    free(path);
    free(folder);
}

static void make_registry(const char *first, const char *second)
{
    const char *plugins[] = {first, second, NULL};

    registry = given_registry(plugins, &diags);
}

static const struct config_class *find(const char *type, bool *ret_reported)
{
    struct place place = {.file = "p.json", .line = 3, .column = 4};

    *ret_reported = false;
    return registry_find(registry, type, place, &diags, ret_reported);
}

static int load(const char *type, const struct config_class *checked)
{
    const struct plugin_class *class = NULL;

    refusal_finish(&why);
    return registry_load(registry, type, checked, &class, &why);
}

START_TEST(finds_types_of_the_note_and_of_the_rest)
{
    SCOPED_FREE char *scripted = given_plugin("scripted");
    SCOPED_FREE char *no_note = given_plugin("no_note");
    bool reported;

    make_registry(scripted, no_note);
    ck_assert_str_eq(registry_name(registry, 1), "flusher_scripted_bare");
    ck_assert_ptr_null(registry_name(registry, 2)); /* it is not known yet */
    ck_assert_ptr_nonnull(find("flusher_scripted", &reported));
    ck_assert_ptr_null(registry_name(registry, 2));
    ck_assert_ptr_nonnull(find("flusher_hidden_type", &reported));
    ck_assert_str_eq(registry_name(registry, 2), "flusher_hidden_type");
    ck_assert_ptr_null(find("flusher_no_note", &reported)); /* it is only called so */
    ck_assert(!reported);
    ck_assert_uint_eq(diags.count, 0);
}
END_TEST

START_TEST(refusal_is_told_where_the_type_is_asked_for)
{
    SCOPED_FREE char *broken = given_plugin("no_flush");
    bool reported;

    make_registry(broken, NULL);
    ck_assert_uint_eq(diags.count, 0); /* nobody has asked yet */
    ck_assert_ptr_null(find("flusher_no_flush", &reported));
    ck_assert(reported);
    ck_assert_uint_eq(diags.n_errors, 1);
    ck_assert_str_eq(diags.items[0].code, "W2151");
    ck_assert_str_eq(diags.items[0].file, "p.json");
    ck_assert_uint_eq(diags.items[0].line, 3);
}
END_TEST

START_TEST(replaced_before_it_is_asked_for_is_simply_read)
{
    SCOPED_FREE char *good = given_plugin("good");
    SCOPED_FREE char *older = given_plugin("older");
    bool reported;

    given_copy(good, path);
    make_registry(path, NULL);
    given_replacement(older, path);
    ck_assert_ptr_null(find("flusher_good", &reported));
    ck_assert_ptr_nonnull(find("flusher_older", &reported));
    ck_assert_int_eq(load("flusher_older", NULL), 0);
}
END_TEST

/* One byte of the file becomes another; its size and times stay. */
static void change_unseen(void)
{
    SCOPED_FD int fd = open(path, O_RDWR | O_CLOEXEC);
    struct timespec times[2];
    struct stat status;
    char byte;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fstat(fd, &status), 0);
    times[0] = status.st_atim;
    times[1] = status.st_mtim;
    ck_assert_int_eq(pread(fd, &byte, 1, status.st_size - 1), 1);
    byte ^= 1;
    ck_assert_int_eq(pwrite(fd, &byte, 1, status.st_size - 1), 1);
    ck_assert_int_eq(futimens(fd, times), 0);
}

START_TEST(digest_is_of_what_runs)
{
    SCOPED_FREE char *good = given_plugin("good");
    SCOPED_FREE char *entry = NULL;
    struct file_identity identity;
    bool reported;
    int fd;

    given_copy(good, path);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(identity_read(fd, &identity), 0);
    close(fd);
    entry = mem_printf("%s\n      sha256: %s", path, identity.digest);
    make_registry(entry, NULL);
    if (_i)
        change_unseen();
    ck_assert_int_eq(find("flusher_good", &reported) != NULL, !_i);
    ck_assert_uint_eq(diags.count, (size_t)_i);
    if (_i)
        ck_assert_str_eq(diags.items[0].code, "W2118");
}
END_TEST

START_TEST(replaced_between_check_and_load_is_refused)
{
    SCOPED_FREE char *good = given_plugin("good");
    SCOPED_FREE char *other = given_plugin("good_too");
    const struct config_class *checked, *now;
    bool reported;

    given_copy(good, path);
    make_registry(path, NULL);
    checked = find("flusher_good", &reported);
    ck_assert_ptr_nonnull(checked);
    given_replacement(other, path);
    ck_assert_int_eq(load("flusher_good", checked), -ENOEXEC);
    ck_assert_str_eq(why.code, "W2119");
    ck_assert_str_eq(checked->type, "flusher_good"); /* it is still there */
    now = find("flusher_good", &reported);
    ck_assert_ptr_nonnull(now);
    ck_assert_ptr_ne(now, checked);
    ck_assert_int_eq(load("flusher_good", now), 0);
}
END_TEST

START_TEST(replaced_after_load_runs_on_and_is_told_once)
{
    SCOPED_FREE char *good = given_plugin("good");
    SCOPED_FREE char *older = given_plugin("older");
    SCOPED_FREE char *words = NULL;
    const struct config_class *checked;
    bool reported;

    given_copy(good, path);
    make_registry(path, NULL);
    checked = find("flusher_good", &reported);
    ck_assert_int_eq(load("flusher_good", checked), 0);
    given_replacement(older, path);
    for (int i = 0; i < 3; i++) {
        ck_assert_ptr_eq(find("flusher_good", &reported), checked);
        ck_assert_int_eq(load("flusher_good", checked), 0);
    }
    words = given_words();
    ck_assert_ptr_nonnull(strstr(words, "W2119"));
    ck_assert_ptr_nonnull(strstr(words, "new_sha256="));
    ck_assert_ptr_null(strstr(strstr(words, "W2119") + 1, "W2119"));
}
END_TEST

START_TEST(file_that_comes_later_is_found)
{
    SCOPED_FREE char *good = given_plugin("good");
    bool reported;

    make_registry(path, NULL);
    ck_assert_uint_eq(diags.n_warnings, 1);
    ck_assert_str_eq(diags.items[0].code, "W2101");
    given_copy(good, path);
    ck_assert_ptr_nonnull(find("flusher_good", &reported));
}
END_TEST

START_TEST(type_that_is_gone_is_told)
{
    SCOPED_FREE char *good = given_plugin("good");

    make_registry(good, NULL);
    ck_assert_int_eq(load("flusher_nobody", NULL), -ENOEXEC);
    ck_assert_str_eq(why.code, "W2168");
}
END_TEST

START_TEST(hang_in_the_host_is_left_behind)
{
    SCOPED_FREE char *hangs = given_plugin("hang_host");
    SCOPED_FREE char *good = given_plugin("good");
    uint64_t start_ns = clock_now_ns();

    make_registry(hangs, good);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(load("flusher_hang_host", NULL), -ENOEXEC);
        ck_assert_str_eq(why.code, "W2167");
    }
    ck_assert_uint_lt(clock_now_ns() - start_ns, 20 * NS_PER_S);
    ck_assert_int_eq(load("flusher_good", NULL), 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("registry");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, finds_types_of_the_note_and_of_the_rest);
    tcase_add_test(tests, refusal_is_told_where_the_type_is_asked_for);
    tcase_add_test(tests, replaced_before_it_is_asked_for_is_simply_read);
    tcase_add_loop_test(tests, digest_is_of_what_runs, 0, 2);
    tcase_add_test(tests, replaced_between_check_and_load_is_refused);
    tcase_add_test(tests, replaced_after_load_runs_on_and_is_told_once);
    tcase_add_test(tests, file_that_comes_later_is_found);
    tcase_add_test(tests, type_that_is_gone_is_told);
    tcase_add_test(tests, hang_in_the_host_is_left_behind);
    return unit_run(tests);
}
