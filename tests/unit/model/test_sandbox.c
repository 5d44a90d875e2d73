/* Unit tests of sandboxes and what operations over many of them give. */
#include "base/error.h"
#include "model/sandbox.h"

#include <check.h>
#include <string.h>

#include "../starve.h"

static k7_sandbox *make(const char *name)
{
    struct k7i_sandbox_fields fields = K7I_SANDBOX_FIELDS;
    k7_sandbox *sandbox;

    fields.name = name;
    ck_assert_int_eq(k7i_sandbox_new(&fields, &sandbox, NULL), 0);
    return sandbox;
}

START_TEST(copies_every_field)
{
    char name[] = "n", namespace_[] = "ns", image[] = "i", status[] = "Running", message[] = "m",
         reason[] = "r", node[] = "no", backend[] = "b", uid[] = "u", age[] = "0:00:01";
    int32_t ports[] = { 30000, 30001 };
    const struct k7i_sandbox_fields fields = {
        .name = name,
        .namespace_ = namespace_,
        .image = image,
        .status = status,
        .error_message = message,
        .reason = reason,
        .node = node,
        .backend = backend,
        .uid = uid,
        .age_text = age,
        .ready = 1,
        .restarts = 3,
        .created_unix = 1700000000,
        .node_ports = ports,
        .node_port_count = 2,
        .has_node_ports = 1,
    };
    k7_sandbox *sandbox;

    ck_assert_int_eq(k7i_sandbox_new(&fields, &sandbox, NULL), 0);
    memset(name, 'x', 1), memset(age, 'x', sizeof age - 1), memset(uid, 'x', 1),
        memset(ports, 0, sizeof ports);
    ck_assert_str_eq(k7_sandbox_get_name(sandbox), "n");
    ck_assert_str_eq(k7_sandbox_get_namespace(sandbox), "ns");
    ck_assert_str_eq(k7_sandbox_get_image(sandbox), "i");
    ck_assert_str_eq(k7_sandbox_get_status(sandbox), "Running");
    ck_assert_str_eq(k7_sandbox_get_error_message(sandbox), "m");
    ck_assert_str_eq(k7_sandbox_get_reason(sandbox), "r");
    ck_assert_str_eq(k7_sandbox_get_node(sandbox), "no");
    ck_assert_str_eq(k7_sandbox_get_backend(sandbox), "b");
    ck_assert_str_eq(k7_sandbox_get_uid(sandbox), "u");
    ck_assert_str_eq(k7_sandbox_get_age_text(sandbox), "0:00:01");
    ck_assert_int_eq(k7_sandbox_is_ready(sandbox), 1);
    ck_assert_int_eq(k7_sandbox_get_restarts(sandbox), 3);
    ck_assert_int_eq(k7_sandbox_get_created_unix(sandbox), 1700000000);
    ck_assert_uint_eq(k7_sandbox_node_port_count(sandbox), 2);
    ck_assert_int_eq(k7_sandbox_node_port_at(sandbox, 1), 30001);
    ck_assert_int_eq(k7_sandbox_node_port_at(sandbox, 2), 0);
    k7_sandbox_unref(sandbox);
}
END_TEST

START_TEST(tells_unknown_from_empty)
{
    k7_sandbox *sandbox = make("n");

    ck_assert_ptr_null(k7_sandbox_get_namespace(sandbox));
    ck_assert_ptr_null(k7_sandbox_get_status(sandbox));
    ck_assert_str_eq(k7_sandbox_get_error_message(sandbox), "");
    ck_assert_ptr_null(k7_sandbox_get_reason(sandbox));
    ck_assert_int_eq(k7_sandbox_is_ready(sandbox), -1);
    ck_assert_int_eq(k7_sandbox_get_restarts(sandbox), -1);
    ck_assert_int_eq(k7_sandbox_get_created_unix(sandbox), -1);
    ck_assert_uint_eq(k7_sandbox_node_port_count(sandbox), 0);
    ck_assert_uint_eq(k7_sandbox_endpoint_count(sandbox), 0);
    ck_assert_ptr_null(k7_sandbox_endpoint_url_at(sandbox, 0));
    k7_sandbox_unref(sandbox);
}
END_TEST

