/* routes.h: which method and path is which operation. */
#ifndef GATEWAY_ROUTES_H
#define GATEWAY_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "request.h"

/* Query parameters that a route knows; any other is refused, since ignoring a misspelt one could mean another namespace. */
#define PARAMETER_NAMESPACE      1u
#define PARAMETER_ALL_NAMESPACES 2u
#define PARAMETER_STRICT         4u

struct route {
    const char *method;
    const char *path; /* "*" stands for a sandbox name */
    unsigned parameters;
    bool is_open; /* needs no key, is outside the limits, and is answered at once */
    bool has_body;
    bool stops_when_left; /* there is no use in going on when the client has left */
    void (*run)(struct request *request);
};

/* NULL: there is none; then *ret_allow has the methods that the path knows, or is empty. HEAD is answered as GET is, without the body. */
const struct route *route_find(const char *method, const struct target *target, const char **ret_name,
                               char *ret_allow, size_t allow_size);

#endif
