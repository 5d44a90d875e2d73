/* Unit tests of the strict scan: what is JSON, what is not, and where. */
#include "base/alloc.h"
#include "base/buf.h"
#include "format/json.h"
#include "format/json_scan.h"

#include <check.h>
#include <string.h>

#include "../starve.h"

static int scan(const char *text, struct k7i_json_counts *counts, struct k7i_json_fault *fault)
{
    /* Exactly as long as the text, so that a sanitizer sees any look behind its end. */
    size_t len = strlen(text);
    char *copy = k7i_alloc(len);
    memcpy(copy, text, len);
    int code = k7i_json_scan(copy, len, counts, fault);
    k7i_free(copy);
    return code;
}

static const char *const good[] = {
    "null",
    " true ",
    "false",
    "0",
    "-0",
    "-1",
    "12",
    "1.5",
    "-0.0e-3",
    "1E+2",
    "9223372036854775807",
    "-9223372036854775808",
    "1.7e308",
    "0.00017e312",
    "1e-999999999999",
    "0e999999999999",
    "\"\"",
    "\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\"",
    "\"ä€😀\x7f\"",
    "[]",
    " [ ] ",
    "[1,[2,[3]],{}]",
    "{}",
    "{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}]}",
    "\r\n\t {\"\" : \"\"}\n",
};

START_TEST(accepts_json)
{
    struct k7i_json_counts counts;
    struct k7i_json_fault fault;

    ck_assert_msg(scan(good[_i], &counts, &fault) == 0, "%s: %s", good[_i], fault.reason);
}
END_TEST

static const struct {
    const char *text;
    size_t offset;
} bad[] = {
    { "", 0 },
    { "  ", 2 },
    { "nul", 0 },
    { "nan", 0 },
    { "NaN", 0 },
    { "Infinity", 0 },
    { "True", 0 },
    { "'a'", 0 },
    { "+1", 0 },
    { ".5", 0 },
    { "5.", 2 },
    { "01", 0 },
    { "-", 1 },
    { "-01", 0 },
    { "1e", 2 },
    { "1e+", 3 },
    { "0x1", 1 },
    { "9223372036854775808", 0 },
    { "-9223372036854775809", 0 },
    { "123456789012345678901234567890", 0 },
    { "1e309", 0 },
    { "-1.8e308", 0 },
    { "1e999999999999999999999", 0 },
    { "\"a", 2 },
    { "\"\\", 2 },
    { "\"\\x\"", 1 },
    { "\"\\u12\"", 1 },
    { "\"\\u12g4\"", 1 },
    { "\"\\u0000\"", 1 },
    { "\"\\ud800\"", 1 },
    { "\"\\ud800\\u0041\"", 1 },
    { "\"\\udc00\"", 1 },
    { "\"\\ud800x\"", 1 },
    { "\"\n\"", 1 },
    { "\"\x01\"", 1 },
    { "\"12345678\x1f\"", 9 },
    { "\"\x80\"", 1 },
    { "\"\xc0\xaf\"", 1 },
    { "\"\xe0\x80\xaf\"", 1 },
    { "\"\xed\xa0\x80\"", 1 },
    { "\"\xf4\x90\x80\x80\"", 1 },
    { "\"\xf0\x80\x80\xaf\"", 1 },
    { "\"\xe2\x82\"", 1 },
    { "\"\xc3", 1 },
    { "\xef\xbb\xbf{}", 0 },
    { "[", 1 },
    { "[1", 2 },
    { "[1 2]", 3 },
    { "[1,]", 3 },
    { "[,1]", 1 },
    { "[1}", 2 },
    { "{", 1 },
    { "{a:1}", 1 },
    { "{\"a\"}", 4 },
    { "{\"a\" 1}", 5 },
    { "{\"a\":}", 5 },
    { "{\"a\":1,}", 7 },
    { "{\"a\":1", 6 },
    { "{\"a\":1]", 6 },
    { "{} {}", 3 },
    { "1 x", 2 },
    { "// c\n1", 0 },
    { "{\"a\":1,\"a\":2}", 7 },
    { "{\"a\":1,\"b\":0,\"\\u0061\":2}", 13 },
    { "{\"é\":1,\"\\u00e9\":2}", 8 },
    { "{\"x\":[{\"😀\":1,\"\\ud83d\\ude00\":2}]}", 16 },
};

