/* test_text.c: UTF-8 by RFC 3629, whole numbers, hexadecimal digits. */
#include "base/text.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(only_well_formed_utf8_passes)
{
    static const char *const good[] = {
        "", "abc", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x99\x82", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF"
    };
    static const char *const bad[] = { "\x80",
                                       "\xC3",
                                       "\xC0\x80",
                                       "\xC1\xBF",
                                       "\xE0\x80\x80",
                                       "\xED\xA0\x80",
                                       "\xF0\x80\x80\x80",
                                       "\xF4\x90\x80\x80",
                                       "\xF5\x80\x80\x80",
                                       "\xFF",
                                       "\xE2\x82",
                                       "a\xC3(" };

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_msg(k7i_text_is_utf8(good[i], strlen(good[i])), "good %zu", i);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!k7i_text_is_utf8(bad[i], strlen(bad[i])), "bad %zu", i);
    ck_assert(!k7i_text_is_utf8("a\0b", 3));
}
END_TEST

START_TEST(numbers_are_whole_and_within_range)
{
    static const char *const bad[] = {
        "", " 1", "+1", "1 ", "1x", "0x10", "9223372036854775808", "-", "1.0"
    };
    long long value;

    ck_assert_int_eq(k7i_text_to_int64("9223372036854775807", &value), 0);
    ck_assert(value == 9223372036854775807LL);
    ck_assert_int_eq(k7i_text_to_int64("-5", &value), 0);
    ck_assert_int_eq((int)value, -5);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(k7i_text_to_int64(bad[i], &value) != 0, "'%s'", bad[i]);
}
END_TEST

START_TEST(control_characters_prefixes_equality_hex)
{
    ck_assert(k7i_text_has_control("a\nb"));
    ck_assert(k7i_text_has_control("\x7F"));
    ck_assert(!k7i_text_has_control("a b\xC3\xA9"));
    ck_assert(k7i_text_starts("abc", "ab"));
    ck_assert(!k7i_text_starts("a", "ab"));
    ck_assert(k7i_text_equal(NULL, NULL));
    ck_assert(!k7i_text_equal("a", NULL));
    ck_assert(k7i_text_equal("a", "a"));
    ck_assert(k7i_text_is_hex("0aF", 3));
    ck_assert(!k7i_text_is_hex("0g", 2));
    ck_assert(!k7i_text_is_hex("0", 2));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/text");
    TCase *tests = tcase_create("text");

    tcase_add_test(tests, only_well_formed_utf8_passes);
    tcase_add_test(tests, numbers_are_whole_and_within_range);
    tcase_add_test(tests, control_characters_prefixes_equality_hex);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
