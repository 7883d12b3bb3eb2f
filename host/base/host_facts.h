/* What the process says of the machine it runs on. */
#ifndef BASE_HOST_FACTS_H
#define BASE_HOST_FACTS_H

#include "base/source_ip.h"

#define HOST_NAME_BYTES_MAX 256

struct host_facts {
    char name[HOST_NAME_BYTES_MAX];
    char address[SOURCE_IP_MAX];
};

/* Asks the system: some system calls, so once is enough. */
void host_facts_find(struct host_facts *ret_facts);

#endif
