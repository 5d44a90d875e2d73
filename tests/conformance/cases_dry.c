/* cases_dry.c: a dry run shows requests and changes nothing; where there are no requests, it is refused. */
#include "cases.h"

#include <string.h>

#define HIDDEN "s3cret-value"

static k7_call *call;
static int shown, shown_posts, shown_deletes;

static void show(void *user, const k7_dry_request *request)
{
    const char *method = k7_dry_request_get_method(request), *body = k7_dry_request_get_body(request);
    const char *url = k7_dry_request_get_url(request);

    (void)user;
    ck_assert_ptr_nonnull(k7_dry_request_get_operation(request)); /* the call's, or that of a part of it */
    ck_assert_ptr_nonnull(k7_dry_request_get_step(request));
    ck_assert_msg(strncmp(url, "http", 4) == 0 || *url == '/', "%s", url);
    ck_assert(!body == !k7_dry_request_get_content_type(request));
    ck_assert_uint_eq(k7_dry_request_get_body_len(request), body ? strlen(body) : 0);
    ck_assert_msg(!body || !strstr(body, HIDDEN), "%s", body);
    shown++;
    shown_posts += strcmp(method, "POST") == 0;
    shown_deletes += strcmp(method, "DELETE") == 0;
}

static const k7_call *dry(void)
{
    k7_call_free(call);
    shown = shown_posts = shown_deletes = 0;
    ck_assert_int_eq(k7_call_new(&call, NULL), 0);
    ck_assert_int_eq(k7_call_set_dry_run(call, show, NULL, NULL, NULL), 0);
    return call;
}

static void forget_call(void)
{
    k7_call_free(call);
    call = NULL;
}

/* 1: the call was a dry run and went well. 0: it was refused, as it has to be. */
static int went(int status, k7_error *error, const char *operation)
{
    if (target->abilities & SHOWS_REQUESTS) {
        expect_done(status, error);
        ck_assert_int_gt(shown, 0);
        return 1;
    }
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_NOT_SENT);
    expect_error(error, K7_ERR_UNSUPPORTED_ARGUMENT, operation);
    ck_assert_int_eq(shown, 0);
    return 0;
}

START_TEST(create_is_shown_and_not_done)
{
    k7_spec *spec = new_spec("default", "demo");
    k7_sandbox *sandbox = (k7_sandbox *)spec;
    k7_error *error = NULL;

    ck_assert_int_eq(k7_spec_add_env(spec, "KEY", HIDDEN, NULL), 0);
    int status = k7_sandbox_create(client, spec, dry(), &sandbox, &error);
    ck_assert_ptr_null(sandbox);
    if (went(status, error, "create"))
        ck_assert_int_gt(shown_posts, 0);
    ck_assert(!exists("default", "demo"));
    ck_assert_uint_eq(count_in("default"), 0);
    k7_spec_free(spec);
}
END_TEST

START_TEST(reading_is_shown_and_not_done)
{
    k7_sandboxes *list = NULL;
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;

    create("default", "demo");
    int status = k7_sandbox_list(client, NULL, dry(), &list, &error);
    went(status, error, "list");
    ck_assert_uint_eq(k7_sandboxes_count(list), 0);
    k7_sandboxes_unref(list);
    error = NULL;
    status = k7_sandbox_get(client, NULL, "demo", dry(), &sandbox, &error);
    went(status, error, "get");
    ck_assert_ptr_null(sandbox);
}
END_TEST

START_TEST(delete_is_shown_and_not_done)
{
    k7_error *error = NULL;

    create("default", "demo");
    int status = k7_sandbox_delete(client, NULL, "demo", NULL, dry(), &error);
    if (went(status, error, "delete"))
        ck_assert_int_gt(shown_deletes, 0);
    ck_assert(exists("default", "demo"));
}
END_TEST

START_TEST(delete_all_is_shown_and_not_done)
{
    k7_results *results = NULL;
    k7_error *error = NULL;

    create("default", "demo");
    int status = k7_sandbox_delete_all(client, NULL, dry(), &results, &error);
    if (went(status, error, "delete_all"))
        ck_assert_int_gt(shown_deletes, 0);
    ck_assert_ptr_null(results);
    ck_assert(exists("default", "demo"));
}
END_TEST

TCase *cases_dry(void)
{
    TCase *tests = tcase_create("dry run");

    tcase_add_checked_fixture(tests, NULL, forget_call);
    tcase_add_test(tests, create_is_shown_and_not_done);
    tcase_add_test(tests, reading_is_shown_and_not_done);
    tcase_add_test(tests, delete_is_shown_and_not_done);
    tcase_add_test(tests, delete_all_is_shown_and_not_done);
    return tests;
}
