/* Unit tests of endpoint texts. */
#include "config/endpoint.h"

#include "base/alloc.h"

#include <check.h>
#include <string.h>

#include "../starve.h"

static const struct good {
    const char *text, *scheme, *host;
    int port;
    const char *path;
    int is_loopback;
} good[] = {
    { "docker:", "docker", NULL, 0, "", 0 },
    { "docker:///run/x.sock", "docker", NULL, 0, "/run/x.sock", 0 },
    { "docker:/run/x.sock", "docker", NULL, 0, "/run/x.sock", 0 },
    { "docker:///run/a@b.sock", "docker", NULL, 0, "/run/a@b.sock", 0 },
    { "docker://host:2376", "docker", "host", 2376, "", 0 },
    { "docker+http://127.0.0.1:2375", "docker+http", "127.0.0.1", 2375, "", 1 },
    { "memory:", "memory", NULL, 0, "", 0 },
    { "memory:?", "memory", NULL, 0, "", 0 },
    { "https://[::1]:31007", "https", "::1", 31007, "", 1 },
    { "https://[0:0::1]", "https", "0:0::1", 0, "", 1 },
    { "https://[fd00::2]/", "https", "fd00::2", 0, "/", 0 },
    { "https://host/prefix/", "https", "host", 0, "/prefix/", 0 },
    { "HTTPS://Host:1", "https", "Host", 1, "", 0 },
    { "http://LocalHost:65535", "http", "LocalHost", 65535, "", 1 },
    { "http://127.9.9.9", "http", "127.9.9.9", 0, "", 1 },
    { "http://localhost.example.com", "http", "localhost.example.com", 0, "", 0 },
    { "http://127.0.0.1.example.com", "http", "127.0.0.1.example.com", 0, "", 0 },
    { "http://128.0.0.1", "http", "128.0.0.1", 0, "", 0 },
    { "http://10.127.0.1", "http", "10.127.0.1", 0, "", 0 },
    { "http://[::ffff:127.0.0.1]", "http", "::ffff:127.0.0.1", 0, "", 0 },
    { "demo:anything/else", "demo", NULL, 0, "anything/else", 0 },
    { "d.e-m+o1:x", "d.e-m+o1", NULL, 0, "x", 0 },
};

START_TEST(reads_the_parts_of_an_endpoint)
{
    const struct good *row = &good[_i];
    struct k7i_endpoint *endpoint;

    ck_assert_int_eq(k7i_endpoint_parse(row->text, &endpoint, NULL), 0);
    ck_assert_str_eq(endpoint->scheme, row->scheme);
    ck_assert_pstr_eq(endpoint->host, row->host);
    ck_assert_int_eq(endpoint->port, row->port);
    ck_assert_str_eq(endpoint->path, row->path);
    ck_assert_int_eq(k7i_endpoint_is_loopback(endpoint), row->is_loopback);
    ck_assert_uint_eq(endpoint->parameter_count, 0);
    k7i_endpoint_free(endpoint);
}
END_TEST

START_TEST(decodes_parameters)
{
    struct k7i_endpoint *endpoint;

    ck_assert_int_eq(
        k7i_endpoint_parse("memory:?fail=create:429*2&a%62=%c3%A9+%26%3d&empty=&eq=a=b", &endpoint, NULL), 0);
    ck_assert_uint_eq(endpoint->parameter_count, 4);
    ck_assert_str_eq(k7i_endpoint_parameter(endpoint, "fail"), "create:429*2");
    ck_assert_str_eq(k7i_endpoint_parameter(endpoint, "ab"), "\xc3\xa9+&=");
    ck_assert_str_eq(k7i_endpoint_parameter(endpoint, "empty"), "");
    ck_assert_str_eq(k7i_endpoint_parameter(endpoint, "eq"), "a=b");
    ck_assert_ptr_null(k7i_endpoint_parameter(endpoint, "none"));
    k7i_endpoint_free(endpoint);
}
END_TEST

