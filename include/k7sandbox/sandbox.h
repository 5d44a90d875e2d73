/* sandbox.h: the operations on sandboxes, and what they return.
 *
 * Every operation blocks until it is done, failed, cancelled or out of time; any thread may call it. op.h has a twin of each that does not block. Parameters: client; then what is meant;
 * then `call` (NULL: defaults). namespace_ NULL means the client's default namespace everywhere. Names are checked before anything is sent.
 *
 * Errors of every operation: K7_ERR_INVALID_ARGUMENT, UNSUPPORTED_OPERATION, the classes auth, network, protocol, server and quota, K7_ERR_TIMEOUT,
 * K7_ERR_CANCELLED, K7_ERR_NO_MEMORY, K7_ERR_FORKED. All since 0.1. */
#ifndef K7SANDBOX_SANDBOX_H
#define K7SANDBOX_SANDBOX_H

#include <k7sandbox/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* k7_sandbox_create: creates a sandbox. Any failure, cancel or deadline removes what the call made, or the error names what is left. *ret_sandbox (may be
 * NULL) describes it as far as the server told: over rest only name, namespace, image and endpoints. Over rest the sandbox may not be ready yet: K7's
 * server does not wait. Errors: also K7_ERR_ALREADY_EXISTS, UNSUPPORTED_ARGUMENT, QUOTA_EXCEEDED, IMAGE_PULL, SCRIPT_FAILED, START_FAILED, REJECTED,
 * over Kubernetes NOT_FOUND (the namespace). */
K7_API int k7_sandbox_create(k7_client *client, const k7_spec *spec, const k7_call *call,
                             k7_sandbox **ret_sandbox, k7_error **err);

/* k7_sandbox_list: lists sandboxes. query NULL: the client's default namespace. A failure to list is never an empty list. */
K7_API int k7_sandbox_list(k7_client *client, const k7_query *query, const k7_call *call,
                           k7_sandboxes **ret_list, k7_error **err);

/* k7_sandbox_get: one sandbox by name. Errors: also K7_ERR_NOT_FOUND. */
K7_API int k7_sandbox_get(k7_client *client, const char *namespace_, const char *name, const k7_call *call,
                          k7_sandbox **ret_sandbox, k7_error **err);

/* k7_sandbox_delete: deletes a sandbox. options NULL: idempotent (a sandbox that is not there counts as deleted), whatever its uid, waiting until it is gone where the
 * transport can tell. Errors: also K7_ERR_NOT_FOUND (with missing_is_error), K7_ERR_CONFLICT (another uid,
 * or what has the name is no sandbox). */
K7_API int k7_sandbox_delete(k7_client *client, const char *namespace_, const char *name,
                             const k7_delete_options *options, const k7_call *call, k7_error **err);

/* k7_sandbox_delete_all: deletes every sandbox of one namespace (never of all: namespace_ NULL means the default one). 0 once the set is known: then
 * what became of each is in *ret_results, also after a failure, a cancel or the deadline. */
K7_API int k7_sandbox_delete_all(k7_client *client, const char *namespace_, const k7_call *call,
                                 k7_results **ret_results, k7_error **err);

/* k7_query: what to list. set_namespace: NULL: the client's default. set_all_namespaces: 1 or 0; with a namespace set it is an error when
 * listing. Errors: K7_ERR_INVALID_ARGUMENT, K7_ERR_NO_MEMORY. */
K7_API int k7_query_new(k7_query **ret_query, k7_error **err);
K7_API void k7_query_free(k7_query *query);
K7_API int k7_query_set_namespace(k7_query *query, const char *namespace_, k7_error **err);
K7_API int k7_query_set_all_namespaces(k7_query *query, int yes, k7_error **err);

/* k7_delete_options: how to delete. set_uid: delete only if the sandbox still has this uid (NULL: any; where servers tell no uid: UNSUPPORTED_ARGUMENT).
 * set_missing_is_error: 1: K7_ERR_NOT_FOUND when it is not there. set_no_wait: 1: return once the deletion is accepted. Errors:
 * K7_ERR_INVALID_ARGUMENT, K7_ERR_NO_MEMORY. */
K7_API int k7_delete_options_new(k7_delete_options **ret_options, k7_error **err);
K7_API void k7_delete_options_free(k7_delete_options *options);
K7_API int k7_delete_options_set_uid(k7_delete_options *options, const char *uid, k7_error **err);
K7_API int k7_delete_options_set_missing_is_error(k7_delete_options *options, int yes, k7_error **err);
K7_API int k7_delete_options_set_no_wait(k7_delete_options *options, int yes, k7_error **err);

