/* What secrets in contents are replaced by. Belongs to one thread. */
#ifndef PROCESS_MASK_H
#define PROCESS_MASK_H

#include "base/buf.h"
#include "process/md5_hex.h"

/* Processor time for one value, when nothing else is said. */
#define MASK_NS_DEFAULT (100 * NS_PER_MS)

struct mask {
    struct md5 *md5;      /* NULL: the text is meant */
    struct weir_str text; /* borrowed */
};

/* Appends what stands for the secret. */
void mask_put(const struct mask *mask, struct weir_str secret, struct buf *to);

#endif
