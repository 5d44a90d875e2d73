/* client.h: a client is one endpoint with its settings; any thread may use it at any time. */
#ifndef K7SANDBOX_CLIENT_H
#define K7SANDBOX_CLIENT_H

#include <k7sandbox/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* k7_client_open: opens a client. config NULL: k7_config_load_default(). The configuration is checked and copied; nothing is sent.
 * The caller owns a reference and releases it with k7_client_unref(). Errors: K7_ERR_INVALID_CONFIG (a wrong value, a key of another
 * transport, an unknown scheme, a credential over plain http:// to another host), K7_ERR_IO (a certificate file), K7_ERR_CONNECT
 * (docker: without a path, and there is no engine's socket), K7_ERR_SYSTEM, K7_ERR_NO_MEMORY; with NULL also those of k7_config_load_default(). Since 0.1. */
K7_API int k7_client_open(const k7_config *config, k7_client **ret_client, k7_error **err);

/* k7_client_ref, k7_client_unref: share and release; unref returns NULL. A client ends with its last reference; no blocking call may be running
 * then. An operation that was started (op.h) has a reference of its own until it has ended. Any thread. Since 0.1. */
K7_API k7_client *k7_client_ref(k7_client *client);
K7_API k7_client *k7_client_unref(k7_client *client);

/* k7_client_supports: whether the client's transport has an operation: *ret_supported is 1 or 0. operation: "create", "list", "get", "delete",
 * "delete_all". Errors: K7_ERR_INVALID_ARGUMENT for any other name. Any thread. Since 0.1. */
K7_API int k7_client_supports(k7_client *client, const char *operation, int *ret_supported, k7_error **err);

/* Getters of a client; borrowed, as long as the client lives. Any thread. Since 0.1. */
K7_API const char *k7_client_get_endpoint(const k7_client *client); /* without user names and passwords */
/* "rest", "docker", "kubernetes", "memory", or a custom scheme */
K7_API const char *k7_client_get_transport(const k7_client *client);
K7_API const char *k7_client_get_namespace(const k7_client *client); /* the default namespace */
/* What a program should tell its user about how the client reaches its server: that the kubeconfig asks for the server's certificate not to be checked. NULL: nothing. */
K7_API const char *k7_client_get_warning(const k7_client *client);

/* The operations and the built-in transports, and which has which: the matrix that the documentation prints. at: NULL when i is out of range; supports: 1, 0, or -1 for
 * an unknown name. Static text. Any thread. Since 0.1. */
K7_API size_t k7_operation_count(void);
K7_API const char *k7_operation_at(size_t i);
K7_API size_t k7_transport_count(void);
K7_API const char *k7_transport_at(size_t i);
K7_API int k7_transport_supports(const char *transport, const char *operation);

#ifdef __cplusplus
}
#endif

#endif
