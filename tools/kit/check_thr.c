#include "kit/check.h"

const struct check checks_thr[] = {
    {0},
};
