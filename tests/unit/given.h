/*
 * Options as a test gives them, filled by a class's table without config/:
 * strings as they are, lists "a|b", maps "k=v|k2=v2", numbers, true and false.
 */
#ifndef TESTS_UNIT_GIVEN_H
#define TESTS_UNIT_GIVEN_H

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "config/catalog.h"
#include "event/memory.h"

struct given {
    const char *name, *value; /* NULL ends an array of these */
};

/* Splits a text at '|'; the items lie in the arena, each followed by a NUL. */
static inline size_t given_split(struct arena *arena, const char *text, struct weir_str *items)
{
    size_t count = 0;

    while (*text) {
        size_t size = strcspn(text, "|");
        char *item = arena_alloc(arena, size + 1);

        memcpy(item, text, size);
        item[size] = 0;
        items[count++] = (struct weir_str){item, size};
        text += size + (text[size] == '|');
    }
    return count;
}

static inline struct weir_kv given_pair(struct weir_str text)
{
    const char *equals = memchr(text.data, '=', text.size);
    size_t size = (size_t)(equals - text.data);

    return (struct weir_kv){{text.data, size}, {equals + 1, text.size - size - 1}};
}

static inline void given_set(
    struct arena *arena, const struct weir_option *option, char *values, const char *text)
{
    void *member = values + option->offset;
    struct weir_str *items = arena_alloc(arena, (strlen(text) + 1) * sizeof *items);
    struct weir_kv *pairs;
    size_t count;

    switch (option->type) {
    case WEIR_OPTION_BOOL:
        *(bool *)member = strcmp(text, "true") == 0;
        break;
    case WEIR_OPTION_UINT:
    case WEIR_OPTION_SIZE: /* plain bytes, or MiB */
        *(uint64_t *)member = strtoull(text, NULL, 10) << (strstr(text, "MiB") ? 20 : 0);
        break;
    case WEIR_OPTION_INT:
        *(int64_t *)member = strtoll(text, NULL, 10);
        break;
    case WEIR_OPTION_ENUM:
        while (option->choices[*(uint32_t *)member] &&
               strcmp(option->choices[*(uint32_t *)member], text) != 0)
            ++*(uint32_t *)member;
        ck_assert_msg(option->choices[*(uint32_t *)member] != NULL, "no choice %s", text);
        break;
    case WEIR_OPTION_STRING:
        *(struct weir_str *)member = (struct weir_str){text, strlen(text)};
        break;
    case WEIR_OPTION_STRING_LIST:
        count = given_split(arena, text, items);
        *(struct weir_str_list *)member = (struct weir_str_list){items, count};
        break;
    case WEIR_OPTION_STRING_MAP:
        count = given_split(arena, text, items);
        pairs = arena_alloc(arena, count * sizeof *pairs);
        for (size_t i = 0; i < count; i++)
            pairs[i] = given_pair(items[i]);
        *(struct weir_str_map *)member = (struct weir_str_map){pairs, count};
        break;
    default:
        ck_abort_msg("an option type that given.h does not know");
    }
}

/* The options struct, defaults first; in the arena. */
static inline void *given_fill(
    struct arena *arena, const struct config_class *class, const struct given *given)
{
    char *values = arena_alloc(arena, class->options_size);

    if (class->options_size)
        memset(values, 0, class->options_size);
    for (uint32_t i = 0; i < class->n_options; i++)
        if (class->options[i].default_text)
            given_set(arena, &class->options[i], values, class->options[i].default_text);
    for (; given && given->name; given++) {
        uint32_t i = 0;

        while (i < class->n_options && strcmp(class->options[i].name, given->name) != 0)
            i++;
        ck_assert_msg(i < class->n_options, "no option %s", given->name);
        if (class->options[i].type == WEIR_OPTION_ENUM)
            *(uint32_t *)(void *)(values + class->options[i].offset) = 0;
        given_set(arena, &class->options[i], values, given->value);
    }
    return values;
}

#endif
