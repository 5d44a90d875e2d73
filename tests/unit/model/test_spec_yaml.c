/* Unit tests of k7.yaml, and of what a library without YAML says. */
#include "k7i_features.h"
#include "model/spec.h"
#include <k7sandbox/error.h>

#include <check.h>
#include <stdio.h>
#include <string.h>

#ifdef K7I_WITH_YAML

#include "../starve.h"

static int read_text(const char *text, k7_spec **ret_spec, k7_error **err)
{
    return k7_spec_from_yaml(text, strlen(text), ret_spec, err);
}

/* The example of the contract, section 8.3. */
static const char example[] = "name: demo\n"
                              "image: alpine:3.20\n"
                              "namespace: default\n"
                              "backend: k7d\n"
                              "limits: {cpu: \"1\", memory: \"1Gi\", ephemeral-storage: \"2Gi\"}\n"
                              "before_script: |\n"
                              "  apk add curl\n"
                              "egress_whitelist: []        # [] block all; omit = open; list = allow\n"
                              "ingress_ports: [8000]\n"
                              "ingress_from: [\"sandbox:client-a\"]\n"
                              "expose_ports: [8000]\n"
                              "env_file: /etc/k7/demo.env\n"
                              "cap_add: [CHOWN]\n"
                              "pod_non_root: false\n"
                              "container_non_root: false\n"
                              "node_name: k7-node-01\n"
                              "docker: false\n";

START_TEST(reads_k7_yaml)
{
    k7_spec *spec;
    k7_error *err = NULL;

    ck_assert_msg(read_text(example, &spec, &err) == 0, "%s", k7_error_get_message(err));
    ck_assert_str_eq(k7_spec_get_name(spec), "demo");
    ck_assert_str_eq(k7_spec_get_limit(spec, "memory"), "1Gi");
    ck_assert_str_eq(k7_spec_get_before_script(spec), "apk add curl\n");
    ck_assert_int_eq(k7_spec_get_egress_mode(spec), K7_EGRESS_BLOCKED);
    ck_assert_int_eq(k7_spec_ingress_port_at(spec, 0), 8000);
    ck_assert_int_eq(k7_spec_is_set(spec, "docker"), 1);
    ck_assert_int_eq(k7_spec_validate(spec, NULL), 0);
    k7_spec_free(spec);
}
END_TEST

static const struct {
    const char *text, *json;
} good[] = {
    { "{}", "{}" },
    { "---\nname: a\n...\n", "{\"name\":\"a\"}" },
    { "name: 'it''s'", "{\"name\":\"it's\"}" },
    { "name: \"12\"", "{\"name\":\"12\"}" },
    { "name: yes", "{\"name\":\"yes\"}" },
    { "name: ~\nimage: null\nbackend:\nsidecar: NULL", "{}" },
    { "egress_whitelist: null", "{\"egress_whitelist\":null}" },
    { "egress_whitelist:\n- 10.0.0.5\n- example.com",
      "{\"egress_whitelist\":[\"10.0.0.5\",\"example.com\"]}" },
    { "docker: TRUE\npod_non_root: False", "{\"pod_non_root\":false,\"docker\":true}" },
    { "ingress_ports: [+80, 443]", "{\"ingress_ports\":[80,443]}" },
    { "\"name\": a # comment", "{\"name\":\"a\"}" },
    { "cmd: [\"a\\nb\", 'c', d e, \"\"]", "{\"cmd\":[\"a\\nb\",\"c\",\"d e\",\"\"]}" },
    { "before_script: >\n  a\n  b\n", "{\"before_script\":\"a b\\n\"}" },
    { "env:\n  A: \"1\"\n  B: x", "{\"env\":{\"A\":\"1\",\"B\":\"x\"}}" },
};

START_TEST(reads_what_yaml_means)
{
    k7_spec *spec;
    k7_error *err = NULL;
    char *text;

    ck_assert_msg(read_text(good[_i].text, &spec, &err) == 0, "%s", k7_error_get_message(err));
    ck_assert_int_eq(k7_spec_to_json(spec, &text, NULL), 0);
    ck_assert_str_eq(text, good[_i].json);
    k7i_free(text);
    k7_spec_free(spec);
}
END_TEST

