/* Base64 as RFC 4648 has it in section 4: the standard alphabet, with padding. Pure. */
#ifndef PROCESS_BASE64_H
#define PROCESS_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#define BASE64_ENCODED_SIZE(SIZE) (((SIZE) + 2) / 3 * 4)
#define BASE64_DECODED_SIZE_MAX(SIZE) (((SIZE) + 3) / 4 * 3)

/* Writes BASE64_ENCODED_SIZE(size) bytes. */
void base64_encode(const char *data, size_t size, char *to);
/* Newlines and carriage returns in the text count as not there. False: it is no base64. */
bool base64_decode(const char *text, size_t size, char *to, size_t *ret_size);

#endif
