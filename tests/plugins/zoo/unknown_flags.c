/* Sets a flag that there is not. */
#include "base.h"

ANIMAL(.flags = WEIR_FS_WRITE | 1u << 20);
