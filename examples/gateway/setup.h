/* setup.h: opens what the gateway needs before it serves: the client of the endpoint, the listening socket, the certificate. */
#ifndef GATEWAY_SETUP_H
#define GATEWAY_SETUP_H

#include <stddef.h>

#include <k7sandbox/client.h>

#include "options.h"
#include "text.h"

/* All return 0, or -1 after saying on standard error what is wrong. */
int setup_client(const struct options *options, k7_client **ret_client);
/* *ret_url: "http://127.0.0.1:8000", as a client would write it. */
int setup_socket(const struct options *options, int *ret_fd, char *ret_url, size_t url_size);
int setup_file(const char *path, struct text *text);
/* Raises the limit of open descriptors as far as needed, or lowers max_connections to what is possible. */
int setup_descriptors(struct options *options);

#endif
