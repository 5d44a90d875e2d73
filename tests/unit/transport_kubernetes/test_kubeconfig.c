/* Unit tests of kubeconfig files: merging, choosing, what is taken from them, and the error for each malformed part. */
#include "transport/kubernetes/kubeconfig.h"

#include "base/buf.h"

#include <unistd.h>

#include "../starve.h"
#include "files.h"

/* ---- what is taken ---- */

#define SECRET "token-that-nobody-may-see"

static const char complete[] =
    "apiVersion: v1\n"
    "kind: Config\n"
    "preferences: {colors: true}\n"
    "current-context: first\n"
    "clusters:\n"
    "- name: c\n"
    "  cluster:\n"
    "    server: https://one.example:6443\n"
    "    certificate-authority: ca.crt\n"
    "    tls-server-name: kubernetes\n"
    "    proxy-url: socks5://127.0.0.1:1080\n"
    "    unknown: [1, {x: y}]\n"
    "    extensions:\n"
    "    - {name: minikube, extension: {version: v1.32.0}}\n"
    "- name: d\n"
    "  cluster: {server: 'https://two.example', certificate-authority-data: " DATA_CERT "}\n"
    "users:\n"
    "- name: u\n"
    "  user:\n"
    "    client-certificate: pki/u.crt\n"
    "    client-key-data: " DATA_KEY "\n"
    "    tokenFile: /var/token\n"
    "    token: " SECRET "\n"
    "    as: somebody\n"
    "    as-uid: ''\n"
    "- name: e\n"
    "  user:\n"
    "    exec: {command: bin/login, apiVersion: x, args: null}\n"
    "- name: f\n"
    "  user:\n"
    "    exec: {command: login, apiVersion: x}\n"
    "contexts:\n"
    "- {name: first, context: {cluster: c, user: u, namespace: demo}}\n"
    "- {name: 'second one', context: {cluster: d, user: e}}\n"
    "- {name: third, context: {cluster: d, user: f}}\n"
    "- {name: nobody, context: {cluster: d}}\n";

static struct k7i_kubeconfig *kubeconfig;
static struct k7i_kube_context context;

static int choose(const char *paths, const char *name, k7_error **err)
{
    int code = k7i_kubeconfig_read(paths, "KUBECONFIG", &kubeconfig, err);

    return code ? code : k7i_kubeconfig_select(kubeconfig, name, &context, err);
}

static void drop(void)
{
    k7i_kube_context_clear(&context);
    k7i_kubeconfig_free(kubeconfig);
    kubeconfig = NULL;
}

static void choose_ok(const char *paths, const char *name)
{
    k7_error *err = NULL;

    ck_assert_msg(choose(paths, name, &err) == 0, "%s", k7_error_get_message(err));
}

static void has(enum k7i_kube_text text, const char *expected)
{
    ck_assert_pstr_eq(context.text[text], expected);
}

START_TEST(everything_is_taken)
{
    const char *path = write_file("config", complete);

    choose_ok(path, NULL);
    has(K7I_KUBE_SERVER, "https://one.example:6443");
    has(K7I_KUBE_CA_FILE, path_of("ca.crt"));
    has(K7I_KUBE_CA_DATA, NULL);
    has(K7I_KUBE_SERVER_NAME, "kubernetes");
    has(K7I_KUBE_PROXY, "socks5://127.0.0.1:1080");
    has(K7I_KUBE_CERT_FILE, path_of("pki/u.crt"));
    has(K7I_KUBE_KEY_DATA, PEM_KEY);
    has(K7I_KUBE_TOKEN_FILE, "/var/token");
    has(K7I_KUBE_TOKEN, SECRET);
    has(K7I_KUBE_AS, "somebody");
    has(K7I_KUBE_AS_UID, NULL);
    has(K7I_KUBE_NAMESPACE, "demo");
    drop();
    choose_ok(path, "second one");
    has(K7I_KUBE_SERVER, "https://two.example");
    has(K7I_KUBE_CA_DATA, PEM_CERT);
    has(K7I_KUBE_COMMAND, path_of("bin/login"));
    has(K7I_KUBE_TOKEN, NULL);
    drop();
    choose_ok(path, "third");
    has(K7I_KUBE_COMMAND, "login");
    drop();
    choose_ok(path, "nobody");
    ck_assert_ptr_null(context.user.file);
    drop();
}
END_TEST

