/* test_lifecycle.c: the five operations, what they say about a sandbox, and what they leave alone. */
#include "fixture.h"

#include <time.h>

static k7_sandbox *get(const char *name)
{
    k7_sandbox *sandbox;

    assert_ok(k7_sandbox_get(client, NULL, name, NULL, &sandbox, &err));
    return sandbox;
}

static k7_sandboxes *list(void)
{
    k7_sandboxes *sandboxes;

    assert_ok(k7_sandbox_list(client, NULL, NULL, &sandboxes, &err));
    return sandboxes;
}

/* Everything that a description says must be the same, whichever operation gives it; but the age goes on. */
static void assert_same(const k7_sandbox *a, const k7_sandbox *b)
{
    ck_assert_str_eq(k7_sandbox_get_name(a), k7_sandbox_get_name(b));
    ck_assert_str_eq(k7_sandbox_get_namespace(a), k7_sandbox_get_namespace(b));
    ck_assert_str_eq(k7_sandbox_get_image(a), k7_sandbox_get_image(b));
    ck_assert_str_eq(k7_sandbox_get_status(a), k7_sandbox_get_status(b));
    ck_assert_str_eq(k7_sandbox_get_error_message(a), k7_sandbox_get_error_message(b));
    ck_assert_str_eq(k7_sandbox_get_uid(a), k7_sandbox_get_uid(b));
    ck_assert_int_eq(k7_sandbox_is_ready(a), k7_sandbox_is_ready(b));
    ck_assert_int_eq(k7_sandbox_get_restarts(a), k7_sandbox_get_restarts(b));
    ck_assert_int_eq(k7_sandbox_get_created_unix(a), k7_sandbox_get_created_unix(b));
}

START_TEST(create_get_and_list_describe_the_same)
{
    k7_spec *spec = new_spec("demo", "\"egress_whitelist\":[]");
    k7_sandbox *created;
    int64_t before = time(NULL);

    assert_ok(k7_sandbox_create(client, spec, NULL, &created, &err));
    k7_spec_free(spec);
    ck_assert_str_eq(k7_sandbox_get_name(created), "demo");
    ck_assert_str_eq(k7_sandbox_get_namespace(created), namespace_);
    ck_assert_str_eq(k7_sandbox_get_image(created), image);
    ck_assert_str_eq(k7_sandbox_get_status(created), "Running");
    ck_assert_str_eq(k7_sandbox_get_error_message(created), "");
    ck_assert_int_eq(k7_sandbox_is_ready(created), 1);
    ck_assert_int_eq(k7_sandbox_get_restarts(created), 0);
    ck_assert_int_ge(k7_sandbox_get_created_unix(created), before);
    ck_assert_int_le(k7_sandbox_get_created_unix(created), time(NULL));
    json_object *json = peer_inspect(container_of("demo"));
    ck_assert_str_eq(k7_sandbox_get_uid(created), peer_text(json, "Id"));
    json_object_put(json);
    k7_sandbox *got = get("demo");
    assert_same(created, got);
    k7_sandboxes *listed = list();
    ck_assert_uint_eq(k7_sandboxes_count(listed), 1);
    assert_same(created, k7_sandboxes_at(listed, 0));
    k7_sandboxes_unref(listed);
    k7_sandbox_unref(got);
    k7_sandbox_unref(created);
}
END_TEST

START_TEST(lists_are_sorted_and_of_one_namespace)
{
    k7_query *query;
    k7_sandboxes *listed;

    create("b", "\"egress_whitelist\":[]");
    create("a.x", "\"egress_whitelist\":[]");
    create("c", "\"egress_whitelist\":[],\"before_script\":\"true\"");
    create("elsewhere", "\"egress_whitelist\":[],\"namespace\":\"docker-elsewhere\"");
    listed = list();
    ck_assert_uint_eq(k7_sandboxes_count(listed), 3);
    ck_assert_str_eq(k7_sandbox_get_name(k7_sandboxes_at(listed, 0)), "a.x");
    ck_assert_str_eq(k7_sandbox_get_name(k7_sandboxes_at(listed, 1)), "b");
    ck_assert_str_eq(k7_sandbox_get_name(k7_sandboxes_at(listed, 2)), "c");
    ck_assert_int_eq(k7_sandbox_is_ready(k7_sandboxes_at(listed, 2)), 1);
    k7_sandboxes_unref(listed);
    assert_ok(k7_query_new(&query, &err));
    assert_ok(k7_query_set_all_namespaces(query, 1, &err));
    assert_ok(k7_sandbox_list(client, query, NULL, &listed, &err));
    k7_query_free(query);
    ck_assert_uint_eq(k7_sandboxes_count(listed), 4);
    ck_assert_str_eq(k7_sandbox_get_namespace(k7_sandboxes_at(listed, 0)), "docker-elsewhere");
    ck_assert_str_eq(k7_sandbox_get_namespace(k7_sandboxes_at(listed, 3)), namespace_);
    k7_sandboxes_unref(listed);
    peer_remove_all("docker-elsewhere");
}
END_TEST