/* Each with a word that its error must have. */
static const char *const bad[][2] = {
    { "", "no scheme" },
    { "host", "no scheme" },
    { "/run/x.sock", "no scheme" },
    { "1a:", "starts with a letter" },
    { ":", "starts with a letter" },
    { "+a:", "starts with a letter" },
    { "a b:", "no scheme" },
    { "https://host:0", "port" },
    { "https://host:", "port" },
    { "https://host:65536", "port" },
    { "https://host:000080", "port" },
    { "https://host:8o", "port" },
    { "https://host:-1", "port" },
    { "https://:80", "no host" },
    { "https://ho st/", "host name" },
    { "https://h%6fst/", "host name" },
    { "https://host\\evil/", "host name" },
    { "https://b\xc3\xbc.de/", "host name" },
    { "https://[::1", "\"[\"" },
    { "https://[]/", "IPv6" },
    { "https://[::1%25lo]/", "IPv6" },
    { "https://[127.0.0.1]/", "IPv6" },
    { "https://[::1]x/", "host name" },
    { "https://a::1/", "brackets" },
    { "https://host/#x", "fragment" },
    { "memory:#x", "fragment" },
    { "memory:?a", "NAME=VALUE" },
    { "memory:?=a", "NAME=VALUE" },
    { "memory:?a=b&", "NAME=VALUE" },
    { "memory:?a=b&&c=d", "NAME=VALUE" },
    { "memory:?a=b&a=c", "twice" },
    { "memory:?a=b&%61=c", "twice" },
    { "memory:?a=%", "hexadecimal" },
    { "memory:?a=%4", "hexadecimal" },
    { "memory:?a=%4g", "hexadecimal" },
    { "memory:?a=%00", "NUL" },
    { "memory:?a=%0a", "control" },
    { "memory:?a=%ff", "UTF-8" },
    { "memory:?a=\n", "control" },
    { "https://host\r\nX: y", "control" },
    { "memory:?a=\xff", "UTF-8" },
};

START_TEST(refuses_what_is_no_endpoint)
{
    struct k7i_endpoint *endpoint;
    k7_error *error = NULL;

    ck_assert_int_eq(k7i_endpoint_parse(bad[_i][0], &endpoint, &error), K7_ERR_INVALID_CONFIG);
    ck_assert_ptr_null(endpoint);
    const char *message = k7_error_get_message(error);
    ck_assert_msg(strstr(message, bad[_i][1]) != NULL, "%s: %s", bad[_i][0], message);
    ck_assert_ptr_null(strchr(message, '\n'));
    k7_error_unref(error);
}
END_TEST

static const char *const with_password[] = {
    "https://user:hunter2@host/",
    "https://hunter2@host",
    "https://user:hunter2@host:99999/",
    "https://host\\:hunter2@host/",
    "HTTPS://a:hunter2@[::1/",
    "user:hunter2@host",
    "hunter2@host",
    "https:user:hunter2@host",
    "https:///user:hunter2@host#",
    "https://user:hunter2@ho\nst",
    "https://user:hunter2@host/?a=%zz",
};

START_TEST(never_shows_a_password)
{
    struct k7i_endpoint *endpoint;
    k7_error *error = NULL;

    ck_assert_int_eq(k7i_endpoint_parse(with_password[_i], &endpoint, &error), K7_ERR_INVALID_CONFIG);
    ck_assert_ptr_null(strstr(k7_error_get_message(error), "hunter2"));
    k7_error_unref(error);
}
END_TEST

START_TEST(refuses_a_text_without_end)
{
    struct k7i_endpoint *endpoint;
    char text[5000] = "memory:?a=";

    memset(text + 10, 'b', sizeof text - 11);
    ck_assert_int_eq(k7i_endpoint_parse(text, &endpoint, NULL), K7_ERR_INVALID_CONFIG);
    text[4096] = '\0';
    ck_assert_int_eq(k7i_endpoint_parse(text, &endpoint, NULL), 0);
    k7i_endpoint_free(endpoint);
}
END_TEST

static int parse_once(void *user)
{
    struct k7i_endpoint *endpoint;
    k7_error *error = NULL;
    int code = k7i_endpoint_parse(user, &endpoint, &error);

    ck_assert_int_eq(k7_error_get_code(error), code);
    k7_error_unref(error);
    k7i_endpoint_free(endpoint);
    return code;
}

START_TEST(survives_a_lack_of_memory)
{
    starve_each(parse_once, (void *)"https://host:1/x?a=b&c=d");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config/endpoint");
    TCase *tests = tcase_create("endpoint");

    tcase_add_loop_test(tests, reads_the_parts_of_an_endpoint, 0, sizeof good / sizeof good[0]);
    tcase_add_test(tests, decodes_parameters);
    tcase_add_loop_test(tests, refuses_what_is_no_endpoint, 0, sizeof bad / sizeof bad[0]);
    tcase_add_loop_test(tests, never_shows_a_password, 0, sizeof with_password / sizeof with_password[0]);
    tcase_add_test(tests, refuses_a_text_without_end);
    tcase_add_test(tests, survives_a_lack_of_memory);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
