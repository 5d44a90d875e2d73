/* cases_read.c: list and get, namespaces, and the objects of the API. */
#include "cases.h"

#include <json-c/json.h>
#include <string.h>

START_TEST(missing_sandbox_is_not_found)
{
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;

    ck_assert_int_eq(k7_sandbox_get(client, NULL, "nobody", NULL, &sandbox, &error), K7_ERR_NOT_FOUND);
    ck_assert_ptr_null(sandbox);
    ck_assert_ptr_nonnull(strstr(k7_error_get_message(error), "nobody"));
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_REJECTED);
    expect_error(error, K7_ERR_NOT_FOUND, "get");
}
END_TEST

START_TEST(list_of_nothing_is_empty)
{
    ck_assert_uint_eq(count_in("alpha"), 0);
}
END_TEST

START_TEST(list_has_every_sandbox_once)
{
    static const char *const names[] = { "one", "two", "three", "a-b.c" };
    k7_sandboxes *list = NULL;
    k7_error *error = NULL;

    for (size_t i = 0; i < 4; i++)
        create("default", names[i]);
    expect_done(k7_sandbox_list(client, NULL, NULL, &list, &error), error);
    ck_assert_uint_eq(k7_sandboxes_count(list), 4);
    for (size_t i = 0; i < 4; i++) {
        int seen = 0;

        for (size_t j = 0; j < 4; j++) {
            const k7_sandbox *sandbox = k7_sandboxes_at(list, j);

            ck_assert_str_eq(k7_sandbox_get_namespace(sandbox), in("default"));
            seen += strcmp(k7_sandbox_get_name(sandbox), names[i]) == 0;
        }
        ck_assert_int_eq(seen, 1);
    }
    ck_assert_ptr_null(k7_sandboxes_at(list, 4));
    k7_sandboxes_unref(list);
}
END_TEST

START_TEST(namespaces_are_separate)
{
    k7_sandboxes *list = NULL;
    k7_query *query = NULL;
    k7_error *error = NULL;
    int seen[2] = { 0, 0 };

    create("alpha", "demo");
    create("beta", "demo");
    ck_assert_uint_eq(count_in("alpha"), 1);
    ck_assert_uint_eq(count_in("beta"), 1);
    ck_assert(!exists("default", "demo"));
    expect_done(k7_query_new(&query, &error), error);
    expect_done(k7_query_set_all_namespaces(query, 1, &error), error);
    expect_done(k7_sandbox_list(client, query, NULL, &list, &error), error);
    for (size_t i = 0; i < k7_sandboxes_count(list); i++) {
        const char *namespace_ = k7_sandbox_get_namespace(k7_sandboxes_at(list, i));

        seen[0] += strcmp(namespace_, in("alpha")) == 0;
        seen[1] += strcmp(namespace_, in("beta")) == 0;
    }
    ck_assert_int_eq(seen[0], 1);
    ck_assert_int_eq(seen[1], 1);
    k7_sandboxes_unref(list);
    delete_quietly("alpha", "demo");
    ck_assert(!exists("alpha", "demo"));
    ck_assert(exists("beta", "demo"));
    k7_query_free(query);
}
END_TEST

START_TEST(one_namespace_and_all_exclude_each_other)
{
    k7_sandboxes *list = NULL;
    k7_query *query = NULL;
    k7_error *error = NULL;

    expect_done(k7_query_new(&query, &error), error);
    expect_done(k7_query_set_namespace(query, "alpha", &error), error);
    expect_done(k7_query_set_all_namespaces(query, 1, &error), error);
    ck_assert_int_eq(k7_sandbox_list(client, query, NULL, &list, &error), K7_ERR_INVALID_ARGUMENT);
    ck_assert_ptr_null(list);
    expect_error(error, K7_ERR_INVALID_ARGUMENT, "list");
    k7_query_free(query);
}
END_TEST

static void expect_member(json_object *object, const char *key, json_type type)
{
    json_object *value = NULL;

    ck_assert_msg(json_object_object_get_ex(object, key, &value), "no %s in %s", key,
                  json_object_to_json_string(object));
    ck_assert_msg(json_object_is_type(value, type), "%s in %s", key, json_object_to_json_string(object));
}

/* The API's document, "List sandboxes". */
START_TEST(listed_object_has_the_documented_members)
{
    static const char *const texts[] = { "name", "namespace", "status",       "ready",
                                         "age",  "image",     "error_message" };
    k7_sandboxes *list = NULL;
    k7_error *error = NULL;
    char *text = NULL;

    create("default", "demo");
    expect_done(k7_sandbox_list(client, NULL, NULL, &list, &error), error);
    expect_done(k7_sandbox_to_json(k7_sandboxes_at(list, 0), &text, &error), error);
    json_object *object = json_tokener_parse(text);
    ck_assert_ptr_nonnull(object);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_member(object, texts[i], json_type_string);
    expect_member(object, "restarts", json_type_int);
    json_object_put(object);
    k7_free(text);
    k7_sandboxes_unref(list);
}
END_TEST

START_TEST(every_operation_is_supported)
{
    for (size_t i = 0; i < k7_operation_count(); i++) {
        k7_error *error = NULL;
        int supported = -1;

        expect_done(k7_client_supports(client, k7_operation_at(i), &supported, &error), error);
        ck_assert_int_eq(supported, 1);
    }
}
END_TEST

TCase *cases_read(void)
{
    TCase *group = tcase_create("read");

    tcase_add_test(group, missing_sandbox_is_not_found);
    tcase_add_test(group, list_of_nothing_is_empty);
    tcase_add_test(group, list_has_every_sandbox_once);
    tcase_add_test(group, namespaces_are_separate);
    tcase_add_test(group, one_namespace_and_all_exclude_each_other);
    tcase_add_test(group, listed_object_has_the_documented_members);
    tcase_add_test(group, every_operation_is_supported);
    return group;
}
