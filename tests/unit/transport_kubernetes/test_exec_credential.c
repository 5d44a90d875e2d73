/* Unit tests of credential plugins: what the program is told, what of a kubeconfig is refused, and how its answers are read. */
#include "transport/kubernetes/exec_credential.h"

#include "base/alloc.h"
#include "base/secret.h"
#include "format/json.h"

#include <stdint.h>

#include "../starve.h"
#include "files.h"

#define V1      "client.authentication.k8s.io/v1"
#define V1BETA1 "client.authentication.k8s.io/v1beta1"
#define SECRET  "token-that-nobody-may-see"

static struct k7i_kubeconfig *kubeconfig;
static struct k7i_kube_context context;
static struct k7i_credential *credential;

/* exec: the fields of users[0].user.exec in flow style. */
static int make(const char *exec, const char *cluster, int has_terminal, k7_error **err)
{
    char text[4000];

    snprintf(text, sizeof text,
             "clusters: [{name: c, cluster: {server: 'https://h:1'%s}}]\n"
             "users:\n- name: u\n  user:\n    exec:\n      {%s}\n"
             "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n",
             cluster, exec);
    int code = k7i_kubeconfig_read(write_file("config", text), "KUBECONFIG", &kubeconfig, err);
    if (!code)
        code = k7i_kubeconfig_select(kubeconfig, NULL, &context, err);
    return code ? code : k7i_exec_credential_new(&context, has_terminal, &credential, err);
}

static void drop(void)
{
    k7i_credential_free(credential);
    k7i_kube_context_clear(&context);
    k7i_kubeconfig_free(kubeconfig);
    credential = NULL;
    kubeconfig = NULL;
}

static const struct k7i_program *program(void)
{
    static struct k7i_credential_waiter waiter;
    struct k7i_identity *identity;
    const struct k7i_program *found;

    memset(&waiter, 0, sizeof waiter);
    ck_assert_int_eq(k7i_credential_get(credential, 0, &waiter, &identity, &found, NULL), 0);
    ck_assert_ptr_null(identity);
    ck_assert_ptr_nonnull(found);
    k7i_credential_leave(credential, &waiter);
    return found;
}

/* The value of a variable that the program gets. */
static const char *variable(const char *name)
{
    const char *const *entry = program()->environment;
    size_t len = strlen(name);

    while (*entry && (strncmp(*entry, name, len) != 0 || (*entry)[len] != '='))
        entry++;
    return *entry ? *entry + len + 1 : NULL;
}

/* ---- what it is told ---- */

START_TEST(arguments_and_environment)
{
    setenv("K7_TEST_PARENT", "parent", 1);
    setenv("K7_TEST_BOTH", "parent", 1);
    ck_assert_int_eq(
        make("command: bin/login, args: [a, '', \"b c\"], apiVersion: " V1BETA1
             ", installHint: get it, env: [{name: K7_TEST_BOTH, value: child}, {name: K7_TEST_EMPTY}]",
             "", 0, NULL),
        0);
    const struct k7i_program *made = program();
    ck_assert_str_eq(made->argv[0], path_of("bin/login"));
    ck_assert_str_eq(made->argv[1], "a");
    ck_assert_str_eq(made->argv[2], "");
    ck_assert_str_eq(made->argv[3], "b c");
    ck_assert_ptr_null(made->argv[4]);
    ck_assert_str_eq(made->install_hint, "get it");
    ck_assert_int_eq(made->is_interactive, 0);
    ck_assert_str_eq(variable("K7_TEST_PARENT"), "parent");
    ck_assert_str_eq(variable("K7_TEST_BOTH"), "child");
    ck_assert_str_eq(variable("K7_TEST_EMPTY"), "");
    ck_assert_ptr_null(getenv("K7_TEST_EMPTY"));
    ck_assert_str_eq(variable("KUBERNETES_EXEC_INFO"),
                     "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1BETA1
                     "\",\"spec\":{\"interactive\":false}}");
    drop();
}
END_TEST

