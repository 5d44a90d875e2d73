/* spec.h: the sandbox to create: every body field of K7's create (K7 contract, section 1.6 #1), and this library's own additions.
 *
 * Unset, empty and given are three different things: a field never touched is left to the server's default, and k7_spec_is_set() tells.
 * Setters copy, and check only that the text is UTF-8 without control characters where none can be meant; k7_spec_validate() checks the meaning,
 * and k7_sandbox_create() calls it before anything is sent. A spec belongs to one thread while it is being built.
 *
 * Errors of all setters: K7_ERR_INVALID_ARGUMENT, K7_ERR_NO_MEMORY. NULL as a value of set unsets a field; for add it is an error, because it could open
 * by accident what was to be closed. All since 0.1. */
#ifndef K7SANDBOX_SPEC_H
#define K7SANDBOX_SPEC_H

#include <k7sandbox/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* k7_spec_new: a spec without any other field; name and image are required by create but may be NULL here and set later. k7_spec_dup: a copy. The caller frees either with k7_spec_free(). Errors:
 * K7_ERR_INVALID_ARGUMENT, K7_ERR_NO_MEMORY. */
K7_API int k7_spec_new(const char *name, const char *image, k7_spec **ret_spec, k7_error **err);
K7_API int k7_spec_dup(const k7_spec *spec, k7_spec **ret_spec, k7_error **err);
K7_API void k7_spec_free(k7_spec *spec);

/* k7_spec_from_json, k7_spec_from_yaml: reads the API's create body, or a k7.yaml (the same fields as one flat mapping; K7 contract, section 8.3). len in bytes, at
 * most 1 MiB. Strict: an unknown key, a duplicate key or a wrong type is an error that names the key and its line. Nothing is validated beyond
 * types. Errors: K7_ERR_PARSE, K7_ERR_LIMIT, K7_ERR_NO_MEMORY; yaml: K7_ERR_UNSUPPORTED_OPERATION when built without it. */
K7_API int k7_spec_from_json(const char *text, size_t len, k7_spec **ret_spec, k7_error **err);
K7_API int k7_spec_from_yaml(const char *text, size_t len, k7_spec **ret_spec, k7_error **err);
/* k7_spec_to_json, k7_spec_to_yaml: writes the fields that are set, in the contract's order; reading it back gives an equal spec. Release *ret_text with
 * k7_free(). Values of env are included. Errors: K7_ERR_NO_MEMORY, K7_ERR_LIMIT; yaml: K7_ERR_UNSUPPORTED_OPERATION when built without it. */
K7_API int k7_spec_to_json(const k7_spec *spec, char **ret_text, k7_error **err);
K7_API int k7_spec_to_yaml(const k7_spec *spec, char **ret_text, k7_error **err);

/* k7_spec_validate: everything that can be known without a server: names, image, quantities, CIDRs, capabilities, ports, and fields that exclude each
 * other. The error names the field and the value. Errors: K7_ERR_INVALID_ARGUMENT. */
K7_API int k7_spec_validate(const k7_spec *spec, k7_error **err);

/* k7_spec_is_set: whether a field was given (also when given as empty): 1 or 0; -1: no such field. field: its name in the API, e.g. "egress_whitelist". */
K7_API int k7_spec_is_set(const k7_spec *spec, const char *field);

/* The fields' names in the contract's order. at: NULL when i is out of range. Static text. */
K7_API size_t k7_spec_field_count(void);
K7_API const char *k7_spec_field_at(size_t i);

/* Text fields. Getters give NULL when unset; borrowed until the field is set again. */
K7_API int k7_spec_set_name(k7_spec *spec, const char *name,
                            k7_error **err); /* DNS-1123 subdomain, at most 63 characters, not "metrics" */
K7_API const char *k7_spec_get_name(const k7_spec *spec);
K7_API int k7_spec_set_image(k7_spec *spec, const char *image,
                             k7_error **err); /* [registry/]repository[:tag][@digest] */
K7_API const char *k7_spec_get_image(const k7_spec *spec);
K7_API int k7_spec_set_namespace(k7_spec *spec, const char *namespace_,
                                 k7_error **err); /* DNS-1123 label; unset: the client's */
