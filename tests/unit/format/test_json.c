/* Unit tests of reading and writing JSON. */
#include "format/json.h"

#include <check.h>
#include <string.h>

#include "../starve.h"

static struct k7i_json *json;

static const struct k7i_json_value *parse(const char *text)
{
    k7_error *err = NULL;

    ck_assert_msg(k7i_json_parse(text, strlen(text), &json, &err) == 0, "%s", k7_error_get_message(err));
    return k7i_json_root(json);
}

/* Reads, writes, and compares with what should come out. */
static void check_rewritten(const char *text, const char *wanted)
{
    struct k7i_json_writer writer;
    struct k7i_buf buf;

    k7i_buf_init(&buf, 4096);
    k7i_json_begin(&writer, &buf);
    k7i_json_put_value(&writer, parse(text));
    ck_assert_int_eq(buf.failed, 0);
    ck_assert_str_eq(buf.data, wanted);
    k7i_buf_clear(&buf);
    k7i_json_free(json);
}

START_TEST(reads_each_kind)
{
    const struct k7i_json_value *root = parse(
        "{\"s\":\"x\",\"i\":-5,\"d\":1.5,\"t\":true,\"f\":false,\"n\":null,\"a\":[1,null],\"o\":{\"k\":0}}");
    const struct k7i_json_value *value;

    ck_assert_int_eq(k7i_json_kind(root), K7I_JSON_OBJECT);
    ck_assert_uint_eq(k7i_json_count(root), 8);
    ck_assert_str_eq(k7i_json_get_string(root, "s"), "x");
    ck_assert_int_eq(k7i_json_int(k7i_json_get(root, "i"), 0), -5);
    ck_assert_int_eq(k7i_json_kind(k7i_json_get(root, "d")), K7I_JSON_DOUBLE);
    ck_assert_int_eq(k7i_json_bool(k7i_json_get(root, "t")), 1);
    ck_assert_int_eq(k7i_json_bool(k7i_json_get(root, "f")), 0);
    ck_assert_int_eq(k7i_json_member(root, "n", &value), 1);
    ck_assert_ptr_null(value);
    ck_assert_int_eq(k7i_json_kind(value), K7I_JSON_NULL);
    ck_assert_int_eq(k7i_json_member(root, "none", &value), 0);
    ck_assert_ptr_null(value);
    ck_assert_uint_eq(k7i_json_count(k7i_json_get(root, "a")), 2);
    ck_assert_int_eq(k7i_json_int(k7i_json_at(k7i_json_get(root, "a"), 0), 0), 1);
    ck_assert_ptr_null(k7i_json_at(k7i_json_get(root, "a"), 1));
    ck_assert_ptr_null(k7i_json_at(k7i_json_get(root, "a"), 2));
    ck_assert_int_eq(k7i_json_int(k7i_json_get(k7i_json_get(root, "o"), "k"), 7), 0);
    k7i_json_free(json);
}
END_TEST

START_TEST(another_kind_is_no_value)
{
    const struct k7i_json_value *root = parse("{\"s\":\"12\",\"i\":1,\"a\":[]}");

    ck_assert_ptr_null(k7i_json_get_string(root, "i"));
    ck_assert_int_eq(k7i_json_int(k7i_json_get(root, "s"), -1), -1);
    ck_assert_int_eq(k7i_json_bool(k7i_json_get(root, "i")), 0);
    ck_assert_uint_eq(k7i_json_count(k7i_json_get(root, "s")), 0);
    ck_assert_ptr_null(k7i_json_at(root, 0));
    ck_assert_ptr_null(k7i_json_get(k7i_json_get(root, "a"), "x"));
    ck_assert_ptr_null(k7i_json_get(NULL, "x"));
    ck_assert_ptr_null(k7i_json_string(NULL));
    ck_assert_int_eq(k7i_json_each(NULL, NULL, NULL), 0);
    k7i_json_free(json);
}
END_TEST

static const char *const rewritten[] = {
    "null",
    "true",
    "12",
    "-9223372036854775808",
    "1.50e+3",
    "\"\"",
    "[]",
    "{}",
    "{\"b\":[1,[],{\"x\":null}],\"a\":\"ä\\n\\\"\\\\\"}",
};

START_TEST(writes_what_was_read)
{
    check_rewritten(rewritten[_i], rewritten[_i]);
}
END_TEST

START_TEST(writes_every_character_so_that_it_is_read_again)
{
    char text[128], *wanted;
    struct k7i_json_writer writer;
    struct k7i_buf buf;

    for (int c = 1; c < 128; c++)
        text[c - 1] = (char)c;
    text[127] = '\0';
    wanted = text;
    k7i_buf_init(&buf, 4096);
    k7i_json_begin(&writer, &buf);
    k7i_json_put_string(&writer, text);
    ck_assert_str_eq(k7i_json_string(parse(buf.data)), wanted);
    k7i_buf_clear(&buf);
    k7i_json_free(json);
}
END_TEST

