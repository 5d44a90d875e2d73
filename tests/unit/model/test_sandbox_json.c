/* Unit tests of sandboxes as the K7 API writes them. */
#include "model/sandbox.h"

#include <check.h>
#include <string.h>

#include "../starve.h"

static int read_text(const char *text, const char *namespace_, k7_sandbox **ret_sandbox, k7_error **err)
{
    struct k7i_json *json;
    int code = k7i_json_parse(text, strlen(text), &json, err);

    if (code)
        return code;
    code = k7i_sandbox_from_json(k7i_json_root(json), namespace_, ret_sandbox, err);
    k7i_json_free(json); /* the sandbox has copies */
    return code;
}

static k7_sandbox *must_read(const char *text)
{
    k7_sandbox *sandbox;
    k7_error *err = NULL;

    ck_assert_msg(read_text(text, "home", &sandbox, &err) == 0, "%s", k7_error_get_message(err));
    return sandbox;
}

START_TEST(reads_a_list_entry)
{
    k7_sandbox *sandbox = must_read(
        "{\"name\":\"demo\",\"namespace\":\"ns\",\"status\":\"Running\",\"ready\":\"True\",\"restarts\":2,"
        "\"age\":\"0:05:42.123456\",\"image\":\"alpine\",\"error_message\":\"\",\"backend\":\"k7d\",\"node\":\"n1\","
        "\"node_ports\":[30000,30001]}");

    ck_assert_str_eq(k7_sandbox_get_name(sandbox), "demo");
    ck_assert_str_eq(k7_sandbox_get_namespace(sandbox), "ns");
    ck_assert_str_eq(k7_sandbox_get_status(sandbox), "Running");
    ck_assert_int_eq(k7_sandbox_is_ready(sandbox), 1);
    ck_assert_int_eq(k7_sandbox_get_restarts(sandbox), 2);
    ck_assert_str_eq(k7_sandbox_get_age_text(sandbox), "0:05:42.123456");
    ck_assert_str_eq(k7_sandbox_get_image(sandbox), "alpine");
    ck_assert_str_eq(k7_sandbox_get_error_message(sandbox), "");
    ck_assert_str_eq(k7_sandbox_get_backend(sandbox), "k7d");
    ck_assert_str_eq(k7_sandbox_get_node(sandbox), "n1");
    ck_assert_uint_eq(k7_sandbox_node_port_count(sandbox), 2);
    ck_assert_int_eq(k7_sandbox_node_port_at(sandbox, 0), 30000);
    ck_assert_ptr_null(k7_sandbox_get_uid(sandbox));
    k7_sandbox_unref(sandbox);
}
END_TEST

START_TEST(reads_the_answer_to_create)
{
    k7_sandbox *sandbox = must_read(
        "{\"name\":\"demo\",\"image\":\"alpine\",\"endpoints\":[{\"port\":80,\"node_port\":30080,\"url\":"
        "\"http://1.2.3.4:30080\"},{\"port\":81}]}");

    ck_assert_str_eq(k7_sandbox_get_namespace(sandbox), "home");
    ck_assert_uint_eq(k7_sandbox_endpoint_count(sandbox), 2);
    ck_assert_int_eq(k7_sandbox_endpoint_port_at(sandbox, 0), 80);
    ck_assert_int_eq(k7_sandbox_endpoint_node_port_at(sandbox, 0), 30080);
    ck_assert_str_eq(k7_sandbox_endpoint_url_at(sandbox, 0), "http://1.2.3.4:30080");
    ck_assert_int_eq(k7_sandbox_endpoint_node_port_at(sandbox, 1), 0);
    ck_assert_ptr_null(k7_sandbox_endpoint_url_at(sandbox, 1));
    ck_assert_int_eq(k7_sandbox_is_ready(sandbox), -1);
    k7_sandbox_unref(sandbox);
}
END_TEST

static const struct {
    const char *text;
    int ready;
} readiness[] = {
    { "\"True\"", 1 }, { "\"False\"", 0 }, { "true", 1 }, { "false", 0 },      { "\"true\"", 1 },
    { "null", -1 },    { "1", -1 },        { "[]", -1 },  { "\"maybe\"", -1 },
};

