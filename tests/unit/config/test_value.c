/* Unit tests of the check of values against the table of keys. */
#include "config/config.h"
#include "config/keys.h"

#include "base/secret.h"
#include "k7i_features.h"
#include <k7sandbox/error.h>

#include <check.h>
#include <string.h>

#include "../starve.h"

static int normalise(const char *key, const char *value, char **ret_text, k7_error **err)
{
    const struct k7_config_key *row = k7i_key_find(key, NULL);

    ck_assert_msg(row != NULL, "%s", key);
    return k7i_key_normalise(row, value, ret_text, err);
}

/* The form in which a value is kept; NULL: as it was given. */
static const struct good {
    const char *key, *value, *kept;
} good[] = {
    { "endpoint", "https://host:31007", NULL },
    { "endpoint", "demo:x", NULL },
    { "namespace", "team-a", NULL },
    { "timeout_ms", "1", NULL },
    { "timeout_ms", "-1", NULL },
    { "timeout_ms", "2147483647", NULL },
    { "cleanup_timeout_ms", "0", NULL },
    { "connect_timeout_ms", "1", NULL },
    { "retry_attempts", "20", NULL },
    { "max_response_bytes", "1024", NULL },
    { "user_agent", "demo/1.0 (x; y)", NULL },
#ifdef K7I_WITH_REST
    { "rest.api_key", " \tAbc-_123=.\r\n", "Abc-_123=." },
    { "rest.ca_file", "/a b/\xc3\xa9.pem", NULL },
    { "rest.ca_pem", "x\r\n-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n", NULL },
    { "rest.tls_min_version", "1.3", NULL },
    { "rest.allow_plaintext", "true", NULL },
    { "rest.allow_plaintext", "false", NULL },
    { "rest.proxy", "http://proxy:3128", NULL },
    { "rest.proxy", "https://proxy/", NULL },
    { "rest.proxy", "socks5://[::1]:1080", NULL },
    { "rest.idle_ms", "0", NULL },
#endif
#ifdef K7I_WITH_DOCKER
    { "docker.runtimes", "", NULL },
    { "docker.runtimes", "kata , io.containerd.runc.v2, /usr/bin/crun",
      "kata,io.containerd.runc.v2,/usr/bin/crun" },
    { "docker.allow_caps", "cap_kill, Chown", "KILL,CHOWN" },
    { "docker.allow_caps", " ", "" },
    { "docker.pids_limit", "4194304", NULL },
    { "docker.pull", "never", NULL },
    { "docker.registry_auth", "{\n \"h\": {\"identitytoken\": \"t\"}\n}\n", NULL },
    { "docker.network", "my_net-1.x", NULL },
#endif
};

START_TEST(keeps_a_good_value)
{
    char *text = NULL;
    k7_error *error = NULL;

    ck_assert_msg(normalise(good[_i].key, good[_i].value, &text, &error) == 0, "%s",
                  k7_error_get_message(error));
    ck_assert_str_eq(text, good[_i].kept ? good[_i].kept : good[_i].value);
    k7i_secret_free(text);
}
END_TEST