START_TEST(relative_paths_start_from_the_file)
{
    char here[300], expected[400];

    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    write_file("config", complete);
    ck_assert_int_eq(chdir(folder), 0);
    choose_ok("config", NULL);
    has(K7I_KUBE_CA_FILE, path_of("ca.crt"));
    drop();
    ck_assert_int_eq(chdir("/tmp"), 0);
    snprintf(expected, sizeof expected, "%s/config", folder + strlen("/tmp/"));
    choose_ok(expected, NULL);
    has(K7I_KUBE_CA_FILE, path_of("ca.crt"));
    drop();
    ck_assert_int_eq(chdir(here), 0);
}
END_TEST

START_TEST(json_is_yaml)
{
    choose_ok(
        write_file(
            "config",
            "{\"kind\":\"Config\",\"apiVersion\":\"v1\",\"current-context\":\"x\",\"clusters\":[{\"name\":\"c\","
            "\"cluster\":{\"server\":\"https://h\"}}],\"contexts\":[{\"name\":\"x\",\"context\":{\"cluster\":\"c\","
            "\"user\":\"\"}}],\"users\":null}"),
        NULL);
    has(K7I_KUBE_SERVER, "https://h");
    drop();
}
END_TEST

START_TEST(anchors_and_aliases_are_followed)
{
    choose_ok(
        write_file(
            "config",
            "x-base: &base {server: 'https://h', tls-server-name: &n name}\nclusters: [{name: c, cluster: *base}]\n"
            "contexts: [{name: x, context: {cluster: c, namespace: *n}}]\ncurrent-context: x\n"),
        NULL);
    has(K7I_KUBE_SERVER, "https://h");
    has(K7I_KUBE_NAMESPACE, "name");
    drop();
}
END_TEST

/* ---- merging ---- */

#define FILE_OF(context, name, server, extra)                                                                \
    "current-context: " context "\nclusters: [{name: " name ", cluster: {server: '" server "'" extra         \
    "}}]\ncontexts: [{name: " name ", context: {cluster: " name "}}]\n"

static const struct {
    const char *files[3]; /* NULL: not there */
    const char *name, *server, *server_name;
} merges[] = {
    /* The first to name a current context, the first to have an entry: with all of it. */
    { { FILE_OF("a", "a", "https://1", ""), FILE_OF("b", "b", "https://2", "") }, NULL, "https://1", NULL },
    { { FILE_OF("a", "a", "https://1", ""), FILE_OF("b", "b", "https://2", "") }, "b", "https://2", NULL },
    { { FILE_OF("a", "a", "https://1", ""), FILE_OF("a", "a", "https://2", ", tls-server-name: n") },
      NULL,
      "https://1",
      NULL },
    { { FILE_OF("''", "a", "https://1", ""), FILE_OF("b", "b", "https://2", "") }, NULL, "https://2", NULL },
    { { FILE_OF("null", "a", "https://1", ""), FILE_OF("a", "b", "https://2", "") },
      NULL,
      "https://1",
      NULL },
    { { FILE_OF("b", "a", "https://1", ""), FILE_OF("a", "b", "https://2", "") }, NULL, "https://2", NULL },
    { { NULL, FILE_OF("b", "b", "https://2", ""), "" }, NULL, "https://2", NULL },
    { { "", " \n", FILE_OF("b", "b", "https://2", "") }, NULL, "https://2", NULL },
    /* A context in one file, its cluster in another. */
    { { "contexts: [{name: x, context: {cluster: c}}]\n", "current-context: x\n",
        FILE_OF("y", "c", "https://3", "") },
      NULL,
      "https://3",
      NULL },
};

START_TEST(files_are_merged_as_kubectl_does)
{
    static const char *const names[] = { "1", "2", "3" };
    char paths[600] = ":";

    for (size_t i = 0; i < 3; i++) {
        if (merges[_i].files[i])
            write_file(names[i], merges[_i].files[i]);
        strcat(strcat(paths, path_of(names[i])), ":");
    }
    choose_ok(paths, merges[_i].name);
    has(K7I_KUBE_SERVER, merges[_i].server);
    has(K7I_KUBE_SERVER_NAME, merges[_i].server_name);
    drop();
}
END_TEST

START_TEST(one_file_must_be_there)
{
    char paths[400], expected[500];
    k7_error *err = NULL;

    snprintf(paths, sizeof paths, "%s:%s", path_of("1"), path_of("2"));
    ck_assert_int_eq(choose(paths, NULL, &err), K7_ERR_IO);
    snprintf(expected, sizeof expected, "KUBECONFIG: there is no file \"%s\"", paths);
    ck_assert_str_eq(k7_error_get_message(err), expected);
    k7_error_unref(err);
}
END_TEST

