/* test_custom.c: an application's transport: questions and answers, from any thread, late, wrong, or never. */
#include <k7sandbox/k7sandbox.h>

#include <check.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* What the transport under test does with a question, and what it saw. */
static struct {
    void (*answer)(k7_reply *reply);
    const k7_request *request;
    k7_reply *reply; /* kept, when answer is NULL */
    char operation[16], endpoint[64], namespace_[64], name[64], uid[64], image[64];
    int is_missing_error, is_no_wait, is_cancelled, asked;
    int64_t remaining_ms;
} seen;
static int freed;
static sem_t asked_once;

static void copy(char *room, const char *text)
{
    snprintf(room, 64, "%s", text ? text : "(null)");
}

static void on_question(void *user, const k7_request *request, k7_reply *reply)
{
    ck_assert_ptr_eq(user, &seen);
    snprintf(seen.operation, sizeof seen.operation, "%s", k7_request_get_operation(request));
    copy(seen.endpoint, k7_request_get_endpoint(request));
    copy(seen.namespace_, k7_request_get_namespace(request));
    copy(seen.name, k7_request_get_name(request));
    copy(seen.uid, k7_request_get_uid(request));
    copy(seen.image, k7_request_get_spec(request) ? k7_spec_get_image(k7_request_get_spec(request)) : NULL);
    seen.is_missing_error = k7_request_is_missing_error(request);
    seen.is_no_wait = k7_request_is_no_wait(request);
    seen.is_cancelled = k7_request_is_cancelled(request);
    seen.remaining_ms = k7_request_get_remaining_ms(request);
    seen.request = request;
    seen.asked++;
    if (seen.answer)
        seen.answer(reply);
    else
        seen.reply = reply;
    sem_post(&asked_once);
}

static void count_free(void *user)
{
    (void)user;
    freed++;
}

static k7_transport *new_transport(const char *const *operations)
{
    k7_transport *transport = NULL;

    ck_assert_int_eq(k7_transport_new("mine", &seen, count_free, &transport, NULL), 0);
    for (; *operations; operations++)
        ck_assert_int_eq(k7_transport_on(transport, *operations, on_question, NULL), 0);
    return transport;
}

static k7_client *open_mine(k7_transport *transport)
{
    k7_client *client = NULL;
    k7_config *config = NULL;

    ck_assert_int_eq(k7_config_new(&config, NULL), 0);
    ck_assert_int_eq(k7_config_add_transport(config, transport, NULL), 0);
    ck_assert_int_eq(k7_config_set(config, "endpoint", "mine:?door=blue", NULL), 0);
    ck_assert_int_eq(k7_client_open(config, &client, NULL), 0);
    k7_config_free(config);
    return client;
}

static const char *const all[] = { "create", "list", "get", "delete", NULL };
static k7_client *client;

static void open_all(void)
{
    memset(&seen, 0, sizeof seen);
    freed = 0;
    sem_init(&asked_once, 0, 0);
    k7_transport *transport = new_transport(all);
    client = open_mine(transport);
    k7_transport_unref(transport);
}

static void close_all(void)
{
    ck_assert_int_eq(freed, 0);
    k7_client_unref(client);
    ck_assert_int_eq(freed, 1);
    sem_destroy(&asked_once);
}

static const char object[] = "{\"name\":\"demo\",\"image\":\"alpine\",\"colour\":\"blue\"}";

static void with_object(k7_reply *reply)
{
    k7_reply_sandbox_json(reply, object, strlen(object));
}

static void with_list(k7_reply *reply)
{
    static const char list[] = "[{\"name\":\"a\"},{\"name\":\"b\",\"namespace\":\"other\"}]";

    k7_reply_list_json(reply, list, strlen(list));
}

static void with_done(k7_reply *reply)
{
    k7_reply_done(reply);
}

static void with_garbage(k7_reply *reply)
{
    k7_reply_sandbox_json(reply, "{\"name\":", 8);
}

static void with_a_number(k7_reply *reply)
{
    k7_reply_sandbox_json(reply, "7", 1);
}

static void with_null(k7_reply *reply)
{
    k7_reply_sandbox_json(reply, NULL, 5);
}

static void with_not_found(k7_reply *reply)
{
    k7_reply_error(reply, K7_ERR_NOT_FOUND, "no demo\nhere");
}

