/* Wants a stack that can be executed. */
#include "base.h"

ANIMAL();
