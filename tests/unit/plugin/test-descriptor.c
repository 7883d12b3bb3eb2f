#include <check.h>
#include <errno.h>
#include <string.h>
#include "base/buf.h"
#include "plugin/descriptor.h"
#include "unit.h"

struct inner {
    uint32_t mode;
};

struct options {
    struct weir_str name;
    uint64_t size;
    bool given;
    struct inner tls;
    struct weir_object_list peers;
};

static const char *const modes[] = {"none", "full", NULL};

static const struct weir_option inner_rows[] = {
    WEIR_OPTION_ENUM_ROW(struct inner, mode, "Mode", modes, "full", "How \"much\""),
};

static const struct weir_option rows[] = {
    {"Name", WEIR_OPTION_STRING, WEIR_REQUIRED | WEIR_SECRET, offsetof(struct options, name),
        offsetof(struct options, given), NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, "a\nb\xc3\xa9",
        "1.1", NULL, "me"},
    WEIR_OPTION(
        struct options, size, "Size", WEIR_OPTION_SIZE, 0, "64KiB", "1", "1GiB", "logs", NULL),
    WEIR_OPTION_OBJECT_ROW(struct options, tls, "TLS", 0, inner_rows, struct inner, "TLS"),
    WEIR_OPTION_OBJECT_LIST_ROW(
        struct options, peers, "Peers", 0, inner_rows, struct inner, "Peers"),
};

static int do_init(void *self, const struct weir_context *context)
{
    (void)self;
    return context == NULL;
}

static uint32_t do_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    (void)self;
    (void)batch;
    (void)result;
    return WEIR_RETRY;
}

static struct weir_flusher_class class;
static const struct weir_flusher_class *classes[] = {&class};
static struct weir_plugin plugin;

static void setup(void)
{
    class = (struct weir_flusher_class){.struct_size = sizeof class,
        .flags = WEIR_NET,
        .type = "flusher_x",
        .version = "2.0",
        .description = "X",
        .instance_size = 24,
        .options_size = sizeof(struct options),
        .options = rows,
        .n_options = ARRAY_SIZE(rows),
        .option_stride = sizeof rows[0],
        .init = do_init,
        .flush = do_flush};
    plugin = (struct weir_plugin){.struct_size = sizeof plugin,
        .n_classes = 1,
        .classes = classes,
        .name = "x",
        .version = "1.0",
        .license = "MIT"};
}

static struct descriptor *import(void)
{
    struct descriptor *descriptor = NULL;
    struct refusal why = {0};

    ck_assert_msg(!descriptor_import(&plugin, &descriptor, &why), "%s", why.message);
    return descriptor;
}

START_TEST(json_round_trip_keeps_everything)
{
    struct descriptor *here = import(), *there;
    SCOPED_BUF struct buf sent = {0};
    SCOPED_BUF struct buf again = {0};
    const struct weir_option *options;

    descriptor_put_json(here, &sent);
    there = descriptor_from_json(buf_text(&sent));
    ck_assert_ptr_nonnull(there);
    descriptor_put_json(there, &again);
    ck_assert_str_eq(buf_text(&sent), buf_text(&again));
    options = there->classes[0].config.options;
    ck_assert_uint_eq(there->classes[0].config.n_options, 4);
    ck_assert_uint_eq(there->classes[0].config.option_stride, sizeof(struct weir_option));
    ck_assert_str_eq(options[0].help, "a\nb\xc3\xa9");
    ck_assert_uint_eq(options[0].present_offset, offsetof(struct options, given));
    ck_assert_uint_eq(options[1].present_offset, WEIR_NO_OFFSET);
    ck_assert_str_eq(options[3].fields[0].choices[1], "full");
    ck_assert_ptr_null(options[3].fields[0].choices[2]);
    ck_assert_str_eq(there->license, "MIT");
    ck_assert_ptr_null(there->vendor);
    descriptor_destroy(here);
    descriptor_destroy(there);
}
END_TEST

START_TEST(nothing_of_the_plugin_is_pointed_to)
{
    struct descriptor *descriptor = import();
    const struct config_class *config = &descriptor->classes[0].config;

    ck_assert_ptr_ne(config->type, class.type);
    ck_assert_ptr_ne(config->options, rows);
    ck_assert_ptr_ne(config->options[0].name, rows[0].name);
    ck_assert_ptr_ne(config->options[2].fields, inner_rows);
    ck_assert_ptr_ne(config->options[2].fields[0].choices[0], modes[0]);
    ck_assert_ptr_eq(config->implementation, &descriptor->classes[0]);
    ck_assert_ptr_eq((void *)descriptor->classes[0].calls.flush, (void *)do_flush);
    descriptor_destroy(descriptor);
}
END_TEST

/* A plugin of 1.0 may have there what it likes; it said nothing by it. */
START_TEST(what_came_after_1_0_counts_from_1_1_on)
{
    static const struct weir_option fields[] = {
        WEIR_OPTION_STRING_ROW(struct options, name, "P", WEIR_PATTERN, NULL, "h")};
    static const struct weir_option newer[] = {
        WEIR_OPTION_STRING_ROW(
            struct options, name, "Name", WEIR_REQUIRED | WEIR_PATTERN, NULL, "h"),
        WEIR_OPTION_JSON_MAP_ROW(struct options, peers, "Map", fields, struct options, NULL, "h"),
    };

    class.options = newer;
    class.n_options = ARRAY_SIZE(newer);
    for (plugin.abi_minor = 0; plugin.abi_minor <= 1; plugin.abi_minor++) {
        struct descriptor *descriptor = import();
        const struct weir_option *options = descriptor->classes[0].config.options;

        ck_assert_uint_eq(options[0].flags, WEIR_REQUIRED | (plugin.abi_minor ? WEIR_PATTERN : 0U));
        ck_assert_int_eq(options[1].fields != NULL, (int)plugin.abi_minor);
        ck_assert_uint_eq(options[1].n_fields, plugin.abi_minor);
        descriptor_destroy(descriptor);
    }
}
END_TEST

START_TEST(rows_that_contain_themselves_are_refused)
{
    struct weir_option ring[] = {
        {.name = "Ring", .type = WEIR_OPTION_OBJECT, .present_offset = WEIR_NO_OFFSET}};
    struct descriptor *descriptor = NULL;
    struct refusal why = {0};

    ring[0].fields = ring;
    ring[0].n_fields = 1;
    ring[0].fields_size = 8;
    class.options = ring;
    class.n_options = 1;
    ck_assert_int_eq(descriptor_import(&plugin, &descriptor, &why), -ENOEXEC);
    ck_assert_str_eq(why.code, "W2161");
    refusal_finish(&why);
}
END_TEST

/* However the text is cut, it is refused or understood, never a crash. */
START_TEST(cut_json_is_refused)
{
    struct descriptor *descriptor = import();
    SCOPED_BUF struct buf text = {0};

    descriptor_put_json(descriptor, &text);
    for (size_t size = 0; size < text.size; size++) {
        SCOPED_FREE char *part = strndup(text.data, size);

        ck_assert_ptr_null(descriptor_from_json(part));
    }
    descriptor_destroy(descriptor);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("descriptor");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, json_round_trip_keeps_everything);
    tcase_add_test(tests, nothing_of_the_plugin_is_pointed_to);
    tcase_add_test(tests, what_came_after_1_0_counts_from_1_1_on);
    tcase_add_test(tests, rows_that_contain_themselves_are_refused);
    tcase_add_test(tests, cut_json_is_refused);
    return unit_run(tests);
}
