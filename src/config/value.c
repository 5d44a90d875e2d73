/* value.c: checks the value of a key against its row of the table, when it is set. An error names key and value, but never the value of a secret. Knows
 * nothing of where values are kept. */
#include "config/keys.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/secret.h"
#include "base/text.h"
#include "config/endpoint.h"
#include "model/name.h"
#include "model/spec.h"
#include <k7sandbox/call.h>

#include <string.h>

enum { VALUE_MAX = 1024 * 1024, SHOWN_MAX = 100, CAPABILITY_SIZE = 64 };

#define WHITE_SPACE  " \t\r\n"
#define WORD_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static int refuse(const struct k7_config_key *key, const char *value, const char *why, k7_error **err)
{
    if (key->is_secret || !*value || strchr(value, '\n'))
        return k7i_fail(err, K7_ERR_INVALID_CONFIG, "%s: %s", key->name, why);
    size_t len = strlen(value);
    if (len > SHOWN_MAX) {
        len = SHOWN_MAX;
        while (len > 0 && ((unsigned char)value[len] & 0xC0) == 0x80) /* not inside a UTF-8 character */
            len--;
    }
    return k7i_fail(err, K7_ERR_INVALID_CONFIG, "%s \"%.*s\"%s: %s", key->name, (int)len, value,
                    value[len] ? "…" : "", why);
}

int k7i_form_endpoint(const struct k7_config_key *key, const char *value, k7_error **err)
{
    struct k7i_endpoint *endpoint;
    int code = k7i_endpoint_parse(value, &endpoint, err);

    (void)key;
    k7i_endpoint_free(endpoint);
    return code;
}

int k7i_form_namespace(const struct k7_config_key *key, const char *value, k7_error **err)
{
    if (k7i_name_check_namespace(value, NULL) == 0)
        return 0;
    return refuse(key, value,
                  "must be 1 to 63 lower-case letters, digits and \"-\", with a letter or digit at both ends",
                  err);
}

int k7i_form_user_agent(const struct k7_config_key *key, const char *value, k7_error **err)
{
    for (const char *p = value; *p; p++)
        if ((unsigned char)*p > 0x7E)
            return refuse(key, value, "must be ASCII", err);
    return 0;
}

int k7i_form_credential(const struct k7_config_key *key, const char *value, k7_error **err)
{
    if (!*value)
        return refuse(key, value, "must not be empty", err);
    for (const char *p = value; *p; p++)
        if ((unsigned char)*p <= 0x20 || (unsigned char)*p > 0x7E)
            return refuse(key, value, "must be visible ASCII characters without white space", err);
    return 0;
}

int k7i_form_certificates(const struct k7_config_key *key, const char *value, k7_error **err)
{
    if (strstr(value, "-----BEGIN CERTIFICATE-----"))
        return 0;
    return k7i_fail(err, K7_ERR_INVALID_CONFIG, "%s: no PEM certificate in it", key->name);
}

int k7i_form_tls_version(const struct k7_config_key *key, const char *value, k7_error **err)
{
    if (strcmp(value, "1.2") == 0 || strcmp(value, "1.3") == 0)
        return 0;
    return refuse(key, value, "must be 1.2 or 1.3", err);
}

int k7i_form_proxy(const struct k7_config_key *key, const char *value, k7_error **err)
{
    struct k7i_endpoint *proxy;
    k7_error *cause = NULL;
    int code = k7i_endpoint_parse(value, &proxy, &cause);

    if (code == K7_ERR_NO_MEMORY) {
        k7i_error_move(err, cause);
        return code;
    }
    k7_error_unref(cause);
    if (code == 0 && proxy->host && (proxy->path[0] == '\0' || strcmp(proxy->path, "/") == 0) &&
        proxy->parameter_count == 0 &&
        (strcmp(proxy->scheme, "http") == 0 || strcmp(proxy->scheme, "https") == 0 ||
         strcmp(proxy->scheme, "socks5") == 0)) {
        k7i_endpoint_free(proxy);
        return 0;
    }
    k7i_endpoint_free(proxy);
    return refuse(key, strchr(value, '@') ? "" : value,
                  "must be http://, https:// or socks5:// with HOST[:PORT], without user name and password",
                  err);
}

int k7i_form_runtime(const struct k7_config_key *key, const char *value, k7_error **err)
{
    if (value[strspn(value, WORD_LETTERS "._+/-")] == '\0' && value[0] != '-')
        return 0;
    return refuse(key, value, "a runtime's name has letters, digits and \"._+/-\" only", err);
}

int k7i_form_capability(const struct k7_config_key *key, const char *value, k7_error **err)
{
    char name[CAPABILITY_SIZE];

    if (k7i_spec_capability(value, name, sizeof name) != 0)
        return refuse(key, value, "no such capability", err);
    if (strcmp(name, "ALL") == 0)
        return refuse(key, value, "name each capability that may be given", err);
    return 0;
}

int k7i_form_pull(const struct k7_config_key *key, const char *value, k7_error **err)
{
    if (strcmp(value, "missing") == 0 || strcmp(value, "never") == 0)
        return 0;
    return refuse(key, value, "must be missing or never", err);
}

int k7i_form_profile(const struct k7_config_key *key, const char *value, k7_error **err)
{
    if (strcmp(value, "auto") == 0 || strcmp(value, "v0.1") == 0 || strcmp(value, "v0.4") == 0)
        return 0;
    return refuse(key, value, "must be auto, v0.1 or v0.4", err);
}

