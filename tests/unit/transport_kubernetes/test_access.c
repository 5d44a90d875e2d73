/* Unit tests of access to a cluster: which place is taken, what the endpoint may say, what becomes of a user, what may not stand together. */
#include "transport/kubernetes/access.h"

#include "base/buf.h"
#include "base/clock.h"
#include "config/kube_place.h"
#include "net/inside.h"
#include "transport/table.h"
#include <k7sandbox/client.h>

#include "../starve.h"
#include "files.h"

#define SECRET "token-that-nobody-may-see"

static struct k7i_kube_access access_;

/* endpoint, and keys with their values, ending with NULL. */
static int open_with(const char *endpoint_text, const char *const *keys, k7_error **err)
{
    struct k7i_endpoint *endpoint = NULL;
    k7_config *config = NULL;
    int code = k7_config_new(&config, err);

    for (; !code && keys && *keys; keys += 2)
        code = k7_config_set(config, keys[0], keys[1], err);
    if (!code)
        code = k7i_endpoint_parse(endpoint_text, &endpoint, err);
    if (!code)
        code = k7i_kube_access_open(config, endpoint, path_of("pod"), &access_, err);
    k7i_endpoint_free(endpoint);
    k7_config_free(config);
    return code;
}

static void open_ok(const char *endpoint_text, const char *const *keys)
{
    k7_error *err = NULL;

    ck_assert_msg(open_with(endpoint_text, keys, &err) == 0, "%s", k7_error_get_message(err));
}

static void refused(const char *endpoint_text, const char *const *keys, const char *message)
{
    k7_error *err = NULL;

    ck_assert_int_lt(open_with(endpoint_text, keys, &err), 0);
    ck_assert_str_eq(k7_error_get_message(err), message);
    k7_error_unref(err);
    ck_assert_ptr_null(access_.peer);
    ck_assert_ptr_null(access_.namespace_);
}

static void is_at(const char *url, const char *namespace_)
{
    ck_assert_str_eq(access_.peer->url, url);
    ck_assert_pstr_eq(access_.namespace_, namespace_);
    k7i_kube_access_clear(&access_);
}

/* A kubeconfig whose context "x" has the namespace NAME-ns. cluster, user: their fields. */
static const char *write_config(const char *name, const char *cluster, const char *user)
{
    const char *base = strrchr(name, '/');
    char text[4000];

    snprintf(text, sizeof text,
             "clusters:\n- name: c\n  cluster:\n    {%s}\nusers:\n- name: u\n  user:\n    {%s}\n"
             "contexts: [{name: x, context: {cluster: c, user: u, namespace: %s-ns}},"
             " {name: 'a/b', context: {cluster: c, user: u}}]\ncurrent-context: x\n",
             cluster, user, base ? base + 1 : name);
    return write_file(name, text);
}

static const char *config_at(const char *name, const char *server)
{
    char cluster[200];

    snprintf(cluster, sizeof cluster, "server: '%s'", server);
    return write_config(name, cluster, "");
}

/* ---- where ---- */

static void make_pod(void)
{
    ck_assert_int_eq(mkdir(path_of("pod"), 0700), 0);
    write_file("pod/token", SECRET "\n");
    write_file("pod/ca.crt", PEM_CERT);
    write_file("pod/namespace", "pod-ns\n");
    setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
    setenv("KUBERNETES_SERVICE_PORT", "443", 1);
}

START_TEST(the_first_place_wins)
{
    const char *const keys[] = { "kubernetes.kubeconfig", config_at("key", "https://key"), NULL };

    ck_assert_int_eq(mkdir(path_of(".kube"), 0700), 0);
    config_at(".kube/config", "https://home");
    make_pod();
    setenv("HOME", folder, 1);
    setenv("KUBECONFIG", config_at("variable", "https://variable"), 1);
    open_ok("kubernetes:", keys);
    is_at("https://key", "key-ns");
    open_ok("kubernetes:", NULL);
    is_at("https://variable", "variable-ns");
    setenv("KUBECONFIG", "", 1);
    open_ok("kubernetes:", NULL);
    ck_assert_ptr_nonnull(access_.peer->credential);
    ck_assert_ptr_null(access_.peer->secret_header);
    is_at("https://[fd00::1]:443", "pod-ns");
    /* a context is one of a kubeconfig */
    open_ok("kubernetes:?context=a%2Fb", NULL);
    is_at("https://home", NULL);
    unsetenv("KUBERNETES_SERVICE_PORT");
    open_ok("kubernetes:?namespace=mine", NULL);
    is_at("https://home", "mine");
}
END_TEST

