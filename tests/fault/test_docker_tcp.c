/* test_docker_tcp.c: an engine at an address: by TLS, both sides with a certificate, or in plain text on this machine. Whoever reaches an engine is root there. */
#include "rest_fixture.h"

static void start(const char *name, const char *client_ca, int only_tls_1_1)
{
    static char cert[512], key[512], ca[512];

    snprintf(cert, sizeof cert, "%s.pem", certificate(name));
    snprintf(key, sizeof key, "%s.key", certificate(name));
    snprintf(ca, sizeof ca, "%s", client_ca ? certificate(client_ca) : "");
    server = scripted_server_start(&(struct scripted_tls){ .cert_file = cert,
                                                           .key_file = key,
                                                           .client_ca_file = client_ca ? ca : NULL,
                                                           .only_tls_1_1 = only_tls_1_1 });
    scripted_server_answer_always(server, 200, NULL, "[]");
}

static k7_config *new_engine_config(const char *address)
{
    char endpoint[64];

    snprintf(endpoint, sizeof endpoint, "%s:%d", address, scripted_server_port(server));
    return new_config(endpoint);
}

static void open_trusting(const char *ca)
{
    k7_config *config = new_engine_config("docker://localhost");

    if (ca)
        set_key(config, "docker.ca_file", certificate(ca));
    open_client(config);
}

START_TEST(both_sides_show_a_certificate)
{
    k7_config *config;

    start("server", "ca.pem", 0);
    config = new_engine_config("docker://localhost");
    set_key(config, "docker.ca_file", certificate("ca.pem"));
    set_key(config, "docker.client_cert_file", certificate("client.pem"));
    set_key(config, "docker.client_key_file", certificate("client.key"));
    open_client(config);
    expect_success(list());
    expect_success(list());
    ck_assert_int_eq(scripted_server_connections(server), 1);
    ck_assert_ptr_eq(strstr(scripted_server_request(server, 0).target, "/v1.41/containers/json?all=1&"),
                     scripted_server_request(server, 0).target);
}
END_TEST

START_TEST(without_a_certificate_of_ones_own_the_engine_refuses)
{
    start("server", "ca.pem", 0);
    open_trusting("ca.pem");
    ck_assert_int_eq(list(), K7_ERR_TLS);
    expect_message("certificate");
    ck_assert_int_eq(scripted_server_requests(server), 0);
}
END_TEST

static const struct {
    const char *server, *ca;
} bad[] = {
    { "other-name", "ca.pem" },      { "expired", "ca.pem" }, { "stranger", "ca.pem" },
    { "server", "stranger-ca.pem" }, { "server", NULL }, /* the system's authorities do not know it */
};

START_TEST(a_bad_certificate_is_refused_once_and_nothing_is_sent)
{
    start(bad[_i].server, NULL, 0);
    open_trusting(bad[_i].ca);
    ck_assert_int_eq(list(), K7_ERR_TLS);
    expect_error(K7_ERR_TLS, K7_OUTCOME_NOT_SENT);
    expect_message("certificate");
    ck_assert_int_eq(k7_error_is_retryable(err), 0);
    ck_assert_int_eq(traces, 1);
    ck_assert_int_eq(scripted_server_requests(server), 0);
}
END_TEST

START_TEST(tls_1_1_is_refused)
{
    start("server", NULL, 1);
    open_trusting("ca.pem");
    ck_assert_int_eq(list(), K7_ERR_TLS);
    expect_error(K7_ERR_TLS, K7_OUTCOME_NOT_SENT);
    expect_message("version");
    ck_assert_int_eq(scripted_server_requests(server), 0);
}
END_TEST

START_TEST(plain_text_is_spoken_where_it_is_asked_for)
{
    server = scripted_server_start(NULL);
    scripted_server_answer_always(server, 200, NULL, "[]");
    open_client(new_engine_config("docker+http://127.0.0.1"));
    expect_success(list());
    ck_assert_int_eq(scripted_server_bodies(server, "GET"), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("docker tcp");
    TCase *tests = tcase_create("tcp");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, both_sides_show_a_certificate);
    tcase_add_test(tests, without_a_certificate_of_ones_own_the_engine_refuses);
    tcase_add_loop_test(tests, a_bad_certificate_is_refused_once_and_nothing_is_sent, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(tests, tls_1_1_is_refused);
    tcase_add_test(tests, plain_text_is_spoken_where_it_is_asked_for);
    suite_add_tcase(suite, tests);
    return run(suite);
}
