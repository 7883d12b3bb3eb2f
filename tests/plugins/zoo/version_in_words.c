/* A version that is none. */
#include "base.h"

ANIMAL(.version = "the newest one");