START_TEST(a_pod_without_its_files_is_none)
{
    make_pod();
    ck_assert_int_eq(remove(path_of("pod/namespace")), 0);
    open_ok("kubernetes:", NULL);
    is_at("https://[fd00::1]:443", NULL);
    ck_assert_int_eq(remove(path_of("pod/token")), 0);
    refused(
        "kubernetes:", NULL,
        "kubernetes: no cluster is configured: set kubernetes.kubeconfig or KUBECONFIG, or make ~/.kube/config");
}
END_TEST

START_TEST(what_a_pod_says_is_checked)
{
    char expected[300];

    make_pod();
    setenv("KUBERNETES_SERVICE_HOST", "a b", 1);
    refused("kubernetes:", NULL,
            "KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT: \"https://a b:443\" is no address");
    setenv("KUBERNETES_SERVICE_HOST", "h", 1);
    write_file("pod/namespace", "Not A Name");
    snprintf(expected, sizeof expected, "%s: there is no name of a namespace in it",
             path_of("pod/namespace"));
    refused("kubernetes:", NULL, expected);
}
END_TEST

START_TEST(what_the_endpoint_may_say)
{
    const char *const other[] = { "kubernetes.context", "x", NULL };

    setenv("KUBECONFIG", config_at("k", "https://h/prefix//"), 1);
    open_ok("kubernetes:?context=x&namespace=mine", other);
    is_at("https://h/prefix", "mine");
    refused("kubernetes:?context=y", other,
            "kubernetes.context and the endpoint name two contexts: unset one");
    refused("kubernetes:?kontext=y", NULL,
            "endpoint: \"kontext\"=\"y\": not a parameter of kubernetes:, or not a name");
    refused("kubernetes:?namespace=A", NULL,
            "endpoint: \"namespace\"=\"A\": not a parameter of kubernetes:, or not a name");
    refused("kubernetes:?context=", NULL,
            "endpoint: \"context\"=\"\": not a parameter of kubernetes:, or not a name");
    refused(
        "kubernetes://host", NULL,
        "endpoint: write kubernetes: or kubernetes:?context=NAME&namespace=NAME; the address is in the kubeconfig");
    refused(
        "kubernetes:x", NULL,
        "endpoint: write kubernetes: or kubernetes:?context=NAME&namespace=NAME; the address is in the kubeconfig");
}
END_TEST

/* ---- the cluster ---- */

START_TEST(what_a_cluster_says_reaches_the_peer)
{
    setenv("KUBECONFIG",
           write_config("k",
                        "server: 'https://h:6443', certificate-authority-data: " DATA_CERT
                        ", tls-server-name: name, proxy-url: 'socks5://user:pass@p:1'",
                        ""),
           1);
    open_ok("kubernetes:", NULL);
    ck_assert_str_eq(access_.peer->ca_pem, PEM_CERT);
    ck_assert_str_eq(access_.peer->proxy, "socks5h://user:pass@p:1");
    ck_assert_str_eq(access_.peer->asked_url, "https://name:6443");
    ck_assert_int_eq(access_.peer->skip_verify, 0);
    ck_assert_ptr_null(access_.warning);
    k7i_kube_access_clear(&access_);
    setenv(
        "KUBECONFIG",
        write_config("k", "server: 'https://h', insecure-skip-tls-verify: true, proxy-url: 'http://p'", ""),
        1);
    open_ok("kubernetes:", NULL);
    ck_assert_int_eq(access_.peer->skip_verify, 1);
    ck_assert_str_eq(access_.peer->proxy, "http://p");
    ck_assert_ptr_nonnull(strstr(access_.warning, "insecure-skip-tls-verify"));
    k7i_kube_access_clear(&access_);
}
END_TEST