START_TEST(takes_ready_as_text_or_boolean)
{
    char text[64];

    snprintf(text, sizeof text, "{\"name\":\"a\",\"ready\":%s}", readiness[_i].text);
    k7_sandbox *sandbox = must_read(text);
    ck_assert_int_eq(k7_sandbox_is_ready(sandbox), readiness[_i].ready);
    k7_sandbox_unref(sandbox);
}
END_TEST

#define STATE                                                                                                \
    "\"status\":\"Running\",\"ready\":\"True\",\"restarts\":0,\"age\":\"0:00:01\",\"image\":\"i\",\"error_message\":\"\""

static const struct {
    const char *text, *written;
} rewritten[] = {
    { "{\"name\":\"a\",\"namespace\":\"n\"," STATE "}", NULL },
    { "{\"name\":\"a\",\"namespace\":\"n\"," STATE ",\"backend\":\"b\",\"node\":\"\",\"node_ports\":[]}",
      NULL },
    { "{\"name\":\"a\",\"namespace\":\"n\"," STATE ",\"reason\":\"CrashLoopBackOff\",\"backend\":\"b\"}",
      NULL },
    { "{\"name\":\"a\",\"namespace\":\"n\",\"image\":\"i\"}", NULL },
    { "{\"name\":\"a\",\"namespace\":\"n\",\"image\":\"i\",\"endpoints\":[{\"port\":80,\"node_port\":30080,\"url\":\"u\"}]}",
      NULL },
    /* in the contract's order, with what is missing as K7 writes it */
    { "{\"ready\":false,\"namespace\":\"n\",\"name\":\"a\"}",
      "{\"name\":\"a\",\"namespace\":\"n\",\"status\":\"Unknown\",\"ready\":\"False\",\"restarts\":0,\"age\":\"Unknown\",\"image\":"
      "\"Unknown\",\"error_message\":\"\"}" },
    /* null says nothing */
    { "{\"name\":\"a\",\"namespace\":null," STATE ",\"node_ports\":null,\"node\":null}",
      "{\"name\":\"a\",\"namespace\":\"home\"," STATE "}" },
    /* unknown members, and known ones of another type, come back as they were */
    { "{\"x\":{\"y\":[1.50,null]},\"name\":\"a\",\"namespace\":\"n\"," STATE ",\"z\":null}",
      "{\"name\":\"a\",\"namespace\":\"n\"," STATE ",\"x\":{\"y\":[1.50,null]},\"z\":null}" },
    { "{\"name\":\"a\",\"namespace\":\"n\",\"status\":7,\"ready\":\"maybe\",\"restarts\":\"3\",\"age\":1,\"image\":[],\"error_message\":0,"
      "\"backend\":1,\"node\":{},\"node_ports\":[0],\"endpoints\":[1]}",
      NULL },
    { "{\"name\":\"a\",\"namespace\":\"n\",\"image\":\"i\",\"uid\":\"u-1\",\"created_unix\":17}", NULL },
};

START_TEST(writes_the_apis_own_object)
{
    k7_sandbox *sandbox = must_read(rewritten[_i].text);
    char *text;

    ck_assert_int_eq(k7_sandbox_to_json(sandbox, &text, NULL), 0);
    ck_assert_str_eq(text, rewritten[_i].written ? rewritten[_i].written : rewritten[_i].text);
    k7i_free(text);
    k7_sandbox_unref(sandbox);
}
END_TEST

START_TEST(what_has_another_type_is_not_said)
{
    k7_sandbox *sandbox = must_read(
        "{\"name\":\"a\",\"status\":7,\"restarts\":-1,\"reason\":[],\"node_ports\":[80,70000],\"uid\":\"u\",\"created_unix\":5}");

    ck_assert_ptr_null(k7_sandbox_get_status(sandbox));
    ck_assert_ptr_null(k7_sandbox_get_reason(sandbox));
    ck_assert_int_eq(k7_sandbox_get_restarts(sandbox), -1);
    ck_assert_uint_eq(k7_sandbox_node_port_count(sandbox), 0);
    ck_assert_str_eq(k7_sandbox_get_uid(sandbox), "u");
    ck_assert_int_eq(k7_sandbox_get_created_unix(sandbox), 5);
    k7_sandbox_unref(sandbox);
}
END_TEST

