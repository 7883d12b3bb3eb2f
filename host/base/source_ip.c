#include "base/source_ip.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool usable(const struct ifaddrs *interface)
{
    return interface->ifa_addr && interface->ifa_addr->sa_family == AF_INET &&
           (interface->ifa_flags & IFF_UP) && !(interface->ifa_flags & IFF_LOOPBACK);
}

void source_ip_find(char text[static SOURCE_IP_MAX])
{
    static const char loopback[] = "127.0.0.1";
    struct ifaddrs *interfaces;
    struct sockaddr_in address;

    memcpy(text, loopback, sizeof loopback);
    if (getifaddrs(&interfaces) < 0)
        return;
    for (const struct ifaddrs *interface = interfaces; interface; interface = interface->ifa_next)
        if (usable(interface)) {
            memcpy(&address, interface->ifa_addr, sizeof address);
            inet_ntop(AF_INET, &address.sin_addr, text, SOURCE_IP_MAX);
            break;
        }
    freeifaddrs(interfaces);
}