START_TEST(the_system_is_trusted_where_no_authority_is_named)
{
    setenv("KUBECONFIG", config_at("k", "https://h"), 1);
    open_ok("kubernetes:", NULL);
    ck_assert_ptr_null(access_.peer->ca_pem);
    ck_assert_ptr_null(access_.peer->files[K7I_FILE_CA]);
    k7i_kube_access_clear(&access_);
}
END_TEST

static const struct {
    const char *cluster, *user, *message; /* after the path */
} wrong[] = {
    { "", "", ":3: clusters[0].cluster.server: is missing" },
    { "server: h", "", ":4: clusters[0].cluster.server: must be https://HOST[:PORT][/PATH]" },
    { "server: 'ftp://h'", "", ":4: clusters[0].cluster.server: must be https://HOST[:PORT][/PATH]" },
    { "server: 'https://u:p@h'", "", ":4: clusters[0].cluster.server: must be https://HOST[:PORT][/PATH]" },
    { "server: 'https://h/?a=b'", "", ":4: clusters[0].cluster.server: must be https://HOST[:PORT][/PATH]" },
    { "server: 'https://h?'", "", ":4: clusters[0].cluster.server: must be https://HOST[:PORT][/PATH]" },
    { "server: 'https://h/ä'", "", ":4: clusters[0].cluster.server: must be https://HOST[:PORT][/PATH]" },
    { "server: 'https://'", "", ":4: clusters[0].cluster.server: must be https://HOST[:PORT][/PATH]" },
    { "server: 'https://h', certificate-authority: a, certificate-authority-data: " DATA_CERT, "",
      ":4: clusters[0].cluster.certificate-authority: certificate-authority-data is there, too: leave one out" },
    { "server: 'https://h', insecure-skip-tls-verify: true, certificate-authority-data: " DATA_CERT, "",
      ":4: clusters[0].cluster.insecure-skip-tls-verify: there is a certificate authority, too: leave one out" },
    { "server: 'https://h', proxy-url: 'p:1'", "",
      ":4: clusters[0].cluster.proxy-url: must be http://, https:// or socks5:// with [USER:PASSWORD@]HOST[:PORT]; "
      "what is special in these as %XX" },
    { "server: 'https://h', proxy-url: 'ftp://p'", "",
      ":4: clusters[0].cluster.proxy-url: must be http://, https:// or socks5:// with [USER:PASSWORD@]HOST[:PORT]; "
      "what is special in these as %XX" },
    { "server: 'https://h', proxy-url: 'http://u:" SECRET "@'", "",
      ":4: clusters[0].cluster.proxy-url: must be http://, https:// or socks5:// with [USER:PASSWORD@]HOST[:PORT]; "
      "what is special in these as %XX" },
    { "server: 'https://h', proxy-url: 'http://u:" SECRET "/x@p:3128'", "",
      ":4: clusters[0].cluster.proxy-url: must be http://, https:// or socks5:// with [USER:PASSWORD@]HOST[:PORT]; "
      "what is special in these as %XX" },
    { "server: 'https://h', proxy-url: 'http://u:" SECRET "@x@p:3128'", "",
      ":4: clusters[0].cluster.proxy-url: must be http://, https:// or socks5:// with [USER:PASSWORD@]HOST[:PORT]; "
      "what is special in these as %XX" },
    { "server: 'https://h', proxy-url: 'http://u:" SECRET "?x@p:3128'", "",
      ":4: clusters[0].cluster.proxy-url: must be http://, https:// or socks5:// with [USER:PASSWORD@]HOST[:PORT]; "
      "what is special in these as %XX" },
    { "server: 'https://h', proxy-url: 'http://u:" SECRET "#x@p:3128'", "",
      ":4: clusters[0].cluster.proxy-url: must be http://, https:// or socks5:// with [USER:PASSWORD@]HOST[:PORT]; "
      "what is special in these as %XX" },
    { "server: 'https://h', proxy-url: 'http://u:" SECRET "\\x@p:3128'", "",
      ":4: clusters[0].cluster.proxy-url: must be http://, https:// or socks5:// with [USER:PASSWORD@]HOST[:PORT]; "
      "what is special in these as %XX" },
    { "server: 'https://h', proxy-url: 'http://u:" SECRET " x@p:3128'", "",
      ":4: clusters[0].cluster.proxy-url: must be http://, https:// or socks5:// with [USER:PASSWORD@]HOST[:PORT]; "
      "what is special in these as %XX" },
    { "server: 'https://h', proxy-url: 'http://u:" SECRET "ä@p:3128'", "",
      ":4: clusters[0].cluster.proxy-url: must be http://, https:// or socks5:// with [USER:PASSWORD@]HOST[:PORT]; "
      "what is special in these as %XX" },
    { "server: 'https://h', proxy-url: 'http://p/path'", "",
      ":4: clusters[0].cluster.proxy-url: must be http://, https:// or socks5:// with [USER:PASSWORD@]HOST[:PORT]; "
      "what is special in these as %XX" },
    { "server: 'http://h'", "token: " SECRET,
      ":4: clusters[0].cluster.server: the user's credential would travel unencrypted: use https://" },
    { "server: 'http://h'", "tokenFile: t",
      ":4: clusters[0].cluster.server: the user's credential would travel unencrypted: use https://" },
    { "server: 'http://127.0.0.1', proxy-url: 'http://p'", "username: u",
      ":4: clusters[0].cluster.server: the user's credential would travel unencrypted: use https://" },
    { "server: 'https://h'", "token: '" SECRET " ä'",
      ":8: users[0].user.token: must be visible ASCII characters" },
    { "server: 'https://h'", "token: '  '", ":8: users[0].user.token: must be visible ASCII characters" },
    { "server: 'https://h'", "token: t, username: u",
      ":8: users[0].user.username: there is a token, too: one way to authenticate only" },
    { "server: 'https://h'", "tokenFile: t, password: p",
      ":7: users[0].user.username: there is a token, too: one way to authenticate only" },
    { "server: 'https://h'", "password: p", ":7: users[0].user.username: is missing beside password" },
    { "server: 'https://h'", "username: 'a:b'", ":8: users[0].user.username: must not have a colon in it" },
    { "server: 'https://h'", "client-certificate-data: " DATA_CERT,
      ":7: users[0].user.client-key: is missing: a client certificate is of no use without its key" },
    { "server: 'https://h'", "client-certificate: c, client-certificate-data: " DATA_CERT,
      ":8: users[0].user.client-certificate: client-certificate-data is there, too: leave one out" },
    { "server: 'https://h'", "client-certificate: c, client-key: k, client-key-data: " DATA_KEY,
      ":8: users[0].user.client-key: client-key-data is there, too: leave one out" },
    { "server: 'https://h'", "auth-provider: {name: gcp}",
      ":8: users[0].user.auth-provider: such providers have been removed from Kubernetes: use exec" },
    { "server: 'https://h'", "as-groups: [g]",
      ":7: users[0].user.as: is missing: as-uid, as-groups and as-user-extra need it" },
    { "server: 'https://h'", "as-uid: u",
      ":7: users[0].user.as: is missing: as-uid, as-groups and as-user-extra need it" },
    { "server: 'https://h'", "as-user-extra: {a: [b]}",
      ":7: users[0].user.as: is missing: as-uid, as-groups and as-user-extra need it" },
    { "server: 'https://h'", "as: \"a\\r\\nX: y\"",
      ":8: users[0].user.as: must be text without control characters" },
    { "server: 'https://h'", "as: a, as-groups: [\"b\\nc\"]",
      ":8: users[0].user.as-groups: must be text without control characters" },
    { "server: 'https://h'", "as: a, as-groups: ['']",
      ":8: users[0].user.as-groups: must be text without control characters" },
    { "server: 'https://h'", "as: a, as-user-extra: {k: [null]}",
      ":8: users[0].user.as-user-extra: must be text without control characters" },
    { "server: 'https://h'", "exec: {command: c}",
      ":8: users[0].user.exec.apiVersion: must be client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1" },
};

