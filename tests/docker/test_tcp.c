/* test_tcp.c: the same engine over TLS with a client certificate, and over plain TCP on this machine. */
#include "fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/k7-certificates-XXXXXX";
static pid_t forwarder;
static int port;

/* Starts the forwarder beside this file, and waits for its port. */
static void start(const char *program, const char *certificates)
{
    const char *socket_path = getenv("K7_TEST_ENGINE") + strlen("docker://");
    int fds[2];
    char text[32] = "";

    ck_assert_int_eq(pipe(fds), 0);
    forwarder = fork();
    if (forwarder == 0) {
        dup2(fds[1], 1);
        close(fds[0]);
        close(fds[1]);
        execl(program, program, socket_path, certificates, (char *)NULL);
        _exit(127);
    }
    close(fds[1]);
    ck_assert_int_gt(read(fds[0], text, sizeof text - 1), 0);
    close(fds[0]);
    port = atoi(text);
}

static void stop(void)
{
    kill(forwarder, SIGKILL);
    waitpid(forwarder, NULL, 0);
}

static k7_config *config_for(const char *scheme)
{
    char text[64];
    k7_config *config = new_config();

    snprintf(text, sizeof text, "%s://127.0.0.1:%d", scheme, port);
    assert_ok(k7_config_set(config, "endpoint", text, &err));
    return config;
}

static void set_file(k7_config *config, const char *key, const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(k7_config_set(config, key, path, &err));
}

static void do_it_all(k7_client *on)
{
    k7_spec *spec = new_spec("far", "\"egress_whitelist\":[],\"before_script\":\"echo hello\"");
    k7_sandboxes *list;

    assert_ok(k7_sandbox_create(on, spec, NULL, NULL, &err));
    assert_ok(k7_sandbox_list(on, NULL, NULL, &list, &err));
    ck_assert_uint_eq(k7_sandboxes_count(list), 1);
    ck_assert_int_eq(k7_sandbox_is_ready(k7_sandboxes_at(list, 0)), 1);
    k7_sandboxes_unref(list);
    assert_ok(k7_sandbox_delete(on, NULL, "far", NULL, NULL, &err));
    ck_assert_int_eq(peer_count(namespace_), 0);
    k7_spec_free(spec);
}

START_TEST(over_plain_tcp_on_this_machine)
{
    start(HERE "/forward", NULL);
    k7_client *far = open_client(config_for("docker+http"));
    do_it_all(far);
    k7_client_unref(far);
    stop();
}
END_TEST

START_TEST(over_tls_with_a_client_certificate)
{
    start(HERE "/forward", folder);
    k7_config *config = config_for("docker");
    set_file(config, "docker.ca_file", "ca.pem");
    set_file(config, "docker.client_cert_file", "client.pem");
    set_file(config, "docker.client_key_file", "client.key");
    k7_client *far = open_client(config);
    do_it_all(far);
    k7_client_unref(far);
    stop();
}
END_TEST

START_TEST(an_engine_that_is_not_trusted_gets_nothing)
{
    k7_sandboxes *list = NULL;
    k7_error *error = NULL;

    start(HERE "/forward", folder);
    k7_config *config = config_for("docker");
    set_file(config, "docker.ca_file", "stranger-ca.pem");
    k7_client *far = open_client(config);
    ck_assert_int_eq(k7_sandbox_list(far, NULL, NULL, &list, &error), K7_ERR_TLS);
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_NOT_SENT);
    k7_error_unref(error);
    k7_client_unref(far);
    stop();
}
END_TEST

START_TEST(without_the_clients_certificate_nothing_is_listed)
{
    k7_sandboxes *list = NULL;
    k7_error *error = NULL;

    start(HERE "/forward", folder);
    k7_config *config = config_for("docker");
    set_file(config, "docker.ca_file", "ca.pem");
    k7_client *far = open_client(config);
    ck_assert_int_ne(k7_sandbox_list(far, NULL, NULL, &list, &error), 0);
    ck_assert_int_eq(k7_error_get_class(error), K7_CLASS_NETWORK);
    ck_assert_ptr_null(list);
    k7_error_unref(error);
    k7_client_unref(far);
    stop();
}
END_TEST

/* The look for what the lost request did comes before the engine has done it: the next attempt finds the name taken, by ourselves. */
START_TEST(a_create_whose_answer_is_lost_is_found_again)
{
    start(HERE "/lose_create", NULL);
    k7_client *far = open_client(config_for("docker+http"));
    do_it_all(far);
    k7_client_unref(far);
    stop();
}
END_TEST

static TCase *make(void)
{
    TCase *tests = tcase_create("tcp");

    tcase_add_test(tests, over_plain_tcp_on_this_machine);
    tcase_add_test(tests, a_create_whose_answer_is_lost_is_found_again);
    tcase_add_test(tests, over_tls_with_a_client_certificate);
    tcase_add_test(tests, an_engine_that_is_not_trusted_gets_nothing);
    tcase_add_test(tests, without_the_clients_certificate_nothing_is_listed);
    return tests;
}

int main(void)
{
    char command[512];

    if (!mkdtemp(folder))
        return EXIT_FAILURE;
    snprintf(command, sizeof command, "%s/../support/certificates %s", HERE, folder);
    int status = system(command) == 0 ? run_suite("docker-tcp", make) : EXIT_FAILURE;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command) == 0 ? status : EXIT_FAILURE;
}
