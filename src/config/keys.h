/* keys.h: a row of the table of configuration keys, and the check of a value against its row. Only for this folder. */
#ifndef K7I_CONFIG_KEYS_H
#define K7I_CONFIG_KEYS_H

#include <k7sandbox/config.h>

enum k7i_key_type { K7I_KEY_TEXT, K7I_KEY_INTEGER, K7I_KEY_BOOLEAN, K7I_KEY_PATH, K7I_KEY_LIST };

struct k7_config_key {
    const char *name, *fallback, *transport, *meaning; /* fallback: the default, or NULL */
    enum k7i_key_type type;
    int is_secret;
    int is_block;     /* text that may have several lines: PEM, JSON */
    int64_t min, max; /* of an integer */
    int has_never;    /* an integer that may also be K7_NEVER */
    /* The form of a text, or of one entry of a list; NULL: any. */
    int (*check)(const struct k7_config_key *key, const char *value, k7_error **err);
};

/* The row, or NULL; *ret_index (may be NULL) is its place in the table. */
const struct k7_config_key *k7i_key_find(const char *name, size_t *ret_index);
/* K7_ERR_INVALID_CONFIG that suggests a key of a similar name. */
int k7i_key_unknown(const char *name, k7_error **err);

/* k7i_key_normalise: checks a value and copies it in its plain form: white space around credentials and entries of lists removed, capabilities spelled
 * as engines want them. The copy is released with k7i_secret_free(). */
int k7i_key_normalise(const struct k7_config_key *key, const char *value, char **ret_value, k7_error **err);

/* Forms, for the table. */
int k7i_form_endpoint(const struct k7_config_key *key, const char *value, k7_error **err);
int k7i_form_namespace(const struct k7_config_key *key, const char *value, k7_error **err);
int k7i_form_user_agent(const struct k7_config_key *key, const char *value, k7_error **err);
int k7i_form_credential(const struct k7_config_key *key, const char *value, k7_error **err);
int k7i_form_certificates(const struct k7_config_key *key, const char *value, k7_error **err);
int k7i_form_tls_version(const struct k7_config_key *key, const char *value, k7_error **err);
int k7i_form_proxy(const struct k7_config_key *key, const char *value, k7_error **err);
int k7i_form_runtime(const struct k7_config_key *key, const char *value, k7_error **err);
int k7i_form_capability(const struct k7_config_key *key, const char *value, k7_error **err);
int k7i_form_pull(const struct k7_config_key *key, const char *value, k7_error **err);
int k7i_form_network(const struct k7_config_key *key, const char *value, k7_error **err);
int k7i_form_profile(const struct k7_config_key *key, const char *value, k7_error **err);
int k7i_form_registry_auth(const struct k7_config_key *key, const char *value, k7_error **err);

#endif