/* k7_sandbox: immutable, true as of when it was read. Text getters: NULL when the server did not say; borrowed while a reference is held. */
K7_API k7_sandbox *k7_sandbox_ref(k7_sandbox *sandbox);
K7_API k7_sandbox *k7_sandbox_unref(k7_sandbox *sandbox);
K7_API const char *k7_sandbox_get_name(const k7_sandbox *sandbox);
K7_API const char *k7_sandbox_get_namespace(const k7_sandbox *sandbox);
K7_API const char *k7_sandbox_get_image(const k7_sandbox *sandbox);
/* K7's: "Pending", "Running", "Succeeded", "Failed", "Unknown", "No Pods", … */
K7_API const char *k7_sandbox_get_status(const k7_sandbox *sandbox);
K7_API const char *k7_sandbox_get_error_message(const k7_sandbox *sandbox); /* "" when there is none */
/* What is wrong, in one word as the server names it: "CrashLoopBackOff", "ImagePullBackOff", "Unschedulable", "Paused", "Terminating", "OOMKilled", …; NULL when
 * nothing is, or the server did not say. The error message says it in more words. */
K7_API const char *k7_sandbox_get_reason(const k7_sandbox *sandbox);
K7_API const char *k7_sandbox_get_node(const k7_sandbox *sandbox);
K7_API const char *k7_sandbox_get_backend(const k7_sandbox *sandbox);
K7_API const char *k7_sandbox_get_uid(const k7_sandbox *sandbox);
/* as the server wrote it, e.g. "0:05:42" */
K7_API const char *k7_sandbox_get_age_text(const k7_sandbox *sandbox);
K7_API int k7_sandbox_is_ready(const k7_sandbox *sandbox);             /* 1, 0, or -1 unknown */
K7_API int64_t k7_sandbox_get_restarts(const k7_sandbox *sandbox);     /* -1 unknown */
K7_API int64_t k7_sandbox_get_created_unix(const k7_sandbox *sandbox); /* seconds since 1970; -1 unknown */

/* Node ports (K7 from 0.3 on). at: 0 when i is out of range. */
K7_API size_t k7_sandbox_node_port_count(const k7_sandbox *sandbox);
K7_API int32_t k7_sandbox_node_port_at(const k7_sandbox *sandbox, size_t i);

/* Endpoints of exposed ports, as create returns them (K7 from 0.3 on). */
K7_API size_t k7_sandbox_endpoint_count(const k7_sandbox *sandbox);
K7_API int32_t k7_sandbox_endpoint_port_at(const k7_sandbox *sandbox, size_t i);
K7_API int32_t k7_sandbox_endpoint_node_port_at(const k7_sandbox *sandbox, size_t i);
K7_API const char *k7_sandbox_endpoint_url_at(const k7_sandbox *sandbox, size_t i);
/* k7_sandbox_to_json: the K7 API's own object, with members that this library does not know, or that have another type than K7's, kept as the server sent them.
 * What K7's clients need and nobody said is written as K7 itself does: status, age and image "Unknown", ready "False", restarts 0. Of a sandbox without
 * any state (create's answer) only name, namespace, image and endpoints are written. Release with k7_free(). Errors: K7_ERR_INVALID_ARGUMENT, K7_ERR_NO_MEMORY, K7_ERR_LIMIT. */
K7_API int k7_sandbox_to_json(const k7_sandbox *sandbox, char **ret_text, k7_error **err);

/* k7_sandboxes: the list. at: borrowed; NULL when i is out of range. */
K7_API k7_sandboxes *k7_sandboxes_ref(k7_sandboxes *list);
K7_API k7_sandboxes *k7_sandboxes_unref(k7_sandboxes *list);
K7_API size_t k7_sandboxes_count(const k7_sandboxes *list);
K7_API k7_sandbox *k7_sandboxes_at(const k7_sandboxes *list, size_t i);

/* k7_results: what became of each item of an operation over many. */
#define K7_ITEM_DONE        0
#define K7_ITEM_FAILED      1 /* failed, and nothing is in doubt: its error and leftovers say what stays */
#define K7_ITEM_NOT_STARTED 2 /* the call ended before its turn came */
#define K7_ITEM_UNKNOWN     3 /* it may have taken effect, or something of it is left */
K7_API k7_results *k7_results_ref(k7_results *results);
K7_API k7_results *k7_results_unref(k7_results *results);
K7_API size_t k7_results_count(const k7_results *results);
K7_API size_t k7_results_count_of(const k7_results *results, int outcome); /* how many have this K7_ITEM_* */
K7_API const char *k7_results_name_at(const k7_results *results, size_t i);
K7_API int k7_results_outcome_at(const k7_results *results,
                                 size_t i); /* K7_ITEM_*; -1 when i is out of range */
K7_API const k7_error *k7_results_error_at(const k7_results *results, size_t i); /* borrowed; NULL: none */
/* what create_many and get_many (many.h) gave for it; borrowed; NULL: none */
K7_API k7_sandbox *k7_results_sandbox_at(const k7_results *results, size_t i);

#ifdef __cplusplus
}
#endif

#endif