START_TEST(every_getter_takes_null)
{
    ck_assert_ptr_null(k7_sandbox_get_name(NULL));
    ck_assert_ptr_null(k7_sandbox_get_error_message(NULL));
    ck_assert_ptr_null(k7_sandbox_get_reason(NULL));
    ck_assert_int_eq(k7_sandbox_is_ready(NULL), -1);
    ck_assert_int_eq(k7_sandbox_get_restarts(NULL), -1);
    ck_assert_int_eq(k7_sandbox_node_port_at(NULL, 0), 0);
    ck_assert_int_eq(k7_sandbox_endpoint_port_at(NULL, 0), 0);
    ck_assert_int_eq(k7_sandbox_endpoint_node_port_at(NULL, 0), 0);
    ck_assert_ptr_null(k7_sandbox_ref(NULL));
    ck_assert_ptr_null(k7_sandbox_unref(NULL));
    ck_assert_ptr_null(k7_sandboxes_ref(NULL));
    ck_assert_ptr_null(k7_sandboxes_unref(NULL));
    ck_assert_uint_eq(k7_sandboxes_count(NULL), 0);
    ck_assert_ptr_null(k7_sandboxes_at(NULL, 0));
    ck_assert_ptr_null(k7_results_ref(NULL));
    ck_assert_ptr_null(k7_results_unref(NULL));
    ck_assert_uint_eq(k7_results_count(NULL), 0);
    ck_assert_uint_eq(k7_results_count_of(NULL, K7_ITEM_DONE), 0);
    ck_assert_int_eq(k7_results_outcome_at(NULL, 0), -1);
    ck_assert_ptr_null(k7_results_name_at(NULL, 0));
    ck_assert_ptr_null(k7_results_error_at(NULL, 0));
    k7_query_free(NULL);
    k7_delete_options_free(NULL);
}
END_TEST

START_TEST(a_sandbox_outlives_its_list)
{
    k7_sandboxes *list;
    k7_sandbox *kept;

    ck_assert_int_eq(k7i_sandboxes_new(&list, NULL), 0);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(k7i_sandboxes_add(list, make("n"), NULL), 0);
    ck_assert_uint_eq(k7_sandboxes_count(list), 20);
    kept = k7_sandbox_ref(k7_sandboxes_at(list, 19));
    ck_assert_ptr_null(k7_sandboxes_at(list, 20));
    ck_assert_ptr_eq(k7_sandboxes_ref(list), list);
    ck_assert_ptr_null(k7_sandboxes_unref(list));
    ck_assert_uint_eq(k7_sandboxes_count(list), 20);
    k7_sandboxes_unref(list);
    ck_assert_str_eq(k7_sandbox_get_name(kept), "n");
    k7_sandbox_unref(kept);
}
END_TEST

static const struct {
    int64_t seconds;
    const char *text;
} ages[] = {
    { 0, "0:00:00" },
    { 342, "0:05:42" },
    { 86399, "23:59:59" },
    { 86400, "1 day, 0:00:00" },
    { 86405, "1 day, 0:00:05" },
    { 2 * 86400 + 3661, "2 days, 1:01:01" },
    { -1, "-1 day, 23:59:59" },
    { -86400, "-1 day, 0:00:00" },
    { -86401, "-2 days, 23:59:59" },
};

START_TEST(writes_ages_as_python_does)
{
    char text[64];

    k7i_sandbox_format_age(ages[_i].seconds, text, sizeof text);
    ck_assert_str_eq(text, ages[_i].text);
    k7i_sandbox_format_age(ages[_i].seconds, text, 3); /* cut, not overrun */
    ck_assert_uint_lt(strlen(text), 3);
}
END_TEST

START_TEST(results_begin_as_not_started)
{
    k7_results *results;
    k7_error *error = NULL;

    ck_assert_int_eq(k7i_results_new(3, &results, NULL), 0);
    ck_assert_int_eq(k7i_results_set_name(results, 1, "b", NULL), 0);
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_NOT_STARTED), 3);
    k7i_results_set(results, 0, K7_ITEM_DONE, NULL);
    k7i_fail(&error, K7_ERR_SERVER, "no");
    k7i_results_set(results, 1, K7_ITEM_FAILED, error);
    ck_assert_ptr_eq(k7_results_ref(results), results);
    k7_results_unref(results);
    ck_assert_uint_eq(k7_results_count(results), 3);
    ck_assert_int_eq(k7_results_outcome_at(results, 0), K7_ITEM_DONE);
    ck_assert_int_eq(k7_results_outcome_at(results, 1), K7_ITEM_FAILED);
    ck_assert_int_eq(k7_results_outcome_at(results, 3), -1);
    ck_assert_str_eq(k7_results_name_at(results, 1), "b");
    ck_assert_int_eq(k7_error_get_code(k7_results_error_at(results, 1)), K7_ERR_SERVER);
    ck_assert_ptr_null(k7_results_error_at(results, 0));
    ck_assert_ptr_null(k7_results_error_at(results, 9));
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_NOT_STARTED), 1);
    k7_results_unref(results);
}
END_TEST

