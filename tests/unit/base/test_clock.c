/* test_clock.c: times as servers write them. */
#include "base/clock.h"

#include <check.h>
#include <stdlib.h>

START_TEST(times_of_servers_are_read)
{
    ck_assert_int_eq(k7i_time_from_rfc3339("2026-11-22T03:34:51.42996234Z"), 1795318491);
    ck_assert_int_eq(k7i_time_from_rfc3339("2026-11-22T03:34:51Z"), 1795318491);
    ck_assert_int_eq(k7i_time_from_rfc3339("2026-11-22T05:04:51.5+01:30"), 1795318491);
    ck_assert_int_eq(k7i_time_from_rfc3339("2026-11-21T22:34:51-05:00"), 1795318491);
    ck_assert_int_eq(k7i_time_from_rfc3339("0001-01-01T00:00:00Z"), -1);
    ck_assert_int_eq(k7i_time_from_rfc3339("2026-13-22T03:34:51Z"), -1);
    ck_assert_int_eq(k7i_time_from_rfc3339("2026-11-22T03:34:51"), -1);
    ck_assert_int_eq(k7i_time_from_rfc3339("yesterday"), -1);
    ck_assert_int_eq(k7i_time_from_rfc3339(NULL), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/clock");
    TCase *tests = tcase_create("clock");

    tcase_add_test(tests, times_of_servers_are_read);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
