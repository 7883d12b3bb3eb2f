#include "kit/check.h"

const struct check checks_net[] = {
    {0},
};
