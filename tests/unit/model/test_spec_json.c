/* Unit tests of specs as JSON. */
#include "base/buf.h"
#include "model/spec.h"
#include <k7sandbox/error.h>

#include <check.h>
#include <stdio.h>
#include <string.h>

static int read_text(const char *text, k7_spec **ret_spec, k7_error **err)
{
    return k7_spec_from_json(text, strlen(text), ret_spec, err);
}

START_TEST(null_is_not_given_but_opens_egress)
{
    k7_spec *spec;

    ck_assert_int_eq(
        read_text("{\"name\":null,\"env_file\":null,\"limits\":null,\"cap_drop\":null,\"ingress_ports\":null,"
                  "\"docker\":null,\"egress_whitelist\":null}",
                  &spec, NULL),
        0);
    for (size_t i = 0; i < k7_spec_field_count(); i++)
        ck_assert_int_eq(k7_spec_is_set(spec, k7_spec_field_at(i)),
                         strcmp(k7_spec_field_at(i), "egress_whitelist") == 0);
    ck_assert_int_eq(k7_spec_get_egress_mode(spec), K7_EGRESS_OPEN);
    k7_spec_free(spec);
}
END_TEST

START_TEST(an_empty_value_is_given)
{
    k7_spec *spec;

    ck_assert_int_eq(
        read_text(
            "{\"limits\":{},\"cap_drop\":[],\"ingress_ports\":[],\"egress_whitelist\":[],\"backend\":\"\","
            "\"env\":{}}",
            &spec, NULL),
        0);
    ck_assert_int_eq(k7_spec_is_set(spec, "limits"), 1);
    ck_assert_int_eq(k7_spec_is_set(spec, "cap_drop"), 1);
    ck_assert_int_eq(k7_spec_is_set(spec, "ingress_ports"), 1);
    ck_assert_int_eq(k7_spec_is_set(spec, "backend"), 1);
    ck_assert_int_eq(k7_spec_is_set(spec, "env"), 1);
    ck_assert_int_eq(k7_spec_get_egress_mode(spec), K7_EGRESS_BLOCKED);
    k7_spec_free(spec);
}
END_TEST

static const struct {
    const char *text, *message;
} bad[] = {
    { "", "JSON, line 1, column 1: the text ends too early" },
    { "[]", "spec: must be an object of fields" },
    { "null", "spec: must be an object of fields" },
    { "{\"name\":\"a\",\n\n\"nane\":1}", "spec, line 3: \"nane\" is not a field of a sandbox" },
    { "{\"a\\nb\":1}", "spec, line 1: \"a\\nb\" is not a field of a sandbox" },
    { "{\"volumes\":[]}", "spec, line 1: \"volumes\" is not supported: K7 never mounts volumes" },
    { "{\"name\":\"a\",\n\"name\":\"b\"}",
      "JSON, line 2, column 1: the same key a second time in one object" },
    { "{\"name\":1}", "spec, line 1: name must be text (in quotes) or null" },
    { "{\"name\":\"a\\nb\"}", "spec, line 1: name: \"a\\nb\" has a control character" },
    { "{\"docker\":\"yes\"}", "spec, line 1: docker must be true, false or null" },
    { "{\"docker\":1}", "spec, line 1: docker must be true, false or null" },
    { "{\n\"limits\":{\"cpu\":1}}", "spec, line 2: limits: \"cpu\" must be text: put its value in quotes" },
    { "{\"limits\":{\"cpu\":0.5}}", "spec, line 1: limits: \"cpu\" must be text: put its value in quotes" },
    { "{\"limits\":{\"cpu\":null}}", "spec, line 1: limits: \"cpu\" must be text" },
    { "{\"limits\":[]}", "spec, line 1: limits must be a mapping of texts or null" },
    { "{\"egress_whitelist\":\"1.1.1.1\"}",
      "spec, line 1: egress_whitelist must be a list of texts or null" },
    { "{\"cap_add\":[\"A\",1]}", "spec, line 1: cap_add must be a list of texts: an item is something else" },
    { "{\"cap_add\":[null]}", "spec, line 1: cap_add must be a list of texts: an item is something else" },
    { "{\"cap_add\":[\"\\t\"]}", "spec, line 1: cap_add: \"\\x09\" has a control character" },
    { "{\"ingress_ports\":80}", "spec, line 1: ingress_ports must be a list of numbers or null" },
    { "{\"ingress_ports\":[\"80\"]}",
      "spec, line 1: ingress_ports must be a list of whole numbers: an item is something else" },
    { "{\"ingress_ports\":[80.0]}",
      "spec, line 1: ingress_ports must be a list of whole numbers: an item is something else" },
    { "{\"ingress_ports\":[4294967376]}", "spec, line 1: ingress_ports has a number that is no port" },
    { "{\"env\":{\"A B\":\"x\"}}",
      "spec, line 1: env: the name \"A B\" may hold only letters, digits, '_', '.' and '-'" },
    { "{\"env\":{\"A\":1}}", "spec, line 1: env: \"A\" must be text: put its value in quotes" },
};