START_TEST(what_does_not_go_together_is_refused)
{
    const char *path = write_config("k", wrong[_i].cluster, wrong[_i].user);
    char expected[500];

    setenv("KUBECONFIG", path, 1);
    snprintf(expected, sizeof expected, "%s%s", path, wrong[_i].message);
    refused("kubernetes:", NULL, expected);
}
END_TEST

START_TEST(a_namespace_must_be_a_name)
{
    char expected[300];
    const char *path = write_config("Up", "server: 'https://h'", "");

    setenv("KUBECONFIG", path, 1);
    snprintf(expected, sizeof expected, "%s:9: contexts[0].context.namespace: is no name of a namespace",
             path);
    refused("kubernetes:", NULL, expected);
}
END_TEST

START_TEST(files_must_be_there)
{
    char expected[300];

    setenv("KUBECONFIG", write_config("k", "server: 'https://h', certificate-authority: ca", ""), 1);
    snprintf(expected, sizeof expected, "CA file %s: No such file or directory", path_of("ca"));
    refused("kubernetes:", NULL, expected);
}
END_TEST

/* ---- the user ---- */

static const struct {
    const char *user, *header;
} headers[] = {
    { "", NULL },
    { "token: " SECRET, "Authorization: Bearer " SECRET },
    { "token: ' t '", "Authorization: Bearer t" },
    { "username: Aladdin, password: 'open sesame'", "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" },
    { "username: u", "Authorization: Basic dTo=" },
    /* a static token goes before a program */
    { "token: t, exec: {command: c, apiVersion: x}", "Authorization: Bearer t" },
};

