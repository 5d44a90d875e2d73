/* access.c: see access.h. */
#include "transport/kubernetes/access.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/quote.h"
#include "base/secret.h"
#include "base/text.h"
#include "config/kube_place.h"
#include "model/name.h"
#include "transport/kubernetes/authentication.h"
#include "transport/kubernetes/kubeconfig.h"

#include <stdlib.h>
#include <string.h>

enum { NAMESPACE_FILE_MAX = 1024 };

/* ---- the cluster ---- */

/* RFC 3986's characters of a path. */
#define PATH_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/%"

/* http:// or https:// with host and, perhaps, port and path. *ret_is_plain: what is sent can be read on the way. */
static int is_server(const char *text, int *ret_is_plain)
{
    struct k7i_endpoint *endpoint;

    *ret_is_plain = 0;
    int code = k7i_endpoint_parse(text, &endpoint, NULL);
    if (code)
        return code;
    int is_http = strcmp(endpoint->scheme, "http") == 0;
    int good = (is_http || strcmp(endpoint->scheme, "https") == 0) && endpoint->host &&
               endpoint->parameter_count == 0 && !strchr(text, '?') &&
               !endpoint->path[strspn(endpoint->path, PATH_LETTERS)];
    *ret_is_plain = is_http && !k7i_endpoint_is_loopback(endpoint);
    k7i_endpoint_free(endpoint);
    return good ? 0 : K7_ERR_INVALID_CONFIG;
}

/* Into *ret_proxy as libcurl wants it: names are looked up by a SOCKS proxy, as client-go has it. What may be a password has none of what libcurl would take for
 * its end, and then show as a host. */
static int make_proxy(const char *text, char **ret_proxy)
{
    const char *rest = strstr(text, "://"), *at = rest ? strrchr(rest, '@') : NULL;
    int is_socks = k7i_text_starts(text, "socks5://");
    struct k7i_endpoint *endpoint;

    if (!rest || (!is_socks && !k7i_text_starts(text, "http://") && !k7i_text_starts(text, "https://")) ||
        k7i_text_has_control(text))
        return K7_ERR_INVALID_CONFIG;
    for (const char *p = rest + 3; at && p < at; p++)
        if ((unsigned char)*p >= 0x7f || strchr("/?#\\@ ", *p))
            return K7_ERR_INVALID_CONFIG;
    k7i_auto_free char *plain = k7i_sprintf("%.*s%s", (int)(rest + 3 - text), text, at ? at + 1 : rest + 3);
    if (!plain)
        return K7_ERR_NO_MEMORY;
    int code = k7i_endpoint_parse(plain, &endpoint, NULL);
    if (code)
        return code;
    int good =
        endpoint->host && (!*endpoint->path || strcmp(endpoint->path, "/") == 0) && !strchr(plain, '?');
    k7i_endpoint_free(endpoint);
    if (!good)
        return K7_ERR_INVALID_CONFIG;
    *ret_proxy = k7i_sprintf("%s%s", is_socks ? "socks5h" : "", is_socks ? rest : text);
    return *ret_proxy ? 0 : K7_ERR_NO_MEMORY;
}

/* Makes what libcurl wants of the cluster's texts, in place. */
static int check_cluster(struct k7i_kube_context *context, int *ret_is_plain, int *ret_is_insecure,
                         k7_error **err)
{
    const struct k7i_kube_entry *cluster = &context->cluster;
    char **text = context->text, *server = text[K7I_KUBE_SERVER], *proxy = NULL;
    int code;

    *ret_is_insecure = k7i_json_bool(k7i_json_get(cluster->value, "insecure-skip-tls-verify"));
    if (!server)
        return k7i_kube_refuse(cluster, "server", NULL, "is missing", err);
    if ((code = is_server(server, ret_is_plain)) != 0)
        return code == K7_ERR_NO_MEMORY
                   ? k7i_fail_memory(err)
                   : k7i_kube_refuse(cluster, "server", NULL, "must be https://HOST[:PORT][/PATH]", err);
    for (size_t len = strlen(server); server[len - 1] == '/'; len--)
        server[len - 1] = '\0';
    if (text[K7I_KUBE_CA_FILE] && text[K7I_KUBE_CA_DATA])
        return k7i_kube_refuse(cluster, "certificate-authority", NULL,
                               "certificate-authority-data is there, too: leave one out", err);
    if (*ret_is_insecure && (text[K7I_KUBE_CA_FILE] || text[K7I_KUBE_CA_DATA]))
        return k7i_kube_refuse(cluster, "insecure-skip-tls-verify", NULL,
                               "there is a certificate authority, too: leave one out", err);
    if (!text[K7I_KUBE_PROXY])
        return 0;
    *ret_is_plain |= k7i_text_starts(server, "http:"); /* the proxy sees everything, wherever it is */
    if ((code = make_proxy(text[K7I_KUBE_PROXY], &proxy)) != 0)
        return code == K7_ERR_NO_MEMORY
                   ? k7i_fail_memory(err)
                   : k7i_kube_refuse(
                         cluster, "proxy-url", NULL,
                         "must be http://, https:// or socks5:// with [USER:PASSWORD@]HOST[:PORT]; what is special in these as %XX",
                         err);
    k7i_secret_free(text[K7I_KUBE_PROXY]);
    text[K7I_KUBE_PROXY] = proxy;
    return 0;
}

