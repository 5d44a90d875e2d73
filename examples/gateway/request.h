/* request.h: one request on its way through the gateway, and what all of them share. */
#ifndef GATEWAY_REQUEST_H
#define GATEWAY_REQUEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>

#include <k7sandbox/k7sandbox.h>

#include "answers.h"
#include "connections.h"
#include "keys.h"
#include "options.h"
#include "target.h"
#include "text.h"

/* The size of a create's body (also the library's limit), and of all bodies that are in memory at once. */
#define BODY_MAX_BYTES    (1024 * 1024)
#define BODIES_MAX_BYTES  (64L * 1024 * 1024)
#define METHOD_MAX_BYTES  16
#define NAMESPACE_DEFAULT "default"

struct route;
struct workers;

struct gateway {
    const struct options *options;
    k7_client *client;
    struct key_store *keys;
    struct connections *connections;
    struct workers *workers;
    atomic_bool draining;
    atomic_long creates;    /* under way */
    atomic_long body_bytes; /* in memory */
};

enum request_phase {
    REQUEST_NEW,       /* its head is not complete */
    REQUEST_DECIDED,   /* the answer is known, and is sent when libmicrohttpd asks once more */
    REQUEST_ARRIVING,  /* admitted; its body is arriving */
    REQUEST_WORKING,   /* the connection is suspended, a worker has it */
    REQUEST_ANSWERED,  /* the answer is decided */
    REQUEST_DISCARDED, /* the answer was sent in the middle of the body; the rest is thrown away */
};

struct request {
    struct gateway *gateway;
    struct MHD_Connection *http;
    struct connection *connection;
    struct request *next; /* in the workers' queue */
    enum request_phase phase;
    int64_t started_ms;
    char *raw;             /* the target as sent; NULL: out of memory */
    uintptr_t raw_address; /* where the HTTP library has it */
    char method[METHOD_MAX_BYTES + 1];
    const struct route *route;
    struct target target;
    const char *name;       /* of the sandbox, from the path */
    const char *namespace_; /* from the query, or the default */
    bool all_namespaces;
    bool strict;
    bool has_body;   /* one is announced */
    bool holds_body; /* the client waits to be told to send it ("Expect: 100-continue") */
    struct key *key;
    k7_cancel *cancel;
    struct text body;
    long body_counted; /* its share of gateway.body_bytes */
    struct answer answer;
    bool client_left;
};

#endif
