/* Unit tests of names. */
#include "model/name.h"

#include <check.h>
#include <string.h>

#define SIXTY_THREE "a23456789012345678901234567890123456789012345678901234567890123"
#define FIFTY_SIX   "a2345678901234567890123456789012345678901234567890123456"

enum { SANDBOX = 1, NAMESPACE = 2, EXPOSED = 4 };

static const struct {
    const char *name;
    int allowed;
} rows[] = {
    { "demo", SANDBOX | NAMESPACE | EXPOSED },
    { "a", SANDBOX | NAMESPACE | EXPOSED },
    { "0", SANDBOX | NAMESPACE },
    { "1-a", SANDBOX | NAMESPACE },
    { "a.b", SANDBOX },
    { "a-b.c-d", SANDBOX },
    { SIXTY_THREE, SANDBOX | NAMESPACE },
    { FIFTY_SIX, SANDBOX | NAMESPACE | EXPOSED },
    { FIFTY_SIX "7", SANDBOX | NAMESPACE },
    { SIXTY_THREE "4", 0 },
    { "metrics", NAMESPACE },
    { "metrics2", SANDBOX | NAMESPACE | EXPOSED },
    { NULL, 0 },
    { "", 0 },
    { ".", 0 },
    { "..", 0 },
    { "../sandboxes", 0 },
    { "/", 0 },
    { "a/b", 0 },
    { "a%2fb", 0 },
    { "%", 0 },
    { "a?namespace=x", 0 },
    { "?", 0 },
    { "#", 0 },
    { "a#", 0 },
    { "a b", 0 },
    { " a", 0 },
    { "a\n", 0 },
    { "A", 0 },
    { "a_b", 0 },
    { "-a", 0 },
    { "a-", 0 },
    { "a..b", 0 },
    { ".a", 0 },
    { "a.", 0 },
    { "a-.b", 0 },
    { "a.-b", 0 },
    { "ä", 0 },
    { "a:b", 0 },
    { "a@b", 0 },
};

START_TEST(a_name_is_what_kubernetes_allows)
{
    const char *name = rows[_i].name;
    int wanted = rows[_i].allowed;

    ck_assert_int_eq(k7i_name_check_sandbox(name, NULL), wanted & SANDBOX ? 0 : K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7i_name_check_namespace(name, NULL), wanted & NAMESPACE ? 0 : K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7i_name_check_exposed(name, NULL), wanted & EXPOSED ? 0 : K7_ERR_INVALID_ARGUMENT);
}
END_TEST

START_TEST(an_error_names_the_field_and_the_value)
{
    k7_error *err = NULL;

    k7i_name_check_sandbox("../x\n", &err);
    ck_assert_str_eq(k7_error_get_message(err),
                     "name \"../x\\n\" must begin and end with a lower-case letter or a digit");
    k7_error_unref(err);
    err = NULL;
    k7i_name_check_namespace("A", &err);
    ck_assert_str_eq(k7_error_get_message(err),
                     "namespace \"A\" may hold only lower-case letters, digits and '-'");
    k7_error_unref(err);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model/name");
    TCase *tests = tcase_create("name");

    tcase_add_loop_test(tests, a_name_is_what_kubernetes_allows, 0, sizeof rows / sizeof rows[0]);
    tcase_add_test(tests, an_error_names_the_field_and_the_value);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
