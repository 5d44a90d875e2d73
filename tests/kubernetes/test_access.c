/* test_access.c: every kind of credential and every way to the API server, with the real one; kubectl, given the same file, must be the same user. */
#include "access.h"

#include "config/kube_place.h"
#include "transport/kubernetes/access.h"
#include "transport/kubernetes/kubeconfig.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- users ---- */

START_TEST(certificates_inline)
{
    char *cert = base64_of(pki("admin.crt")), *key = base64_of(pki("admin.key"));
    static char user[32768];

    snprintf(user, sizeof user, "client-certificate-data: %s, client-key-data: %s", cert, key);
    ck_assert_str_ne(same_as_kubectl(write_kubeconfig("inline", NULL, user)), "system:anonymous");
    free(cert);
    free(key);
}
END_TEST

START_TEST(certificates_in_files)
{
    char user[500];

    snprintf(user, sizeof user, "client-certificate: '%s', client-key: '%s'", pki("admin.crt"),
             pki("admin.key"));
    ck_assert_str_ne(same_as_kubectl(write_kubeconfig("files", NULL, user)), "system:anonymous");
    /* the cluster's own files */
    ck_assert_str_ne(same_as_kubectl(getenv("KUBECONFIG")), "system:anonymous");
}
END_TEST

static const char *powerless_token(void)
{
    static char token[4096];
    char *text = read_file(getenv("K7_TEST_CLUSTER_POWERLESS_TOKEN_FILE"));

    snprintf(token, sizeof token, "%s", text);
    free(text);
    return token;
}

START_TEST(tokens)
{
    char user[5000];

    snprintf(user, sizeof user, "token: '%s'", powerless_token());
    ck_assert_str_eq(same_as_kubectl(write_kubeconfig("token", NULL, user)), "powerless");
    snprintf(user, sizeof user, "tokenFile: '%s'", getenv("K7_TEST_CLUSTER_POWERLESS_TOKEN_FILE"));
    ck_assert_str_eq(same_as_kubectl(write_kubeconfig("token-file", NULL, user)), "powerless");
    /* both: the file's */
    snprintf(user, sizeof user, "token: wrong, tokenFile: '%s'",
             getenv("K7_TEST_CLUSTER_POWERLESS_TOKEN_FILE"));
    ck_assert_str_eq(same_as_kubectl(write_kubeconfig("both", NULL, user)), "powerless");
}
END_TEST

START_TEST(refused_credentials_are_said_to_be)
{
    k7_error *error = NULL;

    ck_assert_ptr_null(who_is(write_kubeconfig("wrong", NULL, "token: wrong"), &error));
    ck_assert_int_eq(k7_error_get_code(error), K7_ERR_UNAUTHENTICATED);
    ck_assert_ptr_null(strstr(k7_error_get_message(error), "wrong"));
    error = k7_error_unref(error);
    /* of passwords this server knows nothing: to it that is nobody */
    ck_assert_ptr_null(who_is(write_kubeconfig("password", NULL, "username: u, password: wrong"), &error));
    ck_assert_int_eq(k7_error_get_code(error), K7_ERR_FORBIDDEN);
    assert_contains(k7_error_get_message(error), "system:anonymous");
    k7_error_unref(error);
}
END_TEST