START_TEST(options_check_what_they_are_given)
{
    k7_query *query;
    k7_delete_options *options;
    k7_error *err = NULL;

    ck_assert_int_eq(k7_query_new(&query, NULL), 0);
    ck_assert_int_eq(k7_query_set_namespace(query, "a", NULL), 0);
    ck_assert_int_eq(k7_query_set_namespace(query, "b", NULL), 0);
    ck_assert_str_eq(query->namespace_, "b");
    ck_assert_int_eq(k7_query_set_namespace(query, "a\n", &err), K7_ERR_INVALID_ARGUMENT);
    ck_assert_str_eq(k7_error_get_message(err), "namespace: \"a\\n\" is not plain text");
    k7_error_unref(err);
    ck_assert_int_eq(k7_query_set_namespace(query, NULL, &err), 0);
    ck_assert_ptr_null(err);
    ck_assert_ptr_null(query->namespace_);
    ck_assert_int_eq(k7_query_set_all_namespaces(query, 2, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_query_set_all_namespaces(query, 1, NULL), 0);
    ck_assert_int_eq(k7_query_set_all_namespaces(NULL, 1, NULL), K7_ERR_INVALID_ARGUMENT);
    k7_query_free(query);
    ck_assert_int_eq(k7_delete_options_new(&options, NULL), 0);
    ck_assert_int_eq(k7_delete_options_set_uid(options, "u", NULL), 0);
    ck_assert_int_eq(k7_delete_options_set_missing_is_error(options, 1, NULL), 0);
    ck_assert_int_eq(k7_delete_options_set_no_wait(options, -1, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_delete_options_set_no_wait(NULL, 1, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_str_eq(options->uid, "u");
    ck_assert_int_eq(options->missing_is_error, 1);
    ck_assert_int_eq(options->no_wait, 0);
    k7_delete_options_free(options);
    ck_assert_int_eq(k7_query_new(NULL, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_delete_options_new(NULL, NULL), K7_ERR_INVALID_ARGUMENT);
}
END_TEST

static int build_all(void *user)
{
    struct k7i_sandbox_fields fields = K7I_SANDBOX_FIELDS;
    k7_sandboxes *list = NULL;
    k7_results *results = NULL;
    k7_query *query = NULL;
    k7_delete_options *options = NULL;
    int code = k7i_sandboxes_new(&list, NULL);

    (void)user;
    fields.name = "n";
    for (int i = 0; i < 10 && code == 0; i++) {
        k7_sandbox *sandbox;
        code = k7i_sandbox_new(&fields, &sandbox, NULL);
        if (code == 0)
            code = k7i_sandboxes_add(list, sandbox, NULL);
    }
    if (code == 0)
        code = k7i_results_new(2, &results, NULL);
    if (code == 0)
        code = k7i_results_set_name(results, 0, "x", NULL);
    if (code == 0)
        code = k7_query_new(&query, NULL);
    if (code == 0)
        code = k7_query_set_namespace(query, "x", NULL);
    if (code == 0)
        code = k7_delete_options_new(&options, NULL);
    if (code == 0)
        code = k7_delete_options_set_uid(options, "x", NULL);
    k7_sandboxes_unref(list);
    k7_results_unref(results);
    k7_query_free(query);
    k7_delete_options_free(options);
    return code;
}

START_TEST(survives_a_lack_of_memory)
{
    starve_each(build_all, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model/sandbox");
    TCase *tests = tcase_create("sandbox");

    tcase_add_test(tests, copies_every_field);
    tcase_add_test(tests, tells_unknown_from_empty);
    tcase_add_test(tests, every_getter_takes_null);
    tcase_add_test(tests, a_sandbox_outlives_its_list);
    tcase_add_loop_test(tests, writes_ages_as_python_does, 0, sizeof ages / sizeof ages[0]);
    tcase_add_test(tests, results_begin_as_not_started);
    tcase_add_test(tests, options_check_what_they_are_given);
    tcase_add_test(tests, survives_a_lack_of_memory);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