/* As client-go has it. What the library says is not for the kubeconfig to replace. */
START_TEST(of_a_repeated_variable_the_last_counts)
{
    ck_assert_int_eq(make("command: login, args: ['--a=1', '--a=2', '--a=2'], apiVersion: " V1BETA1
                          ", env: [{name: K7_TEST_BOTH, value: a}, {name: KUBERNETES_EXEC_INFO, value: b},"
                          " {name: K7_TEST_BOTH, value: c}]",
                          "", 0, NULL),
                     0);
    const struct k7i_program *made = program();
    int count = 0;
    for (const char *const *entry = made->environment; *entry; entry++)
        count +=
            strncmp(*entry, "K7_TEST_BOTH=", 13) == 0 || strncmp(*entry, "KUBERNETES_EXEC_INFO=", 21) == 0;
    ck_assert_int_eq(count, 2);
    ck_assert_str_eq(variable("K7_TEST_BOTH"), "c");
    ck_assert_ptr_nonnull(strstr(variable("KUBERNETES_EXEC_INFO"), "\"kind\":\"ExecCredential\""));
    ck_assert_str_eq(made->argv[1], "--a=1");
    ck_assert_str_eq(made->argv[2], "--a=2");
    ck_assert_str_eq(made->argv[3], "--a=2");
    drop();
}
END_TEST

/* The expected texts are what kubectl 1.34 hands over for the same clusters, members in another order. */
static const struct {
    const char *cluster, *info;
} clusters[] = {
    { "", "{\"server\":\"https://h:1\"}" },
    { ", insecure-skip-tls-verify: true, tls-server-name: n, disable-compression: true, proxy-url: 'socks5://p:2'",
      "{\"server\":\"https://h:1\",\"tls-server-name\":\"n\",\"proxy-url\":\"socks5://p:2\",\"insecure-skip-tls-verify\":true,"
      "\"disable-compression\":true}" },
    { ", certificate-authority-data: " DATA_CERT,
      "{\"server\":\"https://h:1\",\"certificate-authority-data\":\"" DATA_CERT "\"}" },
    { ", certificate-authority: ca.crt",
      "{\"server\":\"https://h:1\",\"certificate-authority-data\":\"" DATA_CERT "\"}" },
    { ", extensions: [{name: other, extension: 1}, {name: client.authentication.k8s.io/exec, extension: {audience: a, n: [1]}}]",
      "{\"server\":\"https://h:1\",\"config\":{\"audience\":\"a\",\"n\":[1]}}" },
};

START_TEST(cluster_information)
{
    char expected[1000];

    write_file("ca.crt", PEM_CERT);
    ck_assert_int_eq(make("command: login, apiVersion: " V1
                          ", interactiveMode: IfAvailable, provideClusterInfo: true",
                          clusters[_i].cluster, 1, NULL),
                     0);
    snprintf(expected, sizeof expected,
             "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1
             "\",\"spec\":{\"cluster\":%s,\"interactive\":true}}",
             clusters[_i].info);
    ck_assert_str_eq(variable("KUBERNETES_EXEC_INFO"), expected);
    ck_assert_int_eq(program()->is_interactive, 1);
    drop();
}
END_TEST

static const struct {
    const char *mode;
    int has_terminal, is_interactive; /* -1: refused */
} modes[] = {
    { "Never", 1, 0 },       { "Never", 0, 0 },  { "IfAvailable", 1, 1 },
    { "IfAvailable", 0, 0 }, { "Always", 1, 1 }, { "Always", 0, -1 },
};

START_TEST(asking_the_user)
{
    char exec[200];
    k7_error *err = NULL;

    snprintf(exec, sizeof exec, "command: login, apiVersion: " V1 ", interactiveMode: %s", modes[_i].mode);
    int code = make(exec, "", modes[_i].has_terminal, &err);
    ck_assert_int_eq(code, modes[_i].is_interactive < 0 ? K7_ERR_INVALID_CONFIG : 0);
    if (code == 0)
        ck_assert_int_eq(program()->is_interactive, modes[_i].is_interactive);
    k7_error_unref(err);
    drop();
}
END_TEST

