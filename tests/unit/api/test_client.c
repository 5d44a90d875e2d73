/* test_client.c: opening clients, what is refused then, the matrix, and the free list of loops. */
#include "api/client.h"

#include <k7sandbox/k7sandbox.h>

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

static int waits_that_fail; /* of this program's epoll_wait() */

int epoll_wait(int epoll_fd, struct epoll_event *events, int count, int timeout_ms)
{
    if (waits_that_fail > 0) {
        waits_that_fail--;
        errno = ENOMEM;
        return -1;
    }
    return (int)syscall(SYS_epoll_pwait, epoll_fd, events, count, timeout_ms, NULL, (size_t)_NSIG / 8);
}

/* pairs: key, value, …, NULL */
static int open_with(const char *const *pairs, k7_client **ret_client, k7_error **err)
{
    k7_config *config = NULL;

    ck_assert_int_eq(k7_config_new(&config, NULL), 0);
    for (; *pairs; pairs += 2)
        ck_assert_int_eq(k7_config_set(config, pairs[0], pairs[1], NULL), 0);
    int status = k7_client_open(config, ret_client, err);
    k7_config_free(config);
    return status;
}

static k7_client *open_memory(void)
{
    static const char *const pairs[] = { "endpoint", "memory:", "namespace", "mine", NULL };
    k7_client *client = NULL;

    ck_assert_int_eq(open_with(pairs, &client, NULL), 0);
    return client;
}

static const struct {
    const char *pairs[7], *says;
} refused[] = {
    { { "namespace", "default", NULL }, "endpoint is not set" },
    { { "endpoint", "nothing:", NULL }, "nothing" },
    { { "endpoint", "memory:?colour=red", NULL }, "colour" },
    { { "endpoint", "memory:?latency_ms=-1", NULL }, "latency_ms" },
    { { "endpoint", "memory:?start_ms=600001", NULL }, "start_ms" },
    { { "endpoint", "memory:?stop_ms=soon", NULL }, "soon" },
    { { "endpoint", "memory:?clock=moon", NULL }, "moon" },
    { { "endpoint", "memory:?fail=create", NULL }, "create" },
    { { "endpoint", "memory:?fail=create:200", NULL }, "create:200" },
    { { "endpoint", "memory:?fail=exec:500", NULL }, "exec:500" },
    { { "endpoint", "memory:?fail=delete_all:500", NULL }, "delete_all:500" },
    { { "endpoint", "memory:?fail=list:500*0", NULL }, "list:500*0" },
    { { "endpoint", "memory:?fail=list:500,,get:500", NULL }, "OPERATION:WHAT" },
    { { "endpoint", "memory://host", NULL }, "parameters only" },
    { { "endpoint", "memory:/path", NULL }, "parameters only" },
};

START_TEST(wrong_endpoint_is_refused_when_opening)
{
    k7_client *client = (k7_client *)&refused;
    k7_error *error = NULL;

    ck_assert_int_eq(open_with(refused[_i].pairs, &client, &error), K7_ERR_INVALID_CONFIG);
    ck_assert_ptr_null(client);
    ck_assert_msg(strstr(k7_error_get_message(error), refused[_i].says) != NULL, "%s",
                  k7_error_get_message(error));
    k7_error_unref(error);
}
END_TEST

START_TEST(key_of_another_transport_is_refused)
{
    static const char *const pairs[] = { "endpoint", "memory:", "rest.api_key", "k", NULL };
    k7_client *client = NULL;
    k7_error *error = NULL;

    if (!k7_has_feature("rest"))
        return;
    ck_assert_int_eq(open_with(pairs, &client, &error), K7_ERR_INVALID_CONFIG);
    ck_assert_ptr_nonnull(strstr(k7_error_get_message(error), "rest.api_key"));
    k7_error_unref(error);
}
END_TEST

