/* test_memory.c: the simulated server through the public interface: states by the clock, failures on demand, what is taken back and what is left. */
#include <k7sandbox/k7sandbox.h>

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static k7_client *open_memory(const char *endpoint)
{
    k7_client *client = NULL;
    k7_config *config = NULL;

    ck_assert_int_eq(k7_config_new(&config, NULL), 0);
    ck_assert_int_eq(k7_config_set(config, "endpoint", endpoint, NULL), 0);
    ck_assert_int_eq(k7_client_open(config, &client, NULL), 0);
    k7_config_free(config);
    return client;
}

static int create(k7_client *client, const char *name, const char *script, k7_error **err)
{
    k7_spec *spec = NULL;

    ck_assert_int_eq(k7_spec_new(name, "alpine:latest", &spec, NULL), 0);
    ck_assert_int_eq(k7_spec_set_before_script(spec, script, NULL), 0);
    int status = k7_sandbox_create(client, spec, NULL, NULL, err);
    k7_spec_free(spec);
    return status;
}

static size_t count(k7_client *client)
{
    k7_sandboxes *list = NULL;

    ck_assert_int_eq(k7_sandbox_list(client, NULL, NULL, &list, NULL), 0);
    size_t found = k7_sandboxes_count(list);
    k7_sandboxes_unref(list);
    return found;
}

/* --- failures on demand ---------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *fail;
    int code, http_status, outcome, is_there; /* after a failed create */
} failures[] = {
    { "create:400", K7_ERR_REJECTED, 400, K7_OUTCOME_REJECTED, 0 },
    { "create:401", K7_ERR_UNAUTHENTICATED, 401, K7_OUTCOME_REJECTED, 0 },
    { "create:403", K7_ERR_FORBIDDEN, 403, K7_OUTCOME_REJECTED, 0 },
    { "create:408", K7_ERR_REJECTED, 408, K7_OUTCOME_UNKNOWN, 0 },
    { "create:409", K7_ERR_ALREADY_EXISTS, 409, K7_OUTCOME_REJECTED, 0 },
    { "create:422", K7_ERR_REJECTED, 422, K7_OUTCOME_REJECTED, 0 },
    { "create:429", K7_ERR_RATE_LIMITED, 429, K7_OUTCOME_REJECTED, 0 },
    { "create:500", K7_ERR_SERVER, 500, K7_OUTCOME_UNKNOWN, 0 },
    { "create:503", K7_ERR_UNAVAILABLE, 503, K7_OUTCOME_UNKNOWN, 0 },
    { "create:lost", K7_ERR_CONNECTION_LOST, 0, K7_OUTCOME_UNKNOWN, 1 },
    { "create:unreachable", K7_ERR_CONNECT, 0, K7_OUTCOME_NOT_SENT, 0 },
};

START_TEST(failing_create_says_what_is_known)
{
    char endpoint[64];
    k7_error *error = NULL;

    snprintf(endpoint, sizeof endpoint, "memory:?fail=%s*1", failures[_i].fail);
    k7_client *client = open_memory(endpoint);
    ck_assert_int_eq(create(client, "demo", NULL, &error), failures[_i].code);
    ck_assert_int_eq(k7_error_get_http_status(error), failures[_i].http_status);
    ck_assert_int_eq(k7_error_get_outcome(error), failures[_i].outcome);
    ck_assert_uint_eq(count(client), (size_t)failures[_i].is_there);
    if (failures[_i].outcome == K7_OUTCOME_UNKNOWN) {
        ck_assert_uint_eq(k7_error_leftover_count(error), 1);
        ck_assert_ptr_nonnull(strstr(k7_error_leftover_at(error, 0), "demo"));
        ck_assert_int_eq(k7_error_is_retryable(error), 0);
    }
    k7_error_unref(error);
    ck_assert_int_eq(create(client, "next", NULL, NULL), 0); /* once was enough */
    k7_client_unref(client);
}
END_TEST

