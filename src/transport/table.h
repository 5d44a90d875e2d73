/* table.h: what a transport is: a static table with one slot per operation. An empty slot is "unsupported"; the published matrix is derived from here. */
#ifndef K7I_TRANSPORT_TABLE_H
#define K7I_TRANSPORT_TABLE_H

#include "config/config.h"
#include "config/endpoint.h"
#include "model/sandbox.h"
#include "model/spec.h"
#include "plan/op.h"

enum k7i_operation {
    K7I_CREATE,
    K7I_LIST,
    K7I_GET,
    K7I_DELETE,
    K7I_DELETE_ALL,
    K7I_OPERATIONS, /* that a transport may have; what follows is made of them (many.h) */
    K7I_CREATE_MANY = K7I_OPERATIONS,
    K7I_GET_MANY,
    K7I_DELETE_MANY,
    K7I_CALLS
};

/* The arguments of an operation, checked by the front door (names valid, spec validated, namespace filled in). Borrowed during prepare only. */
struct k7i_transport;

struct k7i_args {
    const struct k7i_transport
        *transport;         /* the one that is asked: composed plans take their parts from it */
    const k7_spec *spec;    /* create */
    const char *namespace_; /* NULL: all (list only) */
    const char *name;       /* create, get, delete */
    const char *uid;        /* delete: or NULL */
    int missing_is_error, no_wait;
    const k7_batch *batch;      /* of many */
    enum k7i_operation of_item; /* of many: what is done with each */
    int of_many; /* delete: one of a whole namespace, where the price of waiting for each adds up */
};

struct k7i_transport {
    const char *name;
    const char *const *schemes; /* ends with NULL */
    /* Checks the endpoint and the configuration; no I/O but reading the files that keys name. */
    int (*open)(const k7_config *config, const struct k7i_endpoint *endpoint, void **ret_instance,
                k7_error **err);
    void (*close)(void *instance);
    /* The default namespace where the configuration sets none, or NULL; the slot may be NULL. */
    const char *(*namespace_)(const void *instance);
    const char *(*warning)(const void *instance); /* see k7_client_get_warning(); the same */
    int sends_requests; /* its operations are requests of HTTP: a dry run can show them */
    int (*supports)(const void *instance, enum k7i_operation operation); /* NULL: the plans tell */
    const struct k7i_plan *plans[K7I_OPERATIONS];
};

extern const struct k7i_transport k7i_transport_rest, k7i_transport_docker, k7i_transport_kubernetes,
    k7i_transport_memory, k7i_transport_custom;

/* registry.c */
size_t k7i_transport_count(void); /* built-in ones, without custom */
const struct k7i_transport *k7i_transport_at(size_t i);
const struct k7i_transport *k7i_transport_of_scheme(const char *scheme); /* NULL: none */
/* the transport's name when it exists but was not built in; else NULL */
const char *k7i_transport_known_scheme(const char *scheme);
const char *k7i_operation_name(enum k7i_operation operation);
int k7i_operation_of_name(const char *name);                    /* enum k7i_operation, or -1 */
int64_t k7i_operation_timeout_ms(enum k7i_operation operation); /* the default deadline */

/* Results of plans: these take the reference. */
static inline void *k7i_release_sandbox(void *sandbox)
{
    return k7_sandbox_unref(sandbox);
}
static inline void *k7i_release_list(void *list)
{
    return k7_sandboxes_unref(list);
}
static inline void *k7i_release_results(void *results)
{
    return k7_results_unref(results);
}
static inline void k7i_give_sandbox(struct k7i_op *op, k7_sandbox *sandbox)
{
    k7i_op_give(op, sandbox, k7i_release_sandbox);
}
static inline void k7i_give_list(struct k7i_op *op, k7_sandboxes *list)
{
    k7i_op_give(op, list, k7i_release_list);
}
static inline void k7i_give_results(struct k7i_op *op, k7_results *results)
{
    k7i_op_give(op, results, k7i_release_results);
}

#endif
