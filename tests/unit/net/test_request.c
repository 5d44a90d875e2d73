/* test_request.c: what goes into a target is encoded, what goes into a header cannot break out, and failures stay until they are looked at. */
#include "net/http.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(a_segment_cannot_break_out_of_its_place)
{
    struct k7i_request request;

    k7i_request_init(&request);
    k7i_buf_text(&request.target, "/api/");
    k7i_request_segment(&request, "a-b._~Z9 /?#%&=+\xC3\xA9..");
    ck_assert_str_eq(request.target.data, "/api/a-b._~Z9%20%2F%3F%23%25%26%3D%2B%C3%A9..");
    k7i_request_clear(&request);
}
END_TEST

START_TEST(a_header_with_a_line_break_fails_the_request)
{
    static const char *const bad[] = { "a\r\nX: y", "a\nb", "\r" };
    struct k7i_request request;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        k7i_request_init(&request);
        k7i_request_header(&request, "X-Registry-Auth", bad[i]);
        ck_assert_int_eq(k7i_request_failed(&request), K7_ERR_INVALID_ARGUMENT);
        k7i_request_clear(&request);
    }
    k7i_request_init(&request);
    k7i_request_header(&request, "A", "b");
    k7i_request_header(&request, "C", "d");
    ck_assert_int_eq(k7i_request_failed(&request), 0);
    ck_assert_uint_eq(request.headers.len, 10);
    ck_assert_int_eq(memcmp(request.headers.data, "A: b\0C: d", 10), 0);
    k7i_request_clear(&request);
}
END_TEST

START_TEST(a_target_without_end_is_an_error)
{
    struct k7i_request request;

    k7i_request_init(&request);
    for (int i = 0; i < 20000; i++)
        k7i_request_segment(&request, "a");
    ck_assert_int_eq(k7i_request_failed(&request), K7_ERR_LIMIT);
    k7i_request_reset(&request);
    ck_assert_int_eq(k7i_request_failed(&request), 0);
    k7i_request_clear(&request);
}
END_TEST

START_TEST(reset_wipes_secrets_and_goes_back_to_a_plain_get)
{
    struct k7i_request request;

    k7i_request_init(&request);
    request.method = "POST";
    request.repeat = K7I_REPEAT_NEVER;
    request.content_type = "application/json";
    k7i_buf_text(&request.body, "TOKEN=hunter2");
    char *memory = request.body.data;
    k7i_request_reset(&request);
    ck_assert_str_eq(request.method, "GET");
    ck_assert_int_eq(request.repeat, K7I_REPEAT_SAFE);
    ck_assert_ptr_null(request.content_type);
    for (size_t i = 0; i < strlen("TOKEN=hunter2"); i++)
        ck_assert_int_eq(memory[i], 0);
    k7i_request_clear(&request);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net/request");
    TCase *tests = tcase_create("request");

    tcase_add_test(tests, a_segment_cannot_break_out_of_its_place);
    tcase_add_test(tests, a_header_with_a_line_break_fails_the_request);
    tcase_add_test(tests, a_target_without_end_is_an_error);
    tcase_add_test(tests, reset_wipes_secrets_and_goes_back_to_a_plain_get);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