/* Each with the whole of its error. */
static const struct bad {
    const char *key, *value, *message;
} bad[] = {
    { "endpoint", "", "endpoint: must not be empty" },
    { "endpoint", "host", "endpoint \"host\": no scheme: write https://HOST, docker: or memory:" },
    { "namespace", "", "namespace: must not be empty" },
    { "namespace", "Team/A",
      "namespace \"Team/A\": must be 1 to 63 lower-case letters, digits and \"-\", with a letter or digit at "
      "both ends" },
    { "timeout_ms", "0", "timeout_ms \"0\": must be a whole number from 1 to 2147483647, or -1" },
    { "timeout_ms", "-2", "timeout_ms \"-2\": must be a whole number from 1 to 2147483647, or -1" },
    { "timeout_ms", "2147483648",
      "timeout_ms \"2147483648\": must be a whole number from 1 to 2147483647, or -1" },
    { "retry_attempts", "0", "retry_attempts \"0\": must be a whole number from 1 to 20" },
    { "retry_attempts", "21", "retry_attempts \"21\": must be a whole number from 1 to 20" },
    { "retry_attempts", "-1", "retry_attempts \"-1\": must be a whole number from 1 to 20" },
    { "retry_attempts", "4x", "retry_attempts \"4x\": must be a whole number from 1 to 20" },
    { "retry_attempts", " 4", "retry_attempts \" 4\": must be a whole number from 1 to 20" },
    { "retry_attempts", "+4", "retry_attempts \"+4\": must be a whole number from 1 to 20" },
    { "retry_attempts", "0x4", "retry_attempts \"0x4\": must be a whole number from 1 to 20" },
    { "retry_attempts", "99999999999999999999",
      "retry_attempts \"99999999999999999999\": must be a whole number from 1 to 20" },
    { "retry_attempts", "", "retry_attempts: must not be empty" },
    { "cleanup_timeout_ms", "-1", "cleanup_timeout_ms \"-1\": must be a whole number from 0 to 2147483647" },
    { "user_agent", "a\r\nX-Evil: b", "user_agent: a control character (0x0d) at position 2" },
    { "user_agent", "\xc3\xa9", "user_agent \"\xc3\xa9\": must be ASCII" },
    { "user_agent", "\xff", "user_agent: not UTF-8" },
#ifdef K7I_WITH_REST
    { "rest.api_key", "", "rest.api_key: must not be empty" },
    { "rest.api_key", " \n", "rest.api_key: must not be empty" },
    { "rest.api_key", "hunter2 hunter2",
      "rest.api_key: must be visible ASCII characters without white space" },
    { "rest.api_key", "hunter2\xc3\xa9",
      "rest.api_key: must be visible ASCII characters without white space" },
    { "rest.api_key", "hunter2\nX: y", "rest.api_key: a control character (0x0a) at position 8" },
    { "rest.ca_file", "", "rest.ca_file: must not be empty" },
    { "rest.ca_file", "/a\nb", "rest.ca_file: a control character (0x0a) at position 3" },
    { "rest.ca_pem", "/etc/ca.pem", "rest.ca_pem: no PEM certificate in it" },
    { "rest.ca_pem", "a\x01", "rest.ca_pem: a control character (0x01) at position 2" },
    { "rest.tls_min_version", "1.1", "rest.tls_min_version \"1.1\": must be 1.2 or 1.3" },
    { "rest.allow_plaintext", "yes", "rest.allow_plaintext \"yes\": must be true or false" },
    { "rest.allow_plaintext", "TRUE", "rest.allow_plaintext \"TRUE\": must be true or false" },
    { "rest.proxy", "proxy:3128",
      "rest.proxy \"proxy:3128\": must be http://, https:// or socks5:// with HOST[:PORT], without user name "
      "and password" },
    { "rest.proxy", "http://u:hunter2@proxy",
      "rest.proxy: must be http://, https:// or socks5:// with HOST[:PORT], without user name and password" },
    { "rest.proxy", "http://u:hunter2/x@proxy:3128",
      "rest.proxy: must be http://, https:// or socks5:// with HOST[:PORT], without user name and password" },
    { "rest.proxy", "http://u:1/hunter2@proxy:3128",
      "rest.proxy: must be http://, https:// or socks5:// with HOST[:PORT], without user name and password" },
    { "rest.proxy", "http://u:1?hunter2@proxy:3128",
      "rest.proxy: must be http://, https:// or socks5:// with HOST[:PORT], without user name and password" },
    { "rest.proxy", "http://u:1?x=hunter2@proxy:3128",
      "rest.proxy: must be http://, https:// or socks5:// with HOST[:PORT], without user name and password" },
    { "rest.proxy", "http://u:1#hunter2@proxy:3128",
      "rest.proxy: must be http://, https:// or socks5:// with HOST[:PORT], without user name and password" },
    { "rest.proxy", "http://proxy/x?y=z",
      "rest.proxy \"http://proxy/x?y=z\": must be http://, https:// or socks5:// with HOST[:PORT], without "
      "user name and password" },
#endif
#ifdef K7I_WITH_DOCKER
    { "docker.runtimes", "kata,,runc", "docker.runtimes: an entry of the list is empty" },
    { "docker.runtimes", "kata,", "docker.runtimes: an entry of the list is empty" },
    { "docker.runtimes", "a b",
      "docker.runtimes \"a b\": a runtime's name has letters, digits and \"._+/-\" only" },
    { "docker.allow_caps", "CHOWN,1", "docker.allow_caps \"1\": no such capability" },
    { "docker.allow_caps", "all", "docker.allow_caps \"all\": name each capability that may be given" },
    { "docker.pids_limit", "0", "docker.pids_limit \"0\": must be a whole number from 1 to 4194304" },
    { "docker.pull", "always", "docker.pull \"always\": must be missing or never" },
    { "docker.registry_auth", "hunter2", "docker.registry_auth: must be a JSON object" },
    { "docker.network", "host",
      "docker.network \"host\": a reserved name: choose one for the sandboxes' own network" },
    { "docker.network", "container:x",
      "docker.network \"container:x\": a network's name has letters, digits and \"_.-\" only, and starts with "
      "a letter or digit" },
#endif
};

