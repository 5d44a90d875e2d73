/* keys.c: the table of configuration keys, in the order in which it is listed. Keys of a transport that was left out of the build are left out, too. It
 * holds no values, and knows nothing of what the transports do with them. */
#include "config/keys.h"

#include "base/error.h"
#include "base/text.h"
#include "k7i_features.h"

#include <string.h>

enum { MILLISECONDS_MAX = INT32_MAX, PROCESSES_MAX = 4194304 /* PID_MAX_LIMIT of 64-bit Linux */ };

/* What Docker gives by default, without what reaches beyond a sandbox's own files and processes: AUDIT_WRITE (the host's audit log), MKNOD (devices), NET_RAW
 * (forged packets), SETFCAP and SETPCAP (passing on capabilities), SYS_CHROOT. What remains is enough for package managers. */
#define CAPABILITIES "CHOWN,DAC_OVERRIDE,FOWNER,FSETID,KILL,NET_BIND_SERVICE,SETGID,SETUID"

static const struct k7_config_key keys[] = {
    { .name = "endpoint",
      .check = k7i_form_endpoint,
      .meaning =
          "where the sandboxes are: https://HOST[:PORT], docker:, kubernetes:, memory: or a custom transport's "
          "scheme" },
    { .name = "namespace",
      .fallback = "default",
      .check = k7i_form_namespace,
      .meaning = "the namespace used where a call names none" },
    { .name = "timeout_ms",
      .type = K7I_KEY_INTEGER,
      .min = 1,
      .max = MILLISECONDS_MAX,
      .has_never = 1,
      .meaning = "deadline of a call in milliseconds, -1: none; unset: list and get 30000, delete 120000, "
                 "create 600000" },
    { .name = "cleanup_timeout_ms",
      .type = K7I_KEY_INTEGER,
      .fallback = "15000",
      .max = MILLISECONDS_MAX,
      .meaning =
          "how long a call that failed may go on to take back what it made, in milliseconds; 0: not at all" },
    { .name = "connect_timeout_ms",
      .type = K7I_KEY_INTEGER,
      .fallback = "10000",
      .min = 1,
      .max = MILLISECONDS_MAX,
      .meaning = "how long one connection may take to be made, TLS included, in milliseconds" },
    { .name = "retry_attempts",
      .type = K7I_KEY_INTEGER,
      .fallback = "4",
      .min = 1,
      .max = 20,
      .meaning = "how often a request that is safe to repeat is made at most: 1 (never repeated) to 20" },
    { .name = "max_response_bytes",
      .type = K7I_KEY_INTEGER,
      .fallback = "67108864",
      .min = 1024,
      .max = INT32_MAX,
      .meaning = "the largest answer accepted, in bytes: 1024 to 2147483647" },
    { .name = "user_agent",
      .fallback = "libk7sandbox/" K7I_VERSION,
      .check = k7i_form_user_agent,
      .meaning = "the User-Agent header of every request" },
#ifdef K7I_WITH_REST
    { .name = "rest.api_key",
      .transport = "rest",
      .is_secret = 1,
      .check = k7i_form_credential,
      .meaning = "the K7 API key, sent as X-API-Key" },
    { .name = "rest.api_key_file",
      .transport = "rest",
      .type = K7I_KEY_PATH,
      .meaning = "a file with the K7 API key, read when a client is opened; instead of rest.api_key" },
    { .name = "rest.ca_file",
      .transport = "rest",
      .type = K7I_KEY_PATH,
      .meaning = "a PEM file with the certificates to trust; unset: those of the system" },
    { .name = "rest.ca_pem",
      .transport = "rest",
      .is_block = 1,
      .check = k7i_form_certificates,
      .meaning = "the certificates to trust, as PEM text; instead of rest.ca_file" },
    { .name = "rest.client_cert_file",
      .transport = "rest",
      .type = K7I_KEY_PATH,
      .meaning = "a PEM file with the client's certificate, for servers that ask for one" },
    { .name = "rest.client_key_file",
      .transport = "rest",
      .type = K7I_KEY_PATH,
      .meaning = "a PEM file with the private key of rest.client_cert_file" },
    { .name = "rest.tls_min_version",
      .transport = "rest",
      .fallback = "1.2",
      .check = k7i_form_tls_version,
      .meaning = "the oldest TLS version accepted: 1.2 or 1.3" },
    { .name = "rest.allow_plaintext",
      .transport = "rest",
      .type = K7I_KEY_BOOLEAN,
      .fallback = "false",
      .meaning = "whether a credential may travel over http:// to another host" },
    { .name = "rest.proxy",
      .transport = "rest",
      .check = k7i_form_proxy,
      .meaning = "a proxy: http://, https:// or socks5://HOST[:PORT]; the environment's proxies are never "
                 "used" },
    { .name = "rest.idle_ms",
      .transport = "rest",
      .type = K7I_KEY_INTEGER,
      .fallback = "4000",
      .max = MILLISECONDS_MAX,
      .meaning = "a connection idle for longer is not used again, in milliseconds; K7's server closes after "
                 "5000" },
#endif
#ifdef K7I_WITH_DOCKER
    { .name = "docker.ca_file",
      .transport = "docker",
      .type = K7I_KEY_PATH,
      .meaning =
          "a PEM file with the certificates to trust for docker://HOST:PORT; unset: those of the system" },
    { .name = "docker.client_cert_file",
      .transport = "docker",
      .type = K7I_KEY_PATH,
      .meaning = "a PEM file with the client's certificate for docker://HOST:PORT" },
    { .name = "docker.client_key_file",
      .transport = "docker",
      .type = K7I_KEY_PATH,
      .meaning = "a PEM file with the private key of docker.client_cert_file" },
    { .name = "docker.tls_min_version",
      .transport = "docker",
      .fallback = "1.2",
      .check = k7i_form_tls_version,
      .meaning = "the oldest TLS version accepted: 1.2 or 1.3" },
    { .name = "docker.runtimes",
      .transport = "docker",
      .type = K7I_KEY_LIST,
      .fallback = "",
      .check = k7i_form_runtime,
      .meaning = "the engine's runtimes that a sandbox may ask for by runtime_class_name" },
    { .name = "docker.allow_caps",
      .transport = "docker",
      .type = K7I_KEY_LIST,
      .fallback = CAPABILITIES,
      .check = k7i_form_capability,
      .meaning = "the Linux capabilities that a sandbox may have" },
    { .name = "docker.pids_limit",
      .transport = "docker",
      .type = K7I_KEY_INTEGER,
      .fallback = "1024",
      .min = 1,
      .max = PROCESSES_MAX,
      .meaning = "how many processes and threads a sandbox may have: 1 to 4194304" },
    { .name = "docker.pull",
      .transport = "docker",
      .fallback = "missing",
      .check = k7i_form_pull,
      .meaning = "when an image is pulled: missing (when the engine does not have it) or never" },
    { .name = "docker.registry_auth",
      .transport = "docker",
      .is_secret = 1,
      .is_block = 1,
      .check = k7i_form_registry_auth,
      .meaning = "credentials of registries: JSON {\"HOST\": {\"username\": …, \"password\": …}} or "
                 "{\"HOST\": {\"identitytoken\": …}}" },
    { .name = "docker.network",
      .transport = "docker",
      .fallback = "k7-sandboxes",
      .check = k7i_form_network,
      .meaning = "the bridge network used for open egress on dockerd; made when it is missing" },
    { .name = "docker.allow_open_egress",
      .transport = "docker",
      .type = K7I_KEY_BOOLEAN,
      .fallback = "true",
      .meaning = "whether a sandbox may have open egress, which reaches whatever the engine's host reaches" },
#endif
#ifdef K7I_WITH_KUBERNETES
    { .name = "kubernetes.kubeconfig",
      .transport = "kubernetes",
      .type = K7I_KEY_PATH,
      .meaning = "kubeconfig files with \":\" between them; unset: KUBECONFIG, the pod's service account, "
                 "~/.kube/config" },
    { .name = "kubernetes.context",
      .transport = "kubernetes",
      .meaning = "the context of the kubeconfig to use; unset: the endpoint's, or the current one" },
    { .name = "kubernetes.profile",
      .transport = "kubernetes",
      .fallback = "auto",
      .check = k7i_form_profile,
      .meaning = "which K7's objects are made: v0.1, v0.4, or auto: by the nodes' labels" },
#endif
};
enum { KEYS = sizeof keys / sizeof keys[0], NAME_MAX_LEN = 63 };

