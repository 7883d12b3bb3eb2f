#include "kit/check.h"

const struct check checks_bac[] = {
    {0},
};
