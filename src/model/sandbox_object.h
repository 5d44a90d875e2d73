/* sandbox_object.h: what a k7_sandbox holds. Only for src/model. */
#ifndef K7I_MODEL_SANDBOX_OBJECT_H
#define K7I_MODEL_SANDBOX_OBJECT_H

#include "model/sandbox.h"

#include <stdatomic.h>

struct k7i_endpoint {
    int32_t port, node_port;
    const char *url; /* NULL: not said */
};

/* Everything that a sandbox is made from; what the public fields lack comes from JSON only. */
struct k7i_sandbox_parts {
    struct k7i_sandbox_fields fields;
    const struct k7i_endpoint *endpoints;
    size_t endpoint_count;
    const char *kept;   /* members to be given back as they came: "\"a\":1,\"b\":[]"; NULL: none */
    unsigned kept_mask; /* bit i: the member of k7i_sandbox_members[i] is among them, not understood */
};

/* One block of memory: this, the endpoints, the node ports, the texts. Immutable but for the references. */
struct k7_sandbox {
    atomic_int references;
    struct k7i_sandbox_parts parts; /* its pointers lead into the same block */
};

int k7i_sandbox_make(const struct k7i_sandbox_parts *parts, k7_sandbox **ret_sandbox, k7_error **err);

#endif
