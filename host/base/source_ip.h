/* The host's address as groups carry it in `source`. */
#ifndef BASE_SOURCE_IP_H
#define BASE_SOURCE_IP_H

/* Bytes that hold any IPv4 address as text. */
#define SOURCE_IP_MAX 16

/* The first IPv4 address of an interface that is up and no loopback, else 127.0.0.1. */
void source_ip_find(char text[static SOURCE_IP_MAX]);

#endif