static const struct {
    const char *exec, *message;
} wrong[] = {
    { "command: login", "apiVersion: must be " V1 " or " V1BETA1 },
    { "command: login, apiVersion: client.authentication.k8s.io/v1alpha1",
      "apiVersion: must be " V1 " or " V1BETA1 },
    { "apiVersion: " V1BETA1, "command: is missing" },
    { "command: '', apiVersion: " V1BETA1, "command: is missing" },
    { "command: login, apiVersion: " V1, "interactiveMode: is missing: Never, IfAvailable or Always" },
    { "command: login, apiVersion: " V1 ", interactiveMode: never",
      "interactiveMode: must be Never, IfAvailable or Always" },
    { "command: login, apiVersion: " V1 ", interactiveMode: Always",
      "interactiveMode: the program has to ask, but standard input is no terminal" },
    { "command: login, apiVersion: " V1BETA1 ", env: [{value: v}]",
      "env: a variable has no name, or there is \"=\" in it" },
    { "command: login, apiVersion: " V1BETA1 ", env: [{name: 'a=b'}]",
      "env: a variable has no name, or there is \"=\" in it" },
};

START_TEST(what_cannot_be_run_is_refused)
{
    char expected[400];
    k7_error *err = NULL;

    ck_assert_int_eq(make(wrong[_i].exec, "", 0, &err), K7_ERR_INVALID_CONFIG);
    snprintf(expected, sizeof expected, "%s:6: users[0].user.exec.%s", path_of("config"), wrong[_i].message);
    /* what is not there has the line of what it should be in */
    if (strstr(wrong[_i].message, "missing") && !strstr(wrong[_i].exec, "''"))
        snprintf(expected, sizeof expected, "%s:5: users[0].user.exec.%s", path_of("config"),
                 wrong[_i].message);
    if (_i == 0)
        snprintf(expected, sizeof expected, "%s:5: users[0].user.exec.%s", path_of("config"),
                 wrong[_i].message);
    ck_assert_str_eq(k7_error_get_message(err), expected);
    k7_error_unref(err);
    drop();
}
END_TEST

/* ---- what it answers ---- */

#define ANSWER(status) "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":" status "}"

static struct k7i_exec_source source = { (char *)"login", V1 };

static void clear(struct k7i_identity *identity)
{
    k7i_free(identity->token);
    k7i_free(identity->cert_pem);
    k7i_free(identity->key_pem);
}

static const struct {
    const char *answer, *token, *cert, *key;
    int64_t expires_unix;
} answers[] = {
    { ANSWER("{\"token\":\"" SECRET "\"}"), SECRET, NULL, NULL, INT64_MAX },
    { ANSWER("{\"token\":\" t \",\"expirationTimestamp\":null,\"more\":1}"), "t", NULL, NULL, INT64_MAX },
    { ANSWER("{\"token\":\"t\",\"expirationTimestamp\":\"2026-11-22T03:34:51Z\"}"), "t", NULL, NULL,
      1795318491 },
    { ANSWER("{\"clientCertificateData\":\"c\",\"clientKeyData\":\"k\",\"token\":\"\"}"), NULL, "c", "k",
      INT64_MAX },
    { ANSWER("{\"clientCertificateData\":\"c\",\"clientKeyData\":\"k\",\"token\":\"t\"}"), "t", "c", "k",
      INT64_MAX },
};

START_TEST(an_answer_is_read)
{
    struct k7i_identity identity = { .expires_unix = -1 };

    ck_assert_int_eq(
        k7i_exec_credential_read(&source, answers[_i].answer, strlen(answers[_i].answer), &identity, NULL),
        0);
    ck_assert_pstr_eq(identity.token, answers[_i].token);
    ck_assert_pstr_eq(identity.cert_pem, answers[_i].cert);
    ck_assert_pstr_eq(identity.key_pem, answers[_i].key);
    ck_assert_int_eq(identity.expires_unix, answers[_i].expires_unix);
    clear(&identity);
}
END_TEST

