/* Unit tests of the configuration builder. */
#include "config/config.h"

#include "config/fill.h"
#include "k7i_features.h"
#include <k7sandbox/error.h>

#include <check.h>
#include <string.h>

#include "../starve.h"

static k7_config *new_config(void)
{
    k7_config *config;

    ck_assert_int_eq(k7_config_new(&config, NULL), 0);
    return config;
}

static void set(k7_config *config, const char *key, const char *value)
{
    k7_error *error = NULL;

    ck_assert_msg(k7_config_set(config, key, value, &error) == 0, "%s", k7_error_get_message(error));
}

START_TEST(a_new_configuration_has_the_defaults)
{
    k7_config *config = new_config();

    for (size_t i = 0; i < k7_config_key_count(); i++) {
        const k7_config_key *key = k7_config_key_at(i);

        ck_assert_pstr_eq(k7_config_get(config, k7_config_key_get_name(key)), k7_config_key_get_default(key));
        ck_assert(!k7i_config_is_set(config, k7_config_key_get_name(key)));
    }
    ck_assert_str_eq(k7_config_get(config, "namespace"), "default");
    ck_assert_int_eq(k7i_config_int(config, "cleanup_timeout_ms"), 15000);
    ck_assert_int_eq(k7i_config_int(config, "timeout_ms"), 0);
    k7_config_free(config);
    k7_config_free(NULL);
}
END_TEST

START_TEST(setting_replaces_and_null_goes_back)
{
    k7_config *config = new_config();

    set(config, "timeout_ms", "7");
    set(config, "timeout_ms", "-1");
    ck_assert_str_eq(k7_config_get(config, "timeout_ms"), "-1");
    ck_assert_int_eq(k7i_config_int(config, "timeout_ms"), -1);
    ck_assert(k7i_config_is_set(config, "timeout_ms"));
    set(config, "timeout_ms", NULL);
    ck_assert_ptr_null(k7_config_get(config, "timeout_ms"));
    ck_assert(!k7i_config_is_set(config, "timeout_ms"));
    k7_config_free(config);
}
END_TEST

START_TEST(a_refused_value_changes_nothing)
{
    k7_config *config = new_config();
    k7_error *error = NULL;

    set(config, "retry_attempts", "7");
    ck_assert_int_eq(k7_config_set(config, "retry_attempts", "x", &error), K7_ERR_INVALID_CONFIG);
    k7_error_unref(error);
    ck_assert_int_eq(k7i_config_int(config, "retry_attempts"), 7);
    k7_config_free(config);
}
END_TEST