START_TEST(acting_as_another_user)
{
    char user[1000];

    snprintf(user, sizeof user,
             "tokenFile: '%s', as: 'jane doe', as-uid: '7', as-groups: [developers, 'system:masters'],"
             " as-user-extra: {scopes: [view, edit], 'example.com/a%%b': ['x y']}",
             getenv("K7_TEST_CLUSTER_TOKEN_FILE"));
    const char *kubeconfig = write_kubeconfig("as", NULL, user);
    ck_assert_str_eq(same_as_kubectl(kubeconfig), "jane doe");
    json_object *seen = who_is(kubeconfig, NULL);
    ck_assert_str_eq(peer_text(seen, "uid"), "7");
    ck_assert_str_eq(peer_text(seen, "groups|0"), "developers");
    ck_assert_str_eq(json_object_to_json_string_ext(peer_at(seen, "extra"),
                                                    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
                     "{\"example.com/a%b\":[\"x y\"],\"scopes\":[\"view\",\"edit\"]}");
    json_object_put(seen);
}
END_TEST

START_TEST(acting_as_another_user_needs_a_right)
{
    char user[300];
    k7_error *error = NULL;

    snprintf(user, sizeof user, "tokenFile: '%s', as: jane", getenv("K7_TEST_CLUSTER_POWERLESS_TOKEN_FILE"));
    ck_assert_ptr_null(who_is(write_kubeconfig("as", NULL, user), &error));
    ck_assert_int_eq(k7_error_get_code(error), K7_ERR_FORBIDDEN);
    assert_contains(k7_error_get_message(error), "cannot impersonate resource \"users\"");
    k7_error_unref(error);
}
END_TEST

/* ---- programs ---- */

#define INFO "printf '%%s' \"$KUBERNETES_EXEC_INFO\" >\"$0.info\"\n"

/* A plugin that answers with a status; its path. */
static const char *write_plugin(const char *version, const char *status)
{
    char text[4000];

    snprintf(
        text, sizeof text,
        "#!/bin/sh\n" INFO "[ \"$1 $2\" = 'one two words' ] && [ \"$K7_TEST\" = 'a value' ] || exit 3\n"
        "lines() { awk '{ printf \"%%s\\\\n\", $0 }' \"$1\"; }\n"
        "cat <<END\n{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/%s\",\"status\":{%s}}\nEND\n",
        version, status);
    return write_file("plugin", 0700, text);
}

static const char *exec_kubeconfig(const char *cluster, const char *version)
{
    char user[500];

    snprintf(
        user, sizeof user,
        "exec: {command: ./plugin, args: [one, two words], env: [{name: K7_TEST, value: a value}],"
        " apiVersion: client.authentication.k8s.io/%s, interactiveMode: IfAvailable, provideClusterInfo: true}",
        version);
    return write_kubeconfig("exec", cluster, user);
}

static const char *const versions[] = { "v1", "v1beta1" };

START_TEST(programs_give_tokens)
{
    char status[300];

    snprintf(status, sizeof status, "\"token\":\"$(cat '%s')\"",
             getenv("K7_TEST_CLUSTER_POWERLESS_TOKEN_FILE"));
    write_plugin(versions[_i], status);
    ck_assert_str_eq(same_as_kubectl(exec_kubeconfig(NULL, versions[_i])), "powerless");
}
END_TEST

START_TEST(programs_give_certificates)
{
    char status[600];

    snprintf(
        status, sizeof status,
        "\"clientCertificateData\":\"$(lines '%s')\",\"clientKeyData\":\"$(lines '%s')\",\"expirationTimestamp\":\"2099-01-01T00:00:00Z\"",
        pki("admin.crt"), pki("admin.key"));
    write_plugin(versions[_i], status);
    ck_assert_str_ne(same_as_kubectl(exec_kubeconfig(NULL, versions[_i])), "system:anonymous");
}
END_TEST

START_TEST(programs_are_told_what_kubectl_tells)
{
    char cluster[700], status[300];

    snprintf(
        cluster, sizeof cluster,
        "%s, tls-server-name: kubernetes, disable-compression: true, extensions: [{name: client.authentication.k8s.io/exec,"
        " extension: {audience: a, list: [1, true]}}]",
        real_cluster());
    snprintf(status, sizeof status, "\"token\":\"$(cat '%s')\"",
             getenv("K7_TEST_CLUSTER_POWERLESS_TOKEN_FILE"));
    const char *plugin = write_plugin(versions[_i], status),
               *kubeconfig = exec_kubeconfig(cluster, versions[_i]);
    char path[200];
    snprintf(path, sizeof path, "%s.info", plugin);

    json_object_put(who_is(kubeconfig, NULL));
    char *ours = read_file(path);
    kubectl("--kubeconfig '%s' auth whoami", kubeconfig);
    char *theirs = read_file(path);
    json_object *our_info = json_tokener_parse(ours), *their_info = json_tokener_parse(theirs);
    ck_assert_ptr_nonnull(our_info);
    ck_assert_msg(json_object_equal(our_info, their_info), "ours: %s\nkubectl's: %s", ours, theirs);
    json_object_put(our_info);
    json_object_put(their_info);
    free(ours);
    free(theirs);
}
END_TEST

START_TEST(programs_that_fail_are_named)
{
    k7_error *error = NULL;

    write_file("plugin", 0700, "#!/bin/sh\necho 'please log in' >&2\nexit 4\n");
    ck_assert_ptr_null(who_is(exec_kubeconfig(NULL, "v1"), &error));
    ck_assert_int_eq(k7_error_get_code(error), K7_ERR_CREDENTIAL);
    assert_contains(k7_error_get_message(error), "please log in");
    assert_contains(k7_error_get_message(error), "plugin");
    error = k7_error_unref(error);
    ck_assert_ptr_null(
        who_is(write_kubeconfig("hint", NULL,
                                "exec: {command: k7-no-such-plugin, installHint: ask the administrator,"
                                " apiVersion: client.authentication.k8s.io/v1beta1}"),
               &error));
    ck_assert_int_eq(k7_error_get_code(error), K7_ERR_CREDENTIAL);
    assert_contains(k7_error_get_message(error), "ask the administrator");
    assert_contains(k7_error_get_message(error), "k7-no-such-plugin");
    k7_error_unref(error);
}
END_TEST

/* ---- ways to the server ---- */

static const char *token_user(void)
{
    static char user[300];

    snprintf(user, sizeof user, "tokenFile: '%s'", getenv("K7_TEST_CLUSTER_POWERLESS_TOKEN_FILE"));
    return user;
}

/* The server under a name that its certificate does not have. */
static const char *other_name(void)
{
    static char server[200];
    const char *port = strrchr(getenv("K7_TEST_CLUSTER_URL"), ':');

    snprintf(server, sizeof server, "https://127.0.0.2%s", port);
    return server;
}

START_TEST(the_certificate_is_checked)
{
    char cluster[500];
    k7_error *error = NULL;

    snprintf(cluster, sizeof cluster, "server: '%s', certificate-authority: '%s'", other_name(),
             getenv("K7_TEST_CLUSTER_CA"));
    ck_assert_ptr_null(who_is(write_kubeconfig("name", cluster, token_user()), &error));
    ck_assert_int_eq(k7_error_get_code(error), K7_ERR_TLS);
    error = k7_error_unref(error);
    snprintf(cluster, sizeof cluster, "server: '%s'", getenv("K7_TEST_CLUSTER_URL"));
    ck_assert_ptr_null(who_is(write_kubeconfig("system", cluster, token_user()), &error));
    ck_assert_int_eq(k7_error_get_code(error), K7_ERR_TLS);
    k7_error_unref(error);
}
END_TEST

START_TEST(the_certificate_may_have_another_name)
{
    char cluster[500];

    snprintf(cluster, sizeof cluster,
             "server: '%s', certificate-authority: '%s', tls-server-name: kubernetes.default.svc",
             other_name(), getenv("K7_TEST_CLUSTER_CA"));
    ck_assert_str_eq(same_as_kubectl(write_kubeconfig("name", cluster, token_user())), "powerless");
}
END_TEST

START_TEST(the_certificate_is_not_checked_when_the_file_says_so)
{
    char cluster[300];

    snprintf(cluster, sizeof cluster, "server: '%s', insecure-skip-tls-verify: true", other_name());
    const char *kubeconfig = write_kubeconfig("insecure", cluster, token_user());
    ck_assert_str_eq(same_as_kubectl(kubeconfig), "powerless");
    k7_config *config = new_config();
    assert_ok(k7_config_set(config, "kubernetes.kubeconfig", kubeconfig, &err));
    k7_client *opened = open_client(config);
    assert_contains(k7_client_get_warning(opened), "insecure-skip-tls-verify");
    k7_client_unref(opened);
}
END_TEST

START_TEST(authorities_may_be_inline)
{
    char *ca = base64_of(getenv("K7_TEST_CLUSTER_CA"));
    char cluster[8000];

    snprintf(cluster, sizeof cluster, "server: '%s', certificate-authority-data: %s",
             getenv("K7_TEST_CLUSTER_URL"), ca);
    ck_assert_str_eq(same_as_kubectl(write_kubeconfig("ca", cluster, token_user())), "powerless");
    free(ca);
}
END_TEST

static const char *const proxies[] = { "http", "socks5" };

START_TEST(proxies_are_used)
{
    char cluster[600], line[200], expected[300], url[200];
    int to_proxy[2], from_proxy[2], pid, port;

    ck_assert_int_eq(pipe(to_proxy), 0);
    ck_assert_int_eq(pipe(from_proxy), 0);
    if (fork() == 0) {
        dup2(to_proxy[0], 0);
        dup2(from_proxy[1], 1);
        close(to_proxy[1]);
        execl(FORWARD_PROXY, "forward_proxy", (char *)NULL);
        _exit(127);
    }
    close(from_proxy[1]);
    FILE *said = fdopen(from_proxy[0], "r");
    ck_assert_int_eq(fscanf(said, "%d %d%*c", &pid, &port), 2);
    /* a name that only the proxy looks up would do as well; this one all can */
    snprintf(url, sizeof url, "localhost%s", strrchr(getenv("K7_TEST_CLUSTER_URL"), ':'));
    snprintf(
        cluster, sizeof cluster,
        "server: 'https://%s', certificate-authority: '%s', tls-server-name: kubernetes, proxy-url: '%s://127.0.0.1:%d'",
        url, getenv("K7_TEST_CLUSTER_CA"), proxies[_i], port);
    const char *kubeconfig = write_kubeconfig("proxy", cluster, token_user());
    json_object *user = who_is(kubeconfig, NULL);
    ck_assert_str_eq(peer_text(user, "username"), "powerless");
    json_object_put(user);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, said));
    snprintf(expected, sizeof expected, "%s %s\n", proxies[_i], url);
    ck_assert_str_eq(line, expected);
    kubectl("--kubeconfig '%s' auth whoami", kubeconfig);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, said));
    ck_assert_str_eq(line, expected);
    close(to_proxy[1]); /* it ends */
    fclose(said);
}
END_TEST