static const struct {
    const char *exits;
    const char *status, *words;
} endings[] = {
    { "stop?t=60", "Failed", "signal 15" },
    { "kill", "Failed", "signal 9" },
    { "pause", "Running", "paused" },
};

START_TEST(a_sandbox_that_does_not_run_says_why)
{
    const char *container = create("ended", "\"egress_whitelist\":[]");
    char path[256];
    int status;

    snprintf(path, sizeof path, "/containers/%s/%s", container, endings[_i].exits);
    json_object_put(peer_call("POST", path, NULL, &status));
    if (strcmp(endings[_i].exits, "kill") == 0) { /* answers before it is dead */
        snprintf(path, sizeof path, "/containers/%s/wait", container);
        json_object_put(peer_call("POST", path, NULL, NULL));
    }
    ck_assert_int_eq(status, 204);
    k7_sandbox *got = get("ended");
    ck_assert_str_eq(k7_sandbox_get_status(got), endings[_i].status);
    assert_contains(k7_sandbox_get_error_message(got), endings[_i].words);
    ck_assert_int_eq(k7_sandbox_is_ready(got), 0);
    k7_sandboxes *listed = list();
    ck_assert_uint_eq(k7_sandboxes_count(listed), 1);
    assert_same(got, k7_sandboxes_at(listed, 0));
    k7_sandboxes_unref(listed);
    k7_sandbox_unref(got);
    assert_ok(k7_sandbox_delete(client, NULL, "ended", NULL, NULL, &err));
    ck_assert_int_eq(peer_count(namespace_), 0);
}
END_TEST

START_TEST(an_existing_name_is_refused_and_left_alone)
{
    json_object *first = peer_inspect(create("twice", "\"egress_whitelist\":[]"));
    k7_error *error = create_fails(client, "twice", "\"egress_whitelist\":[]", K7_ERR_ALREADY_EXISTS,
                                   container_of("twice"));
    json_object *after = peer_inspect(container_of("twice"));

    assert_contains(k7_error_get_message(error), "'twice'");
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_REJECTED);
    ck_assert_str_eq(peer_text(first, "Id"), peer_text(after, "Id"));
    ck_assert_str_eq(peer_text(after, "State|Status"), "running");
    k7_error_unref(error);
    json_object_put(first);
    json_object_put(after);
}
END_TEST

START_TEST(delete_removes_and_is_idempotent)
{
    k7_delete_options *options;
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;

    create("gone", "\"egress_whitelist\":[]");
    assert_ok(k7_sandbox_delete(client, NULL, "gone", NULL, NULL, &err));
    ck_assert_int_eq(peer_count(namespace_), 0);
    assert_ok(k7_sandbox_delete(client, NULL, "gone", NULL, NULL, &err));
    assert_ok(k7_delete_options_new(&options, &err));
    assert_ok(k7_delete_options_set_missing_is_error(options, 1, &err));
    ck_assert_int_eq(k7_sandbox_delete(client, NULL, "gone", options, NULL, &error), K7_ERR_NOT_FOUND);
    assert_contains(k7_error_get_message(error), "'gone'");
    error = k7_error_unref(error);
    k7_delete_options_free(options);
    ck_assert_int_eq(k7_sandbox_get(client, NULL, "gone", NULL, &sandbox, &error), K7_ERR_NOT_FOUND);
    ck_assert_ptr_null(sandbox);
    k7_error_unref(error);
}
END_TEST