START_TEST(a_wrong_spec_is_refused_with_key_and_line)
{
    k7_spec *spec = (k7_spec *)&spec;
    k7_error *err = NULL;

    ck_assert_int_eq(read_text(bad[_i].text, &spec, &err), K7_ERR_PARSE);
    ck_assert_ptr_null(spec);
    ck_assert_str_eq(k7_error_get_message(err), bad[_i].message);
    k7_error_unref(err);
}
END_TEST

START_TEST(checks_its_arguments)
{
    k7_spec *spec;
    char *text = (char *)1;

    ck_assert_int_eq(k7_spec_from_json(NULL, 0, &spec, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_spec_from_json("{}", 2, NULL, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_spec_from_json("", 1024 * 1024 + 1, &spec, NULL), K7_ERR_LIMIT);
    ck_assert_int_eq(k7_spec_to_json(NULL, &text, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_ptr_null(text);
    ck_assert_int_eq(k7_spec_to_json(NULL, NULL, NULL), K7_ERR_INVALID_ARGUMENT);
}
END_TEST

START_TEST(the_create_body_is_for_the_server_it_goes_to)
{
    const char *text =
        "{\"name\":\"a\",\"cap_drop\":[\"Cap_Net_Raw\",\"new_one\"],\"env\":{\"A\":\"1\"},\"before_script_under_lock\":true}";
    k7_spec *spec;
    struct k7i_buf buf;

    ck_assert_int_eq(read_text(text, &spec, NULL), 0);
    k7i_buf_init(&buf, 4096);
    k7i_spec_write_json(spec, "home", 0, &buf);
    ck_assert_str_eq(buf.data,
                     "{\"name\":\"a\",\"namespace\":\"home\",\"cap_drop\":[\"NET_RAW\",\"new_one\"]}");
    k7i_buf_reset(&buf);
    k7i_spec_write_json(spec, NULL, 1, &buf);
    ck_assert_str_eq(
        buf.data,
        "{\"name\":\"a\",\"cap_drop\":[\"NET_RAW\",\"new_one\"],\"env\":{\"A\":\"1\"},\"before_script_under_lock\":true}");
    k7i_buf_reset(&buf);
    ck_assert_int_eq(k7_spec_set_namespace(spec, "own", NULL), 0);
    k7i_spec_write_json(spec, "home", 0, &buf);
    ck_assert_ptr_nonnull(strstr(buf.data, "\"namespace\":\"own\""));
    ck_assert_str_eq(k7i_spec_namespace(spec, "home"), "own");
    k7i_buf_clear(&buf);
    k7_spec_free(spec);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model/spec_json");
    TCase *tests = tcase_create("spec_json");

    tcase_add_test(tests, null_is_not_given_but_opens_egress);
    tcase_add_test(tests, an_empty_value_is_given);
    tcase_add_loop_test(tests, a_wrong_spec_is_refused_with_key_and_line, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tests, checks_its_arguments);
    tcase_add_test(tests, the_create_body_is_for_the_server_it_goes_to);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
