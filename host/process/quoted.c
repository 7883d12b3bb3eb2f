#include "process/quoted.h"

/* The quote that ends a value, NULL: none does, or something else than a separator follows. */
static const char *find_close(
    const char *at, const char *end, char quote, char separator, size_t *ret_n_doubled)
{
    const char *close;

    *ret_n_doubled = 0;
    while (at < end && (close = memchr(at, quote, (size_t)(end - at)))) {
        if (close + 1 == end || close[1] == separator)
            return close;
        if (close[1] != quote)
            return NULL;
        ++*ret_n_doubled;
        at = close + 2;
    }
    return NULL;
}

size_t quoted_take(struct batch *batch, struct weir_str text, char quote, char separator,
    struct weir_str *ret_value)
{
    size_t n_doubled;
    const char *end = text.data + text.size;
    const char *close = find_close(text.data, end, quote, separator, &n_doubled);
    char *to;

    if (!close)
        return 0;
    *ret_value = (struct weir_str){text.data, (size_t)(close - text.data)};
    if (n_doubled) {
        to = batch_alloc(batch, ret_value->size - n_doubled);
        *ret_value = (struct weir_str){to, ret_value->size - n_doubled};
        for (const char *from = text.data; from < close; from++) {
            *to++ = *from;
            from += *from == quote;
        }
    }
    return (size_t)(close - text.data) + 1;
}
