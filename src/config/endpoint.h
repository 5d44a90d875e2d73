/* endpoint.h: endpoint texts: "SCHEME:…", with "?name=value&…" parameters percent-decoded. */
#ifndef K7I_CONFIG_ENDPOINT_H
#define K7I_CONFIG_ENDPOINT_H

#include <k7sandbox/error.h>
#include <stddef.h>

struct k7i_endpoint_parameter {
    char *name, *value;
};

struct k7i_endpoint {
    char *scheme; /* lower case: "https", "docker+http" */
    char *host;   /* after "//", without port and IPv6 brackets; NULL when there is none */
    int port;     /* 0: none given */
    char *path;   /* after the authority, with its slash; "" when there is none */
    size_t parameter_count;
    struct k7i_endpoint_parameter *parameters;
};

/* Refuses user names and passwords, fragments, control characters, ports out of range, a repeated parameter. */
int k7i_endpoint_parse(const char *text, struct k7i_endpoint **ret_endpoint, k7_error **err);
void k7i_endpoint_free(struct k7i_endpoint *endpoint);
const char *k7i_endpoint_parameter(const struct k7i_endpoint *endpoint,
                                   const char *name);              /* NULL when absent */
int k7i_endpoint_is_loopback(const struct k7i_endpoint *endpoint); /* "localhost", 127.0.0.0/8, ::1 */

#endif