START_TEST(a_pod_has_its_service_account)
{
    const char *url = strstr(getenv("K7_TEST_CLUSTER_URL"), "://") + 3;
    char *ca = read_file(getenv("K7_TEST_CLUSTER_CA")), host[100], folder[200], expected[200];
    struct k7i_kube_access access_;
    struct k7i_endpoint *endpoint;
    k7_config *config;

    kubectl("create serviceaccount k7");
    const char *token = write_file("token", 0600, kubectl("create token k7"));
    write_file("namespace", 0600, namespace_);
    write_file("ca.crt", 0600, ca);
    free(ca);
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(token, '/') - token), token);
    snprintf(host, sizeof host, "%.*s", (int)strcspn(url, ":"), url);
    unsetenv("KUBECONFIG");
    setenv("KUBERNETES_SERVICE_HOST", host, 1);
    setenv("KUBERNETES_SERVICE_PORT", strchr(url, ':') + 1, 1);
    assert_ok(k7_config_new(&config, &err));
    assert_ok(k7i_endpoint_parse("kubernetes:", &endpoint, &err));
    assert_ok(k7i_kube_access_open(config, endpoint, folder, &access_, &err));
    ck_assert_str_eq(access_.namespace_, namespace_);
    json_object *user = who_am_i(access_.peer, NULL);
    snprintf(expected, sizeof expected, "system:serviceaccount:%s:k7", namespace_);
    ck_assert_str_eq(peer_text(user, "username"), expected);
    json_object_put(user);
    k7i_kube_access_clear(&access_);
    k7i_endpoint_free(endpoint);
    k7_config_free(config);
}
END_TEST

