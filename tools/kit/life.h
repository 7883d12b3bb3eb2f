/* Plain lives of instances, for checks that look at something else meanwhile. [control] */
#ifndef KIT_LIFE_H
#define KIT_LIFE_H

#include "kit/stand.h"

/* No flush of life_flush() takes longer together; a destination may not be there. */
#define LIFE_FLUSH_NS (3 * NS_PER_S)

/* Up to `n` flushes of small batches; whatever is answered is fine. How many. */
unsigned life_flush(struct stand *stand, unsigned n);

/* start, flushes, set_urgent, stop. */
void life_run(struct trial *trial, unsigned n_flushes);

#endif
