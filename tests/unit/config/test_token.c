/* Unit tests of what a token provider fills in. */
#include "config/config.h"

#include <k7sandbox/error.h>

#include <check.h>
#include <string.h>

#include "../starve.h"

START_TEST(a_token_is_trimmed)
{
    k7_token token = { 0 };

    ck_assert_int_eq(k7_token_set(&token, " \teyJ.a-b_c=\r\n", 1700000000), 0);
    ck_assert_str_eq(token.text, "eyJ.a-b_c=");
    ck_assert_int_eq(token.expires_unix, 1700000000);
    ck_assert_ptr_null(token.error);
    k7i_token_clear(&token);
    ck_assert_ptr_null(token.text);
}
END_TEST

START_TEST(any_negative_expiry_is_unknown)
{
    k7_token token = { 0 };

    ck_assert_int_eq(k7_token_set(&token, "t", -5), 0);
    ck_assert_int_eq(token.expires_unix, -1);
    k7i_token_clear(&token);
}
END_TEST

static const char *const bad[] = { NULL,   "",       " \r\n",    "a b", "a\nb", "a\r\nX-Evil: y",
                                   "\x7f", "a\x01b", "\xc3\xa9", "a\tb" };

START_TEST(refuses_what_cannot_be_a_header)
{
    k7_token token = { 0 };

    ck_assert_int_eq(k7_token_set(&token, "before", 5), 0);
    ck_assert_int_eq(k7_token_set(&token, bad[_i], 7), K7_ERR_INVALID_ARGUMENT);
    ck_assert_ptr_null(token.text); /* not the one from before */
    ck_assert_int_eq(token.expires_unix, -1);
    k7i_token_clear(&token);
}
END_TEST

START_TEST(refuses_a_token_without_end)
{
    static char text[70000];
    k7_token token = { 0 };

    memset(text, 'a', sizeof text - 1);
    ck_assert_int_eq(k7_token_set(&token, text, -1), K7_ERR_INVALID_ARGUMENT);
    k7i_token_clear(&token);
}
END_TEST

START_TEST(the_last_answer_counts)
{
    k7_token token = { 0 };

    k7_token_set_error(&token, "the identity provider\nis away");
    ck_assert_str_eq(token.error, "the identity provider is away");
    ck_assert_int_eq(k7_token_set(&token, "t", -1), 0);
    ck_assert_ptr_null(token.error);
    k7_token_set_error(&token, "no");
    ck_assert_ptr_null(token.text);
    ck_assert_str_eq(token.error, "no");
    k7_token_set_error(&token, NULL);
    ck_assert_ptr_null(token.error);
}
END_TEST

START_TEST(a_long_error_is_cut_between_characters)
{
    static char text[5000];
    k7_token token = { 0 };

    text[0] = 'a';
    for (size_t i = 1; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa9", 3);
    k7_token_set_error(&token, text);
    ck_assert_uint_eq(strlen(token.error), 1023);
    k7i_token_clear(&token);
}
END_TEST

START_TEST(accepts_no_token)
{
    ck_assert_int_eq(k7_token_set(NULL, "t", -1), K7_ERR_INVALID_ARGUMENT);
    k7_token_set_error(NULL, "x");
}
END_TEST

START_TEST(leaves_no_secret_in_memory)
{
    k7_token token = { 0 };

    starve_secret = "hunter2";
    ck_assert_int_eq(k7_token_set(&token, "hunter2", -1), 0);
    ck_assert_int_eq(k7_token_set(&token, "hunter2more", -1), 0);
    k7_token_set_error(&token, "no");
    ck_assert_int_eq(k7_token_set(&token, " hunter2\n", -1), 0);
    k7i_token_clear(&token);
    ck_assert_int_eq(starve_leaks, 0);
}
END_TEST

static int set_once(void *user)
{
    k7_token *token = user;
    int code = k7_token_set(token, "t", -1);

    ck_assert_int_eq(code == 0, token->text != NULL);
    k7i_token_clear(token);
    return code;
}

START_TEST(survives_a_lack_of_memory)
{
    k7_token token = { 0 };

    starve_each(set_once, &token);
    starve_left = 0;
    k7_token_set_error(&token, "x");
    starve_left = SIZE_MAX;
    ck_assert_ptr_null(token.error);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config/token");
    TCase *tests = tcase_create("token");

    tcase_add_test(tests, a_token_is_trimmed);
    tcase_add_test(tests, any_negative_expiry_is_unknown);
    tcase_add_loop_test(tests, refuses_what_cannot_be_a_header, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tests, refuses_a_token_without_end);
    tcase_add_test(tests, the_last_answer_counts);
    tcase_add_test(tests, a_long_error_is_cut_between_characters);
    tcase_add_test(tests, accepts_no_token);
    tcase_add_test(tests, leaves_no_secret_in_memory);
    tcase_add_test(tests, survives_a_lack_of_memory);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
