/* A connection that is kept. */
#include "base_tcp.h"

TCP_ANIMAL();