START_TEST(wrong_arguments_are_errors)
{
    k7_config *config = new_config();
    k7_error *error = (k7_error *)config; /* must be overwritten */

    ck_assert_int_eq(k7_config_set(config, "namespace", "x", &error), 0);
    ck_assert_ptr_null(error);
    ck_assert_int_eq(k7_config_set(NULL, "namespace", "x", NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_config_set(config, NULL, "x", NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_config_set(config, "nonsense", "x", NULL), K7_ERR_INVALID_CONFIG);
    ck_assert_int_eq(k7_config_set(config, "nonsense", NULL, NULL), K7_ERR_INVALID_CONFIG);
    ck_assert_int_eq(k7_config_new(NULL, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_config_load_default(NULL, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_ptr_null(k7_config_get(NULL, "namespace"));
    ck_assert_ptr_null(k7_config_get(config, NULL));
    ck_assert_ptr_null(k7_config_get(config, "nonsense"));
    k7_config_free(config);
}
END_TEST

#ifdef K7I_WITH_REST
START_TEST(a_secret_is_for_the_transport_only)
{
    k7_config *config = new_config();

    set(config, "rest.api_key", "hunter2");
    ck_assert_ptr_null(k7_config_get(config, "rest.api_key"));
    ck_assert_str_eq(k7i_config_text(config, "rest.api_key"), "hunter2");
    k7_config_free(config);
}
END_TEST

START_TEST(leaves_no_secret_in_memory)
{
    k7_config *config = new_config(), *copy;

    starve_secret = "hunter2";
    set(config, "rest.api_key", " hunter2 ");
    set(config, "rest.api_key", "hunter2more");
    ck_assert_int_eq(k7_config_set(config, "rest.api_key", "hunter2 x", NULL), K7_ERR_INVALID_CONFIG);
    ck_assert_int_eq(k7i_config_dup(config, &copy, NULL), 0);
    set(copy, "rest.api_key", NULL);
    k7_config_free(copy);
    k7_config_free(config);
    ck_assert_int_eq(starve_leaks, 0);
}
END_TEST

START_TEST(a_key_of_another_transport_is_refused)
{
    k7_config *config = new_config();
    k7_error *error = NULL;

    set(config, "namespace", "x");
    ck_assert_int_eq(k7i_config_check_transport(config, "memory", NULL), 0);
    set(config, "rest.idle_ms", "1");
    ck_assert_int_eq(k7i_config_check_transport(config, "rest", NULL), 0);
    ck_assert_int_eq(k7i_config_check_transport(config, "memory", &error), K7_ERR_INVALID_CONFIG);
    ck_assert_ptr_nonnull(strstr(k7_error_get_message(error), "rest.idle_ms"));
    k7_error_unref(error);
    set(config, "rest.idle_ms", NULL);
    ck_assert_int_eq(k7i_config_check_transport(config, "memory", NULL), 0);
    k7_config_free(config);
}
END_TEST

START_TEST(what_was_found_is_ignored_by_another_transport)
{
    k7_config *config = new_config(), *copy;

    ck_assert_int_eq(k7i_config_fill(config, "rest.api_key", "k", "K7_API_KEY", NULL), 0);
    ck_assert_int_eq(k7i_config_check_transport(config, "memory", NULL), 0);
    ck_assert_int_eq(k7i_config_dup(config, &copy, NULL), 0);
    ck_assert_int_eq(k7i_config_check_transport(copy, "memory", NULL), 0);
    set(copy, "rest.api_key", "k");
    ck_assert_int_eq(k7i_config_check_transport(copy, "memory", NULL), K7_ERR_INVALID_CONFIG);
    k7_config_free(copy);
    k7_config_free(config);
}
END_TEST

START_TEST(what_was_found_gives_way_to_what_is_chosen)
{
    static const char *const pairs[][2] = { { "rest.api_key", "rest.api_key_file" },
                                            { "rest.ca_file", "rest.ca_pem" } };

    for (size_t i = 0; i < 2; i++) {
        k7_config *config = new_config();
        const char *value = i == 0 ? "/key" : "-----BEGIN CERTIFICATE-----";

        ck_assert(k7i_config_wants(config, pairs[i][0]));
        ck_assert_int_eq(k7i_config_fill(config, pairs[i][0], "x", "source", NULL), 0);
        ck_assert(!k7i_config_wants(config, pairs[i][0]));
        set(config, pairs[i][1], value);
        ck_assert(!k7i_config_is_set(config, pairs[i][0]));
        ck_assert(!k7i_config_wants(config, pairs[i][0]));
        /* what the program itself chose stays, so that opening can complain */
        set(config, pairs[i][0], "y");
        set(config, pairs[i][1], value);
        ck_assert(k7i_config_is_set(config, pairs[i][0]));
        k7_config_free(config);
    }
}
END_TEST

START_TEST(keys_that_exclude_each_other_are_refused)
{
    static const char *const pairs[][3] = {
        { "rest.api_key", "rest.api_key_file", "rest.api_key and rest.api_key_file are both set: unset one" },
        { "rest.ca_file", "rest.ca_pem", "rest.ca_file and rest.ca_pem are both set: unset one" },
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        k7_config *config = new_config();
        k7_error *error = NULL;

        set(config, pairs[i][0], "x");
        ck_assert_int_eq(k7i_config_check_transport(config, "rest", NULL), 0);
        set(config, pairs[i][1], i == 0 ? "/key" : "-----BEGIN CERTIFICATE-----");
        ck_assert_int_eq(k7i_config_check_transport(config, "rest", &error), K7_ERR_INVALID_CONFIG);
        ck_assert_str_eq(k7_error_get_message(error), pairs[i][2]);
        k7_error_unref(error);
        set(config, pairs[i][0], NULL);
        ck_assert_int_eq(k7i_config_check_transport(config, "rest", NULL), 0);
        k7_config_free(config);
    }
}
END_TEST

START_TEST(a_private_key_needs_its_certificate)
{
    k7_config *config = new_config();
    k7_error *error = NULL;

    set(config, "rest.client_key_file", "/key");
    ck_assert_int_eq(k7i_config_check_transport(config, "rest", &error), K7_ERR_INVALID_CONFIG);
    ck_assert_str_eq(k7_error_get_message(error),
                     "rest.client_key_file is set without rest.client_cert_file");
    k7_error_unref(error);
    set(config, "rest.client_cert_file", "/cert");
    ck_assert_int_eq(k7i_config_check_transport(config, "rest", NULL), 0);
    k7_config_free(config);
}
END_TEST

START_TEST(filling_in_names_the_source_but_not_the_secret)
{
    k7_config *config = new_config();
    k7_error *error = NULL;

    ck_assert_int_eq(k7i_config_fill(config, "rest.api_key", "hunter2 x", "K7_API_KEY", &error),
                     K7_ERR_INVALID_CONFIG);
    ck_assert_str_eq(k7_error_get_message(error),
                     "K7_API_KEY: rest.api_key: must be visible ASCII characters without white space");
    k7_error_unref(error);
    k7_config_free(config);
}
END_TEST
#endif

#ifdef K7I_WITH_DOCKER
START_TEST(a_list_has_whole_entries)
{
    k7_config *config = new_config();

    ck_assert(k7i_config_list_has(config, "docker.allow_caps", "CHOWN"));
    ck_assert(!k7i_config_list_has(config, "docker.allow_caps", "SYS_ADMIN"));
    ck_assert(!k7i_config_list_has(config, "docker.runtimes", "runc"));
    ck_assert(!k7i_config_list_has(config, "docker.runtimes", ""));
    set(config, "docker.runtimes", "kata, runsc");
    ck_assert(k7i_config_list_has(config, "docker.runtimes", "kata"));
    ck_assert(k7i_config_list_has(config, "docker.runtimes", "runsc"));
    ck_assert(!k7i_config_list_has(config, "docker.runtimes", "kat"));
    ck_assert(!k7i_config_list_has(config, "docker.runtimes", "runs"));
    ck_assert(!k7i_config_list_has(config, "docker.runtimes", "kata,runsc"));
    ck_assert(!k7i_config_list_has(config, "docker.runtimes", ""));
    ck_assert(k7i_config_bool(config, "docker.allow_open_egress"));
    set(config, "docker.allow_open_egress", "false");
    ck_assert(!k7i_config_bool(config, "docker.allow_open_egress"));
    k7_config_free(config);
}
END_TEST
#endif

static int provide(void *user, k7_token *token)
{
    (void)user;
    return k7_token_set(token, "t", -1);
}

static void count_free(void *user)
{
    ++*(int *)user;
}

START_TEST(the_providers_user_is_freed_once_with_the_last_copy)
{
    k7_config *config = new_config(), *copy;
    int freed = 0;

    ck_assert(!k7i_config_token_provider(config).fn);
    ck_assert_int_eq(k7_config_set_token_provider(config, provide, &freed, count_free, NULL), 0);
    ck_assert_int_eq(k7i_config_dup(config, &copy, NULL), 0);
    ck_assert_ptr_eq(k7i_config_token_provider(copy).user, &freed);
    ck_assert(k7i_config_token_provider(copy).fn == provide);
    k7_config_free(config);
    ck_assert_int_eq(freed, 0);
    k7_config_free(copy);
    ck_assert_int_eq(freed, 1);
}
END_TEST

START_TEST(a_new_provider_takes_the_place_of_the_old_one)
{
    k7_config *config = new_config();
    int old = 0, young = 0;

    ck_assert_int_eq(k7_config_set_token_provider(config, provide, &old, count_free, NULL), 0);
    ck_assert_int_eq(k7_config_set_token_provider(config, provide, &young, count_free, NULL), 0);
    ck_assert_int_eq(old, 1);
    ck_assert_int_eq(young, 0);
    k7_config_free(config);
    ck_assert_int_eq(young, 1);
}
END_TEST

START_TEST(the_providers_user_is_freed_also_when_setting_fails)
{
    k7_config *config = new_config();
    k7_error *error = NULL;
    int freed = 0;

    ck_assert_int_eq(k7_config_set_token_provider(NULL, provide, &freed, count_free, NULL),
                     K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_config_set_token_provider(config, NULL, &freed, count_free, NULL),
                     K7_ERR_INVALID_ARGUMENT);
    starve_left = 0;
    ck_assert_int_eq(k7_config_set_token_provider(config, provide, &freed, count_free, &error),
                     K7_ERR_NO_MEMORY);
    starve_left = SIZE_MAX;
    k7_error_unref(error);
    ck_assert_int_eq(freed, 3);
    ck_assert_int_eq(k7_config_set_token_provider(config, provide, NULL, NULL, NULL), 0);
    k7_config_free(config);
}
END_TEST

START_TEST(a_provider_belongs_to_the_rest_transport)
{
    k7_config *config = new_config();

    ck_assert_int_eq(k7_config_set_token_provider(config, provide, NULL, NULL, NULL), 0);
    ck_assert_int_eq(k7i_config_check_transport(config, "rest", NULL), 0);
    ck_assert_int_eq(k7i_config_check_transport(config, "memory", NULL), K7_ERR_INVALID_CONFIG);
    ck_assert(!k7i_config_wants(config, "rest.api_key"));
    k7_config_free(config);
}
END_TEST

#ifdef K7I_WITH_REST
START_TEST(a_provider_excludes_an_api_key)
{
    static const char *const keys[] = { "rest.api_key", "rest.api_key_file" };

    for (size_t i = 0; i < 2; i++) {
        k7_config *config = new_config();
        k7_error *error = NULL;

        ck_assert_int_eq(k7i_config_fill(config, "rest.api_key", "found", "K7_API_KEY", NULL), 0);
        ck_assert_int_eq(k7_config_set_token_provider(config, provide, NULL, NULL, NULL), 0);
        ck_assert_int_eq(k7i_config_check_transport(config, "rest", NULL), 0); /* what was found gave way */
        set(config, keys[i], "x");
        ck_assert_int_eq(k7i_config_check_transport(config, "rest", &error), K7_ERR_INVALID_CONFIG);
        ck_assert_ptr_nonnull(strstr(k7_error_get_message(error), "a token provider are both set"));
        k7_error_unref(error);
        k7_config_free(config);
    }
}
END_TEST
#endif

static void *ref_object(void *object)
{
    ++*(int *)object;
    return object;
}

static void *unref_object(void *object)
{
    --*(int *)object;
    return NULL;
}

START_TEST(attachments_are_shared_and_their_schemes_differ)
{
    k7_config *config = new_config(), *copy;
    int references = 1;
    struct k7i_attachment attachment = { "demo", &references, ref_object, unref_object };
    k7_error *error = NULL;

    ck_assert_int_eq(k7i_config_attach(config, &attachment, NULL), 0);
    ck_assert_int_eq(k7i_config_attach(config, &attachment, &error), K7_ERR_INVALID_CONFIG);
    ck_assert_ptr_nonnull(strstr(k7_error_get_message(error), "demo"));
    k7_error_unref(error);
    ck_assert_int_eq(references, 2);
    ck_assert_int_eq(k7i_config_dup(config, &copy, NULL), 0);
    ck_assert_int_eq(references, 3);
    k7_config_free(config);
    ck_assert_int_eq(references, 2);
    ck_assert_ptr_eq(k7i_config_attachment(copy, "demo")->object, &references);
    ck_assert_ptr_null(k7i_config_attachment(copy, "other"));
    k7_config_free(copy);
    ck_assert_int_eq(references, 1);
}
END_TEST

struct shared {
    k7_config *config;
    int freed, references;
};

static int dup_once(void *user)
{
    struct shared *shared = user;
    k7_config *copy;
    k7_error *error = NULL;
    int code = k7i_config_dup(shared->config, &copy, &error);

    ck_assert_int_eq(code == 0, copy != NULL);
    ck_assert_int_eq(k7_error_get_code(error), code);
    k7_config_free(copy);
    k7_error_unref(error);
    ck_assert_int_eq(shared->freed, 0);
    ck_assert_int_eq(shared->references, 2);
    return code;
}

static int set_once(void *user)
{
    k7_config *config = NULL;
    int code = k7_config_new(&config, NULL);

    (void)user;
    if (!code)
        code = k7_config_set(config, "endpoint", "memory:", NULL);
    k7_config_free(config);
    return code;
}

START_TEST(survives_a_lack_of_memory)
{
    struct shared shared = { new_config(), 0, 1 };
    struct k7i_attachment attachment = { "demo", &shared.references, ref_object, unref_object };

    starve_each(set_once, NULL);
    set(shared.config, "endpoint", "demo:");
    set(shared.config, "namespace", "x");
    ck_assert_int_eq(k7_config_set_token_provider(shared.config, provide, &shared.freed, count_free, NULL),
                     0);
    ck_assert_int_eq(k7i_config_attach(shared.config, &attachment, NULL), 0);
    starve_each(dup_once, &shared);
    k7_config_free(shared.config);
    ck_assert_int_eq(shared.freed, 1);
    ck_assert_int_eq(shared.references, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config/config");
    TCase *tests = tcase_create("config");

    tcase_add_test(tests, a_new_configuration_has_the_defaults);
    tcase_add_test(tests, setting_replaces_and_null_goes_back);
    tcase_add_test(tests, a_refused_value_changes_nothing);
    tcase_add_test(tests, wrong_arguments_are_errors);
#ifdef K7I_WITH_REST
    tcase_add_test(tests, a_secret_is_for_the_transport_only);
    tcase_add_test(tests, leaves_no_secret_in_memory);
    tcase_add_test(tests, a_key_of_another_transport_is_refused);
    tcase_add_test(tests, what_was_found_is_ignored_by_another_transport);
    tcase_add_test(tests, what_was_found_gives_way_to_what_is_chosen);
    tcase_add_test(tests, keys_that_exclude_each_other_are_refused);
    tcase_add_test(tests, a_private_key_needs_its_certificate);
    tcase_add_test(tests, filling_in_names_the_source_but_not_the_secret);
#endif
#ifdef K7I_WITH_DOCKER
    tcase_add_test(tests, a_list_has_whole_entries);
#endif
    tcase_add_test(tests, the_providers_user_is_freed_once_with_the_last_copy);
    tcase_add_test(tests, a_new_provider_takes_the_place_of_the_old_one);
    tcase_add_test(tests, the_providers_user_is_freed_also_when_setting_fails);
    tcase_add_test(tests, a_provider_belongs_to_the_rest_transport);
#ifdef K7I_WITH_REST
    tcase_add_test(tests, a_provider_excludes_an_api_key);
#endif
    tcase_add_test(tests, attachments_are_shared_and_their_schemes_differ);
    tcase_add_test(tests, survives_a_lack_of_memory);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