static const struct {
    const char *text, *message;
} bad[] = {
    { "", "k7.yaml, line 1, column 1: is empty: a mapping of fields is expected" },
    { "# only a comment\n", "k7.yaml, line 2, column 1: is empty: a mapping of fields is expected" },
    { "- a", "k7.yaml, line 1, column 1: a mapping of fields is expected" },
    { "text", "k7.yaml, line 1, column 1: a mapping of fields is expected" },
    { "name: a\n\n# x\nnane: b\n", "k7.yaml, line 4: \"nane\" is not a field of a sandbox" },
    { "name: a\nimage: b\nname: c", "k7.yaml, line 3: the same key a second time in one object" },
    { "env: {A: x,\n  \"\\u0041\": y}", "k7.yaml, line 2: the same key a second time in one object" },
    { "name: a\nlimits:\n  cpu: 1\n",
      "k7.yaml, line 2: limits: \"cpu\" must be text: put its value in quotes" },
    { "limits: {cpu: .5}", "k7.yaml, line 1: limits: \"cpu\" must be text: put its value in quotes" },
    { "limits: {cpu: 5.}", "k7.yaml, line 1: limits: \"cpu\" must be text: put its value in quotes" },
    { "limits: {cpu: 1.e3}", "k7.yaml, line 1: limits: \"cpu\" must be text: put its value in quotes" },
    { "limits: {cpu: -.5}", "k7.yaml, line 1: limits: \"cpu\" must be text: put its value in quotes" },
    { "name: 1", "k7.yaml, line 1: name must be text (in quotes) or null" },
    { "docker: yes", "k7.yaml, line 1: docker must be true, false or null" },
    { "name: &a b", "k7.yaml, line 1, column 7: anchors are not supported" },
    { "name: *a", "k7.yaml, line 1, column 7: aliases are not supported" },
    { "cmd: &a [x]", "k7.yaml, line 1, column 6: anchors are not supported" },
    { "name: !!str 1", "k7.yaml, line 1, column 7: tags are not supported" },
    { "limits: !x {}", "k7.yaml, line 1, column 9: tags are not supported" },
    { "!x name: a", "k7.yaml, line 1, column 1: tags are not supported" },
    { "? [a]\n: b", "k7.yaml, line 1, column 3: a key must be plain text" },
    { "name: a\n---\nname: b", "k7.yaml, line 2, column 1: there is more than one document" },
    { "name: \"a", "k7.yaml, line 1, column 9: found unexpected end of stream" },
    { "name: a\n\tb: c", "k7.yaml, line 2, column 1: found a tab character that violates indentation" },
    { "name: \"a\\0b\"", "k7.yaml, line 1, column 7: text with a NUL, or that is not UTF-8" },
    { "ingress_ports: [010]",
      "k7.yaml, line 1, column 17: readers of YAML disagree on what this number is: write it in decimal, or in "
      "quotes if it is text" },
    { "ingress_ports: [0x50]",
      "k7.yaml, line 1, column 17: readers of YAML disagree on what this number is: write it in decimal, or in "
      "quotes if it is text" },
    { "ingress_ports: [99999999999999999999]", "k7.yaml, line 1: an integer beyond 64 bits" },
    { "name: \xff", "k7.yaml: invalid leading UTF-8 octet" },
    { "name: \x01", "k7.yaml: control characters are not allowed" },
};

START_TEST(a_wrong_k7_yaml_is_refused_with_its_line)
{
    k7_spec *spec = (k7_spec *)&spec;
    k7_error *err = NULL;

    ck_assert_int_eq(read_text(bad[_i].text, &spec, &err), K7_ERR_PARSE);
    ck_assert_ptr_null(spec);
    ck_assert_str_eq(k7_error_get_message(err), bad[_i].message);
    k7_error_unref(err);
}
END_TEST