K7_API const char *k7_spec_get_namespace(const k7_spec *spec);
K7_API int k7_spec_set_env_file(k7_spec *spec, const char *path,
                                k7_error **err); /* a path on the API host, not here */
K7_API const char *k7_spec_get_env_file(const k7_spec *spec);
K7_API int k7_spec_set_before_script(k7_spec *spec, const char *script,
                                     k7_error **err); /* shell commands run before the sandbox is ready */
K7_API const char *k7_spec_get_before_script(const k7_spec *spec);
K7_API int k7_spec_set_backend(k7_spec *spec, const char *backend,
                               k7_error **err); /* "kfd", "kql", "k7d", "k7d-fc" or the long names */
K7_API const char *k7_spec_get_backend(const k7_spec *spec);
K7_API int k7_spec_set_runtime_class_name(k7_spec *spec, const char *name, k7_error **err);
K7_API const char *k7_spec_get_runtime_class_name(const k7_spec *spec);
K7_API int k7_spec_set_root_disk_size(k7_spec *spec, const char *quantity, k7_error **err);
K7_API const char *k7_spec_get_root_disk_size(const k7_spec *spec);
K7_API int k7_spec_set_sidecar(k7_spec *spec, const char *sidecar,
                               k7_error **err); /* only "docker"; deprecated by K7 */
K7_API const char *k7_spec_get_sidecar(const k7_spec *spec);
K7_API int k7_spec_set_node_name(k7_spec *spec, const char *node, k7_error **err);
K7_API const char *k7_spec_get_node_name(const k7_spec *spec);
K7_API int k7_spec_set_docker_disk(k7_spec *spec, const char *quantity, k7_error **err);
K7_API const char *k7_spec_get_docker_disk(const k7_spec *spec);

/* Yes or no. Setters: 0 no, 1 yes, -1 unset. Getters: 1 or 0 (unset counts as 0). */
K7_API int k7_spec_set_pod_non_root(k7_spec *spec, int yes, k7_error **err); /* UID, GID and FSGroup 65532 */
K7_API int k7_spec_get_pod_non_root(const k7_spec *spec);
K7_API int k7_spec_set_container_non_root(k7_spec *spec, int yes, k7_error **err); /* UID 65532 */
K7_API int k7_spec_get_container_non_root(const k7_spec *spec);
K7_API int k7_spec_set_docker(k7_spec *spec, int yes, k7_error **err);
K7_API int k7_spec_get_docker(const k7_spec *spec);
/* before_script_under_lock (this library's own): 1: the egress rules hold while before_script runs, too. Default: K7's order, the script first and the
 * lock after it. */
K7_API int k7_spec_set_before_script_under_lock(k7_spec *spec, int yes, k7_error **err);
K7_API int k7_spec_get_before_script_under_lock(const k7_spec *spec);

/* limits: resource limits, also used as requests. key: "cpu", "memory", "ephemeral-storage". value: a Kubernetes quantity; NULL removes the key.
 * key_at gives the keys in the order they were set. */
K7_API int k7_spec_set_limit(k7_spec *spec, const char *key, const char *value, k7_error **err);
K7_API const char *k7_spec_get_limit(const k7_spec *spec, const char *key);
K7_API size_t k7_spec_limit_count(const k7_spec *spec);
K7_API const char *k7_spec_limit_key_at(const k7_spec *spec, size_t i);

/* egress_whitelist: unset or open: the sandbox may reach everything; blocked: nothing; a list: only these CIDRs or addresses (K7 from 0.2 on: also domain
 * names). add_egress makes it a list. */
#define K7_EGRESS_UNSET   0
#define K7_EGRESS_OPEN    1 /* explicitly: null in JSON */
#define K7_EGRESS_BLOCKED 2 /* the empty list */
#define K7_EGRESS_LIST    3
K7_API int k7_spec_set_egress_open(k7_spec *spec, k7_error **err);
K7_API int k7_spec_set_egress_blocked(k7_spec *spec, k7_error **err);
K7_API int k7_spec_unset_egress(k7_spec *spec, k7_error **err);
K7_API int k7_spec_add_egress(k7_spec *spec, const char *destination, k7_error **err);
K7_API int k7_spec_get_egress_mode(const k7_spec *spec); /* K7_EGRESS_* */
K7_API size_t k7_spec_egress_count(const k7_spec *spec);
K7_API const char *k7_spec_egress_at(const k7_spec *spec, size_t i);