/* ---- the peer ---- */

static int make_peer(const k7_config *config, const struct k7i_kube_context *context, int is_insecure,
                     struct k7i_authentication *authentication, struct k7i_peer **ret_peer, k7_error **err)
{
    char *const *text = context->text;
    int has_cert = text[K7I_KUBE_CERT_FILE] || text[K7I_KUBE_CERT_DATA];
    const struct k7i_peer_settings settings = {
        .url = text[K7I_KUBE_SERVER],
        .ca_file = text[K7I_KUBE_CA_FILE],
        .ca_pem = text[K7I_KUBE_CA_DATA],
        .client_cert_file = text[K7I_KUBE_CERT_FILE],
        .client_cert_pem = text[K7I_KUBE_CERT_DATA],
        .client_key_file = has_cert ? text[K7I_KUBE_KEY_FILE] : NULL,
        .client_key_pem = has_cert ? text[K7I_KUBE_KEY_DATA] : NULL,
        .tls_server_name = text[K7I_KUBE_SERVER_NAME],
        .insecure_skip_verify = is_insecure,
        .proxy = text[K7I_KUBE_PROXY],
        .user_agent = k7i_config_text(config, "user_agent"),
        .headers = (const char *const *)authentication->lines,
        .secret_header = authentication->header.len > 0 ? authentication->header.data : NULL,
        .credential = authentication->credential,
        .connect_timeout_ms = k7i_config_int(config, "connect_timeout_ms"),
        .response_limit = (size_t)k7i_config_int(config, "max_response_bytes"),
        .compressed = 1, /* the API server compresses what is longer than 128 KiB: lists */
    };

    authentication->credential = NULL; /* the peer has it, in any case */
    return k7i_peer_new(&settings, ret_peer, err);
}

static int check_namespace(const struct k7i_kube_context *context, k7_error **err)
{
    const char *name = context->text[K7I_KUBE_NAMESPACE];

    if (!name || k7i_name_check_namespace(name, NULL) == 0)
        return 0;
    return k7i_kube_refuse(&context->context, "namespace", NULL, "is no name of a namespace", err);
}

/* context: of a kubeconfig, or made of a pod's service account. */
static int connect_to(const k7_config *config, struct k7i_kube_context *context,
                      struct k7i_kube_access *access, k7_error **err)
{
    struct k7i_authentication authentication;
    int is_plain, is_insecure, code;

    if ((code = check_namespace(context, err)) != 0 ||
        (code = check_cluster(context, &is_plain, &is_insecure, err)) != 0 ||
        (code = k7i_authentication_make(context, &authentication, err)) != 0)
        return code;
    if (is_plain && k7i_authentication_is_secret(&authentication))
        code = k7i_kube_refuse(&context->cluster, "server", NULL,
                               "the user's credential would travel unencrypted: use https://", err);
    else
        code = make_peer(config, context, is_insecure, &authentication, &access->peer, err);
    k7i_authentication_clear(&authentication);
    if (code)
        return code;
    access->namespace_ = context->text[K7I_KUBE_NAMESPACE];
    context->text[K7I_KUBE_NAMESPACE] = NULL;
    if (is_insecure)
        access->warning =
            "insecure-skip-tls-verify is set in the kubeconfig: whoever answers is taken for the "
            "API server, and gets the credential";
    return 0;
}

/* ---- kubeconfig, and in a pod ---- */

static int open_kubeconfig(const k7_config *config, const char *paths, const char *source, const char *name,
                           struct k7i_kube_access *access, k7_error **err)
{
    struct k7i_kubeconfig *kubeconfig;
    struct k7i_kube_context context;
    int code = k7i_kubeconfig_read(paths, source, &kubeconfig, err);

    if (code)
        return code;
    code = k7i_kubeconfig_select(kubeconfig, name, &context, err);
    if (!code)
        code = connect_to(config, &context, access, err);
    k7i_kube_context_clear(&context);
    k7i_kubeconfig_free(kubeconfig);
    return code;
}

/* The namespace of a pod, which may not be said. */
static int read_namespace(const char *path, char **ret_namespace, k7_error **err)
{
    struct k7i_buf content;
    int is_missing;
    k7_error *cause = NULL;
    int code = k7i_file_read(path, NAMESPACE_FILE_MAX, &content, &is_missing, &cause);

    if (is_missing) {
        k7_error_unref(cause);
        return 0;
    }
    if (code) {
        k7i_error_move(err, cause);
        return code;
    }
    content.data[strcspn(content.data, " \t\r\n")] = '\0';
    if (k7i_name_check_namespace(content.data, NULL) != 0)
        code = k7i_fail(err, K7_ERR_INVALID_CONFIG, "%s: there is no name of a namespace in it", path);
    else if (!(*ret_namespace = k7i_strdup(content.data)))
        code = k7i_fail_memory(err);
    k7i_buf_clear(&content);
    return code;
}