START_TEST(files_are_counted)
{
    char paths[400] = "";
    k7_error *err = NULL;

    write_file("1", "");
    for (int i = 0; i < 33; i++)
        strcat(paths, "1:");
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(choose(paths, NULL, &err), K7_ERR_LIMIT);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_str_eq(k7_error_get_message(err), "KUBECONFIG: more than 32 files");
    k7_error_unref(err);
    k7i_kubeconfig_free(kubeconfig);
}
END_TEST

/* ---- what is wrong ---- */

#define GOOD_END "\ncontexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n"

/* message: after the path. */
static const struct {
    const char *text, *message;
    int code;
} wrong[] = {
    { "clusters: [\n", ", line 2, column 1: did not find expected node content", K7_ERR_PARSE },
    { "- a\n", ", line 1, column 1: a mapping of fields is expected", K7_ERR_PARSE },
    { "a: 1\na: 2\n", ", line 2: the same key a second time in one object", K7_ERR_PARSE },
    { "a: 1\n---\nb: 1\n", ", line 2, column 1: there is more than one document", K7_ERR_PARSE },
    { "a: !!binary eA==\n", ", line 1, column 4: tags are not supported", K7_ERR_PARSE },
    { "kind: Pod\n", ":1: kind: must be Config", 0 },
    { "\napiVersion: v2\n", ":2: apiVersion: must be v1", 0 },
    { "current-context: 1\n", ":1: current-context: must be text", 0 },
    { "clusters: {}\n", ":1: clusters: must be a list", 0 },
    { "clusters:\n- 1\n", ":2: clusters[0]: must be a mapping", 0 },
    { "clusters:\n- name: [a]\n", ":2: clusters[0].name: must be text", 0 },
    { "clusters:\n- name: a\n  cluster: https://h\n", ":3: clusters[0].cluster: must be a mapping", 0 },
    { "clusters:\n- cluster:\n    insecure-skip-tls-verify: yes\n",
      ":3: clusters[0].cluster.insecure-skip-tls-verify: must be true or false", 0 },
    { "clusters:\n- cluster:\n    certificate-authority-data: '?'\n",
      ":3: clusters[0].cluster.certificate-authority-data: must be a PEM text in base64", 0 },
    { "clusters:\n- cluster:\n    certificate-authority-data: YWJj\n",
      ":3: clusters[0].cluster.certificate-authority-data: must be a PEM text in base64", 0 },
    { "clusters:\n- cluster:\n    certificate-authority-data: LS0tLS1CRUdJTiAA\n",
      ":3: clusters[0].cluster.certificate-authority-data: must be a PEM text in base64", 0 },
    { "clusters:\n- cluster:\n    extensions:\n    - {name: 1}\n",
      ":4: clusters[0].cluster.extensions[0].name: must be text", 0 },
    { "users:\n- user: {}\n- name: b\n  user:\n    token: 12\n", ":5: users[1].user.token: must be text", 0 },
    { "users:\n- user:\n    as-groups: a\n", ":3: users[0].user.as-groups: must be a list", 0 },
    { "users:\n- user:\n    as-groups:\n    - a\n    - 1\n", ":5: users[0].user.as-groups[1]: must be text",
      0 },
    { "users:\n- user:\n    as-user-extra:\n      scopes: a\n",
      ":4: users[0].user.as-user-extra.scopes: must be a list", 0 },
    { "users:\n- user:\n    as-user-extra:\n      \"a\\nb\": a\n", ":4: must be a list", 0 },
    { "users:\n- user:\n    exec: login\n", ":3: users[0].user.exec: must be a mapping", 0 },
    { "users:\n- user:\n    exec:\n      args: [a, {}]\n", ":4: users[0].user.exec.args[1]: must be text",
      0 },
    { "users:\n- user:\n    exec:\n      env:\n      - name: A\n        value: 1\n",
      ":6: users[0].user.exec.env[0].value: must be text", 0 },
    { "users:\n- user:\n    exec: {provideClusterInfo: 1}\n",
      ":3: users[0].user.exec.provideClusterInfo: must be true or false", 0 },
    { "contexts:\n- context: {namespace: 1}\n", ":2: contexts[0].context.namespace: must be text", 0 },
    { "clusters: [{name: c}]\n", ": current-context is not set: choose a context with kubernetes.context",
      0 },
    { "current-context: x\n", ": there is no context \"x\"", 0 },
    { "clusters: []\nusers: [{name: u}]" GOOD_END,
      ":3: contexts[0].context.cluster: there is none of this name", 0 },
    { "clusters: [{name: c}]\nusers: []" GOOD_END, ":3: contexts[0].context.user: there is none of this name",
      0 },
    { "contexts:\n- name: x\ncurrent-context: x\n", ":2: contexts[0].context.cluster: is missing", 0 },
    { "clusters:\n- name: c\n- name: c\n  cluster: {}\nusers: [{name: u}]" GOOD_END,
      ":4: clusters[1].cluster: another one of this name is in the file", 0 },
};