START_TEST(a_user_is_a_header)
{
    setenv("KUBECONFIG", write_config("k", "server: 'http://127.0.0.1:1'", headers[_i].user), 1);
    open_ok("kubernetes:", NULL);
    ck_assert_pstr_eq(access_.peer->secret_header, headers[_i].header);
    ck_assert_ptr_null(access_.peer->credential);
    k7i_kube_access_clear(&access_);
}
END_TEST

START_TEST(a_user_is_a_certificate)
{
    write_file("c", PEM_CERT);
    write_file("k", PEM_KEY);
    setenv("KUBECONFIG",
           write_config("config", "server: 'https://h'", "client-certificate: c, client-key: k"), 1);
    open_ok("kubernetes:", NULL);
    ck_assert_str_eq(access_.peer->files[K7I_FILE_CERT], path_of("c"));
    ck_assert_str_eq(access_.peer->files[K7I_FILE_KEY], path_of("k"));
    k7i_kube_access_clear(&access_);
    setenv("KUBECONFIG",
           write_config("config", "server: 'https://h'",
                        "client-certificate-data: " DATA_CERT ", client-key-data: " DATA_KEY),
           1);
    open_ok("kubernetes:", NULL);
    ck_assert_str_eq(access_.peer->client_cert_pem, PEM_CERT);
    ck_assert_str_eq(access_.peer->client_key_pem, PEM_KEY);
    k7i_kube_access_clear(&access_);
    /* a key alone is nothing, as for kubectl */
    setenv("KUBECONFIG", write_config("config", "server: 'https://h'", "client-key: missing"), 1);
    open_ok("kubernetes:", NULL);
    k7i_kube_access_clear(&access_);
}
END_TEST

