/* test_peer.c: how a server is reached and recognised: certificates inline and in files that are replaced, another name, constant headers. */
#include "net_fixture.h"

#include <pthread.h>

/* ---- the other name of a server ---- */

START_TEST(a_certificate_for_another_name_is_accepted_when_that_is_given)
{
    start_tls("other-name", NULL);
    open_peer((struct k7i_peer_settings){ .ca_file = certificate("ca.pem"),
                                          .tls_server_name = "elsewhere.example" });
    expect_success(get());
    char host[64];
    snprintf(host, sizeof host, "Host: localhost:%d\r\n", scripted_server_port(server));
    const char *headers = scripted_server_request(server, 0).headers;
    ck_assert_msg(strstr(headers, host) != NULL, "%s", headers);
    ck_assert_ptr_null(strstr(headers, "elsewhere"));
}
END_TEST

START_TEST(another_name_is_verified)
{
    start_tls(_i ? "server" : "other-name", NULL);
    open_peer((struct k7i_peer_settings){ .ca_file = certificate("ca.pem"),
                                          .tls_server_name = _i ? "elsewhere.example" : NULL });
    expect_failure(get(), K7_ERR_TLS, _i ? "elsewhere.example" : "localhost");
    ck_assert_int_eq(scripted_server_requests(server), 0);
}
END_TEST

START_TEST(a_name_that_is_none_is_refused)
{
    static const char *const names[] = { "", "a b", "a/b", "a@b", "a\nb" };
    const struct k7i_peer_settings settings = { .url = "https://localhost:1", .tls_server_name = names[_i] };

    ck_assert_int_eq(k7i_peer_new(&settings, &peer, &err), K7_ERR_INVALID_CONFIG);
    ck_assert_ptr_null(peer);
    ck_assert_ptr_nonnull(strstr(k7_error_get_message(err), "TLS server name \""));
}
END_TEST

START_TEST(whoever_answers_is_the_server_only_when_told_so)
{
    start_tls("stranger", NULL);
    open_peer((struct k7i_peer_settings){ .insecure_skip_verify = _i });
    if (_i)
        expect_success(get());
    else
        expect_failure(get(), K7_ERR_TLS, "certificate");
}
END_TEST

/* ---- proxies ---- */

/* What libcurl cannot make out it shows as a whole, as far as its text reaches. */
START_TEST(a_proxy_that_libcurl_refuses_is_not_shown)
{
    static const char *const hosts[] = { "p", "@p", "/x@p", "?x@p", " x@p", "[p", "p:x" };
    char proxy[512];

    snprintf(proxy, sizeof proxy, "http://bob:hunter2%0*d@%s", _i % 2 ? 300 : 1, 0, hosts[_i / 2]);
    start_tls("server", NULL);
    open_peer((struct k7i_peer_settings){ .ca_file = certificate("ca.pem"), .proxy = proxy });
    ck_assert_int_ne(get(), 0);
    ck_assert_msg(!strstr(k7_error_get_message(err), "hunter2") && !strstr(k7_error_get_message(err), "bob:"),
                  "%s", k7_error_get_message(err));
}
END_TEST

/* ---- compressed answers ---- */

/* What gzip makes of a command's output. */
static size_t compress_output(const char *command, char *ret_data, size_t size)
{
    char line[200];

    snprintf(line, sizeof line, "%s | gzip -n", command);
    FILE *pipe = popen(line, "r");
    ck_assert_ptr_nonnull(pipe);
    size_t len = fread(ret_data, 1, size, pipe);
    ck_assert_int_eq(pclose(pipe), 0);
    ck_assert_uint_lt(len, size);
    return len;
}

static void answer_compressed(const char *data, size_t len)
{
    char head[200];

    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
             len);
    const struct scripted_act acts[] = { { SCRIPTED_SEND, head, 0 }, { SCRIPTED_SEND, data, len } };
    scripted_server_push(server, acts, 2);
}

