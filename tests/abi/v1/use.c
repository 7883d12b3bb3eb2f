/* Every macro of ABI 1.0, used as a plugin uses it; compiled as C and as C++, with the
 * frozen headers and with today's. */
#include <stdbool.h>
#include <weir/flusher.h>

struct use_nested {
    struct weir_str name;
};

struct use_options {
    bool flag;
    struct weir_str text;
    uint32_t choice;
    uint64_t number;
    struct use_nested nested;
    struct weir_object_list list;
};

static const char *const use_choices[] = {"a", "b", NULL};

static const struct weir_option use_nested_rows[] = {
    WEIR_OPTION_STRING_ROW(struct use_nested, name, "Name", 0, "", "A name."),
};

static const struct weir_option use_rows[] = {
    WEIR_OPTION_BOOL_ROW(struct use_options, flag, "Flag", "false", "A flag."),
    WEIR_OPTION_STRING_ROW(struct use_options, text, "Text", WEIR_REQUIRED, NULL, "A text."),
    WEIR_OPTION(struct use_options, number, "Number", WEIR_OPTION_UINT, 0, "1", "0", "9", "logs",
        "A number."),
    WEIR_OPTION_ENUM_ROW(struct use_options, choice, "Choice", use_choices, "a", "A choice."),
    WEIR_OPTION_OBJECT_ROW(
        struct use_options, nested, "Nested", 0, use_nested_rows, struct use_nested, "A struct."),
    WEIR_OPTION_OBJECT_LIST_ROW(
        struct use_options, list, "List", 0, use_nested_rows, struct use_nested, "A list."),
};

static int use_init(void *self, const struct weir_context *context)
{
    (void)self;
    return WEIR_HAS(context->host, data_dir) ? 0 : -1;
}

static uint32_t use_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    const struct weir_log *log = weir_log_at(batch->groups[0], 0);

    (void)self;
    result->code = (int32_t)log->time_s;
    return WEIR_DELIVERED;
}

static const struct weir_flusher_class use_class = {
    (uint32_t)sizeof(struct weir_flusher_class),
    WEIR_CONCURRENT,
    "flusher_use",
    "1.0.0",
    "Uses the macros",
    8,
    (uint32_t)sizeof(struct use_options),
    use_rows,
    (uint32_t)(sizeof use_rows / sizeof use_rows[0]),
    (uint32_t)sizeof use_rows[0],
    use_init,
    NULL,
    use_flush,
    NULL,
    NULL,
    NULL,
};

WEIR_PLUGIN("use", "1.0.0", "flusher_use", &use_class);