START_TEST(a_user_acts_as_another_one)
{
    static const char *const lines[] = { "Impersonate-User: jane doe",
                                         "Impersonate-Uid: 7",
                                         "Impersonate-Group: a",
                                         "Impersonate-Group: b",
                                         "Impersonate-Extra-scopes: view",
                                         "Impersonate-Extra-scopes: edit",
                                         "Impersonate-Extra-ex%2Fa%25b%C3%A4: x",
                                         NULL };
    const char *const *line = lines;

    setenv(
        "KUBECONFIG",
        write_config(
            "k", "server: 'https://h'",
            "as: jane doe, as-uid: '7', as-groups: [a, b], as-user-extra: {scopes: [view, edit], 'ex/a%bä': [x]}"),
        1);
    open_ok("kubernetes:", NULL);
    for (const struct curl_slist *have = access_.peer->headers; have && have->data; have = have->next)
        ck_assert_pstr_eq(have->data, *line++);
    ck_assert_ptr_null(*line);
    k7i_kube_access_clear(&access_);
}
END_TEST

/* ---- token files ---- */

static const char *token_now(uint64_t refused_generation, k7_error **err)
{
    static char header[200];
    struct k7i_credential_waiter waiter = { .wake = NULL };
    const struct k7i_program *program;
    struct k7i_identity *identity;

    if (k7i_credential_get(access_.peer->credential, refused_generation, &waiter, &identity, &program, err) !=
        0)
        return NULL;
    snprintf(header, sizeof header, "%s after %d s", identity->token,
             (int)(identity->expires_unix - k7i_now_unix()));
    k7i_identity_unref(identity);
    return header;
}

START_TEST(a_token_file_is_read_again)
{
    char expected[300];
    k7_error *err = NULL;

    /* the file's token goes before the other, as in client-go */
    setenv("KUBECONFIG", write_config("k", "server: 'https://h'", "tokenFile: t, token: other"), 1);
    open_ok("kubernetes:", NULL);
    write_file("t", " one\n");
    ck_assert_ptr_nonnull(strstr(token_now(0, NULL), "one after "));
    write_file("t", "two");
    ck_assert_ptr_nonnull(strstr(token_now(0, NULL), "one after "));
    ck_assert_ptr_nonnull(strstr(token_now(1, NULL), "two after "));
    write_file("t", "");
    ck_assert_ptr_null(token_now(2, &err));
    snprintf(expected, sizeof expected, "%s: there is no token in it", path_of("t"));
    ck_assert_str_eq(k7_error_get_message(err), expected);
    ck_assert_int_eq(k7_error_get_code(err), K7_ERR_CREDENTIAL);
    err = k7_error_unref(err);
    ck_assert_int_eq(remove(path_of("t")), 0);
    ck_assert_ptr_null(token_now(2, &err));
    ck_assert_int_eq(k7_error_get_code(err), K7_ERR_IO);
    k7_error_unref(err);
    k7i_kube_access_clear(&access_);
}
END_TEST

/* ---- memory ---- */

static int open_and_close(void *endpoint)
{
    int code = open_with(endpoint, NULL, NULL);

    k7i_kube_access_clear(&access_);
    return code;
}

START_TEST(out_of_memory_is_an_ordinary_error)
{
    static const char *const users[] = {
        "token: " SECRET ", as: a, as-groups: [b], as-user-extra: {c: [d]}",
        "username: " SECRET ", password: " SECRET,
        "tokenFile: t",
        "client-certificate-data: " DATA_CERT ", client-key-data: " DATA_KEY,
        "exec: {command: c, apiVersion: client.authentication.k8s.io/v1beta1}",
    };

    k7i_http_global_init(NULL);
    starve_secret = SECRET;
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++) {
        setenv("KUBECONFIG",
               write_config(
                   "k",
                   "server: 'https://h', proxy-url: 'socks5://p', certificate-authority-data: " DATA_CERT,
                   users[i]),
               1);
        starve_each(open_and_close, (void *)"kubernetes:?namespace=n&context=x");
        ck_assert_int_eq(starve_leaks, 0);
    }
    unsetenv("KUBECONFIG");
    make_pod();
    starve_each(open_and_close, (void *)"kubernetes:");
    ck_assert_int_eq(starve_leaks, 0);
}
END_TEST