static void open_compressed(void)
{
    server = scripted_server_start(NULL);
    open_peer((struct k7i_peer_settings){ .compressed = 1 });
}

START_TEST(answers_may_be_compressed)
{
    char data[4096];

    open_compressed();
    answer_compressed(data, compress_output("printf %060000d 0", data, sizeof data));
    expect_success(get());
    ck_assert_uint_eq(answered_len, 60000);
    ck_assert_str_eq(strncmp(answered, "0000", 4) == 0 ? "" : answered, "");
    scripted_server_answer(server, 200, NULL, "{}");
    expect_success(get());
    ck_assert_str_eq(answered, "{}");
    for (int i = 0; i < 2; i++)
        ck_assert_msg(strstr(scripted_server_request(server, i).headers, "gzip") != NULL, "%s",
                      scripted_server_request(server, i).headers);
}
END_TEST

START_TEST(compression_is_not_offered_to_other_peers)
{
    server = scripted_server_start(NULL);
    open_peer((struct k7i_peer_settings){ 0 });
    scripted_server_answer(server, 200, NULL, "{}");
    expect_success(get());
    ck_assert_ptr_null(strstr(scripted_server_request(server, 0).headers, "Accept-Encoding"));
}
END_TEST

START_TEST(what_is_damaged_or_too_large_when_it_comes_out_is_refused)
{
    char data[65536];
    size_t len = compress_output(_i ? "head -c 10000000 /dev/zero" : "printf %060000d 0", data, sizeof data);

    open_compressed();
    if (_i == 0)
        memset(data + len / 2, 0x55, 16);
    answer_compressed(data, len);
    expect_failure(get(), _i ? K7_ERR_LIMIT : K7_ERR_PROTOCOL, _i ? "65536 bytes" : "content");
}
END_TEST

/* ---- a client's certificate as text ---- */

START_TEST(a_client_certificate_may_be_text_or_half_of_it_a_file)
{
    start_tls("server", "ca.pem");
    open_peer((struct k7i_peer_settings){
        .ca_file = certificate("ca.pem"),
        .client_cert_file = _i == 1 ? certificate("client.pem") : NULL,
        .client_cert_pem = _i == 1 ? NULL : read_text(certificate("client.pem")),
        .client_key_file = _i == 2 ? certificate("client.key") : NULL,
        .client_key_pem = _i == 2 ? NULL : read_text(certificate("client.key")) });
    expect_success(get());
    expect_success(get());
    ck_assert_int_eq(scripted_server_connections(server), 1);
}
END_TEST

START_TEST(a_key_of_another_certificate_is_named_and_not_shown)
{
    char *key = read_text(certificate("stranger.key"));

    start_tls("server", "ca.pem");
    open_peer((struct k7i_peer_settings){ .ca_file = certificate("ca.pem"),
                                          .client_cert_pem = read_text(certificate("client.pem")),
                                          .client_key_pem = key });
    expect_failure(get(), K7_ERR_TLS, "private key");
    char line[65];
    snprintf(line, sizeof line, "%s", strchr(key, '\n') + 1);
    ck_assert_ptr_null(strstr(k7_error_get_message(err), line));
    ck_assert_int_eq(scripted_server_requests(server), 0);
}
END_TEST

START_TEST(what_is_no_pem_is_refused_at_once)
{
    const struct k7i_peer_settings settings[] = {
        { .url = "https://localhost:1", .client_cert_pem = "x", .client_key_pem = "-----BEGIN x" },
        { .url = "https://localhost:1", .client_cert_pem = "-----BEGIN x", .client_key_pem = "s3cret" },
        { .url = "https://localhost:1", .ca_pem = "x" },
    };
    static const char *const what[] = { "the client certificate is not in PEM",
                                        "the client key is not in PEM", "the CA is not in PEM" };

    ck_assert_int_eq(k7i_peer_new(&settings[_i], &peer, &err), K7_ERR_INVALID_CONFIG);
    ck_assert_str_eq(k7_error_get_message(err), what[_i]);
}
END_TEST