static void with_no_error_number(k7_reply *reply)
{
    k7_reply_error(reply, 42, "what?");
}

static int get(k7_sandbox **ret_sandbox, k7_error **err)
{
    return k7_sandbox_get(client, NULL, "demo", NULL, ret_sandbox, err);
}

/* --- questions ------------------------------------------------------------------------------------------------------------------- */

START_TEST(question_has_the_arguments)
{
    k7_spec *spec = NULL;
    k7_sandbox *sandbox = NULL;
    k7_delete_options *options = NULL;
    char *text = NULL;

    ck_assert_int_eq(k7_spec_new("demo", "alpine", &spec, NULL), 0);
    ck_assert_int_eq(k7_spec_set_namespace(spec, "lab", NULL), 0);
    seen.answer = with_object;
    ck_assert_int_eq(k7_sandbox_create(client, spec, NULL, &sandbox, NULL), 0);
    ck_assert_str_eq(seen.operation, "create");
    ck_assert_str_eq(seen.endpoint, "mine:?door=blue");
    ck_assert_str_eq(seen.namespace_, "lab");
    ck_assert_str_eq(seen.name, "demo");
    ck_assert_str_eq(seen.image, "alpine");
    ck_assert_str_eq(seen.uid, "(null)");
    ck_assert_int_eq(seen.is_cancelled, 0);
    ck_assert(seen.remaining_ms > 120000 && seen.remaining_ms <= 600000); /* create's default */
    ck_assert_str_eq(k7_sandbox_get_namespace(sandbox), "lab");           /* where the object says none */
    ck_assert_int_eq(k7_sandbox_to_json(sandbox, &text, NULL), 0);
    ck_assert_ptr_nonnull(strstr(text, "blue")); /* unknown members are kept */
    k7_free(text);
    k7_sandbox_unref(sandbox);
    k7_spec_free(spec);

    ck_assert_int_eq(k7_delete_options_new(&options, NULL), 0);
    ck_assert_int_eq(k7_delete_options_set_uid(options, "u-1", NULL), 0);
    ck_assert_int_eq(k7_delete_options_set_missing_is_error(options, 1, NULL), 0);
    ck_assert_int_eq(k7_delete_options_set_no_wait(options, 1, NULL), 0);
    seen.answer = with_done;
    ck_assert_int_eq(k7_sandbox_delete(client, NULL, "demo", options, NULL, NULL), 0);
    ck_assert_str_eq(seen.operation, "delete");
    ck_assert_str_eq(seen.namespace_, "default");
    ck_assert_str_eq(seen.uid, "u-1");
    ck_assert_int_eq(seen.is_missing_error, 1);
    ck_assert_int_eq(seen.is_no_wait, 1);
    k7_delete_options_free(options);
}
END_TEST

START_TEST(all_namespaces_are_asked_for_as_none)
{
    k7_sandboxes *list = NULL;
    k7_query *query = NULL;

    ck_assert_int_eq(k7_query_new(&query, NULL), 0);
    ck_assert_int_eq(k7_query_set_all_namespaces(query, 1, NULL), 0);
    seen.answer = with_list;
    ck_assert_int_eq(k7_sandbox_list(client, query, NULL, &list, NULL), 0);
    ck_assert_str_eq(seen.namespace_, "(null)");
    ck_assert_uint_eq(k7_sandboxes_count(list), 2);
    ck_assert_str_eq(k7_sandbox_get_namespace(k7_sandboxes_at(list, 1)), "other");
    k7_sandboxes_unref(list);
    k7_query_free(query);
}
END_TEST

START_TEST(call_without_deadline_has_never_remaining)
{
    k7_sandbox *sandbox = NULL;
    k7_call *call = NULL;

    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    ck_assert_int_eq(k7_call_set_timeout_ms(call, K7_NEVER, NULL), 0);
    seen.answer = with_object;
    ck_assert_int_eq(k7_sandbox_get(client, NULL, "demo", call, &sandbox, NULL), 0);
    ck_assert_int_eq(seen.remaining_ms, K7_NEVER);
    k7_sandbox_unref(sandbox);
    k7_call_free(call);
}
END_TEST

/* --- answers --------------------------------------------------------------------------------------------------------------------- */

