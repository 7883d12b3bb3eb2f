/* The MD5 digest of a text as 32 lower-case hexadecimal digits. Belongs to one thread. */
#ifndef PROCESS_MD5_HEX_H
#define PROCESS_MD5_HEX_H

#include <weir/abi.h>
#include "base/util.h"

#define MD5_HEX_SIZE 32U

struct md5;

/* NULL with the reason in `why`: the machine's OpenSSL may have no MD5. */
struct md5 *md5_create(char *why, size_t why_max);
void md5_destroy(struct md5 *md5);
void md5_hex(struct md5 *md5, struct weir_str text, char to[static MD5_HEX_SIZE]);

#endif