START_TEST(refuses_what_is_no_json_and_says_where)
{
    struct k7i_json_counts counts;
    struct k7i_json_fault fault;

    ck_assert_msg(scan(bad[_i].text, &counts, &fault) == K7_ERR_PARSE, "%s", bad[_i].text);
    ck_assert_int_eq(fault.code, K7_ERR_PARSE);
    ck_assert_ptr_nonnull(fault.reason);
    ck_assert_msg(fault.offset == bad[_i].offset, "%s: %zu (%s)", bad[_i].text, fault.offset, fault.reason);
}
END_TEST

START_TEST(counts_values)
{
    struct k7i_json_counts counts;
    struct k7i_json_fault fault;

    ck_assert_int_eq(scan("{\"a\":[1,\"x\",null,true],\"b\":{},\"c\":null}", &counts, &fault), 0);
    ck_assert_uint_eq(counts.objects, 2);
    ck_assert_uint_eq(counts.arrays, 1);
    ck_assert_uint_eq(counts.members, 3);
    ck_assert_uint_eq(counts.items, 4);
    ck_assert_uint_eq(counts.scalars, 3);
    ck_assert_uint_ge(counts.string_bytes, 4);
}
END_TEST

START_TEST(limits_the_depth)
{
    struct k7i_json_counts counts;
    struct k7i_json_fault fault;
    char text[2 * K7I_JSON_DEPTH + 3] = { 0 };

    memset(text, '[', K7I_JSON_DEPTH);
    memset(text + K7I_JSON_DEPTH, ']', K7I_JSON_DEPTH);
    ck_assert_int_eq(scan(text, &counts, &fault), 0);
    memset(text, '[', K7I_JSON_DEPTH + 1);
    memset(text + K7I_JSON_DEPTH + 1, ']', K7I_JSON_DEPTH + 1);
    ck_assert_int_eq(scan(text, &counts, &fault), K7_ERR_LIMIT);
    ck_assert_uint_eq(fault.offset, K7I_JSON_DEPTH);
}
END_TEST

/* An object of many keys; twice: the key that is there again, or -1. */
static void many_keys(struct k7i_buf *buf, int count, int twice)
{
    k7i_buf_init(buf, 1 << 26);
    k7i_buf_char(buf, '{');
    for (int i = 0; i < count; i++)
        k7i_buf_printf(buf, "%s\"same%09dsame\":0", i ? "," : "", i);
    if (twice >= 0)
        k7i_buf_printf(buf, ",\"\\u0073ame%09dsame\":0", twice);
    k7i_buf_char(buf, '}');
}

START_TEST(finds_equal_keys_among_many)
{
    struct k7i_json_counts counts;
    struct k7i_json_fault fault;
    static const int sizes[] = { 3, 24, 25, 64, 65, 1000, 100000 };
    struct k7i_buf buf;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        many_keys(&buf, sizes[i], -1);
        ck_assert_int_eq(k7i_json_scan(buf.data, buf.len, &counts, &fault), 0);
        k7i_buf_clear(&buf);
        many_keys(&buf, sizes[i], sizes[i] / 2);
        ck_assert_int_eq(k7i_json_scan(buf.data, buf.len, &counts, &fault), K7_ERR_PARSE);
        ck_assert_uint_eq(fault.offset, buf.len - strlen("\"\\u0073ame000000000same\":0}"));
        k7i_buf_clear(&buf);
    }
}
END_TEST

static int scan_many(void *user)
{
    struct k7i_buf *buf = user;
    struct k7i_json_counts counts;
    struct k7i_json_fault fault;

    return k7i_json_scan(buf->data, buf->len, &counts, &fault);
}