static const struct {
    void (*answer)(k7_reply *reply);
    int code;
} wrong_answers[] = {
    { with_list, K7_ERR_PROTOCOL },
    { with_done, K7_ERR_PROTOCOL },
    { with_garbage, K7_ERR_PROTOCOL },
    { with_a_number, K7_ERR_PROTOCOL },
    { with_null, K7_ERR_PROTOCOL },
    { with_not_found, K7_ERR_NOT_FOUND },
    { with_no_error_number, K7_ERR_PROTOCOL },
};

START_TEST(answer_that_is_no_sandbox_fails_the_get)
{
    k7_sandbox *sandbox = (k7_sandbox *)&seen;
    k7_error *error = NULL;

    seen.answer = wrong_answers[_i].answer;
    ck_assert_int_eq(get(&sandbox, &error), wrong_answers[_i].code);
    ck_assert_ptr_null(sandbox);
    ck_assert_ptr_null(strchr(k7_error_get_message(error), '\n'));
    ck_assert_str_eq(k7_error_get_operation(error), "get");
    k7_error_unref(error);
}
END_TEST

static int code_to_answer;

static void with_code(k7_reply *reply)
{
    k7_reply_error(reply, code_to_answer, NULL);
}

static const struct {
    int code, outcome;
} outcomes[] = {
    { K7_ERR_ALREADY_EXISTS, K7_OUTCOME_REJECTED }, { K7_ERR_FORBIDDEN, K7_OUTCOME_REJECTED },
    { K7_ERR_IMAGE_PULL, K7_OUTCOME_REJECTED },     { K7_ERR_UNSUPPORTED_ARGUMENT, K7_OUTCOME_NOT_SENT },
    { K7_ERR_CONNECT, K7_OUTCOME_NOT_SENT },        { K7_ERR_CONNECTION_LOST, K7_OUTCOME_UNKNOWN },
    { K7_ERR_SERVER, K7_OUTCOME_UNKNOWN },          { K7_ERR_TIMEOUT, K7_OUTCOME_UNKNOWN },
};

START_TEST(code_of_an_error_tells_its_outcome)
{
    k7_spec *spec = NULL;
    k7_error *error = NULL;

    ck_assert_int_eq(k7_spec_new("demo", "alpine", &spec, NULL), 0);
    code_to_answer = outcomes[_i].code;
    seen.answer = with_code;
    ck_assert_int_eq(k7_sandbox_create(client, spec, NULL, NULL, &error), outcomes[_i].code);
    ck_assert_int_eq(k7_error_get_outcome(error), outcomes[_i].outcome);
    ck_assert_str_eq(k7_error_get_message(error), k7_error_code_meaning(outcomes[_i].code));
    k7_error_unref(error);
    k7_spec_free(spec);
}
END_TEST

START_TEST(missing_sandbox_counts_as_deleted_unless_asked)
{
    k7_delete_options *options = NULL;

    seen.answer = with_not_found;
    ck_assert_int_eq(k7_sandbox_delete(client, NULL, "demo", NULL, NULL, NULL), 0);
    ck_assert_int_eq(k7_delete_options_new(&options, NULL), 0);
    ck_assert_int_eq(k7_delete_options_set_missing_is_error(options, 1, NULL), 0);
    ck_assert_int_eq(k7_sandbox_delete(client, NULL, "demo", options, NULL, NULL), K7_ERR_NOT_FOUND);
    k7_delete_options_free(options);
}
END_TEST

static void *answer_later(void *user)
{
    (void)user;
    sem_wait(&asked_once);
    with_object(seen.reply);
    return NULL;
}

START_TEST(answer_may_come_from_another_thread)
{
    k7_sandbox *sandbox = NULL;
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, answer_later, NULL), 0);
    ck_assert_int_eq(get(&sandbox, NULL), 0);
    ck_assert_str_eq(k7_sandbox_get_name(sandbox), "demo");
    pthread_join(thread, NULL);
    k7_sandbox_unref(sandbox);
}
END_TEST

static void by_asking_again(k7_reply *reply)
{
    k7_sandbox *sandbox = NULL;
    char *text = NULL;

    seen.answer = with_object;
    ck_assert_int_eq(get(&sandbox, NULL), 0); /* the same client, on the same thread */
    ck_assert_int_eq(k7_sandbox_to_json(sandbox, &text, NULL), 0);
    k7_reply_sandbox_json(reply, text, strlen(text));
    k7_free(text);
    k7_sandbox_unref(sandbox);
}

