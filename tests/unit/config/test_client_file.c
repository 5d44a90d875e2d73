/* Unit tests of the reader of K7's client file. */
#include "config/client_file.h"

#include "base/alloc.h"

#include <check.h>
#include <string.h>

#include "../starve.h"

static int parse(const char *text, struct k7i_client_file *file, k7_error **err)
{
    return k7i_client_file_parse("config.toml", text, strlen(text), file, err);
}

static const char *field(const struct k7i_client_file *file, enum k7i_client_field which)
{
    return file->fields[which].value;
}

START_TEST(reads_the_three_fields)
{
    struct k7i_client_file file;

    ck_assert_int_eq(parse("# K7\n\n[api]\nurl = \"https://host:31007\" # where\n  key='s3cret'\nca\t=\t"
                           "\"/etc/k7/tls/ca.crt\"",
                           &file, NULL),
                     0);
    ck_assert_str_eq(field(&file, K7I_CLIENT_URL), "https://host:31007");
    ck_assert_str_eq(field(&file, K7I_CLIENT_KEY), "s3cret");
    ck_assert_str_eq(field(&file, K7I_CLIENT_CA), "/etc/k7/tls/ca.crt");
    ck_assert_int_eq(file.fields[K7I_CLIENT_URL].line, 4);
    ck_assert_int_eq(file.fields[K7I_CLIENT_CA].line, 6);
    k7i_client_file_clear(&file);
    ck_assert_ptr_null(field(&file, K7I_CLIENT_KEY));
}
END_TEST

/* Each gives url = "u" and nothing else. */
static const char *const with_url[] = {
    "[api]\nurl=\"u\"",
    "[api]\r\nurl=\"u\"\r\n",
    " [ api ] # x\n\"url\" = 'u'\n",
    "['api']\n'url'=\"u\"",
    "api.url = \"u\"",
    "[api]\nurl = \"\\u0075\"",
    "[api]\nurl = \"\\U00000075\"",
    "[other]\nurl = \"x\"\n[api]\nurl = \"u\"\n[api2]\nurl = \"x\"",
    "[api]\nurl = \"u\"\n[api.more]\nx = 1\n[api.more.url]\nurl = \"x\"",
    "[a]\nx = \"\"\"\n[api]\nurl = \"x\"\n\\\"\"\"\"\n[api]\nurl = \"u\"",
    "[a]\nx = '''\n[api]\nurl = \"x\"\n'''\n[api]\nurl = \"u\"",
    "[a]\nx = '''quotes'''''\n[api]\nurl = \"u\"",
    "[a]\nx = [\n  \"[api]\", # ]\n  [1, 2.5e3], {y = ']', z.w = true},\n]\n[api]\nurl = \"u\"",
    "[a]\nx = { y = [ '}' ] }\n[api]\nurl = \"u\"",
    "[a]\nt = 1979-05-27 07:32:00.5+01:00\nd = 1979-05-27T07:32Z\nn = -1_0\nf = +inf\n[api]\nurl=\"u\"",
    "[[a]]\nurl = \"x\"\n[[a]]\n[api]\nurl = \"u\"",
    "[api]\nrole = \"admin\"\nports = [ 1 ]\nurl = \"u\"",
    "[a]\nurlurlurlurl = 1\napi.url = \"x\"\n[api]\nurl = \"u\"",
    "[apiapiapi]\nurl = \"x\"\n[api]\nurl = \"u\"\nurlurlurlurl = 2",
};

START_TEST(skips_everything_else_safely)
{
    struct k7i_client_file file;
    k7_error *error = NULL;

    ck_assert_msg(parse(with_url[_i], &file, &error) == 0, "%s: %s", with_url[_i],
                  k7_error_get_message(error));
    ck_assert_str_eq(field(&file, K7I_CLIENT_URL), "u");
    ck_assert_ptr_null(field(&file, K7I_CLIENT_KEY));
    ck_assert_ptr_null(field(&file, K7I_CLIENT_CA));
    k7i_client_file_clear(&file);
}
END_TEST

