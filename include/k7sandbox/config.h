/* config.h: the settings of a client: a table of named keys, listable at run time. */
#ifndef K7SANDBOX_CONFIG_H
#define K7SANDBOX_CONFIG_H

#include <k7sandbox/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/* k7_config_new: an empty configuration: every key has its default. The caller owns it and frees it with k7_config_free(). Errors:
 * K7_ERR_NO_MEMORY. Since 0.1. */
K7_API int k7_config_new(k7_config **ret_config, k7_error **err);
K7_API void k7_config_free(k7_config *config);

/* k7_config_load_default: fills endpoint, rest.api_key and rest.ca_file, each from the first place that has it, in K7's order (K7 contract, section
 * 1.1): the environment (K7_API_URL, K7_API_KEY, K7_API_CA; ignored in set-uid programs), then section [api] (url, key, ca) of
 * $K7_CONFIG_DIR/config.toml, else $XDG_CONFIG_HOME/k7/config.toml, else ~/.config/k7/config.toml. Keys that were set before stay, and keep out what
 * they stand for: rest.api_key_file and a token provider the key, rest.ca_pem the file. What was found here for another transport than the endpoint's
 * is ignored when a client is opened, not refused. Where no place has an endpoint, it is "kubernetes:" when kubectl would find a cluster (KUBECONFIG, the service account of a
 * pod, ~/.kube/config); else it stays unset, and k7_client_open() says so.
 * Errors: K7_ERR_IO (the file exists but cannot be read), K7_ERR_LIMIT (it is larger than 64 KiB), K7_ERR_PARSE (names file and line),
 * K7_ERR_INVALID_CONFIG, K7_ERR_NO_MEMORY. Since 0.1. */
K7_API int k7_config_load_default(k7_config *config, k7_error **err);

/* k7_config_set: sets a key; value NULL goes back to the default. Values are text; numbers and booleans ("true", "false") are checked here.
 * Errors: K7_ERR_INVALID_CONFIG (unknown key, value of the wrong type or out of range; nothing is changed then), K7_ERR_INVALID_ARGUMENT,
 * K7_ERR_NO_MEMORY. Since 0.1. */
K7_API int k7_config_set(k7_config *config, const char *key, const char *value, k7_error **err);

/* k7_config_get: the value in force (set, or the default); NULL when there is none, for an unknown key and for a secret. Borrowed until the key is
 * set again. Since 0.1. */
K7_API const char *k7_config_get(const k7_config *config, const char *key);

/* k7_config_set_token_provider: a bearer token for each request of the rest transport, instead of rest.api_key (both: an error when opening). fn runs
 * on the thread that makes the call, when no token is cached, when the cached one expires, and once more after a 401; it answers with
 * k7_token_set() or k7_token_set_error() and returns 0, or non-zero to fail. free_user runs once, with the last
 * configuration or client that has the provider, also when this call fails. Errors: K7_ERR_INVALID_ARGUMENT, K7_ERR_NO_MEMORY. Since 0.1. */
K7_API int k7_config_set_token_provider(k7_config *config, int (*fn)(void *user, k7_token *token), void *user,
                                        void (*free_user)(void *user), k7_error **err);

/* k7_token_set: inside a token provider: the token, without "Bearer"; white space around it is removed. expires_unix: seconds since 1970, or
 * -1 when unknown (then it is asked for again for each request). Returns 0, or a negative number: empty, or with control characters. Since 0.1. */
K7_API int k7_token_set(k7_token *token, const char *text, int64_t expires_unix);
/* k7_token_set_error: inside a token provider: why there is none. The text appears in the error of the call. Since 0.1. */
K7_API void k7_token_set_error(k7_token *token, const char *message);

/* k7_config_add_transport: makes a custom transport (transport.h) available to clients opened with this configuration; takes a reference of its own.
 * Errors: K7_ERR_INVALID_CONFIG when its scheme is taken. Since 0.1. */
K7_API int k7_config_add_transport(k7_config *config, k7_transport *transport, k7_error **err);

/* The table of keys. at: NULL when i is out of range. Everything returned is static. Any thread. Since 0.1. */
K7_API size_t k7_config_key_count(void);
K7_API const k7_config_key *k7_config_key_at(size_t i);
K7_API const char *k7_config_key_get_name(const k7_config_key *key); /* "rest.ca_file" */
/* "text", "integer", "boolean", "path", "list" (comma separated) */
K7_API const char *k7_config_key_get_type(const k7_config_key *key);
K7_API const char *k7_config_key_get_default(const k7_config_key *key); /* or NULL */
K7_API const char *k7_config_key_get_meaning(const k7_config_key *key);
K7_API const char *k7_config_key_get_transport(const k7_config_key *key); /* "rest", …; NULL: for all */
K7_API int k7_config_key_is_secret(const k7_config_key *key);

#ifdef __cplusplus
}
#endif

#endif
