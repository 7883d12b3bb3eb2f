/* Plain C, one thread, a file. */
#include "base.h"

ANIMAL();
