/* test_rest_tls.c: certificates, TLS versions, credentials in plain text, proxies, and what the environment must not change. */
#include "rest_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

static void start(const char *name, const char *client_ca)
{
    static char cert[512], key[512], ca[512];

    snprintf(cert, sizeof cert, "%s.pem", certificate(name));
    snprintf(key, sizeof key, "%s.key", certificate(name));
    snprintf(ca, sizeof ca, "%s", client_ca ? certificate(client_ca) : "");
    server = scripted_server_start(&(struct scripted_tls){
        .cert_file = cert, .key_file = key, .client_ca_file = client_ca ? ca : NULL });
    scripted_server_answer_always(server, 200, NULL, LIST_OF_ONE);
}

static k7_config *new_tls_config(void)
{
    k7_config *config = new_config(scripted_server_url(server));

    set_key(config, "rest.api_key", SECRET);
    return config;
}

static void open_trusting(const char *ca)
{
    k7_config *config = new_tls_config();

    set_key(config, "rest.ca_file", certificate(ca));
    open_client(config);
}

START_TEST(a_good_certificate_is_accepted)
{
    start("server", NULL);
    open_trusting("ca.pem");
    expect_success(list());
    expect_success(list());
    ck_assert_int_eq(scripted_server_connections(server), 1);
}
END_TEST

START_TEST(a_certificate_authority_may_be_given_as_text)
{
    k7_config *config;
    char pem[8192];
    FILE *file;

    start("server", NULL);
    file = fopen(certificate("ca.pem"), "r");
    pem[fread(pem, 1, sizeof pem - 1, file)] = '\0';
    fclose(file);
    config = new_tls_config();
    set_key(config, "rest.ca_pem", pem);
    open_client(config);
    expect_success(list());
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
    start(bad[_i].server, NULL);
    if (bad[_i].ca)
        open_trusting(bad[_i].ca);
    else
        open_client(new_tls_config());
    ck_assert_int_eq(create(), K7_ERR_TLS);
    expect_error(K7_ERR_TLS, K7_OUTCOME_NOT_SENT);
    expect_message("certificate");
    ck_assert_int_eq(k7_error_is_retryable(err), 0);
    ck_assert_int_eq(traces, 1);
    ck_assert_int_eq(scripted_server_requests(server), 0);
}
END_TEST

START_TEST(a_client_certificate_is_shown)
{
    k7_config *config;

    start("server", "ca.pem");
    config = new_tls_config();
    set_key(config, "rest.ca_file", certificate("ca.pem"));
    set_key(config, "rest.client_cert_file", certificate("client.pem"));
    set_key(config, "rest.client_key_file", certificate("client.key"));
    open_client(config);
    expect_success(list());
}
END_TEST

START_TEST(a_missing_client_certificate_is_an_error)
{
    start("server", "ca.pem");
    open_trusting("ca.pem");
    ck_assert_int_eq(list(), K7_ERR_TLS);
    expect_message("certificate");
    ck_assert_int_eq(traces, 1);
    ck_assert_int_eq(scripted_server_requests(server), 0);
}
END_TEST

START_TEST(tls_1_1_is_refused)
{
    static char cert[512], key[512];

    snprintf(cert, sizeof cert, "%s", certificate("server.pem"));
    snprintf(key, sizeof key, "%s", certificate("server.key"));
    server = scripted_server_start(
        &(struct scripted_tls){ .cert_file = cert, .key_file = key, .only_tls_1_1 = 1 });
    open_trusting("ca.pem");
    ck_assert_int_eq(list(), K7_ERR_TLS);
    expect_message("version");
    ck_assert_int_eq(scripted_server_requests(server), 0);
}
END_TEST

START_TEST(tls_1_2_is_accepted_unless_the_configuration_wants_more)
{
    static char cert[512], key[512];
    k7_config *config;

    snprintf(cert, sizeof cert, "%s", certificate("server.pem"));
    snprintf(key, sizeof key, "%s", certificate("server.key"));
    server = scripted_server_start(
        &(struct scripted_tls){ .cert_file = cert, .key_file = key, .only_tls_1_2 = 1 });
    scripted_server_answer_always(server, 200, NULL, LIST_OF_ONE);
    open_trusting("ca.pem");
    expect_success(list());
    close_client();
    config = new_tls_config();
    set_key(config, "rest.ca_file", certificate("ca.pem"));
    set_key(config, "rest.tls_min_version", "1.3");
    open_client(config);
    ck_assert_int_eq(list(), K7_ERR_TLS);
    expect_message("version");
    ck_assert_int_eq(scripted_server_requests(server), 1);
}
END_TEST