static const char *const without_url[] = { "",
                                           "\n",
                                           "# only a comment",
                                           "   ",
                                           "[api]",
                                           "[other]\nurl = \"x\"",
                                           "url = \"x\"",
                                           "[a.api]\nurl = \"x\"",
                                           "[a]\napi.url = \"x\"",
                                           "x = { api = { url = \"x\" } }" };

START_TEST(finds_nothing_where_nothing_is)
{
    struct k7i_client_file file;

    ck_assert_int_eq(parse(without_url[_i], &file, NULL), 0);
    ck_assert_ptr_null(field(&file, K7I_CLIENT_URL));
    k7i_client_file_clear(&file);
}
END_TEST

START_TEST(understands_every_escape)
{
    struct k7i_client_file file;

    ck_assert_int_eq(
        parse("[api]\nkey = \"\\\"\\\\\\t\\b\\f\\r\\n\\u00e9\\u20AC\\U0001F600\"\nca = '\\u\"'", &file, NULL),
        0);
    ck_assert_str_eq(field(&file, K7I_CLIENT_KEY), "\"\\\t\b\f\r\n\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    ck_assert_str_eq(field(&file, K7I_CLIENT_CA), "\\u\"");
    k7i_client_file_clear(&file);
}
END_TEST

/* Each with the line and a word of its error. */
static const struct bad {
    const char *text;
    const char *where, *word;
} bad[] = {
    { "[api]\nurl = u", ":2:", "strings" },
    { "[api]\nurl = 1", ":2:", "strings" },
    { "[api]\nurl = \"\"\"u\"\"\"", ":2:", "strings" },
    { "[api]\nurl = [ \"u\" ]", ":2:", "strings" },
    { "[api]\nurl =", ":2:", "strings" },
    { "[api]\nurl", ":2:", "\"=\"" },
    { "[api]\nurl \"u\"", ":2:", "\"=\"" },
    { "[api]\nurl = \"u", ":2:", "end" },
    { "[api]\nurl = \"u\nkey = \"k\"", ":2:", "end" },
    { "[api]\nurl = 'u", ":2:", "end" },
    { "[api]\nurl = \"u\" x", ":2:", "unexpected" },
    { "[api]\nurl = \"u\\", ":2:", "escape" },
    { "[api]\nurl = \"\\x41\"", ":2:", "escape" },
    { "[api]\nurl = \"\\u12\"", ":2:", "escape" },
    { "[api]\nurl = \"\\u12\n34\"", ":2:", "escape" },
    { "[api]\nurl = \"\\u0000\"", ":2:", "no character" },
    { "[api]\nurl = \"\\ud800\"", ":2:", "no character" },
    { "[api]\nurl = \"\\U00110000\"", ":2:", "no character" },
    { "[api]\nurl = \"\\UFFFFFFFF\"", ":2:", "no character" },
    { "[api]\nurl = \"u\x01\"", ":2:", "control" },
    { "[api]\nurl = \"u\"\nurl = \"v\"", ":3:", "twice" },
    { "[api]\nurl = \"u\"\n[b]\n[api]\n", ":4:", "twice" },
    { "api.url = \"u\"\n[api]\nurl = \"v\"", ":3:", "twice" },
    { "[[api]]\nurl = \"u\"", ":1:", "array" },
    { "api = { url = \"u\" }", ":1:", "[api]" },
    { "api = 1", ":1:", "[api]" },
    { "[api.url]\nx = 1", ":1:", "strings" },
    { "[api]\nurl.x = 1", ":2:", "strings" },
    { "[api]\nurl.x = \"u\"", ":2:", "strings" },
    { "[api", ":1:", "]" },
    { "[]", ":1:", "NAME" },
    { "[api]]", ":1:", "unexpected" },
    { "[[a]", ":1:", "]" },
    { "[a] [api]", ":1:", "unexpected" },
    { "= 1", ":1:", "NAME" },
    { "a..b = 1", ":1:", "NAME" },
    { "\"\"\"a\"\"\" = 1", ":1:", "key" },
    { "a =", ":1:", "value" },
    { "a = # b", ":1:", "value" },
    { "a = [", ":1:", "end" },
    { "a = [1\n\n2", ":3:", "end" },
    { "a = [}", ":1:", "match" },
    { "a = \"\"\"\n\nb", ":3:", "three quotes" },
    { "a = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", ":1:", "deep" },
    { "a = 1\rb = 2", ":1:", "unexpected" },
    { "a = 1 # \x01", ":1:", "unexpected" },
    { "\n\na = \"\xff\"", ":3:", "UTF-8" },
    { "\xef\xbb\xbf[api]", ":1:", "NAME" },
    { "<html>", ":1:", "NAME" },
};