/* ---- constant headers ---- */

START_TEST(constant_headers_go_with_every_request_however_many_there_are)
{
    enum { GROUPS = 40 };
    char lines[GROUPS][64];
    const char *headers[GROUPS + 1] = { NULL };

    for (int i = 0; i < GROUPS; i++) {
        snprintf(lines[i], sizeof lines[i], "Impersonate-Group: group %d;", i);
        headers[i] = lines[i];
    }
    start_tls("server", NULL);
    open_peer((struct k7i_peer_settings){ .ca_file = certificate("ca.pem"), .headers = headers });
    for (int n = 0; n < 2; n++) {
        expect_success(get());
        for (int i = 0; i < GROUPS; i++)
            ck_assert_ptr_nonnull(strstr(scripted_server_request(server, n).headers, lines[i]));
    }
}
END_TEST

START_TEST(a_header_that_cannot_be_sent_is_refused)
{
    static const char *const bad[] = { "Impersonate-User:", "Impersonate-User: ", "no colon", ": value",
                                       "A: b\r\nC: d" };
    const char *headers[] = { "Good: one", bad[_i], NULL };
    const struct k7i_peer_settings settings = { .url = "https://localhost:1", .headers = headers };

    ck_assert_int_eq(k7i_peer_new(&settings, &peer, &err), K7_ERR_INVALID_CONFIG);
    ck_assert_ptr_nonnull(strstr(k7_error_get_message(err), "the header \""));
}
END_TEST

/* ---- files that are replaced while a client lives ---- */

START_TEST(a_replaced_ca_is_seen_by_the_next_request_of_every_loop)
{
    struct k7i_loop *other;

    ck_assert_int_eq(k7i_loop_new(NULL, &other, NULL), 0);
    start_tls("server", NULL);
    write_own("ca.pem", read_text(certificate("ca.pem")));
    open_peer((struct k7i_peer_settings){ .ca_file = own("ca.pem") });
    expect_success(get());
    expect_success(get_on(other, 20000, NULL, &err));
    /* The server of the connections that are there is no longer to be trusted. */
    write_own("ca.pem", read_text(certificate("stranger-ca.pem")));
    for (int i = 0; i < 2; i++) {
        expect_failure(get(), K7_ERR_TLS, "certificate");
        expect_failure(get_on(other, 20000, NULL, &err), K7_ERR_TLS, "certificate");
    }
    /* And again it is. One of the loops has missed a change. */
    write_own("ca.pem", read_text(certificate("ca.pem")));
    expect_success(get());
    write_own("ca.pem", read_text(certificate("stranger-ca.pem")));
    expect_failure(get(), K7_ERR_TLS, "certificate");
    write_own("ca.pem", read_text(certificate("ca.pem")));
    expect_success(get_on(other, 20000, NULL, &err));
    expect_success(get());
    k7i_loop_free(other);
}
END_TEST

START_TEST(a_ca_that_is_gone_for_a_moment_does_not_matter)
{
    start_tls("server", NULL);
    write_own("ca.pem", read_text(certificate("ca.pem")));
    open_peer((struct k7i_peer_settings){ .ca_file = own("ca.pem") });
    expect_success(get());
    ck_assert_int_eq(unlink(own("ca.pem")), 0);
    expect_success(get());
    ck_assert_int_eq(scripted_server_connections(server), 1);
}
END_TEST

static void open_with_client_files(const char *name)
{
    char file[64];

    start_tls("server", "ca.pem");
    snprintf(file, sizeof file, "%s.pem", name);
    write_own("client.pem", read_text(certificate(file)));
    snprintf(file, sizeof file, "%s.key", name);
    write_own("client.key", read_text(certificate(file)));
    open_peer((struct k7i_peer_settings){ .ca_file = certificate("ca.pem"),
                                          .client_cert_file = own("client.pem"),
                                          .client_key_file = own("client.key") });
}