START_TEST(limits_depth_and_size)
{
    k7_spec *spec;
    char text[64] = "cmd: ";

    memset(text + 5, '[', 15);
    memset(text + 20, ']', 15);
    ck_assert_int_eq(read_text(text, &spec, NULL), K7_ERR_PARSE); /* no text in it */
    memset(text + 5, '[', 16);
    memset(text + 21, ']', 16);
    ck_assert_int_eq(read_text(text, &spec, NULL), K7_ERR_LIMIT);
    ck_assert_int_eq(k7_spec_from_yaml("", 1024 * 1024 + 1, &spec, NULL), K7_ERR_LIMIT);
    ck_assert_int_eq(k7_spec_from_yaml(NULL, 0, &spec, NULL), K7_ERR_INVALID_ARGUMENT);
    char *written = text;
    ck_assert_int_eq(k7_spec_to_yaml(NULL, NULL, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_spec_to_yaml(NULL, &written, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_ptr_null(written);
}
END_TEST

/* Texts that a careless writer would turn into something else. */
static const char *const texts[] = {
    "",
    "yes",
    "no",
    "y",
    "on",
    "true",
    "~",
    "null",
    "12",
    "1.5",
    "-1",
    "1e3",
    "0x1F",
    ".inf",
    "010",
    "12:30:45",
    "2001-01-01",
    "=",
    "<<",
    "- a",
    "a: b",
    "a #b",
    "#a",
    "[a]",
    "{a}",
    "*a",
    "&a",
    "!a",
    "|",
    ">",
    "%a",
    "@a",
    "`a",
    "'",
    "\"",
    " a",
    "a ",
    "a\nb",
    "a\nb\n",
    "\na",
    "a\n\n",
    "a\n\nb",
    " a\nb",
    "a \nb",
    "\ta\nb",
    "a\tb",
    "a\r\nb",
    "a\n b\n",
    "ä€😀",
    "\xc2\x85",
    "\xe2\x80\xa8x",
    "\xef\xbb\xbf",
    "a\x01",
    "\x7f",
    "---",
    "...",
    "a\n---\nb",
    "a\n...\n",
    "a\n#b\n",
    "\\",
    "a:",
    ":a",
    "?",
    "? a",
    "-",
    "\n",
    "a\n\tb",
    "a,b",
    "\xef\xbf\xbe",
    "x\xc2\xa0",
};

START_TEST(any_text_is_written_so_that_it_is_read_again)
{
    k7_spec *spec, *again;
    k7_error *err = NULL;
    char *yaml, *before, *after;

    ck_assert_int_eq(k7_spec_new(NULL, NULL, &spec, NULL), 0);
    ck_assert_int_eq(k7_spec_set_before_script(spec, texts[_i], NULL), 0);
    ck_assert_int_eq(k7_spec_add_cmd(spec, texts[_i], NULL), 0);
    ck_assert_int_eq(k7_spec_add_env(spec, "A", texts[_i], NULL), 0);
    ck_assert_int_eq(k7_spec_to_yaml(spec, &yaml, NULL), 0);
    ck_assert_msg(read_text(yaml, &again, &err) == 0, "%s in\n%s", k7_error_get_message(err), yaml);
    ck_assert_int_eq(k7_spec_to_json(spec, &before, NULL), 0);
    ck_assert_int_eq(k7_spec_to_json(again, &after, NULL), 0);
    ck_assert_str_eq(before, after);
    k7i_free(yaml);
    k7i_free(before);
    k7i_free(after);
    k7_spec_free(spec);
    k7_spec_free(again);
}
END_TEST

START_TEST(writes_what_a_person_would)
{
    k7_spec *spec;
    char *text;

    ck_assert_int_eq(read_text(example, &spec, NULL), 0);
    ck_assert_int_eq(k7_spec_to_yaml(spec, &text, NULL), 0);
    ck_assert_ptr_nonnull(strstr(text, "name: demo\nimage: alpine:3.20\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nbefore_script: |\n  apk add curl\n"));
    ck_assert_ptr_nonnull(strstr(text, "\negress_whitelist: []\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n  cpu: \"1\"\n"));
    k7i_free(text);
    k7_spec_free(spec);
}
END_TEST

/* K7 reads k7.yaml by YAML 1.1, where these are times, dates, numbers and booleans. */
START_TEST(quotes_what_an_older_reader_would_change)
{
    static const char *const words[] = { "12:30:45", "2001-01-01", "+1", "0o7", "1_000",
                                         "Yes",      "off",        "n",  "NULL" };
    k7_spec *spec;
    char *text, wanted[32];

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        ck_assert_int_eq(k7_spec_new(words[i], NULL, &spec, NULL), 0);
        ck_assert_int_eq(k7_spec_to_yaml(spec, &text, NULL), 0);
        snprintf(wanted, sizeof wanted, "name: \"%s\"\n", words[i]);
        ck_assert_str_eq(text, wanted);
        k7i_free(text);
        k7_spec_free(spec);
    }
}
END_TEST

static int read_and_write(void *user)
{
    k7_spec *spec = NULL;
    char *text = NULL;
    int code = read_text("name: a\nenv: {A: s3cret}\ncmd: [a, b]", &spec, NULL);

    (void)user;
    if (code == 0)
        code = k7_spec_to_yaml(spec, &text, NULL);
    if (text)
        memset(text, 0, strlen(text));
    k7i_free(text);
    k7_spec_free(spec);
    return code;
}

START_TEST(survives_a_lack_of_memory_and_leaves_no_secret)
{
    starve_secret = "s3cret";
    starve_each(read_and_write, NULL);
    ck_assert_int_eq(starve_leaks, 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, reads_k7_yaml);
    tcase_add_loop_test(tests, reads_what_yaml_means, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(tests, a_wrong_k7_yaml_is_refused_with_its_line, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tests, limits_depth_and_size);
    tcase_add_loop_test(tests, any_text_is_written_so_that_it_is_read_again, 0,
                        sizeof texts / sizeof texts[0]);
    tcase_add_test(tests, writes_what_a_person_would);
    tcase_add_test(tests, quotes_what_an_older_reader_would_change);
    tcase_add_test(tests, survives_a_lack_of_memory_and_leaves_no_secret);
}

#else

START_TEST(a_library_without_yaml_says_so)
{
    k7_spec *spec;
    char *text = (char *)1;

    ck_assert_int_eq(k7_spec_from_yaml("name: a", 7, &spec, NULL), K7_ERR_UNSUPPORTED_OPERATION);
    ck_assert_ptr_null(spec);
    ck_assert_int_eq(k7_spec_to_yaml(NULL, &text, NULL), K7_ERR_UNSUPPORTED_OPERATION);
    ck_assert_ptr_null(text);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, a_library_without_yaml_says_so);
}

#endif

int main(void)
{
    Suite *suite = suite_create("model/spec_yaml");
    TCase *tests = tcase_create("spec_yaml");

    add_tests(tests);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