/* ---- merging ---- */

#define PART(context, name, server)                                                                          \
    "{current-context: " context ", clusters: [{name: " name ", cluster: {server: '" server                  \
    "'}}], contexts: [{name: " name ", context: {cluster: " name ", namespace: of-" name "}}]}"

static const char *const merges[][2] = {
    { PART("a", "a", "https://1"), PART("b", "b", "https://2") },
    { PART("b", "a", "https://1"), PART("a", "b", "https://2") },
    { PART("a", "a", "https://1"), PART("a", "a", "https://2") },
    { PART("''", "a", "https://1"), PART("b", "b", "https://2") },
    { "{contexts: [{name: x, context: {cluster: a}}], current-context: x}", PART("a", "a", "https://1") },
    { "{clusters: [{name: a, cluster: {server: 'https://1'}}]}",
      "{clusters: [{name: a, cluster: {server: 'https://2', tls-server-name: name}}], contexts: [{name: a, context: {cluster: a, namespace: spare}}], current-context: a}" },
    { "{clusters: [{name: a, cluster: {}}, {name: b, cluster: {server: 'https://1'}}], contexts: null}",
      PART("b", "b", "https://2") },
};

static const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

START_TEST(files_are_merged_as_by_kubectl)
{
    char paths[400];
    struct k7i_kubeconfig *kubeconfig;
    struct k7i_kube_context context;

    snprintf(paths, sizeof paths, "%s:/missing:%s", write_file("1", 0600, merges[_i][0]),
             write_file("2", 0600, merges[_i][1]));
    assert_ok(k7i_kubeconfig_read(paths, "KUBECONFIG", &kubeconfig, &err));
    assert_ok(k7i_kubeconfig_select(kubeconfig, NULL, &context, &err));
    setenv("KUBECONFIG", paths, 1);
    json_object *merged =
        json_tokener_parse(kubectl("config view --minify --merge --raw -o json 2>/dev/null"));
    ck_assert_str_eq(text_or_empty(context.text[K7I_KUBE_SERVER]),
                     peer_text(merged, "clusters|0|cluster|server"));
    ck_assert_str_eq(text_or_empty(context.text[K7I_KUBE_SERVER_NAME]),
                     peer_text(merged, "clusters|0|cluster|tls-server-name"));
    ck_assert_str_eq(text_or_empty(context.text[K7I_KUBE_NAMESPACE]),
                     peer_text(merged, "contexts|0|context|namespace"));
    ck_assert_str_ne(peer_text(merged, "clusters|0|cluster|server"), "");
    json_object_put(merged);
    k7i_kube_context_clear(&context);
    k7i_kubeconfig_free(kubeconfig);
}
END_TEST

