/* Says WEIR_CONCURRENT, but all calls share one buffer. */
#include "base.h"

ANIMAL(.flags = WEIR_FS_WRITE | WEIR_CONCURRENT);