START_TEST(a_replaced_client_certificate_is_seen_by_the_next_request)
{
    open_with_client_files("client");
    expect_success(get());
    write_own("client.key", read_text(certificate("stranger.key")));
    write_own("client.pem", read_text(certificate("stranger.pem")));
    expect_failure(get(), K7_ERR_TLS, "alert"); /* not on the old connection, nor in its TLS session */
    write_own("client.pem", read_text(certificate("client.pem")));
    expect_failure(get(), K7_ERR_TLS, "private key"); /* the key does not fit: it is not there yet */
    write_own("client.key", read_text(certificate("client.key")));
    expect_success(get());
    ck_assert_int_eq(scripted_server_requests(server), 2);
}
END_TEST

/* The server's answer to a request whose client certificate is replaced while it is under way. */
static void answer_after_replacing(void)
{
    static const struct scripted_act refuse[] = {
        { .kind = SCRIPTED_WAIT },
        { .kind = SCRIPTED_SEND, .data = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}" }
    };

    scripted_server_push(server, refuse, 2);
}

static void *replace_when_asked(void *replaces)
{
    scripted_server_await_requests(server, 1);
    if (*(int *)replaces)
        write_own("client.pem", read_text(certificate("client.pem")));
    scripted_server_release(server);
    return NULL;
}

START_TEST(a_401_is_repeated_once_on_a_new_connection_when_the_certificate_was_replaced)
{
    int replaces = _i;
    pthread_t thread;

    open_with_client_files("client");
    answer_after_replacing();
    ck_assert_int_eq(pthread_create(&thread, NULL, replace_when_asked, &replaces), 0);
    int code = get();
    pthread_join(thread, NULL);
    if (replaces)
        expect_success(code);
    else
        expect_failure(code, K7_ERR_REJECTED, "status 401");
    ck_assert_int_eq(scripted_server_requests(server), replaces ? 2 : 1);
    ck_assert_int_eq(scripted_server_connections(server), replaces ? 2 : 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net/peer");
    TCase *tests = tcase_create("peer");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_certificate_for_another_name_is_accepted_when_that_is_given);
    tcase_add_loop_test(tests, another_name_is_verified, 0, 2);
    tcase_add_loop_test(tests, a_name_that_is_none_is_refused, 0, 5);
    tcase_add_loop_test(tests, whoever_answers_is_the_server_only_when_told_so, 0, 2);
    tcase_add_loop_test(tests, a_proxy_that_libcurl_refuses_is_not_shown, 0, 14);
    tcase_add_test(tests, answers_may_be_compressed);
    tcase_add_test(tests, compression_is_not_offered_to_other_peers);
    tcase_add_loop_test(tests, what_is_damaged_or_too_large_when_it_comes_out_is_refused, 0, 2);
    tcase_add_loop_test(tests, a_client_certificate_may_be_text_or_half_of_it_a_file, 0, 3);
    tcase_add_test(tests, a_key_of_another_certificate_is_named_and_not_shown);
    tcase_add_loop_test(tests, what_is_no_pem_is_refused_at_once, 0, 3);
    tcase_add_test(tests, constant_headers_go_with_every_request_however_many_there_are);
    tcase_add_loop_test(tests, a_header_that_cannot_be_sent_is_refused, 0, 5);
    tcase_add_test(tests, a_replaced_ca_is_seen_by_the_next_request_of_every_loop);
    tcase_add_test(tests, a_ca_that_is_gone_for_a_moment_does_not_matter);
    tcase_add_test(tests, a_replaced_client_certificate_is_seen_by_the_next_request);
    tcase_add_loop_test(tests, a_401_is_repeated_once_on_a_new_connection_when_the_certificate_was_replaced,
                        0, 2);
    suite_add_tcase(suite, tests);
    return run(suite);
}