START_TEST(failures_are_counted_in_their_order)
{
    k7_client *client = open_memory("memory:?fail=list:429*2,list:500*1,get:403");
    k7_sandboxes *list = NULL;
    k7_sandbox *sandbox = NULL;

    ck_assert_int_eq(k7_sandbox_list(client, NULL, NULL, &list, NULL), K7_ERR_RATE_LIMITED);
    ck_assert_int_eq(k7_sandbox_list(client, NULL, NULL, &list, NULL), K7_ERR_RATE_LIMITED);
    ck_assert_int_eq(k7_sandbox_list(client, NULL, NULL, &list, NULL), K7_ERR_SERVER);
    ck_assert_uint_eq(count(client), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(k7_sandbox_get(client, NULL, "demo", NULL, &sandbox, NULL), K7_ERR_FORBIDDEN);
    k7_client_unref(client);
}
END_TEST

START_TEST(lost_answer_of_a_read_may_be_asked_for_again)
{
    k7_client *client = open_memory("memory:?fail=list:lost*1,delete:lost*1");
    k7_sandboxes *list = NULL;
    k7_error *error = NULL;

    ck_assert_int_eq(k7_sandbox_list(client, NULL, NULL, &list, &error), K7_ERR_CONNECTION_LOST);
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_UNKNOWN);
    ck_assert_int_eq(k7_error_is_retryable(error), 1);
    k7_error_unref(error);
    ck_assert_int_eq(create(client, "demo", NULL, NULL), 0);
    ck_assert_int_eq(k7_sandbox_delete(client, NULL, "demo", NULL, NULL, &error), K7_ERR_CONNECTION_LOST);
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_UNKNOWN);
    ck_assert_uint_eq(count(client), 0);
    k7_error_unref(error);
    k7_client_unref(client);
}
END_TEST

START_TEST(hanging_create_ends_at_its_deadline_with_an_unknown_outcome)
{
    k7_client *client = open_memory("memory:?fail=create:hang");
    k7_spec *spec = NULL;
    k7_call *call = NULL;
    k7_error *error = NULL;

    ck_assert_int_eq(k7_spec_new("demo", "alpine", &spec, NULL), 0);
    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    ck_assert_int_eq(k7_call_set_timeout_ms(call, 500, NULL), 0);
    ck_assert_int_eq(k7_sandbox_create(client, spec, call, NULL, &error), K7_ERR_TIMEOUT);
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_UNKNOWN);
    ck_assert_str_eq(k7_error_get_operation(error), "create");
    k7_error_unref(error);
    k7_call_free(call);
    k7_spec_free(spec);
    k7_client_unref(client);
}
END_TEST

/* --- what is taken back ---------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *script;
    int status; /* 0: it succeeds */
} scripts[] = {
    { "exit 3", 3 },
    { "echo hello; exit 1", 1 },
    { "echo hello\nexit 255\n", 255 },
    { "  exit 7 ; \n", 7 },
    { "exit 0", 0 },
    { "exit 1; echo hello", 0 },
    { "exit 256", 0 },
    { "exit one", 0 },
    { "apt-get install -y exit", 0 },
    { "", 0 },
};

START_TEST(last_command_of_a_script_decides)
{
    k7_client *client = open_memory("memory:");
    k7_error *error = NULL;
    char number[16];
    int status = create(client, "demo", scripts[_i].script, &error);

    snprintf(number, sizeof number, "status %d", scripts[_i].status);
    if (scripts[_i].status == 0) {
        ck_assert_msg(status == 0, "%s", k7_error_get_message(error));
    } else {
        ck_assert_int_eq(status, K7_ERR_SCRIPT_FAILED);
        ck_assert_ptr_nonnull(strstr(k7_error_get_message(error), number));
        ck_assert_str_eq(k7_error_get_step(error), "before_script");
        ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_NOT_SENT);
    }
    ck_assert_uint_eq(count(client), scripts[_i].status == 0);
    k7_error_unref(error);
    k7_client_unref(client);
}
END_TEST

