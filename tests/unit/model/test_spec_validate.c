/* Unit tests of the validation of specs: what passes, and what each refusal says. */
#include "model/spec.h"
#include <k7sandbox/error.h>

#include <check.h>
#include <stdio.h>
#include <string.h>

/* Validates {"name":"demo","image":"alpine",…}, with what the test adds; 0, or the error's text in *ret_message. */
static int validate(const char *fields, char *ret_message, size_t size)
{
    char text[2048];
    k7_error *err = NULL;
    k7_spec *spec;

    snprintf(text, sizeof text, "{%s%s}",
             strstr(fields, "\"name\"") ? "\"image\":\"alpine\"," : "\"name\":\"demo\",\"image\":\"alpine\"",
             fields);
    ck_assert_msg(k7_spec_from_json(text, strlen(text), &spec, &err) == 0, "%s", k7_error_get_message(err));
    int code = k7_spec_validate(spec, &err);
    snprintf(ret_message, size, "%s", code ? k7_error_get_message(err) : "");
    ck_assert_int_eq(k7_error_get_code(err), code);
    k7_error_unref(err);
    k7_spec_free(spec);
    return code;
}

static const char *const good[] = {
    "",
    ",\"namespace\":\"team-1\"",
    ",\"limits\":{}",
    ",\"limits\":{\"cpu\":\"0.5\",\"memory\":\"1.5Gi\",\"ephemeral-storage\":\"12e6\"}",
    ",\"limits\":{\"cpu\":\"500m\",\"memory\":\"128974848\"}",
    ",\"egress_whitelist\":null",
    ",\"egress_whitelist\":[]",
    ",\"egress_whitelist\":[\"10.0.0.5/32\",\"10.0.0.5\",\"2001:db8::/32\",\"10.0.0.1/255.0.0.0\",\" 10.0.0.5 \"]",
    ",\"egress_whitelist\":[\"example.com\",\"*.example.com\",\"**.x.org\",\"a*b.example.com.\",\"localhost\",\" a.b \",\"xn--bcher-kva.example\",\"*\"]",
    ",\"cap_drop\":[\"ALL\"],\"cap_add\":[\"chown\",\"CAP_KILL\"]",
    ",\"ingress_ports\":[1,65535],\"ingress_from\":[\"sandbox:a.b\",\"namespace:n\",\"cidr:0.0.0.0/0\",\"cidr:::1\"],\"expose_ports\":[1]",
    ",\"docker\":true,\"docker_disk\":\"40Gi\"",
    ",\"docker\":false,\"sidecar\":\"docker\"",
    ",\"sidecar\":\"\"",
    ",\"root_disk_size\":\"10Gi\"",
    ",\"backend\":\"a-new-one\",\"before_script\":\"\",\"env_file\":\"/etc/x\",\"node_name\":\"n1\"",
    ",\"env\":{\"A\":\"1\"}",
    "\"name\":\"1.a\"",
};

START_TEST(passes_what_k7_accepts_and_means)
{
    char message[512];

    ck_assert_msg(validate(good[_i], message, sizeof message) == 0, "%s: %s", good[_i], message);
}
END_TEST

