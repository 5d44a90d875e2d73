/* test_sandbox.c: the front door of the operations: what it fills in, what it refuses, what it writes to its outputs. Looked at from behind, by a custom
 * transport that tells what arrives. */
#include <k7sandbox/k7sandbox.h>

#include <check.h>
#include <stdio.h>
#include <string.h>

static struct {
    char namespace_[64];
    int64_t remaining_ms;
    int asked;
} arrived;

static void on_question(void *user, const k7_request *request, k7_reply *reply)
{
    const char *namespace_ = k7_request_get_namespace(request);

    (void)user;
    snprintf(arrived.namespace_, sizeof arrived.namespace_, "%s", namespace_ ? namespace_ : "(all)");
    arrived.remaining_ms = k7_request_get_remaining_ms(request);
    arrived.asked++;
    k7_reply_error(reply, K7_ERR_FORBIDDEN, "seen");
}

static k7_client *open_client(const char *key, const char *value)
{
    static const char *const operations[] = { "create", "list", "get", "delete" };
    k7_transport *transport = NULL;
    k7_client *client = NULL;
    k7_config *config = NULL;

    memset(&arrived, 0, sizeof arrived);
    ck_assert_int_eq(k7_transport_new("spy", NULL, NULL, &transport, NULL), 0);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(k7_transport_on(transport, operations[i], on_question, NULL), 0);
    ck_assert_int_eq(k7_config_new(&config, NULL), 0);
    ck_assert_int_eq(k7_config_add_transport(config, transport, NULL), 0);
    ck_assert_int_eq(k7_config_set(config, "endpoint", "spy:", NULL), 0);
    ck_assert_int_eq(k7_config_set(config, "namespace", "mine", NULL), 0);
    if (key)
        ck_assert_int_eq(k7_config_set(config, key, value, NULL), 0);
    ck_assert_int_eq(k7_client_open(config, &client, NULL), 0);
    k7_config_free(config);
    k7_transport_unref(transport);
    return client;
}

START_TEST(namespace_comes_from_the_call_then_the_spec_then_the_client)
{
    k7_client *client = open_client(NULL, NULL);
    k7_sandboxes *list = NULL;
    k7_sandbox *sandbox = NULL;
    k7_query *query = NULL;
    k7_spec *spec = NULL;

    k7_sandbox_get(client, NULL, "demo", NULL, &sandbox, NULL);
    ck_assert_str_eq(arrived.namespace_, "mine");
    k7_sandbox_get(client, "other", "demo", NULL, &sandbox, NULL);
    ck_assert_str_eq(arrived.namespace_, "other");
    k7_sandbox_list(client, NULL, NULL, &list, NULL);
    ck_assert_str_eq(arrived.namespace_, "mine");
    ck_assert_int_eq(k7_query_new(&query, NULL), 0);
    k7_sandbox_list(client, query, NULL, &list, NULL);
    ck_assert_str_eq(arrived.namespace_, "mine");
    ck_assert_int_eq(k7_query_set_all_namespaces(query, 1, NULL), 0);
    k7_sandbox_list(client, query, NULL, &list, NULL);
    ck_assert_str_eq(arrived.namespace_, "(all)");
    ck_assert_int_eq(k7_spec_new("demo", "alpine", &spec, NULL), 0);
    k7_sandbox_create(client, spec, NULL, NULL, NULL);
    ck_assert_str_eq(arrived.namespace_, "mine");
    ck_assert_int_eq(k7_spec_set_namespace(spec, "third", NULL), 0);
    k7_sandbox_create(client, spec, NULL, NULL, NULL);
    ck_assert_str_eq(arrived.namespace_, "third");
    k7_sandbox_delete_all(client, NULL, NULL, NULL, NULL); /* never all */
    ck_assert_str_eq(arrived.namespace_, "mine");
    k7_query_free(query);
    k7_spec_free(spec);
    k7_client_unref(client);
}
END_TEST

/* more_than: the deadline that would have come from elsewhere. */
static void expect_remaining(int64_t more_than, int64_t at_most)
{
    ck_assert_int_gt(arrived.remaining_ms, more_than);
    ck_assert_int_le(arrived.remaining_ms, at_most);
}