START_TEST(a_text_may_end_without_nul)
{
    k7_error *err = NULL;
    char *text = malloc(3);

    memcpy(text, "123", 3);
    ck_assert_int_eq(k7i_json_parse(text, 3, &json, &err), 0);
    ck_assert_int_eq(k7i_json_int(k7i_json_root(json), 0), 123);
    k7i_json_free(json);
    free(text);
}
END_TEST

START_TEST(writes_commas_where_they_belong)
{
    struct k7i_json_writer writer;
    struct k7i_buf buf;

    k7i_buf_init(&buf, 4096);
    k7i_json_begin(&writer, &buf);
    k7i_json_open(&writer, '{');
    k7i_json_key(&writer, "a\"b");
    k7i_json_open(&writer, '[');
    k7i_json_put_int(&writer, INT64_MIN);
    k7i_json_put_bool(&writer, 1);
    k7i_json_put_bool(&writer, 0);
    k7i_json_put_null(&writer);
    k7i_json_put_string(&writer, NULL);
    k7i_json_open(&writer, '{');
    k7i_json_close(&writer, '}');
    k7i_json_close(&writer, ']');
    k7i_json_key(&writer, "c");
    k7i_json_put_raw(&writer, "{\"d\":1}");
    k7i_json_close(&writer, '}');
    ck_assert_str_eq(buf.data, "{\"a\\\"b\":[-9223372036854775808,true,false,null,null,{}],\"c\":{\"d\":1}}");
    k7i_buf_clear(&buf);
}
END_TEST

static int stop_at_b(void *user, const char *key, const struct k7i_json_value *value)
{
    (void)value;
    strcat(user, key);
    return strcmp(key, "b") == 0 ? 42 : 0;
}

START_TEST(goes_through_members_in_order_until_told_to_stop)
{
    char seen[16] = "";

    ck_assert_int_eq(k7i_json_each(parse("{\"z\":1,\"b\":2,\"a\":3}"), stop_at_b, seen), 42);
    ck_assert_str_eq(seen, "zb");
    k7i_json_free(json);
}
END_TEST

START_TEST(an_error_leaves_nothing)
{
    k7_error *err = NULL;

    json = (struct k7i_json *)&err;
    ck_assert_int_eq(k7i_json_parse("{", 1, &json, &err), K7_ERR_PARSE);
    ck_assert_ptr_null(json);
    ck_assert_str_eq(k7_error_get_message(err), "JSON, line 1, column 2: the text ends too early");
    k7_error_unref(err);
    ck_assert_int_eq(k7i_json_parse("[", 1, &json, NULL), K7_ERR_PARSE);
    k7i_json_free(NULL);
}
END_TEST

static int parse_once(void *user)
{
    k7_error *err = NULL;
    int code = k7i_json_parse(user, strlen(user), &json, &err);

    k7i_json_free(json);
    ck_assert_int_eq(k7_error_get_code(err), code);
    k7_error_unref(err);
    return code;
}

START_TEST(survives_a_lack_of_memory)
{
    starve_each(parse_once, (void *)(uintptr_t) "{\"a\":[1,2,{\"b\":\"c\"}]}");
}
END_TEST

START_TEST(a_short_text_cannot_ask_for_much_memory)
{
    enum { COUNT = 200000 };
    char *text = malloc(3 * COUNT + 2);
    k7_error *err = NULL;

    for (int i = 0; i < COUNT; i++)
        memcpy(text + 3 * i, i ? ",{}" : "[{}", 3);
    text[3 * COUNT] = ']';
    ck_assert_int_eq(k7i_json_parse(text, 3 * COUNT + 1, &json, &err), K7_ERR_LIMIT);
    ck_assert_ptr_null(json);
    ck_assert_ptr_nonnull(strstr(k7_error_get_message(err), "too many values"));
    k7_error_unref(err);
    text[3 * 1000] = ']';
    ck_assert_int_eq(k7i_json_parse(text, 3 * 1000 + 1, &json, NULL), 0);
    k7i_json_free(json);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("format/json");
    TCase *tests = tcase_create("json");

    tcase_add_test(tests, reads_each_kind);
    tcase_add_test(tests, another_kind_is_no_value);
    tcase_add_loop_test(tests, writes_what_was_read, 0, sizeof rewritten / sizeof rewritten[0]);
    tcase_add_test(tests, writes_every_character_so_that_it_is_read_again);
    tcase_add_test(tests, a_text_may_end_without_nul);
    tcase_add_test(tests, writes_commas_where_they_belong);
    tcase_add_test(tests, goes_through_members_in_order_until_told_to_stop);
    tcase_add_test(tests, an_error_leaves_nothing);
    tcase_add_test(tests, a_short_text_cannot_ask_for_much_memory);
    tcase_add_test(tests, survives_a_lack_of_memory);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
