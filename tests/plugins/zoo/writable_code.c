/* A segment that is writable and executable. */
#include "base.h"

__asm__(".pushsection .zoo_code,\"awx\",@progbits\nret\n.popsection\n");

ANIMAL();