START_TEST(an_error_names_file_line_and_field)
{
    const char *path = write_file("config", wrong[_i].text);
    char expected[400];
    k7_error *err = NULL;

    ck_assert_int_eq(choose(path, NULL, &err), wrong[_i].code ? wrong[_i].code : K7_ERR_INVALID_CONFIG);
    snprintf(expected, sizeof expected, "%s%s", path, wrong[_i].message);
    ck_assert_str_eq(k7_error_get_message(err), expected);
    k7_error_unref(err);
    k7i_kubeconfig_free(kubeconfig);
}
END_TEST

START_TEST(a_chosen_context_must_be_there)
{
    char expected[400], paths[400];
    k7_error *err = NULL;

    write_file("1", complete);
    write_file("2", "");
    snprintf(paths, sizeof paths, "%s:%s", path_of("1"), path_of("2"));
    ck_assert_int_eq(choose(paths, "se\ncond", &err), K7_ERR_INVALID_CONFIG);
    snprintf(expected, sizeof expected, "%s and the files after it: there is no context \"se\\ncond\"",
             path_of("1"));
    ck_assert_str_eq(k7_error_get_message(err), expected);
    k7_error_unref(err);
    k7i_kubeconfig_free(kubeconfig);
}
END_TEST

START_TEST(what_is_too_much_is_refused)
{
    struct k7i_buf text;
    k7_error *err = NULL;

    k7i_buf_init(&text, 2 * K7I_KUBECONFIG_MAX);
    k7i_buf_text(&text, "x: '");
    for (int i = 0; i < K7I_KUBECONFIG_MAX; i++)
        k7i_buf_char(&text, 'x');
    k7i_buf_text(&text, "'\n");
    ck_assert_int_eq(choose(write_file("config", text.data), NULL, &err), K7_ERR_LIMIT);
    err = k7_error_unref(err);
    k7i_buf_reset(&text);
    for (int i = 0; i < 20; i++)
        k7i_buf_text(&text, "x: {");
    ck_assert_int_eq(choose(write_file("config", text.data), NULL, &err), K7_ERR_LIMIT);
    k7_error_unref(err);
    k7i_buf_reset(&text);
    k7i_buf_text(&text, "a0: &a0 laugh\n");
    for (int i = 1; i < 12; i++)
        k7i_buf_printf(&text, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1, i - 1,
                       i - 1);
    ck_assert_int_eq(choose(write_file("config", text.data), NULL, NULL), K7_ERR_LIMIT);
    k7i_buf_clear(&text);
}
END_TEST

/* ---- memory ---- */

static int choose_and_drop(void *path)
{
    int code = choose(path, NULL, NULL);

    drop();
    return code;
}

START_TEST(out_of_memory_is_an_ordinary_error)
{
    starve_each(choose_and_drop, (void *)write_file("config", complete));
}
END_TEST

START_TEST(no_secret_stays_in_memory)
{
    const char *path = write_file("config", complete);

    for (size_t i = 0; i < 2; i++) {
        starve_secret = i ? PEM_KEY : SECRET;
        choose_and_drop((void *)path);
        ck_assert_int_eq(starve_leaks, 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kubernetes/kubeconfig");
    TCase *tests = tcase_create("kubeconfig");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, everything_is_taken);
    tcase_add_test(tests, relative_paths_start_from_the_file);
    tcase_add_test(tests, json_is_yaml);
    tcase_add_test(tests, anchors_and_aliases_are_followed);
    tcase_add_loop_test(tests, files_are_merged_as_kubectl_does, 0, sizeof merges / sizeof merges[0]);
    tcase_add_test(tests, one_file_must_be_there);
    tcase_add_test(tests, files_are_counted);
    tcase_add_loop_test(tests, an_error_names_file_line_and_field, 0, sizeof wrong / sizeof wrong[0]);
    tcase_add_test(tests, a_chosen_context_must_be_there);
    tcase_add_test(tests, what_is_too_much_is_refused);
    tcase_add_test(tests, out_of_memory_is_an_ordinary_error);
    tcase_add_test(tests, no_secret_stays_in_memory);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
