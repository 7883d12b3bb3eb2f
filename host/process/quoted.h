/* A value between quotes, in which a doubled quote stands for one. */
#ifndef PROCESS_QUOTED_H
#define PROCESS_QUOTED_H

#include "event/batch.h"

/* Takes the value that stands behind a quote: a slice, or text in the batch. Returns the
 * bytes of it and of the quote that ends it, 0: no quote does, or neither the separator
 * nor the end follows it. */
size_t quoted_take(struct batch *batch, struct weir_str text, char quote, char separator,
    struct weir_str *ret_value);

#endif
