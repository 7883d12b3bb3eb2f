#include "kit/openssl.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include "base/util.h"

#define TEXT_OF(NUMBER) #NUMBER
#define FILE_OF(VERSION) "libssl.so." TEXT_OF(VERSION)

int openssl_load(struct openssl *ret)
{
    void *library = dlopen(FILE_OF(OPENSSL_SHLIB_VERSION), RTLD_NOW | RTLD_LOCAL);
    struct openssl ssl = {0};
    bool good = library != NULL;

    if (!library)
        return -ENOENT;
#define F(NAME) \
    *(void **)&ssl.NAME = dlsym(library, #NAME); \
    good = good && ssl.NAME;
    OPENSSL_FUNCTIONS(F)
#undef F
    if (!good)
        return -ENOENT;
    *ret = ssl;
    return 0;
}
