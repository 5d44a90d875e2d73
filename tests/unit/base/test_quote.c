/* Unit tests of how values from outside are shown. */
#include "base/quote.h"
#include "base/text.h"

#include <check.h>
#include <string.h>

static const struct {
    const char *value, *shown;
} rows[] = {
    { NULL, "nothing" },
    { "", "\"\"" },
    { "demo", "\"demo\"" },
    { "größe", "\"größe\"" },
    { "a\nb\tc\x1b[31m", "\"a\\nb\\x09c\\x1B[31m\"" },
    { "say \"x\\y\"", "\"say \\\"x\\\\y\\\"\"" },
    { "\xff\xc3", "\"\\xFF\\xC3\"" },
    { "\xc2\x9b"
      "31m",
      "\"\\xC2\\x9B31m\"" },
};

START_TEST(shows_a_value_on_one_harmless_line)
{
    ck_assert_str_eq(K7I_QUOTE(rows[_i].value), rows[_i].shown);
}
END_TEST

START_TEST(cuts_a_long_value)
{
    char value[1000];
    struct k7i_quote room;

    for (int kind = 0; kind < 4; kind++) {
        memset(value, "a\x01\xff\""[kind], sizeof value - 1);
        value[sizeof value - 1] = '\0';
        const char *shown = k7i_quote(&room, value);
        ck_assert_uint_lt(strlen(shown), sizeof room.text);
        ck_assert(strstr(shown, "\"…") == shown + strlen(shown) - 4);
        ck_assert(k7i_text_is_utf8(shown, strlen(shown)));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/quote");
    TCase *tests = tcase_create("quote");

    tcase_add_loop_test(tests, shows_a_value_on_one_harmless_line, 0, sizeof rows / sizeof rows[0]);
    tcase_add_test(tests, cuts_a_long_value);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
