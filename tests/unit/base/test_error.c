/* test_error.c: the table of numbers is frozen, an error says what it was made with, and lack of memory has an error of its own. */
#include "base/alloc.h"
#include "base/error.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(numbers_names_and_classes_are_frozen)
{
    static const struct {
        int code, error_class;
        const char *name;
    } frozen[] = {
        { -1, 13, "K7_ERR_NO_MEMORY" },
        { -2, 1, "K7_ERR_INVALID_ARGUMENT" },
        { -3, 1, "K7_ERR_INVALID_CONFIG" },
        { -4, 1, "K7_ERR_PARSE" },
        { -5, 1, "K7_ERR_IO" },
        { -6, 2, "K7_ERR_UNSUPPORTED_OPERATION" },
        { -7, 2, "K7_ERR_UNSUPPORTED_ARGUMENT" },
        { -8, 3, "K7_ERR_NOT_FOUND" },
        { -9, 4, "K7_ERR_ALREADY_EXISTS" },
        { -10, 4, "K7_ERR_CONFLICT" },
        { -11, 5, "K7_ERR_UNAUTHENTICATED" },
        { -12, 5, "K7_ERR_FORBIDDEN" },
        { -13, 6, "K7_ERR_QUOTA_EXCEEDED" },
        { -14, 6, "K7_ERR_RATE_LIMITED" },
        { -15, 1, "K7_ERR_REJECTED" },
        { -16, 9, "K7_ERR_SERVER" },
        { -17, 9, "K7_ERR_UNAVAILABLE" },
        { -18, 7, "K7_ERR_RESOLVE" },
        { -19, 7, "K7_ERR_CONNECT" },
        { -20, 7, "K7_ERR_TLS" },
        { -21, 7, "K7_ERR_CONNECTION_LOST" },
        { -22, 8, "K7_ERR_PROTOCOL" },
        { -23, 8, "K7_ERR_LIMIT" },
        { -24, 10, "K7_ERR_TIMEOUT" },
        { -25, 11, "K7_ERR_CANCELLED" },
        { -26, 12, "K7_ERR_IMAGE_PULL" },
        { -27, 12, "K7_ERR_SCRIPT_FAILED" },
        { -28, 12, "K7_ERR_START_FAILED" },
        { -29, 1, "K7_ERR_FORKED" },
        { -30, 13, "K7_ERR_SYSTEM" },
        { -31, 5, "K7_ERR_CREDENTIAL" },
    };
    size_t count = sizeof frozen / sizeof frozen[0];

    ck_assert_uint_ge(k7_error_code_count(), count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(k7_error_code_at(i), frozen[i].code);
        ck_assert_str_eq(k7_error_code_name(frozen[i].code), frozen[i].name);
        ck_assert_int_eq(k7_error_code_class(frozen[i].code), frozen[i].error_class);
        ck_assert_ptr_nonnull(k7_error_code_meaning(frozen[i].code));
        ck_assert_ptr_nonnull(k7_error_class_name(frozen[i].error_class));
    }
    ck_assert_int_eq(k7_error_code_at(k7_error_code_count()), 0);
    ck_assert_ptr_null(k7_error_code_name(0));
    ck_assert_ptr_null(k7_error_code_name(1));
    ck_assert_ptr_null(k7_error_code_name(-1000));
    ck_assert_int_eq(k7_error_code_class(-1000), K7_CLASS_NONE);
    ck_assert_ptr_null(k7_error_class_name(-1));
    ck_assert_ptr_null(k7_error_class_name(14));
}
END_TEST

START_TEST(an_error_says_what_it_was_made_with)
{
    k7_error *error = NULL;

    ck_assert_int_eq(k7i_fail(&error, K7_ERR_FORBIDDEN, "no %s for %d", "way", 7), K7_ERR_FORBIDDEN);
    k7i_error_set_http_status(error, 403);
    k7i_error_set_outcome(error, K7_OUTCOME_REJECTED);
    k7i_error_set_reason(error, "QuotaExceeded");
    k7i_error_set_operation(error, "create");
    k7i_error_set_step(error, "start");
    k7i_error_set_retry_after_ms(error, 1500);
    ck_assert_str_eq(k7_error_get_message(error), "no way for 7");
    ck_assert_int_eq(k7_error_get_code(error), K7_ERR_FORBIDDEN);
    ck_assert_int_eq(k7_error_get_class(error), K7_CLASS_AUTH);
    ck_assert_int_eq(k7_error_get_http_status(error), 403);
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_REJECTED);
    ck_assert_str_eq(k7_error_get_reason(error), "QuotaExceeded");
    ck_assert_str_eq(k7_error_get_operation(error), "create");
    ck_assert_str_eq(k7_error_get_step(error), "start");
    ck_assert_int_eq(k7_error_get_retry_after_ms(error), 1500);
    ck_assert_ptr_eq(k7_error_ref(error), error);
    ck_assert_ptr_null(k7_error_unref(error));
    ck_assert_ptr_null(k7_error_unref(error));
}
END_TEST