/* ---- the front door ---- */

START_TEST(a_client_has_the_contexts_namespace)
{
    k7_config *config;
    k7_client *client;

    setenv("KUBECONFIG", write_config("k", "server: 'https://h', insecure-skip-tls-verify: true", ""), 1);
    ck_assert_int_eq(k7_config_new(&config, NULL), 0);
    ck_assert_int_eq(k7_config_set(config, "endpoint", "kubernetes:", NULL), 0);
    ck_assert_int_eq(k7_client_open(config, &client, NULL), 0);
    ck_assert_str_eq(k7_client_get_namespace(client), "k-ns");
    ck_assert_str_eq(k7_client_get_transport(client), "kubernetes");
    ck_assert_ptr_nonnull(strstr(k7_client_get_warning(client), "insecure-skip-tls-verify"));
    k7_client_unref(client);
    ck_assert_int_eq(k7_config_set(config, "namespace", "mine", NULL), 0);
    ck_assert_int_eq(k7_client_open(config, &client, NULL), 0);
    ck_assert_str_eq(k7_client_get_namespace(client), "mine");
    k7_client_unref(client);
    ck_assert_int_eq(k7_config_set(config, "namespace", NULL, NULL), 0);
    ck_assert_int_eq(k7_config_set(config, "endpoint", "kubernetes:?context=a/b", NULL), 0);
    ck_assert_int_eq(k7_client_open(config, &client, NULL), 0);
    ck_assert_str_eq(k7_client_get_namespace(client), "default");
    k7_client_unref(client);
    ck_assert_int_eq(k7_config_set(config, "endpoint", "memory:", NULL), 0);
    ck_assert_int_eq(k7_client_open(config, &client, NULL), 0);
    ck_assert_ptr_null(k7_client_get_warning(client));
    k7_client_unref(client);
    ck_assert_ptr_null(k7_client_get_warning(NULL));
    k7_config_free(config);
}
END_TEST

START_TEST(the_default_configuration_finds_the_cluster)
{
    k7_client *client;

    setenv("K7_CONFIG_DIR", folder, 1);
    ck_assert_int_eq(k7_client_open(NULL, &client, NULL), K7_ERR_INVALID_CONFIG);
    setenv("KUBECONFIG", config_at("k", "https://h"), 1);
    ck_assert_int_eq(k7_client_open(NULL, &client, NULL), 0);
    ck_assert_str_eq(k7_client_get_endpoint(client), "kubernetes:");
    k7_client_unref(client);
    write_file("config.toml", "[api]\nurl = \"memory:\"\n");
    ck_assert_int_eq(k7_client_open(NULL, &client, NULL), 0);
    ck_assert_str_eq(k7_client_get_endpoint(client), "memory:");
    k7_client_unref(client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kubernetes/access");
    TCase *tests = tcase_create("access");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, the_first_place_wins);
    tcase_add_test(tests, a_pod_without_its_files_is_none);
    tcase_add_test(tests, what_a_pod_says_is_checked);
    tcase_add_test(tests, what_the_endpoint_may_say);
    tcase_add_test(tests, what_a_cluster_says_reaches_the_peer);
    tcase_add_test(tests, the_system_is_trusted_where_no_authority_is_named);
    tcase_add_loop_test(tests, what_does_not_go_together_is_refused, 0, sizeof wrong / sizeof wrong[0]);
    tcase_add_test(tests, a_namespace_must_be_a_name);
    tcase_add_test(tests, files_must_be_there);
    tcase_add_loop_test(tests, a_user_is_a_header, 0, sizeof headers / sizeof headers[0]);
    tcase_add_test(tests, a_user_is_a_certificate);
    tcase_add_test(tests, a_user_acts_as_another_one);
    tcase_add_test(tests, a_token_file_is_read_again);
    tcase_add_test(tests, out_of_memory_is_an_ordinary_error);
    tcase_add_test(tests, a_client_has_the_contexts_namespace);
    tcase_add_test(tests, the_default_configuration_finds_the_cluster);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