/* cap_drop, cap_add: Linux capabilities with or without "CAP_", in any case, or "ALL". cap_drop unset means ALL is dropped; none: nothing is. */
K7_API int k7_spec_set_cap_drop_none(k7_spec *spec, k7_error **err);
K7_API int k7_spec_add_cap_drop(k7_spec *spec, const char *capability, k7_error **err);
K7_API size_t k7_spec_cap_drop_count(const k7_spec *spec);
K7_API const char *k7_spec_cap_drop_at(const k7_spec *spec, size_t i);
K7_API int k7_spec_add_cap_add(k7_spec *spec, const char *capability, k7_error **err);
K7_API size_t k7_spec_cap_add_count(const k7_spec *spec);
K7_API const char *k7_spec_cap_add_at(const k7_spec *spec, size_t i);

/* entrypoint, cmd: argument vectors (K7's kql backend only). add makes the field given; unset removes it. */
K7_API int k7_spec_add_entrypoint(k7_spec *spec, const char *argument, k7_error **err);
K7_API size_t k7_spec_entrypoint_count(const k7_spec *spec);
K7_API const char *k7_spec_entrypoint_at(const k7_spec *spec, size_t i);
K7_API int k7_spec_add_cmd(k7_spec *spec, const char *argument, k7_error **err);
K7_API size_t k7_spec_cmd_count(const k7_spec *spec);
K7_API const char *k7_spec_cmd_at(const k7_spec *spec, size_t i);

/* ingress_ports, expose_ports: TCP ports 1 … 65535; every exposed port must be an ingress port. ingress_from: "sandbox:NAME", "namespace:NAME" or
 * "cidr:CIDR". port_at: 0 when i is out of range. */
K7_API int k7_spec_add_ingress_port(k7_spec *spec, int32_t port, k7_error **err);
K7_API size_t k7_spec_ingress_port_count(const k7_spec *spec);
K7_API int32_t k7_spec_ingress_port_at(const k7_spec *spec, size_t i);
K7_API int k7_spec_add_ingress_from(k7_spec *spec, const char *source, k7_error **err);
K7_API size_t k7_spec_ingress_from_count(const k7_spec *spec);
K7_API const char *k7_spec_ingress_from_at(const k7_spec *spec, size_t i);
K7_API int k7_spec_add_expose_port(k7_spec *spec, int32_t port, k7_error **err);
K7_API size_t k7_spec_expose_port_count(const k7_spec *spec);
K7_API int32_t k7_spec_expose_port_at(const k7_spec *spec, size_t i);

/* k7_spec_unset: unsets any field by its name in the API. Errors: K7_ERR_INVALID_ARGUMENT for an unknown name. */
K7_API int k7_spec_unset(k7_spec *spec, const char *field, k7_error **err);

/* env (this library's own): explicit environment variables. A key is [A-Za-z_][A-Za-z0-9_.-]* (Kubernetes' rule for environment variable names); a later value wins.
 * add_env_text reads .env text by K7's rules (K7 contract, section 2.1.1) at once; add_env_local_file does so with a file on this machine of at most
 * 1 MiB. Errors: also K7_ERR_PARSE (names the line), K7_ERR_IO. Servers of K7 itself have no such field: K7_ERR_UNSUPPORTED_ARGUMENT when creating. */
K7_API int k7_spec_add_env(k7_spec *spec, const char *key, const char *value, k7_error **err);
K7_API int k7_spec_add_env_text(k7_spec *spec, const char *text, size_t len, k7_error **err);
K7_API int k7_spec_add_env_local_file(k7_spec *spec, const char *path, k7_error **err);
K7_API size_t k7_spec_env_count(const k7_spec *spec);
K7_API const char *k7_spec_env_key_at(const k7_spec *spec, size_t i);
K7_API const char *k7_spec_env_value_at(const k7_spec *spec, size_t i);

#ifdef __cplusplus
}
#endif

#endif