START_TEST(refuses_a_broken_file_naming_its_line)
{
    struct k7i_client_file file;
    k7_error *error = NULL;

    ck_assert_msg(parse(bad[_i].text, &file, &error) == K7_ERR_PARSE, "%s", bad[_i].text);
    const char *message = k7_error_get_message(error);
    ck_assert_msg(strstr(message, bad[_i].where) && strstr(message, bad[_i].word), "%s: %s", bad[_i].text,
                  message);
    ck_assert_ptr_null(field(&file, K7I_CLIENT_URL));
    k7_error_unref(error);
}
END_TEST

START_TEST(refuses_a_nul_byte)
{
    static const char text[] = "[api]\nkey = \"hunter2\0\"";
    struct k7i_client_file file;
    k7_error *error = NULL;

    ck_assert_int_eq(k7i_client_file_parse("f", text, sizeof text - 1, &file, &error), K7_ERR_PARSE);
    ck_assert_ptr_null(strstr(k7_error_get_message(error), "hunter2"));
    k7_error_unref(error);
}
END_TEST

static const char *const with_secret[] = {
    "[api]\nkey = hunter2",
    "[api]\nkey = \"hunter2",
    "[api]\nkey = \"hunter2\\q\"",
    "[api]\nkey = \"hunter2\" hunter2",
    "[api]\nkey = \"hunter2\"\nkey = \"hunter2\"",
    "key hunter2",
};

START_TEST(never_shows_a_secret)
{
    struct k7i_client_file file;
    k7_error *error = NULL;

    ck_assert_int_eq(parse(with_secret[_i], &file, &error), K7_ERR_PARSE);
    ck_assert_ptr_null(strstr(k7_error_get_message(error), "hunter2"));
    k7_error_unref(error);
}
END_TEST

START_TEST(leaves_no_secret_in_memory)
{
    struct k7i_client_file file;

    starve_secret = "hunter2";
    ck_assert_int_eq(
        parse(
            "[a]\nx = \"hunter2 of another section, which may be a secret as well and is longer than a buffer\"\n[api]\nkey = "
            "\"\\u0068unter2 that is longer than the first size of a growing buffer is, and then some\"",
            &file, NULL),
        0);
    k7i_client_file_clear(&file);
    for (size_t i = 0; i < sizeof with_secret / sizeof with_secret[0]; i++)
        ck_assert_int_eq(parse(with_secret[i], &file, NULL), K7_ERR_PARSE);
    ck_assert_int_eq(starve_leaks, 0);
}
END_TEST

static int parse_once(void *user)
{
    struct k7i_client_file file;
    int code = parse(user, &file, NULL);

    k7i_client_file_clear(&file);
    return code;
}

START_TEST(survives_a_lack_of_memory)
{
    starve_each(parse_once, (void *)"[a]\n\"x\" = \"y\"\n[api]\nurl = \"u\"\nkey = \"\"\nca = 'c'");
}
END_TEST

#define LOOP(test, rows) tcase_add_loop_test(tests, test, 0, sizeof(rows) / sizeof(rows)[0])

int main(void)
{
    Suite *suite = suite_create("config/client_file");
    TCase *tests = tcase_create("client_file");

    tcase_add_test(tests, reads_the_three_fields);
    LOOP(skips_everything_else_safely, with_url);
    LOOP(finds_nothing_where_nothing_is, without_url);
    tcase_add_test(tests, understands_every_escape);
    LOOP(refuses_a_broken_file_naming_its_line, bad);
    tcase_add_test(tests, refuses_a_nul_byte);
    LOOP(never_shows_a_secret, with_secret);
    tcase_add_test(tests, leaves_no_secret_in_memory);
    tcase_add_test(tests, survives_a_lack_of_memory);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