/* --- plain text --- */

static const struct {
    const char *endpoint, *key, *value;
    int code;
} openings[] = {
    { "http://192.0.2.1:8000", NULL, NULL, K7_ERR_INVALID_CONFIG },
    { "http://127.0.0.1.example.com", NULL, NULL, K7_ERR_INVALID_CONFIG },
    { "http://192.0.2.1:8000", "rest.allow_plaintext", "true", 0 },
    { "http://127.0.0.1:8000", NULL, NULL, 0 },
    { "http://[::1]:8000", NULL, NULL, 0 },
    { "http://localhost:8000", NULL, NULL, 0 },
    { "HTTP://192.0.2.1", NULL, NULL, K7_ERR_INVALID_CONFIG },
    { "http://localhost:8000", "rest.proxy", "http://192.0.2.1:3128", K7_ERR_INVALID_CONFIG },
    { "https://192.0.2.1", "rest.proxy", "http://192.0.2.1:3128", 0 },
    { "https://k7.example:31007/prefix/", NULL, NULL, 0 },
    { "https://k7.example/?namespace=x", NULL, NULL, K7_ERR_INVALID_CONFIG },
    { "https://k7.example/a/../b", NULL, NULL, K7_ERR_INVALID_CONFIG },
    { "https://k7.example//a", NULL, NULL, K7_ERR_INVALID_CONFIG },
    { "https://k7.example/%zz", NULL, NULL, K7_ERR_INVALID_CONFIG },
    { "https://k7.example/a%", NULL, NULL, K7_ERR_INVALID_CONFIG },
    { "https://k7.example/a%4", NULL, NULL, K7_ERR_INVALID_CONFIG },
    { "https://k7.example", "rest.ca_file", "/does/not/exist", K7_ERR_IO },
    { "https://k7.example", "rest.api_key_file", "/does/not/exist", K7_ERR_INVALID_CONFIG },
};

START_TEST(what_can_be_checked_is_checked_when_opening)
{
    k7_config *config = new_config(openings[_i].endpoint);

    set_key(config, "rest.api_key", SECRET);
    if (openings[_i].key)
        set_key(config, openings[_i].key, openings[_i].value);
    ck_assert_msg(k7_client_open(config, &client, &err) == openings[_i].code, "%s %s: %s",
                  openings[_i].endpoint, openings[_i].key, k7_error_get_message(err));
    ck_assert_int_eq(client != NULL, openings[_i].code == 0);
    if (err)
        expect_error(openings[_i].code, K7_OUTCOME_NOT_SENT);
    k7_config_free(config);
}
END_TEST

static int give_token(void *user, k7_token *token)
{
    (void)user;
    return k7_token_set(token, SECRET, -1);
}

START_TEST(a_token_needs_protection_too)
{
    k7_config *config = new_config("http://192.0.2.1");

    ck_assert_int_eq(k7_config_set_token_provider(config, give_token, NULL, NULL, NULL), 0);
    ck_assert_int_eq(k7_client_open(config, &client, &err), K7_ERR_INVALID_CONFIG);
    err = k7_error_unref(err);
    set_key(config, "endpoint", "https://192.0.2.1");
    set_key(config, "rest.api_key", SECRET);
    ck_assert_int_eq(k7_client_open(config, &client, &err), K7_ERR_INVALID_CONFIG);
    expect_error(K7_ERR_INVALID_CONFIG, K7_OUTCOME_NOT_SENT);
    k7_config_free(config);
}
END_TEST

/* --- proxies and the environment --- */

