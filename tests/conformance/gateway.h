/* gateway.h: a k7-gateway of our own on the loopback, in front of any endpoint. */
#ifndef CONFORMANCE_GATEWAY_H
#define CONFORMANCE_GATEWAY_H

#include <sys/types.h>

struct gateway {
    pid_t process;
    char folder[64]; /* its key store and its folder of env files */
    char url[128], api_key[128];
};

/* 0; 77 when the program was not built; 1 and a message when it does not start. */
int gateway_start(struct gateway *gateway, const char *endpoint);
void gateway_stop(struct gateway *gateway);

#endif
