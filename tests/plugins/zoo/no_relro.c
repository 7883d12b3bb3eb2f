/* Bound lazily, and its tables stay writable. */
#include "base.h"

ANIMAL();
