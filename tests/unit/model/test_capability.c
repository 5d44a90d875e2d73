/* Unit tests of the names of capabilities. */
#include "model/spec.h"

#include <check.h>

static const struct {
    const char *text, *name;
} rows[] = {
    { "ALL", "ALL" },
    { "all", "ALL" },
    { "CHOWN", "CHOWN" },
    { "cap_chown", "CHOWN" },
    { "Cap_Net_Bind_Service", "NET_BIND_SERVICE" },
    { "CAP_CHECKPOINT_RESTORE", "CHECKPOINT_RESTORE" },
    { "CAP_ALL", NULL },
    { "CAP_", NULL },
    { "CAP_CAP_CHOWN", NULL },
    { "", NULL },
    { "CHOWN ", NULL },
    { "NOTHING", NULL },
};

START_TEST(a_capability_has_one_name)
{
    char name[32] = "";

    ck_assert_int_eq(k7i_spec_capability(rows[_i].text, name, sizeof name), rows[_i].name ? 0 : -1);
    if (rows[_i].name)
        ck_assert_str_eq(name, rows[_i].name);
}
END_TEST

START_TEST(a_name_without_room_is_none)
{
    char name[5];

    ck_assert_int_eq(k7i_spec_capability("CHOWN", name, sizeof name), -1);
    ck_assert_int_eq(k7i_spec_capability("KILL", name, sizeof name), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model/capability");
    TCase *tests = tcase_create("capability");

    tcase_add_loop_test(tests, a_capability_has_one_name, 0, sizeof rows / sizeof rows[0]);
    tcase_add_test(tests, a_name_without_room_is_none);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
