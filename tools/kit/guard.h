/* Memory that ends where a page begins that cannot be touched: a read or write behind
 * the end of a struct is a fault at once. It lives until the process ends. */
#ifndef KIT_GUARD_H
#define KIT_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* A copy of `size` bytes (NULL: zeroes) that ends at a guard. */
void *guard_copy(const void *from, size_t size);
/* Takes the whole of it away. */
void guard_revoke(void *memory);
/* Makes it read-only. */
void guard_seal(void *memory);
/* Whether an address lies in a guard, or in what was revoked or sealed. [any], in signal
 * handlers */
bool guard_holds(const void *address);

#endif
