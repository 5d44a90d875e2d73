/* test_requests.c: the exact requests of every step. */
#include "fixture.h"

static struct fixture f;
static const struct k7i_args demo = { .namespace_ = "team-a", .name = "demo" };

static void open_with(const struct k7i_plan *plan, const struct k7i_args *args)
{
    fixture_open(&f, plan, args);
}

static void teardown(void)
{
    fixture_close(&f);
}

static void expect(const char *step, const char *request)
{
    ck_assert_int_eq(fixture_begin(&f, step), K7I_SEND);
    ck_assert_str_eq(f.text, request);
}

START_TEST(list_names_its_namespace)
{
    open_with(&k7i_rest_list_plan, &(struct k7i_args){ .namespace_ = "team-a" });
    expect("list", "GET /api/v1/sandboxes?namespace=team-a\n");
}
END_TEST

START_TEST(list_of_all_sends_no_namespace)
{
    open_with(&k7i_rest_list_plan, &(struct k7i_args){ 0 });
    expect("list", "GET /api/v1/sandboxes?all_namespaces=true\n");
}
END_TEST

START_TEST(get_names_sandbox_and_namespace)
{
    open_with(&k7i_rest_get_plan, &demo);
    expect("get", "GET /api/v1/sandboxes/demo?namespace=team-a\n");
}
END_TEST

START_TEST(odd_names_of_a_server_are_encoded)
{
    open_with(&k7i_rest_delete_plan, &(struct k7i_args){ .namespace_ = "a", .name = "x/../y?z#%" });
    expect("delete", "DELETE /api/v1/sandboxes/x%2F..%2Fy%3Fz%23%25?namespace=a\n");
}
END_TEST

START_TEST(names_that_change_the_path_are_refused)
{
    static const char *const names[] = { "", ".", ".." };
    k7_error *err = NULL;

    open_with(&k7i_rest_delete_plan, &demo);
    k7i_op_free(f.op);
    ck_assert_int_eq(fixture_prepare(&f, &k7i_rest_delete_plan,
                                     &(struct k7i_args){ .namespace_ = "a", .name = names[_i] }, &err),
                     K7_ERR_PROTOCOL);
    k7_error_unref(err);
}
END_TEST

START_TEST(delete_is_one_request_and_a_look)
{
    open_with(&k7i_rest_delete_plan, &demo);
    ck_assert_int_eq(fixture_begin(&f, "look"), K7I_SKIP);
    ck_assert_int_eq(fixture_begin(&f, "check for an outage"), K7I_SKIP);
    expect("delete", "DELETE /api/v1/sandboxes/demo?namespace=team-a\n");
    expect("wait until gone", "GET /api/v1/sandboxes/demo?namespace=team-a\n");
}
END_TEST

START_TEST(delete_without_waiting_does_not_look)
{
    struct k7i_args args = demo;

    args.no_wait = 1;
    open_with(&k7i_rest_delete_plan, &args);
    ck_assert_int_eq(fixture_begin(&f, "wait until gone"), K7I_SKIP);
}
END_TEST

START_TEST(delete_of_one_of_many_does_not_look)
{
    struct k7i_args args = demo;

    args.of_many = 1;
    open_with(&k7i_rest_delete_plan, &args);
    ck_assert_int_eq(fixture_begin(&f, "wait until gone"), K7I_SKIP);
}
END_TEST

START_TEST(delete_of_what_must_exist_looks_first)
{
    struct k7i_args args = demo;

    args.missing_is_error = 1;
    open_with(&k7i_rest_delete_plan, &args);
    expect("look", "GET /api/v1/sandboxes/demo?namespace=team-a\n");
}
END_TEST

START_TEST(delete_by_uid_is_unsupported)
{
    struct k7i_args args = demo;
    k7_error *err = NULL;

    open_with(&k7i_rest_delete_plan, &args);
    k7i_op_free(f.op);
    args.uid = "1";
    ck_assert_int_eq(fixture_prepare(&f, &k7i_rest_delete_plan, &args, &err), K7_ERR_UNSUPPORTED_ARGUMENT);
    k7_error_unref(err);
}
END_TEST

