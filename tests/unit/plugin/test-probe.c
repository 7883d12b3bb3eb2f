#include <check.h>
#include <errno.h>
#include <string.h>
#include "base/mem.h"
#include "given_plugins.h"
#include "plugin/probe.h"
#include "unit.h"

static struct refusal why;
static struct descriptor *descriptor;

static int probe_with(const char *executable, const char *name)
{
    SCOPED_FREE char *path = given_plugin(name);
    struct probe_request request = {executable, path, 5 * NS_PER_S};

    why = (struct refusal){0};
    descriptor = NULL;
    return probe(&request, &descriptor, &why);
}

START_TEST(descriptor_arrives_whole)
{
    ck_assert_int_eq(probe_with(given_executable(), "scripted"), 0);
    ck_assert_str_eq(descriptor->name, "scripted");
    ck_assert_str_eq(descriptor->version, "1.2.3");
    ck_assert_uint_eq(descriptor->n_classes, 2);
    ck_assert_str_eq(descriptor->classes[1].config.type, "flusher_scripted_bare");
    ck_assert_uint_eq(descriptor->classes[0].flags, WEIR_ASYNC | WEIR_CONCURRENT);
    ck_assert_uint_eq(descriptor->classes[0].has,
        CLASS_HAS_IS_READY | CLASS_HAS_SET_URGENT | CLASS_HAS_STOP | CLASS_HAS_PROBE);
    ck_assert_uint_eq(descriptor->classes[1].has, 0);
    ck_assert_ptr_null(descriptor->classes[0].calls.flush);
    descriptor_destroy(descriptor);
}
END_TEST

START_TEST(refusal_arrives_whole)
{
    ck_assert_int_eq(probe_with(given_executable(), "newer_minor"), -ENOEXEC);
    ck_assert_ptr_null(descriptor);
    ck_assert_str_eq(why.code, "W2117");
    ck_assert_str_eq(why.field, "weir_plugin.needs_minor");
    ck_assert_ptr_nonnull(strstr(why.found, "1.99"));
    ck_assert_ptr_nonnull(why.expected);
    ck_assert_ptr_nonnull(why.advice);
    refusal_finish(&why);
}
END_TEST

static const char *const no_probes[] = {"/nowhere/weir", "/bin/true", "/bin/false", "/dev/null"};

START_TEST(executable_that_is_no_probe_is_told)
{
    ck_assert_int_eq(probe_with(no_probes[_i], "good"), -ENOEXEC);
    ck_assert_str_eq(why.code, "W2130");
    refusal_finish(&why);
}
END_TEST

static void assert_no_reply(const char *line)
{
    struct refusal none = {0};

    descriptor = NULL;
    ck_assert_int_eq(probe_take_reply(line, &descriptor, &none), -EPROTO);
    ck_assert_ptr_null(descriptor);
    ck_assert_ptr_null(none.code);
}

/* Lines that must not be taken for an answer. */
static const char *const no_replies[] = {"", "null", "[]", "{}", "{\"descriptor\":null}",
    "{\"descriptor\":{}}", "{\"refusal\":{}}",
    "{\"refusal\":{\"code\":\"W9999\",\"message\":\"m\"}}", "{\"refusal\":{\"code\":\"W2140\"}}",
    "{\"refusal\":[]}"};

START_TEST(garbage_is_no_reply)
{
    assert_no_reply(no_replies[_i]);
}
END_TEST

/* Of a descriptor that is right otherwise. */
static const char *const no_classes[] = {"[]", "[{\"type\":1}]"};

START_TEST(descriptor_without_classes_is_no_reply)
{
    SCOPED_FREE char *line = mem_printf("{\"descriptor\":{\"name\":\"a\",\"version\":\"1\","
                                        "\"abi_minor\":0,\"needs_minor\":0,\"classes\":%s}}",
        no_classes[_i]);

    assert_no_reply(line);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("probe");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, descriptor_arrives_whole);
    tcase_add_test(tests, refusal_arrives_whole);
    tcase_add_loop_test(tests, executable_that_is_no_probe_is_told, 0, ARRAY_SIZE(no_probes));
    tcase_add_loop_test(tests, garbage_is_no_reply, 0, ARRAY_SIZE(no_replies));
    tcase_add_loop_test(tests, descriptor_without_classes_is_no_reply, 0, ARRAY_SIZE(no_classes));
    return unit_run(tests);
}
