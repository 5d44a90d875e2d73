/* sandbox.h: making sandboxes, lists and results, and their JSON codec. Once made public to the caller they never change. */
#ifndef K7I_MODEL_SANDBOX_H
#define K7I_MODEL_SANDBOX_H

#include "format/json.h"
#include <k7sandbox/sandbox.h>

/* What a sandbox is made from. Zero-initialise with K7I_SANDBOX_FIELDS, so that numbers start as unknown. Everything is copied. */
struct k7i_sandbox_fields {
    const char *name, *namespace_, *image, *status, *error_message, *reason, *node, *backend, *uid, *age_text;
    int ready;            /* 1, 0, -1 unknown */
    int64_t restarts;     /* -1 unknown */
    int64_t created_unix; /* -1 unknown */
    const int32_t *node_ports;
    size_t node_port_count;
    int has_node_ports; /* a list was given, also an empty one; else null */
};
#define K7I_SANDBOX_FIELDS                                                                                   \
    {                                                                                                        \
        .ready = -1, .restarts = -1, .created_unix = -1                                                      \
    }

int k7i_sandbox_new(const struct k7i_sandbox_fields *fields, k7_sandbox **ret_sandbox, k7_error **err);
/* From an object of the K7 API (list entry, or create's answer with `endpoints`); `namespace_` stands in when the object has none. K7_ERR_PROTOCOL when it is not an object or has no name. */
int k7i_sandbox_from_json(const struct k7i_json_value *object, const char *namespace_,
                          k7_sandbox **ret_sandbox, k7_error **err);
/* "0:05:42", "1 day, 0:00:05": Python's duration, as K7 writes ages (contract, section 3). */
void k7i_sandbox_format_age(int64_t seconds, char *ret_text, size_t size);

/* A list under construction; k7i_sandboxes_add takes the reference in any case. */
int k7i_sandboxes_new(k7_sandboxes **ret_list, k7_error **err);
int k7i_sandboxes_add(k7_sandboxes *list, k7_sandbox *sandbox, k7_error **err);
/* From a JSON array; `namespace_` stands in as above. */
int k7i_sandboxes_from_json(const struct k7i_json_value *array, const char *namespace_,
                            k7_sandboxes **ret_list, k7_error **err);

/* Results: made with every item's name as NOT_STARTED; then each is set once. set takes the error (may be NULL). */
int k7i_results_new(size_t count, k7_results **ret_results, k7_error **err);
int k7i_results_set_name(k7_results *results, size_t i, const char *name, k7_error **err);
void k7i_results_set(k7_results *results, size_t i, int outcome, k7_error *error);
void k7i_results_set_sandbox(k7_results *results, size_t i, k7_sandbox *sandbox); /* takes it; NULL: none */

struct k7_query {
    char *namespace_;
    int all_namespaces;
};

struct k7_delete_options {
    char *uid;
    int missing_is_error, no_wait;
};

#endif