static const struct {
    const char *fields, *message;
} bad[] = {
    { "\"name\":null", "name is missing: a sandbox needs one" },
    { "\"name\":\"metrics\"", "name \"metrics\" is reserved by the K7 API" },
    { "\"name\":\"..\"", "name \"..\" must begin and end with a lower-case letter or a digit" },
    { "\"name\":\"a/b\"", "name \"a/b\" may hold only lower-case letters, digits and '-'" },
    { ",\"namespace\":\"\"", "namespace is empty" },
    { ",\"namespace\":\"a.b\"", "namespace \"a.b\" may hold only lower-case letters, digits and '-'" },
    { ",\"limits\":{\"gpu\":\"1\"}", "limits: \"gpu\" is none of cpu, memory, ephemeral-storage" },
    { ",\"limits\":{\"cpu\":\"0\"}", "limits.cpu: \"0\" must be more than zero" },
    { ",\"limits\":{\"memory\":\"1GB\"}",
      "limits.memory: \"1GB\" is not a quantity such as \"500m\", \"2\" or \"1.5Gi\"" },
    { ",\"limits\":{\"memory\":\"-1\"}", "limits.memory: \"-1\" is negative" },
    { ",\"limits\":{\"cpu\":\"\"}",
      "limits.cpu: \"\" is not a quantity such as \"500m\", \"2\" or \"1.5Gi\"" },
    { ",\"egress_whitelist\":[\"1.1.1.1\",\"10.0.0.0/33\"]",
      "egress_whitelist: \"10.0.0.0/33\" is no network, no address and no domain name" },
    { ",\"egress_whitelist\":[\"1.2.3\"]",
      "egress_whitelist: \"1.2.3\" is no network, no address and no domain name" },
    { ",\"egress_whitelist\":[\"\"]", "egress_whitelist: \"\" is no network, no address and no domain name" },
    { ",\"egress_whitelist\":[\"1.2.3.0x7f\"]",
      "egress_whitelist: \"1.2.3.0x7f\" is no network, no address and no domain name" },
    { ",\"egress_whitelist\":[\"http://a.b\"]",
      "egress_whitelist: \"http://a.b\" is no network, no address and no domain name" },
    { ",\"egress_whitelist\":[\"a..b\"]",
      "egress_whitelist: \"a..b\" is no network, no address and no domain name" },
    { ",\"egress_whitelist\":[\".\"]",
      "egress_whitelist: \".\" is no network, no address and no domain name" },
    { ",\"egress_whitelist\":[\"-a.b\"]",
      "egress_whitelist: \"-a.b\" is no network, no address and no domain name" },
    { ",\"egress_whitelist\":[\"a b\"]",
      "egress_whitelist: \"a b\" is no network, no address and no domain name" },
    { ",\"cap_add\":[\"ROOT\"]", "cap_add: \"ROOT\" is no Linux capability and not ALL" },
    { ",\"cap_drop\":[\"\"]", "cap_drop: \"\" is no Linux capability and not ALL" },
    { ",\"ingress_ports\":[0]", "ingress_ports: 0 is not within 1 and 65535" },
    { ",\"ingress_ports\":[-5]", "ingress_ports: -5 is not within 1 and 65535" },
    { ",\"expose_ports\":[65536]", "expose_ports: 65536 is not within 1 and 65535" },
    { ",\"ingress_ports\":[80,81,80]", "ingress_ports: 80 is there twice" },
    { ",\"ingress_ports\":[80],\"expose_ports\":[80,81]",
      "expose_ports: 81 is not among ingress_ports, so nothing could reach it" },
    { ",\"ingress_from\":[\"sandbox:a\"]", "ingress_from needs ingress_ports: sources alone open nothing" },
    { ",\"ingress_ports\":[80],\"ingress_from\":[\"10.0.0.0/8\"]",
      "ingress_from: \"10.0.0.0/8\" is none of sandbox:NAME, namespace:NAME, cidr:CIDR" },
    { ",\"ingress_ports\":[80],\"ingress_from\":[\"sandbox:\"]",
      "ingress_from: \"sandbox:\" is none of sandbox:NAME, namespace:NAME, cidr:CIDR" },
    { ",\"ingress_ports\":[80],\"ingress_from\":[\"namespace:A\"]",
      "ingress_from: \"namespace:A\" is none of sandbox:NAME, namespace:NAME, cidr:CIDR" },
    { ",\"ingress_ports\":[80],\"ingress_from\":[\"cidr:1.2.3\"]",
      "ingress_from: \"cidr:1.2.3\" is none of sandbox:NAME, namespace:NAME, cidr:CIDR" },
    { ",\"ingress_ports\":[80],\"ingress_from\":[\"pod:a\"]",
      "ingress_from: \"pod:a\" is none of sandbox:NAME, namespace:NAME, cidr:CIDR" },
    { "\"name\":\"a.b\",\"ingress_ports\":[80],\"expose_ports\":[80]",
      "name \"a.b\" may not hold a '.' together with expose_ports" },
    { "\"name\":\"1a\",\"ingress_ports\":[80],\"expose_ports\":[80]",
      "name \"1a\" must begin with a letter when expose_ports is given" },
    { ",\"sidecar\":\"redis\"", "sidecar: \"redis\" is not \"docker\", the only one there is" },
    { ",\"sidecar\":\"docker\",\"docker\":true", "docker and sidecar exclude each other: use docker" },
    { ",\"docker_disk\":\"1Gi\"", "docker_disk: \"1Gi\" needs docker" },
    { ",\"docker\":true,\"docker_disk\":\"0\"", "docker_disk: \"0\" must be more than zero" },
    { ",\"root_disk_size\":\"big\"",
      "root_disk_size: \"big\" is not a quantity such as \"500m\", \"2\" or \"1.5Gi\"" },
};

START_TEST(refuses_and_names_the_field_and_the_value)
{
    char message[512];

    ck_assert_int_eq(validate(bad[_i].fields, message, sizeof message), K7_ERR_INVALID_ARGUMENT);
    ck_assert_str_eq(message, bad[_i].message);
}
END_TEST

START_TEST(needs_an_image)
{
    k7_spec *spec;
    k7_error *err = NULL;

    ck_assert_int_eq(k7_spec_new("demo", NULL, &spec, NULL), 0);
    ck_assert_int_eq(k7_spec_validate(spec, &err), K7_ERR_INVALID_ARGUMENT);
    ck_assert_str_eq(k7_error_get_message(err), "image is missing: a sandbox needs one");
    k7_error_unref(err);
    ck_assert_int_eq(k7_spec_set_image(spec, "Bad Image", NULL), 0);
    ck_assert_int_eq(k7_spec_validate(spec, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_spec_set_image(spec, "alpine", NULL), 0);
    ck_assert_int_eq(k7_spec_validate(spec, NULL), 0);
    k7_spec_free(spec);
    ck_assert_int_eq(k7_spec_validate(NULL, NULL), K7_ERR_INVALID_ARGUMENT);
}
END_TEST

START_TEST(a_long_value_is_cut_in_the_error)
{
    char message[1024], fields[1500] = ",\"egress_whitelist\":[\"";

    memset(fields + strlen(fields), '/', 1000);
    strcat(fields, "\"]");
    ck_assert_int_eq(validate(fields, message, sizeof message), K7_ERR_INVALID_ARGUMENT);
    ck_assert_uint_lt(strlen(message), 250);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model/spec_validate");
    TCase *tests = tcase_create("spec_validate");

    tcase_add_loop_test(tests, passes_what_k7_accepts_and_means, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(tests, refuses_and_names_the_field_and_the_value, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tests, needs_an_image);
    tcase_add_test(tests, a_long_value_is_cut_in_the_error);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
