#include "process/mask.h"

void mask_put(const struct mask *mask, struct weir_str secret, struct buf *to)
{
    if (!mask->md5) {
        buf_append(to, mask->text.data, mask->text.size);
        return;
    }
    md5_hex(mask->md5, secret, buf_reserve(to, MD5_HEX_SIZE));
    to->size += MD5_HEX_SIZE;
}
