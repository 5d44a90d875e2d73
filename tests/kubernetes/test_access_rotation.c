/* test_access_rotation.c: tokens and certificates are replaced while a client lives. Alone, because everything else in the cluster loses its credentials, too. */
#include "access.h"

#include <signal.h>
#include <sys/stat.h>

static k7_client *open_file(const char *kubeconfig)
{
    k7_config *config = new_config();

    assert_ok(k7_config_set(config, "kubernetes.kubeconfig", kubeconfig, &err));
    return open_client(config);
}

static void is_somebody(k7_client *opened)
{
    k7_error *error = NULL;
    json_object *user = who_am_i(peer_of(opened), &error);

    ck_assert_msg(user, "%s", k7_error_get_message(error));
    ck_assert_str_ne(peer_text(user, "username"), "");
    json_object_put(user);
}

static void is_refused(k7_client *opened)
{
    k7_error *error = NULL;

    ck_assert_ptr_null(who_am_i(peer_of(opened), &error));
    ck_assert_int_eq(k7_error_get_code(error), K7_ERR_UNAUTHENTICATED);
    k7_error_unref(error);
}

START_TEST(tokens)
{
    char user[500], *token = read_file(getenv("K7_TEST_CLUSTER_TOKEN_FILE"));

    snprintf(user, sizeof user, "tokenFile: '%s'", getenv("K7_TEST_CLUSTER_TOKEN_FILE"));
    k7_client *of_file = open_file(write_kubeconfig("file", NULL, user));
    snprintf(user, sizeof user, "token: '%s'", token);
    k7_client *of_text = open_file(write_kubeconfig("text", NULL, user));
    snprintf(
        user, sizeof user,
        "#!/bin/sh\necho >>\"$0.runs\"\n"
        "printf '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"%%s\"}}' \"$(cat '%s')\"\n",
        getenv("K7_TEST_CLUSTER_TOKEN_FILE"));
    const char *plugin = write_file("plugin", 0700, user);
    k7_client *of_program = open_file(write_kubeconfig(
        "exec", NULL,
        "exec: {command: ./plugin, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}"));
    for (int i = 0; i < 3; i++) {
        is_somebody(of_file);
        is_somebody(of_text);
        is_somebody(of_program);
    }
    control("rotate tokens");
    for (int i = 0; i < 3; i++) {
        is_somebody(of_file);
        is_refused(of_text);
        is_somebody(of_program);
    }
    /* It ran once for each token. */
    char runs[200];
    struct stat about;
    snprintf(runs, sizeof runs, "%s.runs", plugin);
    ck_assert_int_eq(stat(runs, &about), 0);
    ck_assert_int_eq(about.st_size, 2);
    k7_client_unref(of_file);
    k7_client_unref(of_text);
    k7_client_unref(of_program);
    free(token);
}
END_TEST

START_TEST(certificates)
{
    char *cert = base64_of(pki("admin.crt")), *key = base64_of(pki("admin.key"));
    static char user[32768];

    snprintf(user, sizeof user, "client-certificate: '%s', client-key: '%s'", pki("admin.crt"),
             pki("admin.key"));
    k7_client *of_files = open_file(write_kubeconfig("files", NULL, user));
    snprintf(user, sizeof user, "client-certificate-data: %s, client-key-data: %s", cert, key);
    k7_client *of_text = open_file(write_kubeconfig("text", NULL, user));
    is_somebody(of_files);
    is_somebody(of_text);
    control("rotate users-ca");
    is_somebody(of_files);
    is_refused(of_text);
    is_somebody(of_files);
    k7_client_unref(of_files);
    k7_client_unref(of_text);
    free(cert);
    free(key);
}
END_TEST

START_TEST(the_servers_certificate)
{
    is_somebody(client);
    control("rotate serving-certificate");
    is_somebody(client);
}
END_TEST

static TCase *tests(void)
{
    TCase *tests = tcase_create("access_rotation");

    tcase_add_test(tests, tokens);
    tcase_add_test(tests, certificates);
    tcase_add_test(tests, the_servers_certificate);
    return tests;
}

int main(void)
{
    return run_suite("rotation", 0, tests);
}
