/* test_buf.c: a buffer never exceeds its limit, remembers its first failure, and always ends with a NUL. */
#include "base/buf.h"

#include "base/alloc.h"
#include <k7sandbox/error.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(an_empty_buffer_is_an_empty_text)
{
    struct k7i_buf buf;

    k7i_buf_init(&buf, 10);
    ck_assert_str_eq(buf.data, "");
    char *text = k7i_buf_take(&buf);
    ck_assert_str_eq(text, "");
    k7i_free(text);
    k7i_buf_clear(&buf);
}
END_TEST

START_TEST(appending_up_to_the_limit_and_not_beyond)
{
    struct k7i_buf buf;

    k7i_buf_init(&buf, 100);
    for (int i = 0; i < 100; i++)
        k7i_buf_char(&buf, 'x');
    ck_assert_int_eq(buf.failed, 0);
    ck_assert_uint_eq(strlen(buf.data), 100);
    k7i_buf_text(&buf, "y");
    ck_assert_int_eq(buf.failed, K7_ERR_LIMIT);
    ck_assert_uint_eq(buf.len, 100);
    k7i_buf_text(&buf, "");
    k7i_buf_printf(&buf, "%d", 1);
    ck_assert_int_eq(buf.failed, K7_ERR_LIMIT);
    ck_assert_ptr_null(k7i_buf_take(&buf));
    ck_assert_int_eq(buf.failed, 0);
    k7i_buf_printf(&buf, "%s-%d", "again", 7);
    ck_assert_str_eq(buf.data, "again-7");
    k7i_buf_clear(&buf);
}
END_TEST

START_TEST(a_formatted_text_that_does_not_fit_leaves_nothing)
{
    struct k7i_buf buf;

    k7i_buf_init(&buf, 4);
    k7i_buf_printf(&buf, "%s", "12345");
    ck_assert_int_eq(buf.failed, K7_ERR_LIMIT);
    ck_assert_uint_eq(buf.len, 0);
    ck_assert_str_eq(buf.data, "");
    k7i_buf_clear(&buf);
}
END_TEST

START_TEST(reset_keeps_the_memory_and_forgets_the_failure)
{
    struct k7i_buf buf;

    k7i_buf_init(&buf, 1000);
    ck_assert_int_eq(k7i_buf_reserve(&buf, 500), 0);
    const char *before = buf.data;
    k7i_buf_add(&buf, "abc", 3);
    k7i_buf_reset(&buf);
    ck_assert_ptr_eq(buf.data, before);
    ck_assert_str_eq(buf.data, "");
    ck_assert_int_eq(k7i_buf_reserve(&buf, 1001), K7_ERR_LIMIT);
    k7i_buf_reset(&buf);
    ck_assert_int_eq(buf.failed, 0);
    k7i_buf_wipe(&buf);
}
END_TEST

START_TEST(bytes_are_kept_as_they_are)
{
    struct k7i_buf buf;

    k7i_buf_init(&buf, 100);
    k7i_buf_add(&buf, "a\0b", 3);
    ck_assert_uint_eq(buf.len, 3);
    ck_assert_int_eq(memcmp(buf.data, "a\0b", 4), 0);
    k7i_buf_clear(&buf);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/buf");
    TCase *tests = tcase_create("buf");

    tcase_add_test(tests, an_empty_buffer_is_an_empty_text);
    tcase_add_test(tests, appending_up_to_the_limit_and_not_beyond);
    tcase_add_test(tests, a_formatted_text_that_does_not_fit_leaves_nothing);
    tcase_add_test(tests, reset_keeps_the_memory_and_forgets_the_failure);
    tcase_add_test(tests, bytes_are_kept_as_they_are);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