START_TEST(function_may_use_the_library_itself)
{
    k7_sandbox *sandbox = NULL;

    seen.answer = by_asking_again;
    ck_assert_int_eq(get(&sandbox, NULL), 0);
    ck_assert_str_eq(k7_sandbox_get_name(sandbox), "demo");
    ck_assert_int_eq(seen.asked, 2);
    k7_sandbox_unref(sandbox);
}
END_TEST

START_TEST(late_answer_is_dropped)
{
    k7_sandbox *sandbox = NULL;
    k7_spec *spec = NULL;
    k7_call *call = NULL;
    k7_error *error = NULL;

    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    ck_assert_int_eq(k7_call_set_timeout_ms(call, 500, NULL), 0);
    ck_assert_int_eq(k7_sandbox_get(client, NULL, "demo", call, &sandbox, &error), K7_ERR_TIMEOUT);
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_UNKNOWN);
    ck_assert_int_eq(k7_error_is_retryable(error), 1); /* it only reads */
    error = k7_error_unref(error);
    ck_assert_int_eq(k7_request_is_cancelled(seen.request), 1);
    ck_assert_int_eq(k7_request_get_remaining_ms(seen.request), 0);
    with_object(seen.reply);

    ck_assert_int_eq(k7_spec_new("demo", "alpine", &spec, NULL), 0);
    ck_assert_int_eq(k7_sandbox_create(client, spec, call, NULL, &error), K7_ERR_TIMEOUT);
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_UNKNOWN);
    ck_assert_int_eq(k7_error_is_retryable(error), 0);
    k7_error_unref(error);
    with_object(seen.reply);
    k7_spec_free(spec);
    k7_call_free(call);
}
END_TEST

START_TEST(answer_after_the_client_is_gone_is_dropped)
{
    k7_sandbox *sandbox = NULL;
    k7_call *call = NULL;
    k7_transport *transport = new_transport(all);
    k7_client *own = open_mine(transport);

    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    ck_assert_int_eq(k7_call_set_timeout_ms(call, 500, NULL), 0);
    ck_assert_int_eq(k7_sandbox_get(own, NULL, "demo", call, &sandbox, NULL), K7_ERR_TIMEOUT);
    k7_client_unref(own);
    ck_assert_str_eq(k7_request_get_name(seen.request), "demo");
    with_object(seen.reply);
    k7_transport_unref(transport);
    ck_assert_int_eq(freed, 1);
    freed = 0;
    k7_call_free(call);
}
END_TEST

static void with_an_identified_one(k7_reply *reply)
{
    static const char list[] = "[{\"name\":\"a\",\"uid\":\"u-1\"}]";

    if (strcmp(seen.operation, "delete") == 0)
        k7_reply_done(reply);
    else
        k7_reply_list_json(reply, list, strlen(list));
}

START_TEST(delete_all_deletes_what_was_listed_by_uid)
{
    k7_results *results = NULL;

    seen.answer = with_an_identified_one;
    ck_assert_int_eq(k7_sandbox_delete_all(client, NULL, NULL, &results, NULL), 0);
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_DONE), 1);
    ck_assert_str_eq(seen.operation, "delete");
    ck_assert_str_eq(seen.uid, "u-1");
    k7_results_unref(results);
}
END_TEST

START_TEST(delete_all_is_made_of_list_and_delete)
{
    static const char *const list_only[] = { "list", NULL };
    k7_results *results = NULL;
    k7_transport *transport = new_transport(list_only);
    k7_client *own = open_mine(transport);
    k7_error *error = NULL;
    int supported = -1;

    ck_assert_int_eq(k7_client_supports(own, "delete_all", &supported, NULL), 0);
    ck_assert_int_eq(supported, 0);
    ck_assert_int_eq(k7_client_supports(own, "list", &supported, NULL), 0);
    ck_assert_int_eq(supported, 1);
    ck_assert_int_eq(k7_sandbox_delete_all(own, NULL, NULL, &results, &error), K7_ERR_UNSUPPORTED_OPERATION);
    ck_assert_int_eq(seen.asked, 0);
    k7_error_unref(error);
    k7_client_unref(own);
    k7_transport_unref(transport);
    freed = 0;
    ck_assert_int_eq(k7_client_supports(client, "delete_all", &supported, NULL), 0);
    ck_assert_int_eq(supported, 1);
}
END_TEST