START_TEST(a_long_message_is_kept_whole)
{
    char *text = malloc(5001);
    k7_error *error = NULL;

    memset(text, 'x', 5000);
    text[5000] = '\0';
    k7i_fail(&error, K7_ERR_SCRIPT_FAILED, "%s", text);
    ck_assert_str_eq(k7_error_get_message(error), text);
    k7_error_unref(error);
    free(text);
}
END_TEST

START_TEST(server_text_is_cut_at_a_character)
{
    char *text = malloc(5001);
    k7_error *error = NULL;

    k7i_fail(&error, K7_ERR_SERVER, "x");
    for (size_t i = 0; i < 4998; i += 3)
        memcpy(text + i, "\xE2\x82\xAC", 3); /* the euro sign: 4096 is no multiple of three */
    k7i_error_set_server_text(error, text, 4998);
    ck_assert_uint_eq(strlen(k7_error_get_server_text(error)), 4095);
    k7_error_unref(error);
    free(text);
}
END_TEST

START_TEST(retryable_only_when_nothing_is_done_twice)
{
    k7_error *error = NULL;

    k7i_fail(&error, K7_ERR_CONNECTION_LOST, "lost");
    ck_assert_int_eq(k7_error_is_retryable(error), 1);
    k7i_error_set_outcome(error, K7_OUTCOME_UNKNOWN);
    ck_assert_int_eq(k7_error_is_retryable(error), 0);
    k7i_error_set_retryable(error, 1);
    ck_assert_int_eq(k7_error_is_retryable(error), 1);
    k7_error_unref(error);
}
END_TEST

START_TEST(every_getter_takes_null_and_no_error_is_needed)
{
    ck_assert_int_eq(k7i_fail(NULL, K7_ERR_PARSE, "x"), K7_ERR_PARSE);
    ck_assert_int_eq(k7i_fail_memory(NULL), K7_ERR_NO_MEMORY);
    ck_assert_int_eq(k7_error_get_code(NULL), 0);
    ck_assert_int_eq(k7_error_get_class(NULL), K7_CLASS_NONE);
    ck_assert_int_eq(k7_error_get_outcome(NULL), K7_OUTCOME_NOT_SENT);
    ck_assert_int_eq(k7_error_get_http_status(NULL), 0);
    ck_assert_int_eq(k7_error_is_retryable(NULL), 0);
    ck_assert_int_eq(k7_error_get_retry_after_ms(NULL), -1);
    ck_assert_ptr_null(k7_error_get_message(NULL));
    ck_assert_ptr_null(k7_error_get_reason(NULL));
    ck_assert_ptr_null(k7_error_get_operation(NULL));
    ck_assert_ptr_null(k7_error_get_step(NULL));
    ck_assert_ptr_null(k7_error_get_server_text(NULL));
    ck_assert_uint_eq(k7_error_leftover_count(NULL), 0);
    ck_assert_ptr_null(k7_error_leftover_at(NULL, 0));
    ck_assert_ptr_null(k7_error_ref(NULL));
    ck_assert_ptr_null(k7_error_unref(NULL));
}
END_TEST

START_TEST(the_error_for_lack_of_memory_needs_none_and_cannot_be_changed)
{
    k7_error *error = NULL, *same = NULL;

    ck_assert_int_eq(k7i_fail_memory(&error), K7_ERR_NO_MEMORY);
    k7i_fail_memory(&same);
    ck_assert_ptr_eq(error, same);
    ck_assert(k7i_error_is_static(error));
    k7i_error_set_reason(error, "x");
    k7i_error_set_outcome(error, K7_OUTCOME_UNKNOWN);
    ck_assert_ptr_null(k7_error_get_reason(error));
    ck_assert_int_eq(k7_error_get_outcome(error), K7_OUTCOME_NOT_SENT);
    k7_error_unref(error);
    k7_error_unref(error);
    ck_assert_str_eq(k7_error_get_message(error), "out of memory");
}
END_TEST

START_TEST(leftovers_are_named)
{
    k7_error *error = NULL;
    char **list = k7i_calloc(2, sizeof *list);

    k7i_fail(&error, K7_ERR_TIMEOUT, "x");
    list[0] = k7i_strdup("container a");
    list[1] = k7i_strdup("network b");
    k7i_error_take_leftovers(error, list, 2);
    ck_assert_uint_eq(k7_error_leftover_count(error), 2);
    ck_assert_str_eq(k7_error_leftover_at(error, 1), "network b");
    ck_assert_ptr_null(k7_error_leftover_at(error, 2));
    k7_error_unref(error);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/error");
    TCase *tests = tcase_create("error");

    tcase_add_test(tests, numbers_names_and_classes_are_frozen);
    tcase_add_test(tests, an_error_says_what_it_was_made_with);
    tcase_add_test(tests, a_long_message_is_kept_whole);
    tcase_add_test(tests, server_text_is_cut_at_a_character);
    tcase_add_test(tests, retryable_only_when_nothing_is_done_twice);
    tcase_add_test(tests, every_getter_takes_null_and_no_error_is_needed);
    tcase_add_test(tests, the_error_for_lack_of_memory_needs_none_and_cannot_be_changed);
    tcase_add_test(tests, leftovers_are_named);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