START_TEST(what_cannot_be_taken_back_is_named)
{
    k7_client *client = open_memory("memory:?fail=delete:500*1");
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;

    ck_assert_int_eq(create(client, "demo", "exit 1", &error), K7_ERR_SCRIPT_FAILED);
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_UNKNOWN);
    ck_assert_uint_eq(k7_error_leftover_count(error), 1);
    ck_assert_int_eq(k7_sandbox_get(client, NULL, "demo", NULL, &sandbox, NULL), 0);
    ck_assert_ptr_nonnull(strstr(k7_error_leftover_at(error, 0), k7_sandbox_get_uid(sandbox)));
    k7_sandbox_unref(sandbox);
    k7_error_unref(error);
    k7_client_unref(client);
}
END_TEST

static int stop_at(k7_client *client, const char *name, int64_t cleanup_ms, k7_error **err)
{
    k7_spec *spec = NULL;
    k7_call *call = NULL;

    ck_assert_int_eq(k7_spec_new(name, "alpine", &spec, NULL), 0);
    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    ck_assert_int_eq(k7_call_set_timeout_ms(call, 500, NULL), 0);
    ck_assert_int_eq(k7_call_set_cleanup_timeout_ms(call, cleanup_ms, NULL), 0);
    int status = k7_sandbox_create(client, spec, call, NULL, err);
    k7_call_free(call);
    k7_spec_free(spec);
    return status;
}

START_TEST(deadline_takes_back_within_its_budget)
{
    k7_client *client = open_memory("memory:?start_ms=600000");
    k7_error *error = NULL;

    ck_assert_int_eq(stop_at(client, "demo", 15000, &error), K7_ERR_TIMEOUT);
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_NOT_SENT);
    ck_assert_uint_eq(k7_error_leftover_count(error), 0);
    ck_assert_uint_eq(count(client), 0);
    error = k7_error_unref(error);
    ck_assert_int_eq(stop_at(client, "demo", 0, &error), K7_ERR_TIMEOUT); /* no clean-up wanted */
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_UNKNOWN);
    ck_assert_uint_eq(k7_error_leftover_count(error), 1);
    ck_assert_uint_eq(count(client), 1);
    k7_error_unref(error);
    k7_client_unref(client);
}
END_TEST

START_TEST(hanging_clean_up_ends_with_its_budget)
{
    k7_client *client = open_memory("memory:?start_ms=600000&fail=delete:hang*1");
    k7_error *error = NULL;

    ck_assert_int_eq(stop_at(client, "demo", 20, &error), K7_ERR_TIMEOUT);
    ck_assert_uint_eq(k7_error_leftover_count(error), 1);
    k7_error_unref(error);
    k7_client_unref(client);
}
END_TEST

/* --- the clock ------------------------------------------------------------------------------------------------------------------- */

static void *create_demo(void *client)
{
    static char failed;

    return create(client, "demo", NULL, NULL) == 0 ? NULL : &failed;
}

static void *delete_demo(void *client)
{
    static char failed;

    return k7_sandbox_delete(client, NULL, "demo", NULL, NULL, NULL) == 0 ? NULL : &failed;
}

/* The other thread's call goes on once it has come to its next wait: until then the state is asked for. */
static void await_status(k7_client *client, const char *status)
{
    for (;;) {
        k7_sandbox *sandbox = NULL;
        int found = k7_sandbox_get(client, NULL, "demo", NULL, &sandbox, NULL) == 0 &&
                    strcmp(k7_sandbox_get_status(sandbox), status) == 0;
        ck_assert_int_eq(k7_sandbox_get_reason(sandbox) == NULL, k7_sandbox_is_ready(sandbox) != 0);

        k7_sandbox_unref(sandbox);
        if (found)
            return;
    }
}