const struct k7_config_key *k7i_key_find(const char *name, size_t *ret_index)
{
    for (size_t i = 0; i < KEYS; i++)
        if (strcmp(keys[i].name, name) == 0) {
            if (ret_index)
                *ret_index = i;
            return &keys[i];
        }
    return NULL;
}

/* How many letters must be changed, added or removed to make a of b (Levenshtein). Both are at most NAME_MAX_LEN long. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_LEN + 1], b_len = strlen(b);

    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < b_len; j++) {
            size_t best = diagonal + (a[i] != b[j]);

            diagonal = row[j + 1];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (diagonal + 1 < best)
                best = diagonal + 1;
            row[j + 1] = best;
        }
    }
    return row[b_len];
}

/* A key that is three letters away at most, or the first one of that name in a transport's part of the table. */
static const char *similar(const char *name)
{
    const char *best = NULL;
    size_t least = 4;

    if (strlen(name) > NAME_MAX_LEN)
        return NULL;
    for (size_t i = 0; i < KEYS; i++) {
        const char *dot = strchr(keys[i].name, '.');
        size_t d = dot && strcmp(dot + 1, name) == 0 ? 0 : distance(keys[i].name, name);

        if (d < least && d < strlen(name)) {
            least = d;
            best = keys[i].name;
        }
    }
    return best;
}

int k7i_key_unknown(const char *name, k7_error **err)
{
    const char *suggestion = similar(name);
    size_t len = strlen(name);

    if (len > NAME_MAX_LEN || !k7i_text_is_utf8(name, len) || k7i_text_has_control(name))
        return k7i_fail(err, K7_ERR_INVALID_CONFIG, "unknown configuration key");
    if (suggestion)
        return k7i_fail(err, K7_ERR_INVALID_CONFIG, "unknown configuration key \"%s\": did you mean \"%s\"?",
                        name, suggestion);
    return k7i_fail(err, K7_ERR_INVALID_CONFIG, "unknown configuration key \"%s\"", name);
}

size_t k7_config_key_count(void)
{
    return KEYS;
}

const k7_config_key *k7_config_key_at(size_t i)
{
    return i < KEYS ? &keys[i] : NULL;
}

const char *k7_config_key_get_name(const k7_config_key *key)
{
    return key ? key->name : NULL;
}

const char *k7_config_key_get_type(const k7_config_key *key)
{
    static const char *const names[] = { "text", "integer", "boolean", "path", "list" };

    return key ? names[key->type] : NULL;
}

const char *k7_config_key_get_default(const k7_config_key *key)
{
    return key ? key->fallback : NULL;
}

const char *k7_config_key_get_meaning(const k7_config_key *key)
{
    return key ? key->meaning : NULL;
}

const char *k7_config_key_get_transport(const k7_config_key *key)
{
    return key ? key->transport : NULL;
}

int k7_config_key_is_secret(const k7_config_key *key)
{
    return key && key->is_secret;
}