static int open_pod(const k7_config *config, const char *folder, struct k7i_kube_access *access,
                    k7_error **err)
{
    const char *host = secure_getenv("KUBERNETES_SERVICE_HOST"),
               *port = secure_getenv("KUBERNETES_SERVICE_PORT");
    struct k7i_kube_context context = { .text = { NULL } };
    int is_ipv6 = strchr(host, ':') != NULL, is_plain, code;

    context.text[K7I_KUBE_SERVER] =
        k7i_sprintf("https://%s%s%s:%s", is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "", port);
    context.text[K7I_KUBE_CA_FILE] = k7i_sprintf("%s/ca.crt", folder);
    context.text[K7I_KUBE_TOKEN_FILE] = k7i_sprintf("%s/token", folder);
    k7i_auto_free char *path = k7i_sprintf("%s/namespace", folder);
    if (!context.text[K7I_KUBE_SERVER] || !context.text[K7I_KUBE_CA_FILE] ||
        !context.text[K7I_KUBE_TOKEN_FILE] || !path)
        code = k7i_fail_memory(err);
    else if ((code = is_server(context.text[K7I_KUBE_SERVER], &is_plain)) == K7_ERR_NO_MEMORY)
        k7i_fail_memory(err);
    else if (code)
        k7i_fail(err, code, "KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT: %s is no address",
                 K7I_QUOTE(context.text[K7I_KUBE_SERVER]));
    else if ((code = read_namespace(path, &context.text[K7I_KUBE_NAMESPACE], err)) == 0)
        code = connect_to(config, &context, access, err);
    k7i_kube_context_clear(&context);
    return code;
}

/* ---- which of them ---- */

/* What the endpoint says beside the keys: context and default namespace. */
static int read_endpoint(const k7_config *config, const struct k7i_endpoint *endpoint,
                         const char **ret_context, const char **ret_namespace, k7_error **err)
{
    const char *key = k7i_config_text(config, "kubernetes.context");

    *ret_context = key;
    *ret_namespace = NULL;
    if (endpoint->host || *endpoint->path)
        return k7i_fail(err, K7_ERR_INVALID_CONFIG,
                        "endpoint: write kubernetes: or kubernetes:?context=NAME&namespace=NAME; the address "
                        "is in the kubeconfig");
    for (size_t i = 0; i < endpoint->parameter_count; i++) {
        const char *name = endpoint->parameters[i].name, *value = endpoint->parameters[i].value;

        if (strcmp(name, "context") == 0 && *value) {
            if (key && strcmp(key, value) != 0)
                return k7i_fail(err, K7_ERR_INVALID_CONFIG,
                                "kubernetes.context and the endpoint name two contexts: unset one");
            *ret_context = value;
        } else if (strcmp(name, "namespace") == 0 && k7i_name_check_namespace(value, NULL) == 0) {
            *ret_namespace = value;
        } else {
            return k7i_fail(err, K7_ERR_INVALID_CONFIG,
                            "endpoint: %s=%s: not a parameter of kubernetes:, or not a name", K7I_QUOTE(name),
                            K7I_QUOTE(value));
        }
    }
    return 0;
}

static int open_place(const k7_config *config, const char *context, const char *pod_folder,
                      struct k7i_kube_access *access, k7_error **err)
{
    const char *paths = k7i_config_text(config, "kubernetes.kubeconfig");
    struct k7i_kube_place place;
    int code;

    if (paths)
        return open_kubeconfig(config, paths, "kubernetes.kubeconfig", context, access, err);
    /* a context is one of a kubeconfig, also in a pod */
    if ((code = k7i_kube_place_find(context ? NULL : pod_folder, &place, err)) != 0)
        return code;
    if (place.is_pod)
        code = open_pod(config, pod_folder, access, err);
    else if (place.kubeconfig)
        code = open_kubeconfig(config, place.kubeconfig, place.source, context, access, err);
    else
        code = k7i_fail(err, K7_ERR_INVALID_CONFIG,
                        "kubernetes: no cluster is configured: set kubernetes.kubeconfig or KUBECONFIG, or "
                        "make ~/.kube/config");
    k7i_kube_place_clear(&place);
    return code;
}

int k7i_kube_access_open(const k7_config *config, const struct k7i_endpoint *endpoint, const char *pod_folder,
                         struct k7i_kube_access *ret_access, k7_error **err)
{
    const char *context, *namespace_;
    int code;

    *ret_access = (struct k7i_kube_access){ NULL };
    if ((code = read_endpoint(config, endpoint, &context, &namespace_, err)) == 0)
        code = open_place(config, context, pod_folder, ret_access, err);
    if (!code && namespace_) {
        k7i_free(ret_access->namespace_);
        if (!(ret_access->namespace_ = k7i_strdup(namespace_)))
            code = k7i_fail_memory(err);
    }
    if (code)
        k7i_kube_access_clear(ret_access);
    return code;
}

void k7i_kube_access_clear(struct k7i_kube_access *access)
{
    k7i_peer_free(access->peer);
    k7i_free(access->namespace_);
    *access = (struct k7i_kube_access){ NULL };
}
