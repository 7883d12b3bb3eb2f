/* Whether an option table is sound; what plugins are refused for. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/mem.h"
#include "base/util.h"
#include "config/delivery_alias.h"
#include "config/option_rows.h"
#include "config/options.h"
#include "config/units.h"

/* Tables in tables; levels. */
#define TABLE_DEPTH_MAX 8u
#define TABLE_ROWS_MAX 512u

struct check {
    uint32_t stride;
    char *text;
    size_t text_max;
};

__attribute__((format(printf, 2, 3))) static int say(
    const struct check *check, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(check->text, check->text_max, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

static int check_member(const struct check *check, const struct weir_option *row, uint32_t size)
{
    uint32_t need = option_member_size(row);

    if (row->offset % option_member_align(row))
        return say(check, "option '%s': offset %u is not aligned to %u", row->name, row->offset,
            option_member_align(row));
    if (row->offset > size || need > size - row->offset)
        return say(check, "option '%s': its member lies at bytes %u to %u, but options_size is %u",
            row->name, row->offset, row->offset + need, size);
    if (row->present_offset != WEIR_NO_OFFSET && row->present_offset >= size)
        return say(check, "option '%s': present_offset is %u, but options_size is %u", row->name,
            row->present_offset, size);
    return 0;
}

/* Whether a bound is a number of the option's type. */
static bool good_bound(const struct weir_option *row, const char *text)
{
    uint64_t number;
    char *end;

    if (!text)
        return true;
    errno = 0;
    switch (row->type) {
    case WEIR_OPTION_INT:
        strtoll(text, &end, 10);
        break;
    case WEIR_OPTION_UINT:
        strtoull(text, &end, 10);
        break;
    case WEIR_OPTION_FLOAT:
        strtod(text, &end);
        break;
    case WEIR_OPTION_SIZE:
        return size_parse(text, strlen(text), &number);
    case WEIR_OPTION_DURATION:
        return duration_parse(text, strlen(text), &number);
    default:
        return false;
    }
    return *text && !*end && !errno;
}

/* Whether the smallest that is allowed is not above the largest. */
static bool in_order(const struct weir_option *row)
{
    uint64_t number = 0;

    if (!row->min || !row->max)
        return true;
    switch (row->type) {
    case WEIR_OPTION_INT:
        return option_int_in_range(row, strtoll(row->min, NULL, 10));
    case WEIR_OPTION_FLOAT:
        return option_float_in_range(row, strtod(row->min, NULL));
    case WEIR_OPTION_SIZE:
        return size_parse(row->min, strlen(row->min), &number) && option_uint_in_range(row, number);
    case WEIR_OPTION_DURATION:
        return duration_parse(row->min, strlen(row->min), &number) &&
               option_uint_in_range(row, number);
    default:
        return option_uint_in_range(row, strtoull(row->min, NULL, 10));
    }
}

static bool has_bytes_of_its_own(const struct weir_option *row)
{
    return row->type != WEIR_OPTION_OBJECT; /* its member is those of its fields */
}

/* Whether the bool that says "given" would be written into an option's member: most
 * often the row says nothing of present_offset, which is then 0. */
static int check_present(
    const struct check *check, const struct weir_option *row, const struct weir_option *victim)
{
    if (row->present_offset == WEIR_NO_OFFSET || !has_bytes_of_its_own(victim) ||
        row->present_offset < victim->offset ||
        row->present_offset - victim->offset >= option_member_size(victim))
        return 0;
    return say(check,
        "option '%s': its present_offset %u lies in the member of '%s'; "
        "WEIR_NO_OFFSET if there is no such bool",
        row->name, row->present_offset, victim->name);
}

static int check_bounds(const struct check *check, const struct weir_option *row)
{
    if (!good_bound(row, row->min))
        return say(check, "option '%s': its min '%s' is not %s", row->name, row->min,
            option_type_words(row->type));
    if (!good_bound(row, row->max))
        return say(check, "option '%s': its max '%s' is not %s", row->name, row->max,
            option_type_words(row->type));
    if (!in_order(row))
        return say(check, "option '%s': its min '%s' is above its max '%s'", row->name, row->min,
            row->max);
    return 0;
}

/* The default must be a value that a user could have written. */
static int check_default(const struct check *check, const struct weir_option *row)
{
    struct weir_option alone = *row;
    struct config_class class = {.type = "",
        .options = &alone,
        .n_options = 1,
        .option_stride = sizeof alone,
        .options_size = MAX(option_member_size(row), 1U)};
    struct options_request request = {.class = &class};
    struct diag_list diags = {0};
    struct options *options;
    int r = 0;

    if (!row->default_text || row->fields)
        return 0;
    alone.offset = 0;
    alone.present_offset = WEIR_NO_OFFSET;
    alone.flags = 0;
    options = options_fill(&request, &diags);
    if (!options)
        r = say(check, "option '%s': its default '%s' is not %s", row->name, row->default_text,
            diags.count && diags.items[0].expected ? diags.items[0].expected : "allowed");
    options_destroy(options);
    diag_list_finish(&diags);
    return r;
}

static int check_rows(const struct check *check, const struct weir_option *rows, uint32_t n_rows,
    uint32_t size, unsigned depth);

static int check_nested(const struct check *check, const struct weir_option *row, unsigned depth)
{
    bool nested = row->type == WEIR_OPTION_OBJECT || row->type == WEIR_OPTION_OBJECT_LIST ||
                  (row->type == WEIR_OPTION_JSON && row->fields);

    if (nested && (!row->fields || !row->fields_size))
        return say(check, "option '%s': an object needs fields and fields_size", row->name);
    if (!nested)
        return 0;
    if (depth == TABLE_DEPTH_MAX)
        return say(check, "option '%s': tables nest deeper than %u levels", row->name, depth);
    return check_rows(check, row->fields, row->n_fields, row->fields_size, depth + 1);
}

static int check_row(
    const struct check *check, const struct weir_option *row, uint32_t size, unsigned depth)
{
    int r;

    if (!option_member_size(row) && row->type != WEIR_OPTION_OBJECT)
        return say(check, "option '%s': there is no option type %u", row->name, row->type);
    if (row->type == WEIR_OPTION_ENUM && (!row->choices || !row->choices[0]))
        return say(check, "option '%s': an ENUM needs choices", row->name);
    if (row->flags & WEIR_PATTERN && !option_may_be_pattern(row->type))
        return say(
            check, "option '%s': WEIR_PATTERN is for texts, lists and maps of them", row->name);
    r = check_nested(check, row, depth);
    if (!r)
        r = check_member(check, row, size);
    if (!r)
        r = check_bounds(check, row);
    return r ? r : check_default(check, row);
}

/* Two rows of one table. A deprecated row may share the member of another. */
static int check_pair(
    const struct check *check, const struct weir_option *row, const struct weir_option *other)
{
    uint64_t end = (uint64_t)row->offset + option_member_size(row);
    uint64_t other_end = (uint64_t)other->offset + option_member_size(other);

    if (!strcasecmp(other->name, row->name))
        return say(
            check, "option '%s' is there twice (names match without regard to case)", row->name);
    if (row->offset < other_end && other->offset < end && !row->replaced_by && !other->replaced_by)
        return say(check, "options '%s' and '%s' share the bytes from offset %u on", other->name,
            row->name, MAX(row->offset, other->offset));
    return 0;
}

static int check_replacement(const struct check *check, const struct weir_option *rows,
    uint32_t n_rows, const struct weir_option *row)
{
    for (uint32_t i = 0; row->replaced_by && i < n_rows; i++)
        if (!strcmp(option_row(rows, check->stride, i)->name, row->replaced_by))
            return 0;
    if (delivery_alias(row))
        return 0;
    return row->replaced_by ? say(check, "option '%s': there is no option '%s' to replace it",
                                  row->name, row->replaced_by)
                            : 0;
}

static int check_rows(const struct check *check, const struct weir_option *rows, uint32_t n_rows,
    uint32_t size, unsigned depth)
{
    if (n_rows > TABLE_ROWS_MAX)
        return say(check, "an option table has %u rows; at most %u do", n_rows, TABLE_ROWS_MAX);
    for (uint32_t i = 0; i < n_rows; i++) {
        const struct weir_option *row = option_row(rows, check->stride, i);
        int r;

        if (!row->name || !row->name[0])
            return say(check, "option %u has no name", i);
        r = check_row(check, row, size, depth);
        for (uint32_t j = 0; !r && j < i; j++)
            r = check_pair(check, row, option_row(rows, check->stride, j));
        for (uint32_t j = 0; !r && j < n_rows; j++)
            r = check_present(check, row, option_row(rows, check->stride, j));
        if (r)
            return r;
    }
    for (uint32_t i = 0; i < n_rows; i++) {
        int r = check_replacement(check, rows, n_rows, option_row(rows, check->stride, i));

        if (r)
            return r;
    }
    return 0;
}

int options_check_table(const struct config_class *class, char *text, size_t text_max)
{
    struct check check = {class->option_stride, text, text_max};

    if (class->n_options && !class->options)
        return say(&check, "n_options is %u, but options is NULL", class->n_options);
    if (class->n_options && class->option_stride < sizeof(struct weir_option))
        return say(&check, "option_stride is %u; a row has %zu bytes", class->option_stride,
            sizeof(struct weir_option));
    return check_rows(&check, class->options, class->n_options, class->options_size, 0);
}
