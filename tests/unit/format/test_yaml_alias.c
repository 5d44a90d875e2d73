/* Unit tests of anchors and aliases in YAML: what they become, that lines stay, and that they cannot grow without bounds. */
#include "format/yaml.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *yaml, *json;
} accepted[] = {
    { "a: &x 1\nb: *x\n", "{\"a\":1\n,\"b\":1}" },
    { "a: &x {p: 1, q: [2]}\nb: [*x, 3]\nc: *x\n",
      "{\"a\":{\"p\":1,\"q\":[2]}\n,\"b\":[{\"p\":1,\"q\":[2]},3]\n,\"c\":{\"p\":1,\"q\":[2]}}" },
    { "a:\n- 0\n- &x\n  p: t\n  q: u\nb: *x\n",
      "{\"a\":[\n0\n,{\n\"p\":\"t\"\n,\"q\":\"u\"}]\n,\"b\":{\"p\":\"t\",\"q\":\"u\"}}" },
    { "a: &x 1\nb: &x 2\nc: *x\n", "{\"a\":1\n,\"b\":2\n,\"c\":2}" },
    { "&r\na: 1\n", "{\n\"a\":1}" },
};

static const struct {
    const char *yaml, *message;
    int code;
} refused[] = {
    { "a: 1\nb: *x\n", "f, line 2, column 4: an alias of an anchor that does not stand before it",
      K7_ERR_PARSE },
    { "a: &x\n  b: *x\n", "f, line 2, column 6: a value within itself", K7_ERR_PARSE },
    { "&x a: 1\n", "f, line 1, column 1: anchors at keys are not supported", K7_ERR_PARSE },
    { "a: &x {b: 1}\nc:\n  <<: *x\n", "f, line 3, column 3: merge keys (\"<<\") are not supported",
      K7_ERR_PARSE },
    { "a: &1234567890123456789012345678901234567890123456789 1\n",
      "f, line 1, column 4: too many anchors, or one has a long name", K7_ERR_LIMIT },
};

static int convert(const char *yaml, int with_aliases, size_t limit, struct k7i_buf *json, k7_error **err)
{
    k7i_buf_init(json, limit);
    return k7i_yaml_to_json("f", yaml, strlen(yaml), with_aliases, json, err);
}

START_TEST(an_alias_is_a_copy)
{
    struct k7i_buf json;

    ck_assert_int_eq(convert(accepted[_i].yaml, 1, 1000, &json, NULL), 0);
    ck_assert_str_eq(json.data, accepted[_i].json);
    k7i_buf_clear(&json);
}
END_TEST

START_TEST(refuses)
{
    struct k7i_buf json;
    k7_error *err = NULL;

    ck_assert_int_eq(convert(refused[_i].yaml, 1, 1000, &json, &err), refused[_i].code);
    ck_assert_str_eq(k7_error_get_message(err), refused[_i].message);
    k7_error_unref(err);
    k7i_buf_clear(&json);
}
END_TEST

START_TEST(refuses_them_where_they_are_not_expected)
{
    struct k7i_buf json;

    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        ck_assert_int_eq(convert(accepted[i].yaml, 0, 1000, &json, NULL), K7_ERR_PARSE);
        k7i_buf_clear(&json);
    }
}
END_TEST

/* "A billion laughs": ten levels of ten copies each. */
START_TEST(growth_ends_at_the_limit)
{
    struct k7i_buf yaml, json;
    k7_error *err = NULL;

    k7i_buf_init(&yaml, 10000);
    k7i_buf_text(&yaml, "a0: &a0 laugh\n");
    for (int i = 1; i <= 10; i++) {
        k7i_buf_printf(&yaml, "a%d: &a%d [", i, i);
        for (int j = 0; j < 10; j++)
            k7i_buf_printf(&yaml, "*a%d,", i - 1);
        k7i_buf_text(&yaml, "]\n");
    }
    ck_assert_int_eq(convert(yaml.data, 1, 100000, &json, &err), K7_ERR_LIMIT);
    ck_assert_str_eq(k7_error_get_message(err), "f: larger than 100000 bytes");
    k7_error_unref(err);
    k7i_buf_clear(&json);
    k7i_buf_clear(&yaml);
}
END_TEST

START_TEST(anchors_are_counted)
{
    struct k7i_buf yaml, json;

    k7i_buf_init(&yaml, 10000);
    for (int i = 0; i < 65; i++)
        k7i_buf_printf(&yaml, "a%d: &a%d 1\n", i, i);
    ck_assert_int_eq(convert(yaml.data, 1, 100000, &json, NULL), K7_ERR_LIMIT);
    k7i_buf_clear(&json);
    k7i_buf_clear(&yaml);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("yaml_alias");
    TCase *tests = tcase_create("yaml_alias");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(tests, an_alias_is_a_copy, 0, sizeof accepted / sizeof accepted[0]);
    tcase_add_loop_test(tests, refuses, 0, sizeof refused / sizeof refused[0]);
    tcase_add_test(tests, refuses_them_where_they_are_not_expected);
    tcase_add_test(tests, growth_ends_at_the_limit);
    tcase_add_test(tests, anchors_are_counted);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
