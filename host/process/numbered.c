#include "process/numbered.h"

#include <stdio.h>
#include "base/mem.h"

#define REMEMBERED_MAX 1024U
#define DIGITS_MAX 12U

void numbered_finish(struct numbered *numbered)
{
    free(numbered->keys);
}

void numbered_reset(struct numbered *numbered)
{
    numbered->count = 0;
}

static struct weir_str make(const struct numbered *numbered, struct batch *batch, uint32_t number)
{
    struct weir_str prefix = numbered->prefix, suffix = numbered->suffix;
    char digits[DIGITS_MAX], *text;
    size_t n_digits = (size_t)snprintf(digits, sizeof digits, "%u", number);

    text = batch_alloc(batch, prefix.size + n_digits + suffix.size);
    if (prefix.size)
        memcpy(text, prefix.data, prefix.size);
    memcpy(text + prefix.size, digits, n_digits);
    if (suffix.size)
        memcpy(text + prefix.size + n_digits, suffix.data, suffix.size);
    return (struct weir_str){text, prefix.size + n_digits + suffix.size};
}

struct weir_str numbered_key(struct numbered *numbered, struct batch *batch, uint32_t number)
{
    if (number >= REMEMBERED_MAX)
        return make(numbered, batch, number);
    while (numbered->count <= number) {
        MEM_GROW(numbered->keys, numbered->count, numbered->capacity);
        numbered->keys[numbered->count] = make(numbered, batch, numbered->count);
        numbered->count++;
    }
    return numbered->keys[number];
}
