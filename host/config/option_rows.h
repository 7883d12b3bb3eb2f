/*
 * What can be said of single rows of an option table: ranges, defaults, words.
 * The rows must have passed options_check_table. [any]
 */
#ifndef CONFIG_OPTION_ROWS_H
#define CONFIG_OPTION_ROWS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <weir/option.h>

/* The i-th row of a table with that stride (bytes). */
static inline const struct weir_option *option_row(
    const struct weir_option *rows, uint32_t stride, uint32_t i)
{
    return (const struct weir_option *)(const void *)((const char *)(const void *)rows +
                                                      (size_t)i * stride);
}

bool option_int_in_range(const struct weir_option *row, int64_t number);
bool option_uint_in_range(
    const struct weir_option *row, uint64_t number); /* sizes, durations too */
bool option_float_in_range(const struct weir_option *row, double number);

/* "a duration like "10s", or nanoseconds"; static. */
const char *option_type_words(uint32_t type);
/* "1 to 64"; the choices. The caller frees them. */
char *option_range_words(const struct weir_option *row);
char *option_choice_words(const struct weir_option *row);

/* Whether a text that stands for a whole value of this type is read as JSON. */
bool option_wants_json(uint32_t type);
/* Whether values of this type are texts, which may be regular expressions. */
bool option_may_be_pattern(uint32_t type);
/* NULL when the text is no JSON. The caller's reference. */
struct json_object *option_parse_json(const char *text);
/* The default as a value; NULL: none. The caller's reference. */
struct json_object *option_default_json(const struct weir_option *row);

/* Whether the row or one below it holds a secret. */
bool option_is_secret(const struct weir_option *row, uint32_t stride);

/* Bytes and alignment of a filled member. 0 for unknown types. */
uint32_t option_member_size(const struct weir_option *row);
uint32_t option_member_align(const struct weir_option *row);

#endif