static const struct {
    const char *text, *message;
} bad[] = {
    { "[]", "a sandbox in the answer is not an object" },
    { "null", "a sandbox in the answer is not an object" },
    { "{}", "a sandbox without a name in the answer" },
    { "{\"name\":null}", "a sandbox without a name in the answer" },
    { "{\"name\":\"\"}", "a sandbox without a name in the answer" },
    { "{\"name\":1}", "a sandbox without a name in the answer" },
    { "{\"name\":\"a\",\"namespace\":1}", "the namespace of sandbox \"a\" is not text in the answer" },
};

START_TEST(refuses_a_sandbox_that_cannot_be_told_apart)
{
    k7_sandbox *sandbox;
    k7_error *err = NULL;

    ck_assert_int_eq(read_text(bad[_i].text, "home", &sandbox, &err), K7_ERR_PROTOCOL);
    ck_assert_ptr_null(sandbox);
    ck_assert_str_eq(k7_error_get_message(err), bad[_i].message);
    k7_error_unref(err);
}
END_TEST

static int read_list(const char *text, k7_sandboxes **ret_list, k7_error **err)
{
    struct k7i_json *json;
    int code = k7i_json_parse(text, strlen(text), &json, err);

    if (code)
        return code;
    code = k7i_sandboxes_from_json(k7i_json_root(json), "home", ret_list, err);
    k7i_json_free(json);
    return code;
}

START_TEST(reads_lists)
{
    k7_sandboxes *list;

    ck_assert_int_eq(read_list("[]", &list, NULL), 0);
    ck_assert_uint_eq(k7_sandboxes_count(list), 0);
    k7_sandboxes_unref(list);
    ck_assert_int_eq(read_list("[{\"name\":\"a\"},{\"name\":\"b\",\"namespace\":\"n\"}]", &list, NULL), 0);
    ck_assert_uint_eq(k7_sandboxes_count(list), 2);
    ck_assert_str_eq(k7_sandbox_get_namespace(k7_sandboxes_at(list, 0)), "home");
    ck_assert_str_eq(k7_sandbox_get_name(k7_sandboxes_at(list, 1)), "b");
    k7_sandboxes_unref(list);
    ck_assert_int_eq(read_list("{}", &list, NULL), K7_ERR_PROTOCOL);
    ck_assert_int_eq(read_list("[{\"name\":\"a\"},null]", &list, NULL), K7_ERR_PROTOCOL);
    ck_assert_ptr_null(list);
}
END_TEST

static int read_and_write(void *user)
{
    k7_sandboxes *list = NULL;
    char *text = NULL;
    int code = read_list(user, &list, NULL);

    if (code == 0)
        code = k7_sandbox_to_json(k7_sandboxes_at(list, 0), &text, NULL);
    k7i_free(text);
    k7_sandboxes_unref(list);
    return code;
}

START_TEST(survives_a_lack_of_memory)
{
    starve_each(
        read_and_write,
        (void *)(uintptr_t) "[{\"name\":\"a\",\"namespace\":\"n\"," STATE
                            ",\"node_ports\":[30000],\"x\":{\"y\":[]},\"endpoints\":[{\"port\":80}]}]");
}
END_TEST

START_TEST(writing_needs_a_sandbox_and_a_place)
{
    char *text = (char *)1;

    ck_assert_int_eq(k7_sandbox_to_json(NULL, &text, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_ptr_null(text);
    ck_assert_int_eq(k7_sandbox_to_json(NULL, NULL, NULL), K7_ERR_INVALID_ARGUMENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model/sandbox_json");
    TCase *tests = tcase_create("sandbox_json");

    tcase_add_test(tests, reads_a_list_entry);
    tcase_add_test(tests, reads_the_answer_to_create);
    tcase_add_loop_test(tests, takes_ready_as_text_or_boolean, 0, sizeof readiness / sizeof readiness[0]);
    tcase_add_loop_test(tests, writes_the_apis_own_object, 0, sizeof rewritten / sizeof rewritten[0]);
    tcase_add_test(tests, what_has_another_type_is_not_said);
    tcase_add_loop_test(tests, refuses_a_sandbox_that_cannot_be_told_apart, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tests, reads_lists);
    tcase_add_test(tests, survives_a_lack_of_memory);
    tcase_add_test(tests, writing_needs_a_sandbox_and_a_place);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
