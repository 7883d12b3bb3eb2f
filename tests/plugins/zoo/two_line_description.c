/* A description of two lines. */
#include "base.h"

ANIMAL(.description = "An animal of the zoo\nthat says more than it should");
