/* A thread and a queue of borrowed batches: PENDING. */
#include "base_async.h"

ASYNC_ANIMAL();
