#include "input/byte_order.h"

#include <string.h>

static bool begins(const char *data, size_t size, const char *mark, size_t mark_size)
{
    return size >= mark_size && !memcmp(data, mark, mark_size);
}

size_t byte_order_utf8(const char *data, size_t size)
{
    return begins(data, size, "\xEF\xBB\xBF", 3) ? 3 : 0;
}

bool byte_order_utf16(const char *data, size_t size)
{
    return begins(data, size, "\xFF\xFE", 2) || begins(data, size, "\xFE\xFF", 2);
}
