/* Calls itself by the name of a common library. */
#include "base.h"

ANIMAL();
