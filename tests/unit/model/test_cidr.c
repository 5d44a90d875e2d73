/* Unit tests of networks and addresses. */
#include "model/cidr.h"

#include <check.h>

static const struct {
    const char *text, *normal;
} good[] = {
    { "10.0.0.5/32", "10.0.0.5/32" },
    { "10.0.0.5", "10.0.0.5/32" },
    { "10.1.2.3/8", "10.0.0.0/8" },
    { "10.1.2.3/12", "10.0.0.0/12" },
    { "172.31.255.255/12", "172.16.0.0/12" },
    { "1.2.3.4/0", "0.0.0.0/0" },
    { "1.2.3.4/31", "1.2.3.4/31" },
    { "10.0.0.1/255.0.0.0", "10.0.0.0/8" },
    { "10.0.0.1/255.255.255.255", "10.0.0.1/32" },
    { "10.0.0.1/0.0.0.0", "0.0.0.0/0" },
    { "10.0.0.1/0.0.0.255", "10.0.0.0/24" },
    { "  10.0.0.1  ", "10.0.0.1/32" },
    { "2001:db8::1", "2001:db8::1/128" },
    { "2001:DB8:0:0::1/32", "2001:db8::/32" },
    { "2001:db8:ffff::/33", "2001:db8:8000::/33" },
    { "::/0", "::/0" },
    { "::1", "::1/128" },
    { "::ffff:1.2.3.4", "::ffff:1.2.3.4/128" },
};

START_TEST(writes_the_normal_form)
{
    char text[K7I_CIDR_TEXT];

    ck_assert_msg(k7i_cidr_normalise(good[_i].text, text) == 0, "%s", good[_i].text);
    ck_assert_str_eq(text, good[_i].normal);
}
END_TEST

static const char *const bad[] = {
    "",
    " ",
    "/",
    "/8",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/-1",
    "10.0.0.0/+8",
    "10.0.0.0/08",
    "10.0.0.0/8 8",
    "10.0.0.0/8/8",
    "10.0.0.0/1e1",
    "10.0.0.0 /8",
    "10.0.0",
    "10",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "010.0.0.1",
    "1.2.3.04",
    "0x0a.0.0.1",
    "10.0.0.0/255.0.255.0",
    "10.0.0.0/255.0.0",
    "10.0.0.0/4294967304",
    "2001:db8::/129",
    "2001:db8::/ffff::",
    "2001:db8::/255.0.0.0",
    "fe80::1%eth0",
    "fe80::1%eth0/64",
    ":::",
    "1::2::3",
    "12345::",
    "example.com",
    "example.com/8",
    "10.0.0.0\\8",
    "1111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111",
};

START_TEST(refuses_what_is_no_network)
{
    char text[K7I_CIDR_TEXT];

    ck_assert_msg(k7i_cidr_normalise(bad[_i], text) == -1, "%s", bad[_i]);
    ck_assert_str_eq(text, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model/cidr");
    TCase *tests = tcase_create("cidr");

    tcase_add_loop_test(tests, writes_the_normal_form, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(tests, refuses_what_is_no_network, 0, sizeof bad / sizeof bad[0]);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