static k7_spec *new_spec(const char *json)
{
    k7_spec *spec = NULL;
    k7_error *err = NULL;

    if (k7_spec_from_json(json, strlen(json), &spec, &err) != 0)
        ck_abort_msg("%s", k7_error_get_message(err));
    return spec;
}

static void open_create(const char *json)
{
    k7_spec *spec = new_spec(json);

    open_with(&k7i_rest_create_plan,
              &(struct k7i_args){ .spec = spec, .namespace_ = "team-a", .name = "demo" });
    k7_spec_free(spec);
}

START_TEST(create_posts_the_body_of_the_api_document)
{
    open_create(
        "{\"name\":\"demo\",\"image\":\"alpine:latest\",\"limits\":{\"cpu\":\"500m\",\"memory\":\"512Mi\"},"
        "\"egress_whitelist\":[\"10.0.0.5/32\"],\"before_script\":\"apk add curl\",\"pod_non_root\":true,"
        "\"container_non_root\":false,\"cap_drop\":[],\"cap_add\":[\"CHOWN\"],\"env_file\":\"/etc/k7/x.env\"}");
    ck_assert_int_eq(fixture_begin(&f, "features"), K7I_SKIP);
    expect(
        "create",
        "POST /api/v1/sandboxes\n"
        "{\"name\":\"demo\",\"image\":\"alpine:latest\",\"namespace\":\"team-a\",\"env_file\":\"/etc/k7/x.env\","
        "\"egress_whitelist\":[\"10.0.0.5/32\"],\"limits\":{\"cpu\":\"500m\",\"memory\":\"512Mi\"},"
        "\"before_script\":\"apk add curl\",\"pod_non_root\":true,\"container_non_root\":false,"
        "\"cap_drop\":[],\"cap_add\":[\"CHOWN\"]}");
    ck_assert_int_eq(fixture_begin(&f, "look why"), K7I_SKIP);
}
END_TEST

START_TEST(create_sends_nothing_that_was_not_set_but_the_namespace)
{
    open_create("{\"name\":\"demo\",\"image\":\"alpine\"}");
    expect("create", "POST /api/v1/sandboxes\n"
                     "{\"name\":\"demo\",\"image\":\"alpine\",\"namespace\":\"team-a\"}");
}
END_TEST

START_TEST(create_asks_before_it_sends_what_a_server_may_ignore)
{
    static const char *const specs[] = {
        "{\"name\":\"demo\",\"image\":\"a\",\"env\":{\"A\":\"1\"}}",
        "{\"name\":\"demo\",\"image\":\"a\",\"before_script_under_lock\":true}",
        "{\"name\":\"demo\",\"image\":\"a\",\"backend\":\"k7d\"}",
        "{\"name\":\"demo\",\"image\":\"a\",\"ingress_ports\":[80]}",
        "{\"name\":\"demo\",\"image\":\"a\",\"egress_whitelist\":[\"example.com\"]}",
    };

    open_create(specs[_i]);
    expect("features", "GET /\n");
}
END_TEST

START_TEST(create_does_not_ask_again)
{
    k7_spec *spec = new_spec("{\"name\":\"demo\",\"image\":\"a\",\"env\":{\"A\":\"1\"}}");
    struct k7i_args args = { .spec = spec, .namespace_ = "team-a", .name = "demo" };

    open_with(&k7i_rest_create_plan, &args);
    ck_assert_int_eq(fixture_reply(&f, "features", 200,
                                   "{\"message\":\"K7 Sandbox API\",\"version\":\"0.1.0\","
                                   "\"server\":\"k7-gateway/0.1.0\",\"features\":[\"env\"]}"),
                     K7I_NEXT);
    fixture_again(&f, &k7i_rest_create_plan, &args);
    ck_assert_int_eq(fixture_begin(&f, "features"), K7I_SKIP);
    expect("create", "POST /api/v1/sandboxes\n"
                     "{\"name\":\"demo\",\"image\":\"a\",\"namespace\":\"team-a\",\"env\":{\"A\":\"1\"}}");
    k7_spec_free(spec);
}
END_TEST