START_TEST(states_advance_with_the_manual_clock)
{
    k7_client *client = open_memory("memory:?clock=manual&start_ms=65000&stop_ms=2000");
    k7_sandbox *sandbox = NULL;
    pthread_t thread;
    void *failed;

    ck_assert_int_eq(pthread_create(&thread, NULL, create_demo, client), 0);
    await_status(client, "Pending");
    ck_assert_int_eq(k7_memory_advance(client, 64999, NULL), 0);
    await_status(client, "Pending");
    ck_assert_int_eq(k7_sandbox_get(client, NULL, "demo", NULL, &sandbox, NULL), 0);
    ck_assert_int_eq(k7_sandbox_is_ready(sandbox), 0);
    ck_assert_str_eq(k7_sandbox_get_age_text(sandbox), "0:01:04");
    sandbox = k7_sandbox_unref(sandbox);
    ck_assert_int_eq(k7_memory_advance(client, 1, NULL), 0);
    pthread_join(thread, &failed);
    ck_assert_ptr_null(failed);
    await_status(client, "Running");
    ck_assert_int_eq(create(client, "demo", NULL, NULL), K7_ERR_ALREADY_EXISTS);

    ck_assert_int_eq(pthread_create(&thread, NULL, delete_demo, client), 0);
    await_status(client, "Terminating");
    ck_assert_int_eq(create(client, "demo", NULL, NULL), K7_ERR_ALREADY_EXISTS);
    ck_assert_int_eq(k7_memory_advance(client, 2000, NULL), 0);
    pthread_join(thread, &failed);
    ck_assert_ptr_null(failed);
    ck_assert_uint_eq(count(client), 0);
    k7_client_unref(client);
}
END_TEST

START_TEST(delete_waits_until_it_is_gone_unless_told_not_to)
{
    k7_client *real = open_memory("memory:?stop_ms=20"),
              *manual = open_memory("memory:?clock=manual&stop_ms=20");
    k7_delete_options *options = NULL;

    ck_assert_int_eq(create(real, "demo", NULL, NULL), 0);
    ck_assert_int_eq(k7_sandbox_delete(real, NULL, "demo", NULL, NULL, NULL), 0);
    ck_assert_uint_eq(count(real), 0);
    ck_assert_int_eq(k7_delete_options_new(&options, NULL), 0);
    ck_assert_int_eq(k7_delete_options_set_no_wait(options, 1, NULL), 0);
    ck_assert_int_eq(create(manual, "demo", NULL, NULL), 0);
    ck_assert_int_eq(k7_sandbox_delete(manual, NULL, "demo", options, NULL, NULL), 0);
    await_status(manual, "Terminating");
    ck_assert_int_eq(k7_memory_advance(manual, 20, NULL), 0);
    ck_assert_uint_eq(count(manual), 0);
    k7_delete_options_free(options);
    k7_client_unref(real);
    k7_client_unref(manual);
}
END_TEST

START_TEST(delete_of_a_sandbox_being_created_ends_the_create)
{
    k7_client *client = open_memory("memory:?clock=manual&start_ms=1000");
    pthread_t thread;
    void *failed;

    ck_assert_int_eq(pthread_create(&thread, NULL, create_demo, client), 0);
    await_status(client, "Pending");
    ck_assert_int_eq(k7_sandbox_delete(client, NULL, "demo", NULL, NULL, NULL), 0);
    pthread_join(thread, &failed);
    ck_assert_ptr_nonnull(failed);
    ck_assert_uint_eq(count(client), 0);
    k7_client_unref(client);
}
END_TEST

START_TEST(clock_is_moved_by_memory_clients_with_a_manual_one_only)
{
    k7_client *real = open_memory("memory:"), *manual = open_memory("memory:?clock=manual");
    k7_error *error = NULL;

    ck_assert_int_eq(k7_memory_advance(real, 1, &error), K7_ERR_INVALID_ARGUMENT);
    error = k7_error_unref(error);
    ck_assert_int_eq(k7_memory_advance(manual, -1, &error), K7_ERR_INVALID_ARGUMENT);
    error = k7_error_unref(error);
    ck_assert_int_eq(k7_memory_advance(NULL, 1, &error), K7_ERR_INVALID_ARGUMENT);
    k7_error_unref(error);
    ck_assert_int_eq(k7_memory_advance(manual, 0, NULL), 0);
    ck_assert_int_eq(k7_memory_advance(manual, INT64_MAX, NULL), 0);
    ck_assert_int_eq(k7_memory_advance(manual, INT64_MAX, NULL), 0);
    k7_client_unref(real);
    k7_client_unref(manual);
}
END_TEST

