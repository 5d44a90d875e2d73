/* cases_names.c: names that must never reach a server: K7's own client deletes every sandbox of a namespace when it is given an empty one. */
#include "cases.h"

#include <string.h>

static const char *const bad_names[] = {
    "",
    ".",
    "..",
    "../x",
    "a/b",
    "/",
    "%",
    "%2e%2e",
    "a%00",
    "?",
    "a?b",
    "#",
    "a#b",
    "a b",
    " a",
    "a\n",
    "A",
    "-a",
    "a-",
    "a..b",
    ".a",
    "metrics",
    "a_b",
    "a\\b",
    "\xC3\xA4",
    "a;b",
    "a&namespace=other",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", /* 64 */
};
enum { BAD_NAMES = sizeof bad_names / sizeof bad_names[0], NAMES_AT_ONCE = 10 };

static int requests;

static void count_request(void *user, const k7_trace *trace)
{
    (void)user, (void)trace;
    requests++;
}

static k7_call *counting_call(void)
{
    k7_call *call = NULL;
    k7_error *error = NULL;

    requests = 0;
    expect_done(k7_call_new(&call, &error), error);
    expect_done(k7_call_set_trace(call, count_request, NULL, NULL, &error), error);
    return call;
}

static void expect_refused(int status, k7_error *error, const char *operation)
{
    ck_assert_int_eq(status, K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_NOT_SENT);
    expect_error(error, K7_ERR_INVALID_ARGUMENT, operation);
    ck_assert_int_eq(requests, 0);
}

static void refuse_everywhere(const char *name, k7_call *call)
{
    k7_sandbox *sandbox = NULL;
    k7_spec *spec = NULL;
    k7_error *error = NULL;
    int status;

    status = k7_sandbox_delete(client, NULL, name, NULL, call, &error);
    expect_refused(status, error, "delete");
    error = NULL;
    status = k7_sandbox_get(client, NULL, name, call, &sandbox, &error);
    expect_refused(status, error, "get");
    error = NULL;
    status = k7_spec_new(name, target_image(), &spec, &error);
    if (status == 0) {
        status = k7_sandbox_create(client, spec, call, NULL, &error);
        expect_refused(status, error, "create");
    } else {
        k7_error_unref(error);
    }
    k7_spec_free(spec);
    ck_assert_msg(exists("default", "bystander"), "\"%s\"", name);
    ck_assert_uint_eq(count_in("default"), 1);
}

/* A few at a time: making a bystander takes seconds on some servers. */
START_TEST(bad_name_never_reaches_a_server)
{
    k7_call *call = counting_call();

    create("default", "bystander");
    for (int i = _i * NAMES_AT_ONCE; i < BAD_NAMES && i < (_i + 1) * NAMES_AT_ONCE; i++)
        refuse_everywhere(bad_names[i], call);
    k7_call_free(call);
}
END_TEST

START_TEST(bad_namespace_never_reaches_a_server)
{
    static const char *const bad[] = { "", ".", "..", "a/b", "%", "?", "#", "A", "a.b", "a b", "-a" };
    k7_call *call = counting_call();

    create("default", "bystander");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        k7_results *results = NULL;
        k7_error *error = NULL;
        int status = k7_sandbox_delete_all(client, bad[i], call, &results, &error);

        expect_refused(status, error, "delete_all");
        ck_assert_ptr_null(results);
        error = NULL;
        status = k7_sandbox_delete(client, bad[i], "bystander", NULL, call, &error);
        expect_refused(status, error, "delete");
    }
    ck_assert(exists("default", "bystander"));
    k7_call_free(call);
}
END_TEST

START_TEST(null_arguments_are_refused)
{
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;
    int status;

    requests = 0;
    status = k7_sandbox_delete(client, NULL, NULL, NULL, NULL, &error);
    expect_refused(status, error, "delete");
    status = k7_sandbox_get(client, NULL, NULL, NULL, &sandbox, &error);
    expect_refused(status, error, "get");
    status = k7_sandbox_get(client, NULL, "a", NULL, NULL, &error);
    expect_refused(status, error, "get");
    status = k7_sandbox_list(client, NULL, NULL, NULL, &error);
    expect_refused(status, error, "list");
    status = k7_sandbox_create(client, NULL, NULL, &sandbox, &error);
    expect_refused(status, error, "create");
    status = k7_sandbox_create(NULL, NULL, NULL, &sandbox, &error);
    expect_refused(status, error, "create");
}
END_TEST

TCase *cases_names(void)
{
    TCase *group = tcase_create("names");

    tcase_add_loop_test(group, bad_name_never_reaches_a_server, 0,
                        (BAD_NAMES + NAMES_AT_ONCE - 1) / NAMES_AT_ONCE);
    tcase_add_test(group, bad_namespace_never_reaches_a_server);
    tcase_add_test(group, null_arguments_are_refused);
    return group;
}