START_TEST(an_empty_list_is_checked_with_a_snapshot_of_nobody)
{
    open_with(&k7i_rest_list_plan, &(struct k7i_args){ .namespace_ = "team-a" });
    ck_assert_int_eq(fixture_reply(&f, "list", 200, "{\"data\":[]}"), K7I_NEXT);
    expect("check for an outage", "GET /api/v1/snapshots/k7sandbox-outage-check?namespace=team-a\n");
}
END_TEST

START_TEST(a_list_with_something_in_it_is_not_checked)
{
    open_with(&k7i_rest_list_plan, &(struct k7i_args){ .namespace_ = "team-a" });
    ck_assert_int_eq(fixture_reply(&f, "list", 200, "{\"data\":[{\"name\":\"demo\"}]}"), K7I_NEXT);
    ck_assert_int_eq(fixture_begin(&f, "check for an outage"), K7I_SKIP);
}
END_TEST

START_TEST(a_created_sandbox_is_taken_back_by_name)
{
    open_create("{\"name\":\"demo\",\"image\":\"a\"}");
    ck_assert_int_eq(fixture_reply(&f, "create", 201, "{\"data\":{\"name\":\"demo\"}}"), K7I_DONE);
    ck_assert_int_eq(fixture_begin_step(&f, fixture_step(&f, "create")->undo), K7I_SEND);
    ck_assert_str_eq(f.text, "DELETE /api/v1/sandboxes/demo?namespace=team-a\n");
}
END_TEST

START_TEST(what_may_be_anothers_is_not_taken_back)
{
    struct k7i_buf text;

    open_create("{\"name\":\"demo\",\"image\":\"a\"}");
    ck_assert_int_eq(fixture_reply(&f, "create", 200, "<html>welcome</html>"), K7I_FAIL);
    ck_assert_int_eq(fixture_begin_step(&f, fixture_step(&f, "create")->undo), K7I_FAIL);
    k7i_buf_init(&text, 200);
    fixture_step(&f, "create")->leftover(f.op, &text);
    ck_assert_str_eq(text.data, "sandbox \"demo\" in namespace \"team-a\"");
    k7i_buf_clear(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rest requests");
    TCase *tests = tcase_create("requests");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, list_names_its_namespace);
    tcase_add_test(tests, list_of_all_sends_no_namespace);
    tcase_add_test(tests, get_names_sandbox_and_namespace);
    tcase_add_test(tests, odd_names_of_a_server_are_encoded);
    tcase_add_loop_test(tests, names_that_change_the_path_are_refused, 0, 3);
    tcase_add_test(tests, delete_is_one_request_and_a_look);
    tcase_add_test(tests, delete_without_waiting_does_not_look);
    tcase_add_test(tests, delete_of_one_of_many_does_not_look);
    tcase_add_test(tests, delete_of_what_must_exist_looks_first);
    tcase_add_test(tests, delete_by_uid_is_unsupported);
    tcase_add_test(tests, create_posts_the_body_of_the_api_document);
    tcase_add_test(tests, create_sends_nothing_that_was_not_set_but_the_namespace);
    tcase_add_loop_test(tests, create_asks_before_it_sends_what_a_server_may_ignore, 0, 5);
    tcase_add_test(tests, create_does_not_ask_again);
    tcase_add_test(tests, an_empty_list_is_checked_with_a_snapshot_of_nobody);
    tcase_add_test(tests, a_list_with_something_in_it_is_not_checked);
    tcase_add_test(tests, a_created_sandbox_is_taken_back_by_name);
    tcase_add_test(tests, what_may_be_anothers_is_not_taken_back);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
