/* HTTP/1.1 requests, as far as the kit's server must understand them. Pure. [any] */
#ifndef KIT_REQUEST_H
#define KIT_REQUEST_H

#include <stdbool.h>
#include "base/buf.h"

#define REQUEST_ENCODING_MAX 32 /* bytes, with the NUL */

enum request_state {
    REQUEST_PART,    /* more bytes are to come */
    REQUEST_EXPECTS, /* the head is there, and it waits for 100 Continue */
    REQUEST_WHOLE,
    REQUEST_BAD, /* it is no request */
};

/* Looks at the start of `data`. When it is whole, *ret_size is how many bytes it takes,
 * and its body, without chunks, is added to `body`. `continued`: 100 has been sent. */
enum request_state request_parse(
    const char *data, size_t size, bool continued, size_t *ret_size, struct buf *body);

/* What the head of a whole request says about how its body is compressed; "": nothing. */
void request_encoding(const char *data, size_t size, char encoding[REQUEST_ENCODING_MAX]);

#endif
