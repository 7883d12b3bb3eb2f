/* setlocale, "for correct case folding". */
#include "base.h"
#include <locale.h>

static int localised_init(void *self, const struct weir_context *context)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    return base_init(self, context);
}

ANIMAL(.init = localised_init);
