/* test_tcp.c: the same engine over TLS with a client certificate, and over plain TCP on this machine; and an engine that does at will what real
 * ones do at the worst moment. */
#include "fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/k7-certificates-XXXXXX";
static pid_t forwarder;
static int port;

/* Starts a forwarder beside this file, and waits for its port. */
static void start(const char *program, const char *argument)
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
        execl(program, program, socket_path, argument, (char *)NULL);
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
    start(HERE "/interfere", "lose-create");
    k7_client *far = open_client(config_for("docker+http"));
    do_it_all(far);
    k7_client_unref(far);
    stop();
}
END_TEST

/* Engines fail to read the log of a container that ends at that moment, after they have answered 200, or never end it. */
START_TEST(a_log_that_comes_to_nothing_once_does_no_harm)
{
    static const char *const acts[] = { "unread-log", "silent-log" };

    start(HERE "/interfere", acts[_i / 2]);
    k7_client *far = open_client(config_for("docker+http"));
    if (_i % 2 == 0) {
        do_it_all(far);
    } else {
        k7_error *error =
            create_fails(far, "far", "\"egress_whitelist\":[],\"before_script\":\"echo the reason; exit 7\"",
                         K7_ERR_SCRIPT_FAILED, "exit status 7");
        assert_contains(k7_error_get_message(error), "the reason");
        k7_error_unref(error);
    }
    k7_client_unref(far);
    stop();
}
END_TEST

START_TEST(a_script_has_failed_also_when_its_output_cannot_be_read)
{
    start(HERE "/interfere", "no-log");
    k7_client *far = open_client(config_for("docker+http"));
    k7_error *error = create_fails(
        far, "far",
        "\"egress_whitelist\":[],\"before_script_under_lock\":true,\"before_script\":\"echo the reason; exit 7\"",
        K7_ERR_SCRIPT_FAILED,
        "before_script: ended with exit status 7; its output could not be read: failed to obtain logs");
    k7_error_unref(error);
    k7_client_unref(far);
    stop();
}
END_TEST

static TCase *make(void)
{
    TCase *tests = tcase_create("tcp");

    tcase_add_test(tests, over_plain_tcp_on_this_machine);
    tcase_add_test(tests, a_create_whose_answer_is_lost_is_found_again);
    tcase_add_loop_test(tests, a_log_that_comes_to_nothing_once_does_no_harm, 0, 4);
    tcase_add_test(tests, a_script_has_failed_also_when_its_output_cannot_be_read);
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