START_TEST(survives_a_lack_of_memory)
{
    struct k7i_buf buf;

    many_keys(&buf, 1000, -1);
    starve_each(scan_many, &buf);
    k7i_buf_clear(&buf);
}
END_TEST

START_TEST(names_line_and_column_in_characters)
{
    const char *text = "{\n\"ä\": 1,\n  \"ö\" 2}";
    struct k7i_json_counts counts;
    struct k7i_json_fault fault;
    k7_error *err = NULL;

    ck_assert_int_eq(k7i_json_scan(text, strlen(text), &counts, &fault), K7_ERR_PARSE);
    ck_assert_int_eq(k7i_json_fail(text, &fault, &err), K7_ERR_PARSE);
    ck_assert_str_eq(k7_error_get_message(err), "JSON, line 3, column 7: ':' is expected after a key");
    k7_error_unref(err);
}
END_TEST

START_TEST(finds_the_line_of_a_key_of_the_root)
{
    const char *text =
        "{\"x\":{\"a\":1,\"b\":\"a\"},\n\"y\":[\"a\",{\"a\":0}],\n\n\"\\u0061\":\"b\",\n\"b\":\"a\"}";

    ck_assert_int_eq(k7i_json_member_line(text, strlen(text), "x"), 1);
    ck_assert_int_eq(k7i_json_member_line(text, strlen(text), "y"), 2);
    ck_assert_int_eq(k7i_json_member_line(text, strlen(text), "a"), 4);
    ck_assert_int_eq(k7i_json_member_line(text, strlen(text), "b"), 5);
    ck_assert_int_eq(k7i_json_member_line(text, strlen(text), "c"), 0);
    ck_assert_int_eq(k7i_json_member_line("[\"a\"]", 5, "a"), 0);
    ck_assert_int_eq(k7i_json_member_line("\"a\"", 3, "a"), 0);
}
END_TEST

START_TEST(finds_the_line_of_any_place)
{
    const char *text =
        "{\"x\":[1,\"]\",{\"a\":[],\n\"b\":{\"c\":-1.5e3 ,\n\"d\":null}},\n[\n[] ]],\n\"y\":{ }}";
    const struct k7i_json_step x = { .key = "x" }, y = { .key = "y" }, third = { &x, NULL, 2 },
                               last = { &x, NULL, 3 };
    const struct k7i_json_step beyond = { &x, NULL, 4 }, inner = { &last, NULL, 0 },
                               none = { &inner, NULL, 0 };
    const struct k7i_json_step b = { &third, "b", 0 }, d = { &b, "d", 0 }, absent = { &b, "e", 0 },
                               of_null = { &d, "f", 0 };
    static const int lines[] = { 1, 6, 1, 4, 0, 5, 0, 2, 3, 0, 0 };
    const struct k7i_json_step *const steps[] = { &x,    &y, &third, &last,   &beyond, &inner,
                                                  &none, &b, &d,     &absent, &of_null };
    struct k7i_buf shown;

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        ck_assert_msg(k7i_json_step_line(text, strlen(text), steps[i]) == lines[i], "place %zu: line %d", i,
                      k7i_json_step_line(text, strlen(text), steps[i]));
    k7i_buf_init(&shown, 100);
    k7i_json_step_text(&d, &shown);
    ck_assert_str_eq(shown.data, "x[2].b.d");
    k7i_buf_clear(&shown);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("format/json_scan");
    TCase *tests = tcase_create("json_scan");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, accepts_json, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(tests, refuses_what_is_no_json_and_says_where, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tests, counts_values);
    tcase_add_test(tests, limits_the_depth);
    tcase_add_test(tests, finds_equal_keys_among_many);
    tcase_add_test(tests, survives_a_lack_of_memory);
    tcase_add_test(tests, names_line_and_column_in_characters);
    tcase_add_test(tests, finds_the_line_of_a_key_of_the_root);
    tcase_add_test(tests, finds_the_line_of_any_place);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
