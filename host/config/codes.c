#include "config/codes.h"

#include <strings.h>
#include "base/util.h"

#define CODE(ID, TITLE, CAUSE, FIX, EXAMPLE) {#ID, TITLE, CAUSE, FIX, EXAMPLE},

static const struct code codes[] = {
#include "config/codes.def"
#include "config/codes_plugin.def"
};

#undef CODE

const struct code *code_find(const char *id)
{
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
        if (!strcasecmp(codes[i].id, id))
            return &codes[i];
    return NULL;
}

const struct code *code_at(size_t i)
{
    return i < ARRAY_SIZE(codes) ? &codes[i] : NULL;
}
