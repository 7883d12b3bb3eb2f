/* Exports a function of a common name: other plugins and the host may get it. */
#include "base.h"

WEIR_EXPORT int json_parse(const char *text);
int json_parse(const char *text)
{
    return text && *text == '{';
}

ANIMAL();
