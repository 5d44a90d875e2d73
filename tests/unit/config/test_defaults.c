/* Unit tests of the default configuration: the environment, then K7's client file. Each test runs in a process and a folder of its own. */
#include "config/config.h"

#include "k7i_features.h"
#include <k7sandbox/error.h>

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../starve.h"

static char folder[64];
static k7_config *config;

static void set_up(void)
{
    static const char *const names[] = { "K7_API_URL",    "K7_API_KEY",      "K7_API_CA",
                                         "K7_CONFIG_DIR", "XDG_CONFIG_HOME", "HOME" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
    strcpy(folder, "/tmp/k7-defaults-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(k7_config_new(&config, NULL), 0);
}

static void tear_down(void)
{
    static const char *const paths[] = { "config.toml", "k7/config.toml", "k7", ".config/k7/config.toml",
                                         ".config/k7",  ".config",        "" };
    char path[128];

    k7_config_free(config);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, paths[i]);
        ck_assert(remove(path) == 0 || errno == ENOENT || errno == ENOTDIR);
    }
}

/* Makes the folders on the way, too. */
static void write_file(const char *name, const char *text)
{
    char path[128];

    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(path, sizeof path, "%s/%.*s", folder, (int)(slash - name), name);
        ck_assert(mkdir(path, 0700) == 0 || errno == EEXIST);
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void load(void)
{
    k7_error *error = NULL;
    int code = k7_config_load_default(config, &error);

    ck_assert_msg(code == 0, "%s", k7_error_get_message(error));
}

static void expect(const char *endpoint, const char *key, const char *ca)
{
    ck_assert_pstr_eq(k7_config_get(config, "endpoint"), endpoint);
#ifdef K7I_WITH_REST
    ck_assert_pstr_eq(k7i_config_text(config, "rest.api_key"), key);
    ck_assert_pstr_eq(k7i_config_text(config, "rest.ca_file"), ca);
#else
    (void)key;
    (void)ca;
#endif
}

static void expect_failure(int code, const char *word)
{
    k7_error *error = NULL;

    ck_assert_int_eq(k7_config_load_default(config, &error), code);
    ck_assert_msg(strstr(k7_error_get_message(error), word) != NULL, "%s", k7_error_get_message(error));
    ck_assert_ptr_null(strstr(k7_error_get_message(error), "hunter2"));
    k7_error_unref(error);
}

START_TEST(nothing_is_there_and_nothing_is_set)
{
    load();
    expect(NULL, NULL, NULL);
    setenv("HOME", folder, 1);
    load();
    expect(NULL, NULL, NULL);
}
END_TEST

START_TEST(each_field_comes_from_the_first_place_that_has_it)
{
    write_file("config.toml", "[api]\nurl = \"https://file\"\nkey = \"file\"\nca = \"/file\"");
    setenv("K7_CONFIG_DIR", folder, 1);
    setenv("K7_API_KEY", " env\n", 1);
    setenv("K7_API_CA", "", 1);
    ck_assert_int_eq(k7_config_set(config, "endpoint", "https://set", NULL), 0);
    load();
    expect("https://set", "env", "/file");
}
END_TEST

START_TEST(a_field_that_the_file_leaves_empty_stays_unset)
{
    write_file("config.toml", "[api]\nurl = \"https://file\"\nkey = \"\"\n");
    setenv("K7_CONFIG_DIR", folder, 1);
    load();
    expect("https://file", NULL, NULL);
}
END_TEST

START_TEST(the_folder_is_found_in_k7s_order)
{
    char other[128];

    write_file("config.toml", "[api]\nurl = \"https://k7-config-dir\"");
    write_file("k7/config.toml", "[api]\nurl = \"https://xdg\"");
    write_file(".config/k7/config.toml", "[api]\nurl = \"https://home\"");
    setenv("HOME", folder, 1);
    load();
    expect("https://home", NULL, NULL);
    k7_config_set(config, "endpoint", NULL, NULL);
    setenv("XDG_CONFIG_HOME", folder, 1);
    load();
    expect("https://xdg", NULL, NULL);
    k7_config_set(config, "endpoint", NULL, NULL);
    setenv("K7_CONFIG_DIR", folder, 1);
    load();
    expect("https://k7-config-dir", NULL, NULL);
    /* The first folder that is named counts, also when no file is in it. */
    k7_config_set(config, "endpoint", NULL, NULL);
    snprintf(other, sizeof other, "%s/none", folder);
    setenv("K7_CONFIG_DIR", other, 1);
    load();
    expect(NULL, NULL, NULL);
}
END_TEST

START_TEST(an_empty_or_relative_folder_counts_as_unset)
{
    write_file(".config/k7/config.toml", "[api]\nurl = \"https://home\"");
    write_file("k7/config.toml", "[api]\nurl = \"https://xdg\"");
    setenv("K7_CONFIG_DIR", "", 1);
    setenv("XDG_CONFIG_HOME", ".", 1);
    setenv("HOME", folder, 1);
    ck_assert_int_eq(chdir(folder), 0);
    load();
    expect("https://home", NULL, NULL);
    k7_config_set(config, "endpoint", NULL, NULL);
    setenv("HOME", ".", 1);
    load();
    expect(NULL, NULL, NULL);
}
END_TEST

START_TEST(a_broken_file_is_an_error_with_its_line)
{
    write_file("config.toml", "[api]\nkey = hunter2\n");
    setenv("K7_CONFIG_DIR", folder, 1);
    expect_failure(K7_ERR_PARSE, "/config.toml:2: ");
    expect(NULL, NULL, NULL);
}
END_TEST

START_TEST(a_bad_value_is_an_error_with_its_place)
{
    write_file("config.toml", "[api]\n\nurl = \"host\"\n");
    setenv("K7_CONFIG_DIR", folder, 1);
    expect_failure(K7_ERR_INVALID_CONFIG, "/config.toml:3: api.url: endpoint \"host\"");
    setenv("K7_API_URL", "https://user:hunter2@host", 1);
    expect_failure(K7_ERR_INVALID_CONFIG, "K7_API_URL: endpoint");
}
END_TEST

START_TEST(a_file_that_is_no_file_is_an_error)
{
    char path[128];

    write_file("config.toml/x", "");
    snprintf(path, sizeof path, "%s/config.toml/x", folder);
    ck_assert_int_eq(unlink(path), 0);
    setenv("K7_CONFIG_DIR", folder, 1);
    expect_failure(K7_ERR_IO, "config.toml: not a regular file");
    snprintf(path, sizeof path, "%s/config.toml", folder);
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    expect_failure(K7_ERR_IO, "config.toml: not a regular file");
}
END_TEST

START_TEST(a_file_without_end_is_an_error)
{
    static char text[70000];

    memset(text, '#', sizeof text - 1);
    write_file("config.toml", text);
    setenv("K7_CONFIG_DIR", folder, 1);
    expect_failure(K7_ERR_LIMIT, "config.toml");
}
END_TEST

START_TEST(a_file_that_is_not_needed_is_not_read)
{
    write_file("config.toml", "broken");
    setenv("K7_CONFIG_DIR", folder, 1);
    setenv("K7_API_URL", "https://env", 1);
    setenv("K7_API_KEY", "env", 1);
    setenv("K7_API_CA", "/env", 1);
    load();
    expect("https://env", "env", "/env");
}
END_TEST

START_TEST(loading_twice_changes_nothing)
{
    setenv("K7_API_URL", "https://one", 1);
    load();
    setenv("K7_API_URL", "https://two", 1);
    load();
    expect("https://one", NULL, NULL);
}
END_TEST

#ifdef K7I_WITH_REST
START_TEST(a_credential_that_was_chosen_keeps_others_out)
{
    setenv("K7_API_KEY", "env", 1);
    setenv("K7_API_CA", "/env", 1);
    ck_assert_int_eq(k7_config_set(config, "rest.api_key_file", "/key", NULL), 0);
    ck_assert_int_eq(k7_config_set(config, "rest.ca_pem", "-----BEGIN CERTIFICATE-----", NULL), 0);
    load();
    expect(NULL, NULL, NULL);
}
END_TEST
#endif

static int load_once(void *user)
{
    k7_config *fresh;
    k7_error *error = NULL;
    int code = k7_config_new(&fresh, NULL);

    (void)user;
    if (!code)
        code = k7_config_load_default(fresh, &error);
    k7_error_unref(error);
    k7_config_free(fresh);
    return code;
}

START_TEST(survives_a_lack_of_memory)
{
    write_file("config.toml", "[api]\nurl = \"https://file\"\nkey = \"file\"");
    setenv("K7_CONFIG_DIR", folder, 1);
    setenv("K7_API_CA", "/env", 1);
    starve_each(load_once, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config/defaults");
    TCase *tests = tcase_create("defaults");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, nothing_is_there_and_nothing_is_set);
    tcase_add_test(tests, each_field_comes_from_the_first_place_that_has_it);
    tcase_add_test(tests, a_field_that_the_file_leaves_empty_stays_unset);
    tcase_add_test(tests, the_folder_is_found_in_k7s_order);
    tcase_add_test(tests, an_empty_or_relative_folder_counts_as_unset);
    tcase_add_test(tests, a_broken_file_is_an_error_with_its_line);
    tcase_add_test(tests, a_bad_value_is_an_error_with_its_place);
    tcase_add_test(tests, a_file_that_is_no_file_is_an_error);
    tcase_add_test(tests, a_file_without_end_is_an_error);
    tcase_add_test(tests, a_file_that_is_not_needed_is_not_read);
    tcase_add_test(tests, loading_twice_changes_nothing);
#ifdef K7I_WITH_REST
    tcase_add_test(tests, a_credential_that_was_chosen_keeps_others_out);
#endif
    tcase_add_test(tests, survives_a_lack_of_memory);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