START_TEST(client_tells_what_it_is)
{
    k7_client *client = open_memory();
    k7_error *error = (k7_error *)client;
    int supported = -1;

    ck_assert_str_eq(k7_client_get_endpoint(client), "memory:");
    ck_assert_str_eq(k7_client_get_transport(client), "memory");
    ck_assert_str_eq(k7_client_get_namespace(client), "mine");
    ck_assert_int_eq(k7_client_supports(client, "list", &supported, &error), 0);
    ck_assert_ptr_null(error);
    ck_assert_int_eq(supported, 1);
    ck_assert_int_eq(k7_client_supports(client, "fly", &supported, &error), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(supported, 0);
    error = k7_error_unref(error);
    ck_assert_int_eq(k7_client_supports(client, NULL, &supported, &error), K7_ERR_INVALID_ARGUMENT);
    k7_error_unref(error);
    k7_client_unref(client);
}
END_TEST

START_TEST(matrix_has_every_operation_of_every_transport)
{
    ck_assert_uint_eq(k7_operation_count(), 5);
    for (size_t i = 0; i < k7_transport_count(); i++)
        for (size_t j = 0; j < k7_operation_count(); j++)
            ck_assert_int_eq(k7_transport_supports(k7_transport_at(i), k7_operation_at(j)), 1);
    ck_assert_ptr_null(k7_operation_at(5));
    ck_assert_ptr_null(k7_transport_at(k7_transport_count()));
    ck_assert_int_eq(k7_transport_supports("memory", "fly"), -1);
    ck_assert_int_eq(k7_transport_supports("pigeon", "list"), -1);
    ck_assert_int_eq(k7_transport_supports(NULL, NULL), -1);
}
END_TEST

START_TEST(last_reference_ends_the_client)
{
    k7_client *client = open_memory();

    ck_assert_ptr_eq(k7_client_ref(client), client);
    ck_assert_ptr_null(k7_client_unref(client));
    ck_assert_str_eq(k7_client_get_transport(client), "memory");
    ck_assert_ptr_null(k7_client_unref(client));
    ck_assert_ptr_null(k7_client_unref(NULL));
    ck_assert_ptr_null(k7_client_ref(NULL));
}
END_TEST

START_TEST(loop_given_back_last_is_lent_first)
{
    k7_client *client = open_memory();
    struct k7i_client_loop *first, *second, *again;

    ck_assert_int_eq(k7i_client_borrow_loop(client, &first, NULL), 0);
    ck_assert_int_eq(k7i_client_borrow_loop(client, &second, NULL), 0);
    ck_assert_ptr_ne(first, second);
    k7i_client_give_loop_back(client, first);
    k7i_client_give_loop_back(client, second);
    ck_assert_int_eq(k7i_client_borrow_loop(client, &again, NULL), 0);
    ck_assert_ptr_eq(again, second);
    k7i_client_give_loop_back(client, again);
    k7_client_unref(client);
}
END_TEST

START_TEST(loop_that_failed_is_not_lent_again)
{
    /* with a latency: a call that never waits has no use for epoll */
    static const char *const pairs[] = { "endpoint", "memory:?latency_ms=1", NULL };
    k7_client *client = NULL;
    k7_sandboxes *list = NULL;
    k7_error *error = NULL;

    ck_assert_int_eq(open_with(pairs, &client, NULL), 0);
    ck_assert_int_eq(k7_sandbox_list(client, NULL, NULL, &list, NULL), 0);
    list = k7_sandboxes_unref(list);
    waits_that_fail = 1;
    ck_assert_int_eq(k7_sandbox_list(client, NULL, NULL, &list, &error), K7_ERR_SYSTEM);
    ck_assert_int_eq(k7_error_get_class(error), K7_CLASS_RESOURCE);
    k7_error_unref(error);
    ck_assert_ptr_null(client->free_loops);
    ck_assert_int_eq(k7_sandbox_list(client, NULL, NULL, &list, NULL), 0);
    k7_sandboxes_unref(list);
    k7_client_unref(client);
}
END_TEST

START_TEST(features_are_what_was_built)
{
    ck_assert_int_eq(k7_has_feature("memory"), 1);
    ck_assert_int_eq(k7_has_feature("teleport"), 0);
    ck_assert_int_eq(k7_has_feature(NULL), 0);
    ck_assert_int_eq(k7_version_number(),
                     K7_VERSION_MAJOR * 1000000 + K7_VERSION_MINOR * 1000 + K7_VERSION_PATCH);
    ck_assert_int_eq(atoi(k7_version()), K7_VERSION_MAJOR);
    k7_free(NULL);
}
END_TEST

int main(void)
{
    TCase *group = tcase_create("client");
    Suite *suite = suite_create("client");

    tcase_add_loop_test(group, wrong_endpoint_is_refused_when_opening, 0, sizeof refused / sizeof refused[0]);
    tcase_add_test(group, key_of_another_transport_is_refused);
    tcase_add_test(group, client_tells_what_it_is);
    tcase_add_test(group, matrix_has_every_operation_of_every_transport);
    tcase_add_test(group, last_reference_ends_the_client);
    tcase_add_test(group, loop_given_back_last_is_lent_first);
    tcase_add_test(group, loop_that_failed_is_not_lent_again);
    tcase_add_test(group, features_are_what_was_built);
    suite_add_tcase(suite, group);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