START_TEST(a_proxy_is_used_when_it_is_set)
{
    k7_config *config = new_config("http://k7.invalid:8000");

    server = scripted_server_start(NULL);
    scripted_server_answer_always(server, 200, NULL, LIST_OF_ONE);
    set_key(config, "rest.proxy", scripted_server_url(server));
    open_client(config);
    expect_success(list());
    ck_assert_str_eq(scripted_server_request(server, 0).target,
                     "http://k7.invalid:8000/api/v1/sandboxes?namespace=default");
}
END_TEST

START_TEST(a_proxy_sees_no_key_of_an_encrypted_connection)
{
    k7_config *config = new_config("https://k7.invalid");

    server = scripted_server_start(NULL);
    scripted_server_answer_always(server, 403, NULL, "");
    set_key(config, "rest.proxy", scripted_server_url(server));
    set_key(config, "rest.api_key", SECRET);
    set_key(config, "retry_attempts", "1");
    open_client(config);
    ck_assert_int_lt(list(), 0);
    ck_assert_str_eq(scripted_server_request(server, 0).method, "CONNECT");
    expect_no_secret(scripted_server_request(server, 0).headers);
    ck_assert_int_eq(scripted_server_requests(server), 1);
}
END_TEST

static const char *const variables[] = { "http_proxy",  "HTTP_PROXY", "https_proxy",
                                         "HTTPS_PROXY", "all_proxy",  "ALL_PROXY" };

START_TEST(the_environments_proxies_are_ignored)
{
    struct scripted_server *proxy = scripted_server_start(NULL);

    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        setenv(variables[i], scripted_server_url(proxy), 1);
    start("server", NULL);
    open_trusting("ca.pem");
    expect_success(list());
    ck_assert_int_eq(scripted_server_connections(proxy), 0);
    scripted_server_stop(proxy);
}
END_TEST

START_TEST(the_environments_authorities_are_ignored)
{
    setenv("SSL_CERT_FILE", certificate("ca.pem"), 1);
    setenv("CURL_CA_BUNDLE", certificate("ca.pem"), 1);
    start("server", NULL);
    open_trusting("stranger-ca.pem");
    ck_assert_int_eq(list(), K7_ERR_TLS);
}
END_TEST

START_TEST(netrc_is_ignored)
{
    char folder[] = "/tmp/k7-netrc-XXXXXX", path[64];
    FILE *file;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/.netrc", folder);
    file = fopen(path, "w");
    fputs("machine 127.0.0.1 login me password secret\ndefault login me password secret\n", file);
    fclose(file);
    chmod(path, 0600);
    setenv("HOME", folder, 1);
    server = scripted_server_start(NULL);
    scripted_server_answer_always(server, 200, NULL, LIST_OF_ONE);
    open_client(new_config(scripted_server_url(server)));
    expect_success(list());
    ck_assert_ptr_null(strstr(scripted_server_request(server, 0).headers, "Authorization"));
    unlink(path);
    rmdir(folder);
}
END_TEST

#define COUNT(table) (int)(sizeof table / sizeof table[0])

int main(void)
{
    Suite *suite = suite_create("rest tls");
    TCase *tests = tcase_create("tls");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, a_good_certificate_is_accepted);
    tcase_add_test(tests, a_certificate_authority_may_be_given_as_text);
    tcase_add_loop_test(tests, a_bad_certificate_is_refused_once_and_nothing_is_sent, 0, COUNT(bad));
    tcase_add_test(tests, a_client_certificate_is_shown);
    tcase_add_test(tests, a_missing_client_certificate_is_an_error);
    tcase_add_test(tests, tls_1_1_is_refused);
    tcase_add_test(tests, tls_1_2_is_accepted_unless_the_configuration_wants_more);
    tcase_add_loop_test(tests, what_can_be_checked_is_checked_when_opening, 0, COUNT(openings));
    tcase_add_test(tests, a_token_needs_protection_too);
    tcase_add_test(tests, a_proxy_is_used_when_it_is_set);
    tcase_add_test(tests, a_proxy_sees_no_key_of_an_encrypted_connection);
    tcase_add_test(tests, the_environments_proxies_are_ignored);
    tcase_add_test(tests, the_environments_authorities_are_ignored);
    tcase_add_test(tests, netrc_is_ignored);
    suite_add_tcase(suite, tests);
    return run(suite);
}
