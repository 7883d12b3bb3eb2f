#include "kit/words.h"

#include <stdio.h>

void words_put(char *text, size_t max, const char *format, va_list arguments)
{
    vsnprintf(text, max, format, arguments);
}