START_TEST(refuses_a_bad_value_saying_why)
{
    char *text = NULL;
    k7_error *error = NULL;

    ck_assert_int_eq(normalise(bad[_i].key, bad[_i].value, &text, &error), K7_ERR_INVALID_CONFIG);
    ck_assert_ptr_null(text);
    ck_assert_str_eq(k7_error_get_message(error), bad[_i].message);
    ck_assert_ptr_null(strstr(k7_error_get_message(error), "hunter2"));
    k7_error_unref(error);
}
END_TEST

START_TEST(shows_only_the_beginning_of_a_long_value)
{
    char value[400], *text;
    k7_error *error = NULL;

    value[0] = 'a'; /* so that the cut falls into a character */
    for (size_t i = 1; i + 2 < sizeof value; i += 2)
        memcpy(value + i, "\xc3\xa9", 3);
    ck_assert_int_eq(normalise("retry_attempts", value, &text, &error), K7_ERR_INVALID_CONFIG);
    const char *message = k7_error_get_message(error);
    ck_assert_uint_lt(strlen(message), 200);
    ck_assert_ptr_nonnull(strstr(message, "\xc3\xa9\"…: must be"));
    k7_error_unref(error);
}
END_TEST

START_TEST(refuses_a_value_without_end)
{
    size_t size = 2 * 1024 * 1024;
    char *value = malloc(size), *text;

    memset(value, 'a', size - 1);
    value[size - 1] = '\0';
    ck_assert_int_eq(normalise("user_agent", value, &text, NULL), K7_ERR_INVALID_CONFIG);
    free(value);
}
END_TEST

struct attempt {
    const char *key, *value;
};

static int normalise_once(void *user)
{
    const struct attempt *attempt = user;
    char *text = NULL;
    int code = normalise(attempt->key, attempt->value, &text, NULL);

    k7i_secret_free(text);
    return code;
}

START_TEST(survives_a_lack_of_memory)
{
    static const struct attempt attempts[] = {
        { "endpoint", "memory:?a=b" },         { "retry_attempts", "3" },
#ifdef K7I_WITH_REST
        { "rest.proxy", "http://proxy:1" },    { "rest.api_key", " key " },
#endif
#ifdef K7I_WITH_DOCKER
        { "docker.allow_caps", "CHOWN,KILL" }, { "docker.runtimes", "" },
#endif
    };

    for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++)
        starve_each(normalise_once, (void *)(uintptr_t)&attempts[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config/value");
    TCase *tests = tcase_create("value");

    tcase_add_loop_test(tests, keeps_a_good_value, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(tests, refuses_a_bad_value_saying_why, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tests, shows_only_the_beginning_of_a_long_value);
    tcase_add_test(tests, refuses_a_value_without_end);
    tcase_add_test(tests, survives_a_lack_of_memory);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