/* --- building -------------------------------------------------------------------------------------------------------------------- */

START_TEST(a_transport_lives_as_long_as_somebody_has_it)
{
    k7_transport *transport = new_transport(all);
    k7_client *own = open_mine(transport);
    int supported = 0;

    ck_assert_ptr_eq(k7_transport_ref(transport), transport);
    ck_assert_ptr_null(k7_transport_unref(transport));
    ck_assert_ptr_null(k7_transport_unref(transport));
    ck_assert_int_eq(freed, 0); /* the client has it */
    ck_assert_int_eq(k7_client_supports(own, "get", &supported, NULL), 0);
    ck_assert_int_eq(supported, 1);
    k7_client_unref(own);
    ck_assert_int_eq(freed, 1);
    freed = 0;
    ck_assert_ptr_null(k7_transport_ref(NULL));
    ck_assert_ptr_null(k7_transport_unref(NULL));
}
END_TEST

START_TEST(scheme_is_checked_and_user_freed_in_any_case)
{
    static const char *const bad[] = { NULL,
                                       "",
                                       "1a",
                                       "A",
                                       "a b",
                                       "a:",
                                       "a/b",
                                       "http",
                                       "https",
                                       "docker",
                                       "memory",
                                       "docker+http",
                                       "abcdefghijklmnopqrstuvwxyzabcdefg" };
    k7_transport *transport = (k7_transport *)&seen;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        k7_error *error = NULL;

        freed = 0;
        ck_assert_int_eq(k7_transport_new(bad[i], NULL, count_free, &transport, &error),
                         K7_ERR_INVALID_ARGUMENT);
        ck_assert_ptr_null(transport);
        ck_assert_int_eq(freed, 1);
        k7_error_unref(error);
    }
    freed = 0;
}
END_TEST

START_TEST(functions_are_fixed_once_in_use)
{
    k7_transport *transport = new_transport(all);
    k7_config *config = NULL;

    ck_assert_int_eq(k7_transport_on(transport, "exec", on_question, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_transport_on(transport, "delete_all", on_question, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_transport_on(transport, "get", NULL, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_transport_on(transport, NULL, on_question, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_config_new(&config, NULL), 0);
    ck_assert_int_eq(k7_config_add_transport(config, transport, NULL), 0);
    ck_assert_int_eq(k7_config_add_transport(config, transport, NULL), K7_ERR_INVALID_CONFIG);
    ck_assert_int_eq(k7_transport_on(transport, "get", on_question, NULL), K7_ERR_INVALID_ARGUMENT);
    k7_transport_unref(transport);
    ck_assert_int_eq(freed, 0);
    k7_config_free(config);
    ck_assert_int_eq(freed, 1);
    freed = 0;
}
END_TEST

int main(void)
{
    TCase *group = tcase_create("custom");
    Suite *suite = suite_create("custom");

    tcase_add_checked_fixture(group, open_all, close_all);
    tcase_add_test(group, question_has_the_arguments);
    tcase_add_test(group, all_namespaces_are_asked_for_as_none);
    tcase_add_test(group, call_without_deadline_has_never_remaining);
    tcase_add_loop_test(group, answer_that_is_no_sandbox_fails_the_get, 0,
                        sizeof wrong_answers / sizeof wrong_answers[0]);
    tcase_add_loop_test(group, code_of_an_error_tells_its_outcome, 0, sizeof outcomes / sizeof outcomes[0]);
    tcase_add_test(group, missing_sandbox_counts_as_deleted_unless_asked);
    tcase_add_test(group, answer_may_come_from_another_thread);
    tcase_add_test(group, function_may_use_the_library_itself);
    tcase_add_test(group, late_answer_is_dropped);
    tcase_add_test(group, answer_after_the_client_is_gone_is_dropped);
    tcase_add_test(group, delete_all_deletes_what_was_listed_by_uid);
    tcase_add_test(group, delete_all_is_made_of_list_and_delete);
    tcase_add_test(group, a_transport_lives_as_long_as_somebody_has_it);
    tcase_add_test(group, scheme_is_checked_and_user_freed_in_any_case);
    tcase_add_test(group, functions_are_fixed_once_in_use);
    suite_add_tcase(suite, group);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
