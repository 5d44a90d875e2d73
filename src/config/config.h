/* config.h: the content of a k7_config, for the transports: typed access to keys that were checked when set. */
#ifndef K7I_CONFIG_CONFIG_H
#define K7I_CONFIG_CONFIG_H

#include <k7sandbox/config.h>

/* The value in force, also of secrets; NULL when there is none. The key must be in the table. */
const char *k7i_config_text(const k7_config *config, const char *key);
int64_t k7i_config_int(const k7_config *config, const char *key);
int k7i_config_bool(const k7_config *config, const char *key);
/* Whether a comma separated list has an entry. */
int k7i_config_list_has(const k7_config *config, const char *key, const char *entry);
int k7i_config_is_set(const k7_config *config, const char *key);

/* Before a client is opened: every key that the program set belongs to `transport` or to all, none excludes another one or the token provider, and none lacks another one that it
 * needs: else K7_ERR_INVALID_CONFIG. What k7_config_load_default() found for another transport is ignored. */
int k7i_config_check_transport(const k7_config *config, const char *transport, k7_error **err);

int k7i_config_dup(const k7_config *config, k7_config **ret_config, k7_error **err);

/* The token provider; fn NULL: none. Shared by copies; the user's free function runs with the last. */
struct k7i_token_provider {
    int (*fn)(void *user, k7_token *token);
    void *user;
};
struct k7i_token_provider k7i_config_token_provider(const k7_config *config);

/* What a provider filled in: */
struct k7_token {
    char *text; /* a secret, or NULL */
    int64_t expires_unix;
    char *error;
};

/* k7i_token_clear: empty, without expiry; the text is wiped. */
void k7i_token_clear(k7_token *token);

/* k7i_config_api_key: the API key in force, of rest.api_key or read from rest.api_key_file; NULL when there is none. After k7i_config_check_transport(). Released
 * with k7i_secret_free(). Only in builds with the rest transport. */
int k7i_config_api_key(const k7_config *config, char **ret_key, k7_error **err);

/* Custom transports, as unexplained objects with their reference functions: the config layer knows nothing of transports. */
struct k7i_attachment {
    const char *scheme; /* borrowed from the object */
    void *object;
    void *(*ref)(void *object);
    void *(*unref)(void *object);
};
int k7i_config_attach(k7_config *config, const struct k7i_attachment *attachment, k7_error **err);
const struct k7i_attachment *k7i_config_attachment(const k7_config *config, const char *scheme); /* or NULL */

#endif