static const struct {
    const char *answer, *message;
} bad_answers[] = {
    { "", "answered with something else than JSON" },
    { "token: " SECRET, "answered with something else than JSON" },
    { "{\"kind\":\"" SECRET "\"}", "answered with something else than an ExecCredential" },
    { "[]", "answered with something else than an ExecCredential" },
    { "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1BETA1 "\"}",
      "answered in another apiVersion than the kubeconfig asks for" },
    { "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\"}", "answered without a status" },
    { ANSWER("\"" SECRET "\""), "answered without a status" },
    { ANSWER("{}"), "gave neither a token nor a certificate with its key" },
    { ANSWER("{\"token\":12}"), "answered with something else than text in its status" },
    { ANSWER("{\"token\":\"" SECRET "\",\"expirationTimestamp\":5}"),
      "answered with something else than text in its status" },
    { ANSWER("{\"token\":\"" SECRET "\",\"clientKeyData\":\"" SECRET "\"}"),
      "gave a certificate without its key, or a key without its certificate" },
    { ANSWER("{\"clientCertificateData\":\"c\"}"),
      "gave a certificate without its key, or a key without its certificate" },
    { ANSWER("{\"token\":\"" SECRET "\",\"expirationTimestamp\":\"" SECRET "\"}"),
      "gave an expirationTimestamp that is no time of RFC 3339" },
    { ANSWER("{\"token\":\"" SECRET "\\n" SECRET "\"}"),
      "gave a token that has other than visible ASCII characters" },
    { ANSWER("{\"token\":\" \"}"), "gave a token that has other than visible ASCII characters" },
};

START_TEST(a_bad_answer_is_refused_and_not_shown)
{
    struct k7i_identity identity = { .expires_unix = -1 };
    char expected[300];
    k7_error *err = NULL;

    ck_assert_int_eq(k7i_exec_credential_read(&source, bad_answers[_i].answer, strlen(bad_answers[_i].answer),
                                              &identity, &err),
                     K7_ERR_CREDENTIAL);
    snprintf(expected, sizeof expected, "the credential plugin \"login\" %s", bad_answers[_i].message);
    ck_assert_str_eq(k7_error_get_message(err), expected);
    k7_error_unref(err);
    clear(&identity);
}
END_TEST

/* ---- memory ---- */

static int make_and_drop(void *unused)
{
    int code = make("command: bin/login, args: [a], apiVersion: " V1BETA1
                    ", installHint: h, env: [{name: A, value: " SECRET "}], provideClusterInfo: true",
                    ", certificate-authority-data: " DATA_CERT, 0, NULL);

    (void)unused;
    drop();
    return code;
}

static int read_and_drop(void *answer)
{
    struct k7i_identity identity = { .expires_unix = -1 };
    int code = k7i_exec_credential_read(&source, answer, strlen(answer), &identity, NULL);

    k7i_secret_free(identity.token);
    k7i_secret_free(identity.cert_pem);
    k7i_secret_free(identity.key_pem);
    return code;
}

START_TEST(out_of_memory_is_an_ordinary_error)
{
    starve_each(make_and_drop, NULL);
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        starve_each(read_and_drop, (void *)answers[i].answer);
}
END_TEST

START_TEST(no_secret_stays_in_memory)
{
    starve_secret = SECRET;
    make_and_drop(NULL);
    read_and_drop((void *)answers[0].answer);
    ck_assert_int_eq(starve_leaks, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kubernetes/exec_credential");
    TCase *tests = tcase_create("exec_credential");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, arguments_and_environment);
    tcase_add_test(tests, of_a_repeated_variable_the_last_counts);
    tcase_add_loop_test(tests, cluster_information, 0, sizeof clusters / sizeof clusters[0]);
    tcase_add_loop_test(tests, asking_the_user, 0, sizeof modes / sizeof modes[0]);
    tcase_add_loop_test(tests, what_cannot_be_run_is_refused, 0, sizeof wrong / sizeof wrong[0]);
    tcase_add_loop_test(tests, an_answer_is_read, 0, sizeof answers / sizeof answers[0]);
    tcase_add_loop_test(tests, a_bad_answer_is_refused_and_not_shown, 0,
                        sizeof bad_answers / sizeof bad_answers[0]);
    tcase_add_test(tests, out_of_memory_is_an_ordinary_error);
    tcase_add_test(tests, no_secret_stays_in_memory);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
