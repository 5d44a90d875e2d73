/* Unit tests of base64: the vectors of RFC 4648, and what is none. */
#include "base/base64.h"

#include <check.h>
#include <string.h>

static const struct {
    const char *plain, *standard, *url;
} rows[] = {
    { "", "", "" },
    { "f", "Zg==", "Zg==" },
    { "fo", "Zm8=", "Zm8=" },
    { "foo", "Zm9v", "Zm9v" },
    { "foob", "Zm9vYg==", "Zm9vYg==" },
    { "fooba", "Zm9vYmE=", "Zm9vYmE=" },
    { "foobar", "Zm9vYmFy", "Zm9vYmFy" },
    { "\xfb\xff\xfe", "+//+", "-__-" },
    { "\xff\xff\xff\xff", "/////w==", "_____w==" },
};

START_TEST(writes_both_alphabets)
{
    for (int url = 0; url < 2; url++) {
        struct k7i_buf text;

        k7i_buf_init(&text, 100);
        k7i_base64_encode(rows[_i].plain, strlen(rows[_i].plain), url, &text);
        ck_assert_str_eq(text.data, url ? rows[_i].url : rows[_i].standard);
        k7i_buf_clear(&text);
    }
}
END_TEST

START_TEST(reads_what_it_wrote)
{
    struct k7i_buf data;

    k7i_buf_init(&data, 100);
    ck_assert_int_eq(k7i_base64_decode(rows[_i].standard, &data), 0);
    ck_assert_str_eq(data.data, rows[_i].plain);
    k7i_buf_clear(&data);
}
END_TEST

START_TEST(skips_line_ends)
{
    struct k7i_buf data;

    k7i_buf_init(&data, 100);
    ck_assert_int_eq(k7i_base64_decode("Zm9v\r\nYg=\n=\n", &data), 0);
    ck_assert_str_eq(data.data, "foob");
    k7i_buf_clear(&data);
}
END_TEST

static const char *const refused[] = { "Z",
                                       "Zg",
                                       "Zg=",
                                       "Zg===",
                                       "Zm8",
                                       "Zm8==",
                                       "=",
                                       "====",
                                       "Zg==Zg==",
                                       "Zm9v=",
                                       "Zm 9v",
                                       "Zm9-",
                                       "Zm9_",
                                       "Zm9v*",
                                       "Z=g=",
                                       ("\xc3\xa4"
                                        "aa") };

START_TEST(refuses_what_is_none)
{
    struct k7i_buf data;

    k7i_buf_init(&data, 100);
    ck_assert_int_eq(k7i_base64_decode(refused[_i], &data), -1);
    k7i_buf_clear(&data);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base64");
    TCase *tests = tcase_create("base64");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(tests, writes_both_alphabets, 0, sizeof rows / sizeof rows[0]);
    tcase_add_loop_test(tests, reads_what_it_wrote, 0, sizeof rows / sizeof rows[0]);
    tcase_add_test(tests, skips_line_ends);
    tcase_add_loop_test(tests, refuses_what_is_none, 0, sizeof refused / sizeof refused[0]);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