/* Times that are added to the clock's must not wrap around. */
START_TEST(clock_at_its_end_still_tells_states)
{
    k7_client *client = open_memory("memory:?clock=manual&stop_ms=600000");
    k7_delete_options *options = NULL;

    ck_assert_int_eq(k7_memory_advance(client, INT64_MAX, NULL), 0);
    ck_assert_int_eq(create(client, "demo", NULL, NULL), 0);
    ck_assert_int_eq(k7_delete_options_new(&options, NULL), 0);
    ck_assert_int_eq(k7_delete_options_set_no_wait(options, 1, NULL), 0);
    ck_assert_int_eq(k7_sandbox_delete(client, NULL, "demo", options, NULL, NULL), 0);
    await_status(client, "Terminating");
    k7_delete_options_free(options);
    k7_client_unref(client);
}
END_TEST

/* --- what is kept ---------------------------------------------------------------------------------------------------------------- */

START_TEST(every_client_has_a_store_of_its_own)
{
    k7_client *one = open_memory("memory:"), *other = open_memory("memory:");

    ck_assert_int_eq(create(one, "demo", NULL, NULL), 0);
    ck_assert_uint_eq(count(one), 1);
    ck_assert_uint_eq(count(other), 0);
    k7_client_unref(one);
    k7_client_unref(other);
}
END_TEST

START_TEST(exposed_ports_get_node_ports)
{
    k7_client *client = open_memory("memory:");
    k7_sandbox *sandbox = NULL;
    k7_spec *spec = NULL;

    ck_assert_int_eq(k7_spec_new("demo", "alpine", &spec, NULL), 0);
    ck_assert_int_eq(k7_spec_add_ingress_port(spec, 80, NULL), 0);
    ck_assert_int_eq(k7_spec_add_expose_port(spec, 80, NULL), 0);
    ck_assert_int_eq(k7_sandbox_create(client, spec, NULL, &sandbox, NULL), 0);
    ck_assert_uint_eq(k7_sandbox_node_port_count(sandbox), 1);
    ck_assert_int_ge(k7_sandbox_node_port_at(sandbox, 0), 30000);
    k7_sandbox_unref(sandbox);
    k7_spec_free(spec);
    k7_client_unref(client);
}
END_TEST

int main(void)
{
    TCase *group = tcase_create("memory");
    Suite *suite = suite_create("memory");

    tcase_set_timeout(group, 60);
    tcase_add_loop_test(group, failing_create_says_what_is_known, 0, sizeof failures / sizeof failures[0]);
    tcase_add_test(group, failures_are_counted_in_their_order);
    tcase_add_test(group, lost_answer_of_a_read_may_be_asked_for_again);
    tcase_add_test(group, hanging_create_ends_at_its_deadline_with_an_unknown_outcome);
    tcase_add_loop_test(group, last_command_of_a_script_decides, 0, sizeof scripts / sizeof scripts[0]);
    tcase_add_test(group, what_cannot_be_taken_back_is_named);
    tcase_add_test(group, deadline_takes_back_within_its_budget);
    tcase_add_test(group, hanging_clean_up_ends_with_its_budget);
    tcase_add_test(group, states_advance_with_the_manual_clock);
    tcase_add_test(group, clock_at_its_end_still_tells_states);
    tcase_add_test(group, delete_waits_until_it_is_gone_unless_told_not_to);
    tcase_add_test(group, delete_of_a_sandbox_being_created_ends_the_create);
    tcase_add_test(group, clock_is_moved_by_memory_clients_with_a_manual_one_only);
    tcase_add_test(group, every_client_has_a_store_of_its_own);
    tcase_add_test(group, exposed_ports_get_node_ports);
    suite_add_tcase(suite, group);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