START_TEST(delete_with_a_uid_spares_another_of_the_name)
{
    k7_delete_options *options;
    k7_error *error = NULL;

    create("uid", "\"egress_whitelist\":[]");
    json_object *json = peer_inspect(container_of("uid"));
    assert_ok(k7_delete_options_new(&options, &err));
    assert_ok(k7_delete_options_set_uid(options, "0123456789abcdef", &err));
    ck_assert_int_eq(k7_sandbox_delete(client, NULL, "uid", options, NULL, &error), K7_ERR_CONFLICT);
    ck_assert_int_eq(peer_count(namespace_), 1);
    k7_error_unref(error);
    assert_ok(k7_delete_options_set_uid(options, peer_text(json, "Id"), &err));
    assert_ok(k7_sandbox_delete(client, NULL, "uid", options, NULL, &err));
    ck_assert_int_eq(peer_count(namespace_), 0);
    k7_delete_options_free(options);
    json_object_put(json);
}
END_TEST

START_TEST(a_foreign_container_of_the_name_is_left_alone)
{
    char body[512], path[256];
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;
    int status;

    snprintf(body, sizeof body, "{\"Image\":\"%s\",\"Labels\":{\"app\":\"theirs\"}}", image);
    snprintf(path, sizeof path, "/containers/create?name=%s", container_of("theirs"));
    json_object_put(peer_call("POST", path, body, &status));
    ck_assert_int_eq(status, 201);
    k7_error_unref(
        create_fails(client, "theirs", "\"egress_whitelist\":[]", K7_ERR_ALREADY_EXISTS, "exists"));
    ck_assert_int_eq(k7_sandbox_get(client, NULL, "theirs", NULL, &sandbox, &error), K7_ERR_NOT_FOUND);
    k7_error_unref(error);
    k7_sandboxes *listed = list();
    ck_assert_uint_eq(k7_sandboxes_count(listed), 0);
    k7_sandboxes_unref(listed);
    assert_ok(k7_sandbox_delete(client, NULL, "theirs", NULL, NULL, &err));
    json_object_put(peer_inspect(container_of("theirs")));
    snprintf(path, sizeof path, "/containers/%s?force=1", container_of("theirs"));
    json_object_put(peer_call("DELETE", path, NULL, &status));
    ck_assert_int_eq(status, 204);
}
END_TEST

START_TEST(delete_all_reports_each)
{
    k7_results *results;

    create("one", "\"egress_whitelist\":[]");
    create("two", "\"egress_whitelist\":[],\"before_script\":\"true\"");
    create("three", "\"egress_whitelist\":[]");
    assert_ok(k7_sandbox_delete_all(client, NULL, NULL, &results, &err));
    ck_assert_uint_eq(k7_results_count(results), 3);
    ck_assert_uint_eq(k7_results_count_of(results, K7_ITEM_DONE), 3);
    k7_results_unref(results);
    ck_assert_int_eq(peer_count(namespace_), 0);
}
END_TEST

START_TEST(a_missing_engine_is_a_connection_that_failed)
{
    k7_config *config;
    k7_sandboxes *listed = NULL;
    k7_error *error = NULL;

    assert_ok(k7_config_new(&config, &err));
    assert_ok(k7_config_set(config, "endpoint", "docker:///nonexistent/engine.sock", &err));
    k7_client *nobody = open_client(config);
    ck_assert_int_eq(k7_sandbox_list(nobody, NULL, NULL, &listed, &error), K7_ERR_CONNECT);
    ck_assert_ptr_null(listed);
    assert_contains(k7_error_get_message(error), "/nonexistent/engine.sock");
    k7_error_unref(error);
    k7_client_unref(nobody);
}
END_TEST

static TCase *make(void)
{
    TCase *tests = tcase_create("lifecycle");

    tcase_add_test(tests, create_get_and_list_describe_the_same);
    tcase_add_test(tests, lists_are_sorted_and_of_one_namespace);
    tcase_add_loop_test(tests, a_sandbox_that_does_not_run_says_why, 0,
                        (int)(sizeof endings / sizeof endings[0]));
    tcase_add_test(tests, an_existing_name_is_refused_and_left_alone);
    tcase_add_test(tests, delete_removes_and_is_idempotent);
    tcase_add_test(tests, delete_with_a_uid_spares_another_of_the_name);
    tcase_add_test(tests, a_foreign_container_of_the_name_is_left_alone);
    tcase_add_test(tests, delete_all_reports_each);
    tcase_add_test(tests, a_missing_engine_is_a_connection_that_failed);
    return tests;
}

int main(void)
{
    return run_suite("docker-lifecycle", make);
}