START_TEST(deadline_comes_from_the_call_then_the_config_then_the_operation)
{
    k7_client *client = open_client(NULL, NULL);
    k7_sandbox *sandbox = NULL;
    k7_call *call = NULL;

    k7_sandbox_get(client, NULL, "demo", NULL, &sandbox, NULL);
    expect_remaining(0, 30000);
    k7_sandbox_delete(client, NULL, "demo", NULL, NULL, NULL);
    expect_remaining(30000, 120000);
    k7_client_unref(client);
    client = open_client("timeout_ms", "700000");
    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    k7_sandbox_get(client, NULL, "demo", call, &sandbox, NULL);
    expect_remaining(30000, 700000);
    ck_assert_int_eq(k7_call_set_timeout_ms(call, 9000000, NULL), 0);
    k7_sandbox_get(client, NULL, "demo", call, &sandbox, NULL);
    expect_remaining(700000, 9000000);
    k7_call_free(call);
    k7_client_unref(client);
    client = open_client("timeout_ms", "-1");
    k7_sandbox_get(client, NULL, "demo", NULL, &sandbox, NULL);
    ck_assert_int_eq(arrived.remaining_ms, K7_NEVER);
    k7_client_unref(client);
}
END_TEST

START_TEST(outputs_are_written_in_any_case)
{
    k7_client *client = open_client(NULL, NULL);
    char trash;
    k7_sandbox *sandbox = (k7_sandbox *)&trash;
    k7_sandboxes *list = (k7_sandboxes *)&trash;
    k7_results *results = (k7_results *)&trash;
    k7_error *error = (k7_error *)&trash;

    ck_assert_int_eq(k7_sandbox_get(client, NULL, "../x", NULL, &sandbox, &error), K7_ERR_INVALID_ARGUMENT);
    ck_assert_ptr_null(sandbox);
    k7_error_unref(error);
    error = (k7_error *)&trash;
    ck_assert_int_eq(k7_sandbox_list(NULL, NULL, NULL, &list, &error), K7_ERR_INVALID_ARGUMENT);
    ck_assert_ptr_null(list);
    k7_error_unref(error);
    error = (k7_error *)&trash;
    ck_assert_int_eq(k7_sandbox_delete_all(client, "", NULL, &results, &error), K7_ERR_INVALID_ARGUMENT);
    ck_assert_ptr_null(results);
    k7_error_unref(error);
    error = (k7_error *)&trash;
    sandbox = (k7_sandbox *)&trash;
    ck_assert_int_eq(k7_sandbox_create(client, NULL, NULL, &sandbox, &error), K7_ERR_INVALID_ARGUMENT);
    ck_assert_ptr_null(sandbox);
    ck_assert_str_eq(k7_error_get_operation(error), "create");
    k7_error_unref(error);
    ck_assert_int_eq(k7_sandbox_get(client, NULL, "..", NULL, NULL, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(arrived.asked, 0);
    k7_client_unref(client);
}
END_TEST

START_TEST(error_of_the_transport_comes_out_whole)
{
    k7_client *client = open_client(NULL, NULL);
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;

    ck_assert_int_eq(k7_sandbox_get(client, NULL, "demo", NULL, &sandbox, &error), K7_ERR_FORBIDDEN);
    ck_assert_str_eq(k7_error_get_message(error), "seen");
    ck_assert_str_eq(k7_error_get_operation(error), "get");
    ck_assert_str_eq(k7_error_get_step(error), "ask");
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_REJECTED);
    k7_error_unref(error);
    k7_client_unref(client);
}
END_TEST

int main(void)
{
    TCase *group = tcase_create("sandbox");
    Suite *suite = suite_create("sandbox");

    tcase_add_test(group, namespace_comes_from_the_call_then_the_spec_then_the_client);
    tcase_add_test(group, deadline_comes_from_the_call_then_the_config_then_the_operation);
    tcase_add_test(group, outputs_are_written_in_any_case);
    tcase_add_test(group, error_of_the_transport_comes_out_whole);
    suite_add_tcase(suite, group);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
