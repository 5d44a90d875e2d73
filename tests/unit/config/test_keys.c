/* Unit tests of the table of configuration keys. */
#include "config/keys.h"

#include "base/text.h"
#include "k7i_features.h"
#include <k7sandbox/error.h>

#include <check.h>
#include <string.h>

START_TEST(every_row_is_complete)
{
    static const char *const types[] = { "text", "integer", "boolean", "path", "list" };

    ck_assert_uint_gt(k7_config_key_count(), 0);
    for (size_t i = 0; i < k7_config_key_count(); i++) {
        const k7_config_key *key = k7_config_key_at(i);
        const char *name = k7_config_key_get_name(key), *transport = k7_config_key_get_transport(key);
        const char *meaning = k7_config_key_get_meaning(key);
        int known = 0;

        ck_assert_uint_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_."), strlen(name));
        ck_assert_ptr_nonnull(meaning);
        ck_assert(!k7i_text_has_control(meaning) && meaning[0] && meaning[strlen(meaning) - 1] != '.');
        for (size_t j = 0; j < sizeof types / sizeof types[0]; j++)
            known |= strcmp(types[j], k7_config_key_get_type(key)) == 0;
        ck_assert_msg(known, "%s", name);
        /* A key of a transport begins with its name. */
        const char *dot = strchr(name, '.');
        ck_assert_int_eq(dot != NULL, transport != NULL);
        if (dot)
            ck_assert(strlen(transport) == (size_t)(dot - name) &&
                      strncmp(name, transport, strlen(transport)) == 0);
        size_t place;
        ck_assert_ptr_eq(k7i_key_find(name, &place), key);
        ck_assert_uint_eq(place, i);
    }
    ck_assert_ptr_null(k7_config_key_at(k7_config_key_count()));
    ck_assert_ptr_null(k7_config_key_at((size_t)-1));
}
END_TEST

START_TEST(every_default_is_a_value_that_could_be_set)
{
    for (size_t i = 0; i < k7_config_key_count(); i++) {
        const k7_config_key *key = k7_config_key_at(i);
        const char *fallback = k7_config_key_get_default(key);
        k7_config *config;
        k7_error *error = NULL;

        if (!fallback)
            continue;
        ck_assert_int_eq(k7_config_new(&config, NULL), 0);
        ck_assert_msg(k7_config_set(config, k7_config_key_get_name(key), fallback, &error) == 0, "%s",
                      k7_error_get_message(error));
        ck_assert_str_eq(k7_config_get(config, k7_config_key_get_name(key)), fallback);
        k7_config_free(config);
    }
}
END_TEST

START_TEST(getters_accept_no_key)
{
    ck_assert_ptr_null(k7_config_key_get_name(NULL));
    ck_assert_ptr_null(k7_config_key_get_type(NULL));
    ck_assert_ptr_null(k7_config_key_get_default(NULL));
    ck_assert_ptr_null(k7_config_key_get_meaning(NULL));
    ck_assert_ptr_null(k7_config_key_get_transport(NULL));
    ck_assert_int_eq(k7_config_key_is_secret(NULL), 0);
}
END_TEST

START_TEST(only_transports_that_were_built_have_keys)
{
    int rest = k7i_key_find("rest.api_key", NULL) != NULL, docker = k7i_key_find("docker.pull", NULL) != NULL;
    int kubernetes = k7i_key_find("kubernetes.context", NULL) != NULL;

#ifdef K7I_WITH_KUBERNETES
    ck_assert(kubernetes);
#else
    ck_assert(!kubernetes);
#endif
#ifdef K7I_WITH_REST
    ck_assert(rest);
#else
    ck_assert(!rest);
#endif
#ifdef K7I_WITH_DOCKER
    ck_assert(docker);
#else
    ck_assert(!docker);
#endif
}
END_TEST

static void expect_message(const char *name, const char *message)
{
    k7_error *error = NULL;

    ck_assert_int_eq(k7i_key_unknown(name, &error), K7_ERR_INVALID_CONFIG);
    ck_assert_str_eq(k7_error_get_message(error), message);
    k7_error_unref(error);
}

START_TEST(an_unknown_key_suggests_a_similar_one)
{
    expect_message("endpont", "unknown configuration key \"endpont\": did you mean \"endpoint\"?");
    expect_message("Timeout_ms", "unknown configuration key \"Timeout_ms\": did you mean \"timeout_ms\"?");
    expect_message("time_out_ms", "unknown configuration key \"time_out_ms\": did you mean \"timeout_ms\"?");
#ifdef K7I_WITH_REST
    expect_message("api_key", "unknown configuration key \"api_key\": did you mean \"rest.api_key\"?");
    expect_message("rest.apikey",
                   "unknown configuration key \"rest.apikey\": did you mean \"rest.api_key\"?");
#endif
    expect_message("", "unknown configuration key \"\"");
    expect_message("x", "unknown configuration key \"x\"");
    expect_message("pigeon.coop", "unknown configuration key \"pigeon.coop\"");
}
END_TEST

START_TEST(an_unknown_key_may_be_any_text)
{
    static const char *const names[] = { "end\npoint", "\xff\xfe" };
    char name[10000];
    k7_error *error = NULL;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_int_eq(k7i_key_unknown(names[i], &error), K7_ERR_INVALID_CONFIG);
        ck_assert(!k7i_text_has_control(k7_error_get_message(error)));
        ck_assert(k7i_text_is_utf8(k7_error_get_message(error), strlen(k7_error_get_message(error))));
        error = k7_error_unref(error);
    }
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ck_assert_int_eq(k7i_key_unknown(name, &error), K7_ERR_INVALID_CONFIG);
    ck_assert_uint_lt(strlen(k7_error_get_message(error)), 200);
    k7_error_unref(error);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config/keys");
    TCase *tests = tcase_create("keys");

    tcase_add_test(tests, every_row_is_complete);
    tcase_add_test(tests, every_default_is_a_value_that_could_be_set);
    tcase_add_test(tests, getters_accept_no_key);
    tcase_add_test(tests, only_transports_that_were_built_have_keys);
    tcase_add_test(tests, an_unknown_key_suggests_a_similar_one);
    tcase_add_test(tests, an_unknown_key_may_be_any_text);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
