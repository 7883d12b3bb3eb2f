#include "process/md5_hex.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include "base/mem.h"

struct md5 {
    EVP_MD_CTX *context;
    EVP_MD *method;
};

struct md5 *md5_create(char *why, size_t why_max)
{
    struct md5 *md5 = mem_zalloc(sizeof *md5);

    md5->context = EVP_MD_CTX_new();
    md5->method = EVP_MD_fetch(NULL, "MD5", NULL);
    if (md5->context && md5->method && EVP_DigestInit_ex(md5->context, md5->method, NULL))
        return md5;
    snprintf(why, why_max, "this machine's OpenSSL does not offer MD5");
    md5_destroy(md5);
    return NULL;
}

void md5_destroy(struct md5 *md5)
{
    if (!md5)
        return;
    EVP_MD_CTX_free(md5->context);
    EVP_MD_free(md5->method);
    free(md5);
}

void md5_hex(struct md5 *md5, struct weir_str text, char to[static MD5_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};

    EVP_DigestInit_ex(md5->context, NULL, NULL); /* the method stays */
    EVP_DigestUpdate(md5->context, text.size ? text.data : "", text.size);
    EVP_DigestFinal_ex(md5->context, digest, NULL);
    for (unsigned i = 0; i < MD5_HEX_SIZE; i += 2) {
        to[i] = digits[digest[i / 2] >> 4];
        to[i + 1] = digits[digest[i / 2] & 15];
    }
}