int k7i_form_network(const struct k7_config_key *key, const char *value, k7_error **err)
{
    /* Engines give these names a meaning of their own: no isolation from the host or from other containers, or no network at all. */
    static const char *const reserved[] = { "bridge", "default", "host",       "none",
                                            "pasta",  "private", "slirp4netns" };

    if (value[strspn(value, WORD_LETTERS "_.-")] || strchr("_.-", value[0]))
        return refuse(key, value,
                      "a network's name has letters, digits and \"_.-\" only, and starts with a letter or "
                      "digit",
                      err);
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strcmp(value, reserved[i]) == 0)
            return refuse(key, value, "a reserved name: choose one for the sandboxes' own network", err);
    return 0;
}

int k7i_form_registry_auth(const struct k7_config_key *key, const char *value, k7_error **err)
{
    size_t len = strlen(value);

    while (len > 0 && strchr(WHITE_SPACE, value[len - 1]))
        len--;
    value += strspn(value, WHITE_SPACE);
    if (*value == '{' && len > 0)
        return 0;
    return refuse(key, value, "must be a JSON object", err);
}

static int check_integer(const struct k7_config_key *key, const char *value, k7_error **err)
{
    long long number;

    if (k7i_text_to_int64(value, &number) == 0 &&
        ((number >= key->min && number <= key->max) || (key->has_never && number == K7_NEVER)))
        return 0;
    char *why = k7i_sprintf("must be a whole number from %lld to %lld%s", (long long)key->min,
                            (long long)key->max, key->has_never ? ", or -1" : "");
    if (!why)
        return k7i_fail_memory(err);
    int code = refuse(key, value, why, err);
    k7i_free(why);
    return code;
}

/* Copies the entries without the white space around them. */
static int normalise_list(const struct k7_config_key *key, const char *value, char **ret_value,
                          k7_error **err)
{
    struct k7i_buf list;
    int code = 0;

    k7i_buf_init(&list, VALUE_MAX);
    for (int more = value[strspn(value, WHITE_SPACE)] != '\0'; more && !code;) {
        size_t len = strcspn(value, ",");
        const char *start = value, *end = value + len;

        more = *end == ',';
        value = end + more;
        while (start < end && strchr(WHITE_SPACE, *start))
            start++;
        while (end > start && strchr(WHITE_SPACE, end[-1]))
            end--;
        char *entry = k7i_strndup(start, (size_t)(end - start));
        if (!entry) {
            code = k7i_fail_memory(err);
        } else if (!*entry) {
            code = refuse(key, "", "an entry of the list is empty", err);
        } else {
            char name[CAPABILITY_SIZE];

            code = key->check(key, entry, err);
            if (list.len > 0)
                k7i_buf_char(&list, ',');
            if (key->check == k7i_form_capability && k7i_spec_capability(entry, name, sizeof name) == 0)
                k7i_buf_text(&list, name);
            else
                k7i_buf_text(&list, entry);
        }
        k7i_free(entry);
    }
    if (code) {
        k7i_buf_clear(&list);
        return code;
    }
    *ret_value = k7i_buf_take(&list);
    return *ret_value ? 0 : k7i_fail_memory(err);
}

/* Before anything of the value is shown: it is text, and on one line where it must be. */
static int check_characters(const struct k7_config_key *key, const char *value, k7_error **err)
{
    size_t len = strlen(value);

    if (len > VALUE_MAX)
        return k7i_fail(err, K7_ERR_INVALID_CONFIG, "%s: longer than %d bytes", key->name, VALUE_MAX);
    if (!k7i_text_is_utf8(value, len))
        return k7i_fail(err, K7_ERR_INVALID_CONFIG, "%s: not UTF-8", key->name);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)value[i];

        if ((c < 0x20 || c == 0x7F) && !(key->is_block && strchr(WHITE_SPACE, c)))
            return k7i_fail(err, K7_ERR_INVALID_CONFIG, "%s: a control character (0x%02x) at position %zu",
                            key->name, c, i + 1);
    }
    return 0;
}

int k7i_key_normalise(const struct k7_config_key *key, const char *value, char **ret_value, k7_error **err)
{
    char *copy;
    int code = 0;

    *ret_value = NULL;
    if (key->check == k7i_form_credential) {
        size_t len;

        value += strspn(value, WHITE_SPACE);
        len = strlen(value);
        while (len > 0 && strchr(WHITE_SPACE, value[len - 1]))
            len--;
        copy = k7i_strndup(value, len);
    } else {
        copy = k7i_secret_dup(value);
    }
    if (!copy)
        return k7i_fail_memory(err);
    code = check_characters(key, copy, err);
    if (!code && key->type != K7I_KEY_LIST && !*copy)
        code = refuse(key, copy, "must not be empty", err);
    if (!code && key->type == K7I_KEY_LIST) {
        char *list = NULL;

        code = normalise_list(key, copy, &list, err);
        k7i_secret_free(copy);
        *ret_value = list;
        return code;
    }
    if (!code && key->type == K7I_KEY_INTEGER)
        code = check_integer(key, copy, err);
    if (!code && key->type == K7I_KEY_BOOLEAN && strcmp(copy, "true") != 0 && strcmp(copy, "false") != 0)
        code = refuse(key, copy, "must be true or false", err);
    if (!code && key->type == K7I_KEY_TEXT && key->check)
        code = key->check(key, copy, err);
    if (code) {
        k7i_secret_free(copy);
        return code;
    }
    *ret_value = copy;
    return 0;
}
