/* Looks for its libraries in a folder that everybody may write to. */
#include "base.h"

ANIMAL();
