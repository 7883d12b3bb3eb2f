#include "base/host_facts.h"

#include <string.h>
#include <unistd.h>

void host_facts_find(struct host_facts *ret_facts)
{
    memset(ret_facts, 0, sizeof *ret_facts);
    gethostname(ret_facts->name, sizeof ret_facts->name - 1);
    source_ip_find(ret_facts->address);
}