static TCase *tests(void)
{
    TCase *tests = tcase_create("access");

    tcase_add_test(tests, certificates_inline);
    tcase_add_test(tests, certificates_in_files);
    tcase_add_test(tests, tokens);
    tcase_add_test(tests, refused_credentials_are_said_to_be);
    tcase_add_test(tests, acting_as_another_user);
    tcase_add_test(tests, acting_as_another_user_needs_a_right);
    tcase_add_loop_test(tests, programs_give_tokens, 0, 2);
    tcase_add_loop_test(tests, programs_give_certificates, 0, 2);
    tcase_add_loop_test(tests, programs_are_told_what_kubectl_tells, 0, 2);
    tcase_add_test(tests, programs_that_fail_are_named);
    tcase_add_test(tests, the_certificate_is_checked);
    tcase_add_test(tests, the_certificate_may_have_another_name);
    tcase_add_test(tests, the_certificate_is_not_checked_when_the_file_says_so);
    tcase_add_test(tests, authorities_may_be_inline);
    tcase_add_loop_test(tests, proxies_are_used, 0, 2);
    tcase_add_test(tests, a_pod_has_its_service_account);
    tcase_add_loop_test(tests, files_are_merged_as_by_kubectl, 0, sizeof merges / sizeof merges[0]);
    return tests;
}

int main(void)
{
    return run_suite("access", 0, tests);
}
