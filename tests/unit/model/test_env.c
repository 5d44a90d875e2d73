/* Unit tests of K7's .env format. */
#include "model/env.h"
#include "base/buf.h"

#include <check.h>
#include <string.h>

#include "../starve.h"

static int collect(void *user, const char *key, const char *value, k7_error **err)
{
    (void)err;
    k7i_buf_printf(user, "%s=%s;", key, value);
    return 0;
}

static int parse(const char *text, size_t len, struct k7i_buf *seen, k7_error **err)
{
    k7i_buf_init(seen, 1 << 20);
    return k7i_env_parse(text, len, collect, seen, err);
}

static const struct {
    const char *text, *seen;
} good[] = {
    { "A=1", "A=1;" },
    { "A=1\nB=2\n", "A=1;B=2;" },
    { "A=1\r\nB=2\rC=3", "A=1;B=2;C=3;" },
    { "  A \t=  x y  \n", "A=x y;" },
    { "# no\n\n  #no=1\nnothing\nA=1", "A=1;" },
    { "A=", "A=;" },
    { "=x\nA=1", "A=1;" },
    { "A=b=c", "A=b=c;" },
    { "A=\"x\"", "A=x;" },
    { "A='x'", "A=x;" },
    { "A=\"\"'x'\"\"", "A=x;" },
    { "A='\"x\"'", "A=\"x\";" },
    { "A=\"it's\"", "A=it's;" },
    { "A=x # not a comment", "A=x # not a comment;" },
    { "A=\\n$B", "A=\\n$B;" },
    { "A=1\nA=2", "A=1;A=2;" },
    { "A=\" x \"", "A= x ;" },
    { "_a.b-C9=1", "_a.b-C9=1;" },
    { "A=ä\xe2\x80\xa8"
      "B=2",
      "A=ä;B=2;" }, /* U+2028 ends a line in Python */
    { "A=1\x0b"
      "B=2\x1c"
      "C=3\xc2\x85"
      "D=4",
      "A=1;B=2;C=3;D=4;" },
    { "\xc2\xa0"
      "A=\xe3\x80\x80x\xc2\xa0",
      "A=x;" },
};

START_TEST(reads_as_k7_does)
{
    struct k7i_buf seen;
    k7_error *err = NULL;

    ck_assert_msg(parse(good[_i].text, strlen(good[_i].text), &seen, &err) == 0, "%s",
                  k7_error_get_message(err));
    ck_assert_str_eq(seen.data, good[_i].seen);
    k7i_buf_clear(&seen);
}
END_TEST

static const struct {
    const char *text;
    size_t len;
    const char *message;
} bad[] = {
    { "", 0, "env: empty or invalid, no variable in it" },
    { "# x\n\nfoo\n=1", 11, "env: empty or invalid, no variable in it" },
    { "A=1\nexport B=2", 14,
      "env, line 2: the name before '=' may hold only letters, digits, '_', '.' and '-'" },
    { "A=1\n\n2B=2", 9, "env, line 3: the name before '=' does not begin with a letter or '_'" },
    { "\xef\xbb\xbf"
      "A=1",
      6, "env, line 1: the name before '=' does not begin with a letter or '_'" },
    { "A=1\nB=\xff\n", 8, "env, line 2: bytes that are not UTF-8" },
    { "A=1\nB=x\0y\n", 10, "env, line 2: bytes that are not UTF-8" },
};

START_TEST(refuses_what_kubernetes_would_and_names_the_line)
{
    struct k7i_buf seen;
    k7_error *err = NULL;

    ck_assert_int_eq(parse(bad[_i].text, bad[_i].len, &seen, &err), K7_ERR_PARSE);
    ck_assert_str_eq(k7_error_get_message(err), bad[_i].message);
    k7_error_unref(err);
    k7i_buf_clear(&seen);
}
END_TEST

static int refuse(void *user, const char *key, const char *value, k7_error **err)
{
    (void)user, (void)key, (void)value, (void)err;
    return -99;
}

START_TEST(stops_when_told_to)
{
    ck_assert_int_eq(k7i_env_parse("A=1\nB=", 6, refuse, NULL, NULL), -99);
}
END_TEST

START_TEST(checks_keys)
{
    char longest[255];

    memset(longest, 'A', 254);
    longest[254] = '\0';
    ck_assert_int_eq(k7i_env_check_key(longest, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7i_env_check_key(longest + 1, NULL), 0);
    ck_assert_int_eq(k7i_env_check_key("", NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7i_env_check_key("A=B", NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7i_env_check_key("-A", NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7i_env_check_key("..", NULL), K7_ERR_INVALID_ARGUMENT);
}
END_TEST

static int ignore(void *user, const char *key, const char *value, k7_error **err)
{
    (void)user, (void)key, (void)value, (void)err;
    return 0;
}

static int parse_once(void *user)
{
    k7_error *err = NULL;
    int code = k7i_env_parse(user, strlen(user), ignore, NULL, &err);

    k7_error_unref(err);
    return code;
}

START_TEST(survives_a_lack_of_memory_and_leaves_no_secret)
{
    starve_secret = "s3cret";
    starve_each(parse_once, (void *)(uintptr_t) "A=1\nB=s3cret\n");
    ck_assert_int_eq(starve_leaks, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model/env");
    TCase *tests = tcase_create("env");

    tcase_add_loop_test(tests, reads_as_k7_does, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(tests, refuses_what_kubernetes_would_and_names_the_line, 0,
                        sizeof bad / sizeof bad[0]);
    tcase_add_test(tests, stops_when_told_to);
    tcase_add_test(tests, checks_keys);
    tcase_add_test(tests, survives_a_lack_of_memory_and_leaves_no_secret);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
