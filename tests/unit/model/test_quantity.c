/* Unit tests of Kubernetes quantities. */
#include "model/quantity.h"

#include <check.h>
#include <string.h>

static const struct {
    const char *text;
    int64_t units;
    int32_t nanos;
} good[] = {
    { "0", 0, 0 },
    { "1", 1, 0 },
    { "+1", 1, 0 },
    { "-0", 0, 0 },
    { "007", 7, 0 },
    { "0.5", 0, 500000000 },
    { ".5", 0, 500000000 },
    { "5.", 5, 0 },
    { "500m", 0, 500000000 },
    { "1500m", 1, 500000000 },
    { "100u", 0, 100000 },
    { "7n", 0, 7 },
    { "0.5n", 0, 1 },
    { "0.1n", 0, 1 },
    { "1.0000000001", 1, 1 },
    { "0.9999999999", 1, 0 },
    { "1k", 1000, 0 },
    { "1.5M", 1500000, 0 },
    { "1G", 1000000000, 0 },
    { "2T", INT64_C(2000000000000), 0 },
    { "3P", INT64_C(3000000000000000), 0 },
    { "9E", INT64_C(9000000000000000000), 0 },
    { "1E", INT64_C(1000000000000000000), 0 },
    { "1E0", 1, 0 },
    { "1E3", 1000, 0 },
    { "12e6", 12000000, 0 },
    { "12E-3", 0, 12000000 },
    { "1e+2", 100, 0 },
    { "1.5e1", 15, 0 },
    { "1e-9", 0, 1 },
    { "1e-1000", 0, 1 },
    { "0e99999999999", 0, 0 },
    { "0E", 0, 0 },
    { "1Ki", 1024, 0 },
    { "1.5Gi", 1610612736, 0 },
    { "0.1Ki", 102, 400000000 },
    { "512Mi", 536870912, 0 },
    { "1Ti", INT64_C(1099511627776), 0 },
    { "1Pi", INT64_C(1125899906842624), 0 },
    { "7Ei", INT64_C(8070450532247928832), 0 },
    { "0.000000000000000000001Ei", 0, 1152922 },
    { "128974848", 128974848, 0 },
    { "9223372036854775807", INT64_MAX, 0 },
    { "9223372036854775807.5n", INT64_C(9223372036), 854775808 },
    { "9223372036854775806.5", INT64_MAX - 1, 500000000 },
    { "0.0000000000000000000000000000000000000000000000000000000001", 0, 1 },
    { "1000000000000000000000000000000e-30", 1, 0 },
};

START_TEST(reads_what_kubernetes_reads)
{
    struct k7i_quantity quantity;
    k7_error *err = NULL;

    ck_assert_msg(k7i_quantity_parse("f", good[_i].text, &quantity, &err) == 0, "%s",
                  k7_error_get_message(err));
    ck_assert_msg(quantity.nanos_high == good[_i].units && quantity.nanos_low == good[_i].nanos,
                  "%s: %lld, %d", good[_i].text, (long long)quantity.nanos_high, quantity.nanos_low);
    ck_assert_int_eq(k7i_quantity_is_zero(&quantity), good[_i].units == 0 && good[_i].nanos == 0);
}
END_TEST

static const char *const bad[] = {
    "",    " ",    "1 ",  " 1",       "abc", "m",     ".",    "+",    "-",    "1..2", "1.2.3",
    "1,5", "0x10", "1e",  "1e+",      "1eE", "1e1.5", "1e1k", "1K",   "1ki",  "1KI",  "1g",
    "1MI", "1B",   "1KB", "1i",       "1kk", "1m3",   "1Ki3", "1Kib", "--1",  "+-1",  "1-",
    "1+",  "1k+",  "NaN", "Infinity", "１",  "1\n",   "1_0",  "1Gi ", "1 Gi", "1e 3", "1E+Ki",
};

START_TEST(refuses_what_is_no_quantity)
{
    struct k7i_quantity quantity;
    k7_error *err = NULL;

    ck_assert_msg(k7i_quantity_parse("limits.cpu", bad[_i], &quantity, &err) == K7_ERR_INVALID_ARGUMENT, "%s",
                  bad[_i]);
    ck_assert_ptr_nonnull(strstr(k7_error_get_message(err), "limits.cpu: \""));
    k7_error_unref(err);
}
END_TEST

static const struct {
    const char *text, *fault;
} out_of_range[] = {
    { "-1", "is negative" },
    { "-1m", "is negative" },
    { "9223372036854775808", "is too large" },
    { "10E", "is too large" },
    { "8Ei", "is too large" },
    { "1e19", "is too large" },
    { "1e999999999999", "is too large" },
};

START_TEST(refuses_what_is_out_of_range)
{
    struct k7i_quantity quantity;
    k7_error *err = NULL;

    ck_assert_int_eq(k7i_quantity_parse("f", out_of_range[_i].text, &quantity, &err),
                     K7_ERR_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(k7_error_get_message(err), out_of_range[_i].fault));
    k7_error_unref(err);
}
END_TEST

START_TEST(refuses_a_text_without_end)
{
    struct k7i_quantity quantity;
    char text[10000];

    memset(text, '1', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ck_assert_int_eq(k7i_quantity_parse("f", text, &quantity, NULL), K7_ERR_INVALID_ARGUMENT);
    text[128] = '\0';
    memset(text, '0', 127);
    ck_assert_int_eq(k7i_quantity_parse("f", text, &quantity, NULL), 0);
    memcpy(text + 119, "999999.9Ei", 10);
    memset(text, '9', 119);
    ck_assert_int_eq(k7i_quantity_parse("f", text, &quantity, NULL), K7_ERR_INVALID_ARGUMENT);
}
END_TEST

START_TEST(rounds_up_to_units_and_billionths)
{
    struct k7i_quantity quantity = { 3, 1 };

    ck_assert_int_eq(k7i_quantity_units(&quantity), 4);
    ck_assert_int_eq(k7i_quantity_nanos(&quantity), 3000000001);
    quantity = (struct k7i_quantity){ 3, 0 };
    ck_assert_int_eq(k7i_quantity_units(&quantity), 3);
    quantity = (struct k7i_quantity){ INT64_MAX, 5 };
    ck_assert_int_eq(k7i_quantity_units(&quantity), INT64_MAX);
    ck_assert_int_eq(k7i_quantity_nanos(&quantity), INT64_MAX);
    quantity = (struct k7i_quantity){ 9223372036, 854775807 };
    ck_assert_int_eq(k7i_quantity_nanos(&quantity), INT64_MAX);
    quantity = (struct k7i_quantity){ 9223372036, 854775808 };
    ck_assert_int_eq(k7i_quantity_nanos(&quantity), INT64_MAX);
    quantity = (struct k7i_quantity){ 9223372036, 854775806 };
    ck_assert_int_eq(k7i_quantity_nanos(&quantity), INT64_MAX - 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model/quantity");
    TCase *tests = tcase_create("quantity");

    tcase_add_loop_test(tests, reads_what_kubernetes_reads, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(tests, refuses_what_is_no_quantity, 0, sizeof bad / sizeof bad[0]);
    tcase_add_loop_test(tests, refuses_what_is_out_of_range, 0, sizeof out_of_range / sizeof out_of_range[0]);
    tcase_add_test(tests, refuses_a_text_without_end);
    tcase_add_test(tests, rounds_up_to_units_and_billionths);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
