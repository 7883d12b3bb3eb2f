#include "kit/check.h"

const struct check checks_flt[] = {
    {0},
};
