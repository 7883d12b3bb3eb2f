/* An address in the code: the code must be written to when it is loaded. */
#include "base.h"

__asm__(".pushsection .text\n.balign 8\n.quad zoo_place\n.popsection\n"
        ".pushsection .data\nzoo_place: .quad 0\n.popsection\n");

ANIMAL();
