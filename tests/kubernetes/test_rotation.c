/* test_rotation.c: certificates and tokens change while a client lives: it goes on, by itself. It runs alone: the cluster's credentials are everybody's. */
#include "fixture.h"

#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

__attribute__((format(printf, 1, 2))) static const char *path_of(const char *format, ...)
{
    static char paths[4][512];
    static int at;
    char *room = paths[at++ % 4];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(room, sizeof paths[0], format, arguments);
    va_end(arguments);
    return room;
}

static const char *cluster_file(const char *name)
{
    return path_of("%s/%s", getenv("K7_TEST_CLUSTER_DIR"), name);
}

static const char *own_file(const char *name)
{
    return path_of("%s/%s", folder, name);
}

/* As a whole: whoever reads meanwhile gets the old content or the new one. */
static void copy(const char *from, const char *to)
{
    char command[1200];

    snprintf(command, sizeof command, "cp '%s' '%s.new' && mv '%s.new' '%s'", from, to, to, to);
    ck_assert_int_eq(system(command), 0);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    chmod(path, mode);
}

/* A kubeconfig in our folder. */
static const char *kubeconfig(const char *ca, const char *user)
{
    char text[2048];

    snprintf(text, sizeof text,
             "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
             "clusters: [{name: c, cluster: {server: \"%s\", certificate-authority: \"%s\"}}]\n"
             "contexts: [{name: c, context: {cluster: c, user: u}}]\n"
             "users:\n- name: u\n  user: %s\n",
             getenv("K7_TEST_CLUSTER_URL"), ca, user);
    write_file(own_file("config"), text, 0600);
    return own_file("config");
}

static void assert_works(k7_client *on)
{
    k7_sandboxes *list;

    assert_ok(k7_sandbox_list(on, NULL, NULL, &list, &err));
    k7_sandboxes_unref(list);
}

static void assert_fails(k7_client *on, int code)
{
    k7_sandboxes *list = NULL;
    k7_error *error = NULL;

    k7_sandbox_list(on, NULL, NULL, &list, &error);
    ck_assert_msg(k7_error_get_code(error) == code, "%s: %s", k7_error_code_name(k7_error_get_code(error)),
                  k7_error_get_message(error));
    k7_error_unref(error);
}

static void start(void)
{
    strcpy(folder, "/tmp/k7-rotation-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void stop(void)
{
    char command[100];

    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(serving_certificate)
{
    k7_client *on = open_with(cluster_file("kubeconfig/admin-token-file"));

    assert_works(on);
    control("rotate serving-certificate");
    assert_works(on); /* on the connection that there was */
    control("restart kube-apiserver");
    assert_works(on); /* on another one */
    k7_client_unref(on);
}
END_TEST

static const struct {
    const char *in_files, *inlined, *rotate;
} credentials[] = {
    { "kubeconfig/admin-files", "kubeconfig/admin", "rotate users-ca" },
    { "kubeconfig/admin-token-file", "kubeconfig/admin-token", "rotate tokens" },
};
enum { CREDENTIALS = sizeof credentials / sizeof credentials[0] };

/* The old one is refused on the connection that there was, too. */
START_TEST(files_of_credentials)
{
    k7_client *on = open_with(cluster_file(credentials[_i].in_files));
    k7_client *old = open_with(cluster_file(credentials[_i].inlined));

    assert_works(on);
    assert_works(old);
    control(credentials[_i].rotate);
    assert_works(on);
    assert_fails(old, K7_ERR_UNAUTHENTICATED); /* inline: it cannot know the new one */
    k7_client_unref(old);
    k7_client_unref(on);
}
END_TEST

static int count_lines(const char *path)
{
    FILE *file = fopen(path, "r");
    int count = 0, c;

    if (!file)
        return 0;
    while ((c = fgetc(file)) != EOF)
        count += c == '\n';
    fclose(file);
    return count;
}

/* A credential plugin that says "expires in an hour" (or nothing), hands out the valid token, and counts how often it was asked. */
static k7_client *open_with_plugin(const char *expiry)
{
    char script[2048], user[700];

    snprintf(script, sizeof script,
             "#!/bin/sh\necho run >>%s/runs\n"
             "printf '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\","
             "\"status\":{%s\"token\":\"%%s\"}}' \"$(cat %s)\"\n",
             folder, expiry, getenv("K7_TEST_CLUSTER_TOKEN_FILE"));
    write_file(own_file("plugin"), script, 0700);
    snprintf(user, sizeof user,
             "{exec: {apiVersion: client.authentication.k8s.io/v1, command: \"%s\", interactiveMode: Never}}",
             own_file("plugin"));
    return open_with(kubeconfig(getenv("K7_TEST_CLUSTER_CA"), user));
}

START_TEST(token_of_a_plugin)
{
    k7_client *on = open_with_plugin("\"expirationTimestamp\":\"2200-01-01T00:00:00Z\",");

    assert_works(on);
    assert_works(on);
    ck_assert_int_eq(count_lines(own_file("runs")), 1);
    control("rotate tokens");
    assert_works(on); /* 401, and asked again */
    assert_works(on);
    ck_assert_int_eq(count_lines(own_file("runs")), 2);
    k7_client_unref(on);
}
END_TEST

START_TEST(expired_token_of_a_plugin)
{
    k7_client *on = open_with_plugin("\"expirationTimestamp\":\"2001-01-01T00:00:00Z\",");

    assert_works(on);
    int first = count_lines(own_file("runs"));
    assert_works(on);
    ck_assert_int_gt(count_lines(own_file("runs")), first);
    k7_client_unref(on);
}
END_TEST

/* What is trusted is read anew for a new connection. */
START_TEST(file_of_the_authority)
{
    char user[600];
    const char *wrong = own_file("wrong.crt");
    char command[1000];

    snprintf(
        command, sizeof command,
        "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=another -days 2 -keyout %s -out %s 2>/dev/null",
        own_file("wrong.key"), wrong);
    ck_assert_int_eq(system(command), 0);
    copy(getenv("K7_TEST_CLUSTER_CA"), own_file("ca.crt"));
    snprintf(user, sizeof user, "{tokenFile: \"%s\"}", getenv("K7_TEST_CLUSTER_TOKEN_FILE"));
    k7_client *on = open_with(kubeconfig(own_file("ca.crt"), user));
    assert_works(on);
    copy(wrong, own_file("ca.crt"));
    control("restart kube-apiserver");
    assert_fails(on, K7_ERR_TLS);
    copy(getenv("K7_TEST_CLUSTER_CA"), own_file("ca.crt"));
    assert_works(on);
    k7_client_unref(on);
}
END_TEST

static TCase *tests(void)
{
    TCase *tests = tcase_create("rotation");

    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, serving_certificate);
    tcase_add_loop_test(tests, files_of_credentials, 0, CREDENTIALS);
    tcase_add_test(tests, token_of_a_plugin);
    tcase_add_test(tests, expired_token_of_a_plugin);
    tcase_add_test(tests, file_of_the_authority);
    return tests;
}

int main(void)
{
    return run_suite_without_pods("rotation", 0, tests);
}
