/* Unit tests of the API key in force. */
#include "config/config.h"

#include "base/secret.h"
#include <k7sandbox/error.h>

#include <check.h>
#include <string.h>
#include <unistd.h>

#include "../starve.h"

static char path[64];
static k7_config *config;

static void set_up(void)
{
    strcpy(path, "/tmp/k7-api-key-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_int_eq(k7_config_new(&config, NULL), 0);
}

static void tear_down(void)
{
    k7_config_free(config);
    unlink(path);
}

static void write_file(const char *text, size_t len)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(k7_config_set(config, "rest.api_key_file", path, NULL), 0);
}

static void expect(const char *expected)
{
    char *key;

    ck_assert_int_eq(k7i_config_api_key(config, &key, NULL), 0);
    ck_assert_pstr_eq(key, expected);
    k7i_secret_free(key);
}

static void expect_failure(int code, const char *word)
{
    k7_error *error = NULL;
    char *key;

    ck_assert_int_eq(k7i_config_api_key(config, &key, &error), code);
    ck_assert_ptr_null(key);
    ck_assert_msg(strstr(k7_error_get_message(error), word) != NULL, "%s", k7_error_get_message(error));
    ck_assert_ptr_null(strstr(k7_error_get_message(error), "hunter2"));
    k7_error_unref(error);
}

START_TEST(there_may_be_none)
{
    expect(NULL);
}
END_TEST

START_TEST(it_may_be_in_the_configuration)
{
    ck_assert_int_eq(k7_config_set(config, "rest.api_key", "hunter2", NULL), 0);
    expect("hunter2");
}
END_TEST

START_TEST(it_may_be_in_a_file_and_is_trimmed)
{
    write_file(" hunter2\r\n", 10);
    expect("hunter2");
}
END_TEST

START_TEST(a_file_without_a_key_is_an_error)
{
    write_file("\n", 1);
    expect_failure(K7_ERR_INVALID_CONFIG, "must not be empty");
    write_file("hunter2 hunter2", 15);
    expect_failure(K7_ERR_INVALID_CONFIG, path);
    write_file("hunter2\0hunter2", 15);
    expect_failure(K7_ERR_INVALID_CONFIG, "not a text file");
    unlink(path);
    expect_failure(K7_ERR_IO, path);
}
END_TEST

START_TEST(a_file_without_end_is_an_error)
{
    static char text[20000];

    memset(text, 'a', sizeof text);
    write_file(text, sizeof text);
    expect_failure(K7_ERR_LIMIT, path);
}
END_TEST

START_TEST(leaves_no_secret_in_memory)
{
    static char text[9000];
    char *key;

    memset(text, '\n', sizeof text);
    memcpy(text, "hunter2", 7);
    write_file(text, sizeof text); /* larger than one read */
    starve_secret = "hunter2";
    expect("hunter2");
    memcpy(text + 100, "hunter2", 7);
    write_file(text, sizeof text);
    ck_assert_int_eq(k7i_config_api_key(config, &key, NULL), K7_ERR_INVALID_CONFIG);
    ck_assert_int_eq(k7_config_set(config, "rest.api_key_file", NULL, NULL), 0);
    ck_assert_int_eq(k7_config_set(config, "rest.api_key", "hunter2", NULL), 0);
    expect("hunter2");
    ck_assert_int_eq(k7_config_set(config, "rest.api_key", NULL, NULL), 0);
    ck_assert_int_eq(starve_leaks, 0);
}
END_TEST

static int read_once(void *user)
{
    char *key;
    k7_error *error = NULL;
    int code = k7i_config_api_key(user, &key, &error);

    k7_error_unref(error);
    k7i_secret_free(key);
    return code;
}

START_TEST(survives_a_lack_of_memory)
{
    write_file("hunter2", 7);
    starve_each(read_once, config);
    ck_assert_int_eq(k7_config_set(config, "rest.api_key_file", NULL, NULL), 0);
    ck_assert_int_eq(k7_config_set(config, "rest.api_key", "hunter2", NULL), 0);
    starve_each(read_once, config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config/api_key");
    TCase *tests = tcase_create("api_key");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, there_may_be_none);
    tcase_add_test(tests, it_may_be_in_the_configuration);
    tcase_add_test(tests, it_may_be_in_a_file_and_is_trimmed);
    tcase_add_test(tests, a_file_without_a_key_is_an_error);
    tcase_add_test(tests, a_file_without_end_is_an_error);
    tcase_add_test(tests, leaves_no_secret_in_memory);
    tcase_add_test(tests, survives_a_lack_of_memory);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
