/* Unit tests of building a spec. */
#include "model/spec.h"

#include <check.h>
#include <string.h>
#include <unistd.h>

#include "../starve.h"

static k7_spec *spec;

static void set_up(void)
{
    ck_assert_int_eq(k7_spec_new("demo", "alpine", &spec, NULL), 0);
}

static void tear_down(void)
{
    k7_spec_free(spec);
}

static const char *written(void)
{
    static char copy[4096];
    char *text;

    ck_assert_int_eq(k7_spec_to_json(spec, &text, NULL), 0);
    snprintf(copy, sizeof copy, "%s", text);
    k7i_free(text);
    return copy;
}

START_TEST(a_new_spec_has_only_what_it_was_given)
{
    ck_assert_str_eq(written(), "{\"name\":\"demo\",\"image\":\"alpine\"}");
    for (size_t i = 2; i < k7_spec_field_count(); i++)
        ck_assert_int_eq(k7_spec_is_set(spec, k7_spec_field_at(i)), 0);
    ck_assert_int_eq(k7_spec_is_set(spec, "name"), 1);
    ck_assert_int_eq(k7_spec_is_set(spec, "nothing"), -1);
    ck_assert_int_eq(k7_spec_is_set(spec, NULL), -1);
    ck_assert_ptr_null(k7_spec_field_at(k7_spec_field_count()));
}
END_TEST

/* The order of the contract, section 1.6, without volumes, which K7 never mounts. */
START_TEST(fields_are_in_the_contracts_order)
{
    static const char *const names[] = {
        "name",
        "image",
        "namespace",
        "env_file",
        "egress_whitelist",
        "limits",
        "before_script",
        "pod_non_root",
        "container_non_root",
        "cap_drop",
        "cap_add",
        "runtime_class_name",
        "root_disk_size",
        "backend",
        "entrypoint",
        "cmd",
        "sidecar",
        "node_name",
        "docker",
        "docker_disk",
        "ingress_ports",
        "expose_ports",
        "ingress_from",
        "env",
        "before_script_under_lock",
    };

    ck_assert_uint_eq(k7_spec_field_count(), sizeof names / sizeof names[0]);
    for (size_t i = 0; i < k7_spec_field_count(); i++)
        ck_assert_str_eq(k7_spec_field_at(i), names[i]);
}
END_TEST

static const struct {
    const char *field;
    int (*set)(k7_spec *, const char *, k7_error **);
    const char *(*get)(const k7_spec *);
} texts[] = {
    { "name", k7_spec_set_name, k7_spec_get_name },
    { "image", k7_spec_set_image, k7_spec_get_image },
    { "namespace", k7_spec_set_namespace, k7_spec_get_namespace },
    { "env_file", k7_spec_set_env_file, k7_spec_get_env_file },
    { "before_script", k7_spec_set_before_script, k7_spec_get_before_script },
    { "backend", k7_spec_set_backend, k7_spec_get_backend },
    { "runtime_class_name", k7_spec_set_runtime_class_name, k7_spec_get_runtime_class_name },
    { "root_disk_size", k7_spec_set_root_disk_size, k7_spec_get_root_disk_size },
    { "sidecar", k7_spec_set_sidecar, k7_spec_get_sidecar },
    { "node_name", k7_spec_set_node_name, k7_spec_get_node_name },
    { "docker_disk", k7_spec_set_docker_disk, k7_spec_get_docker_disk },
};

START_TEST(a_text_is_unset_empty_or_given)
{
    char value[] = "value";
    k7_error *err = NULL;

    ck_assert_int_eq(texts[_i].set(spec, value, NULL), 0);
    value[0] = 'x';
    ck_assert_str_eq(texts[_i].get(spec), "value");
    ck_assert_int_eq(texts[_i].set(spec, "", NULL), 0);
    ck_assert_str_eq(texts[_i].get(spec), "");
    ck_assert_int_eq(k7_spec_is_set(spec, texts[_i].field), 1);
    ck_assert_int_eq(texts[_i].set(spec, "a\xff", &err), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(strncmp(k7_error_get_message(err), texts[_i].field, strlen(texts[_i].field)), 0);
    k7_error_unref(err);
    ck_assert_int_eq(texts[_i].set(spec, "a\nb", NULL),
                     strcmp(texts[_i].field, "before_script") == 0 ? 0 : K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(texts[_i].set(spec, NULL, &err), 0);
    ck_assert_ptr_null(err);
    ck_assert_ptr_null(texts[_i].get(spec));
    ck_assert_int_eq(k7_spec_is_set(spec, texts[_i].field), 0);
    ck_assert_int_eq(texts[_i].set(NULL, "x", NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_ptr_null(texts[_i].get(NULL));
}
END_TEST

static const struct {
    const char *field;
    int (*set)(k7_spec *, int, k7_error **);
    int (*get)(const k7_spec *);
} flags[] = {
    { "pod_non_root", k7_spec_set_pod_non_root, k7_spec_get_pod_non_root },
    { "container_non_root", k7_spec_set_container_non_root, k7_spec_get_container_non_root },
    { "docker", k7_spec_set_docker, k7_spec_get_docker },
    { "before_script_under_lock", k7_spec_set_before_script_under_lock,
      k7_spec_get_before_script_under_lock },
};

START_TEST(a_flag_is_unset_no_or_yes)
{
    ck_assert_int_eq(flags[_i].set(spec, 1, NULL), 0);
    ck_assert_int_eq(flags[_i].get(spec), 1);
    ck_assert_int_eq(flags[_i].set(spec, 0, NULL), 0);
    ck_assert_int_eq(flags[_i].get(spec), 0);
    ck_assert_int_eq(k7_spec_is_set(spec, flags[_i].field), 1);
    ck_assert_int_eq(flags[_i].set(spec, 2, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(flags[_i].set(spec, -2, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(flags[_i].set(spec, -1, NULL), 0);
    ck_assert_int_eq(flags[_i].get(spec), 0);
    ck_assert_int_eq(k7_spec_is_set(spec, flags[_i].field), 0);
    ck_assert_int_eq(flags[_i].set(NULL, 1, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(flags[_i].get(NULL), 0);
}
END_TEST

static const struct {
    const char *field;
    int (*add)(k7_spec *, const char *, k7_error **);
    size_t (*count)(const k7_spec *);
    const char *(*at)(const k7_spec *, size_t);
} lists[] = {
    { "egress_whitelist", k7_spec_add_egress, k7_spec_egress_count, k7_spec_egress_at },
    { "cap_drop", k7_spec_add_cap_drop, k7_spec_cap_drop_count, k7_spec_cap_drop_at },
    { "cap_add", k7_spec_add_cap_add, k7_spec_cap_add_count, k7_spec_cap_add_at },
    { "entrypoint", k7_spec_add_entrypoint, k7_spec_entrypoint_count, k7_spec_entrypoint_at },
    { "cmd", k7_spec_add_cmd, k7_spec_cmd_count, k7_spec_cmd_at },
    { "ingress_from", k7_spec_add_ingress_from, k7_spec_ingress_from_count, k7_spec_ingress_from_at },
};

START_TEST(a_list_grows_and_is_unset_as_a_whole)
{
    char text[16];

    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof text, "x%d", i);
        ck_assert_int_eq(lists[_i].add(spec, text, NULL), 0);
    }
    ck_assert_uint_eq(lists[_i].count(spec), 100);
    ck_assert_str_eq(lists[_i].at(spec, 63), "x63");
    ck_assert_ptr_null(lists[_i].at(spec, 100));
    ck_assert_int_eq(k7_spec_is_set(spec, lists[_i].field), 1);
    ck_assert_int_eq(lists[_i].add(spec, NULL, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(lists[_i].add(spec, "\xc3", NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_uint_eq(lists[_i].count(spec), 100);
    ck_assert_int_eq(k7_spec_unset(spec, lists[_i].field, NULL), 0);
    ck_assert_uint_eq(lists[_i].count(spec), 0);
    ck_assert_int_eq(k7_spec_is_set(spec, lists[_i].field), 0);
    ck_assert_int_eq(lists[_i].add(NULL, "x", NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_uint_eq(lists[_i].count(NULL), 0);
    ck_assert_ptr_null(lists[_i].at(NULL, 0));
}
END_TEST

START_TEST(ports_are_kept_in_order)
{
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(k7_spec_add_ingress_port(spec, 8000 + i, NULL), 0);
    ck_assert_int_eq(k7_spec_add_expose_port(spec, 8001, NULL), 0);
    ck_assert_uint_eq(k7_spec_ingress_port_count(spec), 10);
    ck_assert_int_eq(k7_spec_ingress_port_at(spec, 9), 8009);
    ck_assert_int_eq(k7_spec_ingress_port_at(spec, 10), 0);
    ck_assert_uint_eq(k7_spec_expose_port_count(spec), 1);
    ck_assert_int_eq(k7_spec_expose_port_at(spec, 0), 8001);
    ck_assert_int_eq(k7_spec_expose_port_at(NULL, 0), 0);
    ck_assert_int_eq(k7_spec_add_ingress_port(NULL, 1, NULL), K7_ERR_INVALID_ARGUMENT);
}
END_TEST

START_TEST(egress_tells_open_blocked_and_list_apart)
{
    ck_assert_int_eq(k7_spec_get_egress_mode(spec), K7_EGRESS_UNSET);
    ck_assert_int_eq(k7_spec_set_egress_open(spec, NULL), 0);
    ck_assert_str_eq(written(), "{\"name\":\"demo\",\"image\":\"alpine\",\"egress_whitelist\":null}");
    ck_assert_int_eq(k7_spec_set_egress_blocked(spec, NULL), 0);
    ck_assert_str_eq(written(), "{\"name\":\"demo\",\"image\":\"alpine\",\"egress_whitelist\":[]}");
    ck_assert_int_eq(k7_spec_get_egress_mode(spec), K7_EGRESS_BLOCKED);
    ck_assert_int_eq(k7_spec_add_egress(spec, "10.0.0.1", NULL), 0);
    ck_assert_int_eq(k7_spec_get_egress_mode(spec), K7_EGRESS_LIST);
    ck_assert_str_eq(written(),
                     "{\"name\":\"demo\",\"image\":\"alpine\",\"egress_whitelist\":[\"10.0.0.1\"]}");
    ck_assert_int_eq(k7_spec_set_egress_blocked(spec, NULL), 0);
    ck_assert_uint_eq(k7_spec_egress_count(spec), 0);
    ck_assert_int_eq(k7_spec_unset_egress(spec, NULL), 0);
    ck_assert_int_eq(k7_spec_is_set(spec, "egress_whitelist"), 0);
    ck_assert_int_eq(k7_spec_set_egress_open(NULL, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_spec_get_egress_mode(NULL), K7_EGRESS_UNSET);
}
END_TEST

START_TEST(dropping_no_capability_is_not_the_default)
{
    ck_assert_int_eq(k7_spec_add_cap_drop(spec, "CHOWN", NULL), 0);
    ck_assert_int_eq(k7_spec_set_cap_drop_none(spec, NULL), 0);
    ck_assert_uint_eq(k7_spec_cap_drop_count(spec), 0);
    ck_assert_int_eq(k7_spec_is_set(spec, "cap_drop"), 1);
    ck_assert_str_eq(written(), "{\"name\":\"demo\",\"image\":\"alpine\",\"cap_drop\":[]}");
    ck_assert_int_eq(k7_spec_set_cap_drop_none(NULL, NULL), K7_ERR_INVALID_ARGUMENT);
}
END_TEST

START_TEST(limits_are_replaced_and_removed_by_key)
{
    ck_assert_int_eq(k7_spec_set_limit(spec, "cpu", "1", NULL), 0);
    ck_assert_int_eq(k7_spec_set_limit(spec, "memory", "1Gi", NULL), 0);
    ck_assert_int_eq(k7_spec_set_limit(spec, "cpu", "2", NULL), 0);
    ck_assert_uint_eq(k7_spec_limit_count(spec), 2);
    ck_assert_str_eq(k7_spec_limit_key_at(spec, 0), "cpu");
    ck_assert_str_eq(k7_spec_get_limit(spec, "cpu"), "2");
    ck_assert_ptr_null(k7_spec_get_limit(spec, "gpu"));
    ck_assert_ptr_null(k7_spec_get_limit(spec, NULL));
    ck_assert_ptr_null(k7_spec_limit_key_at(spec, 2));
    ck_assert_int_eq(k7_spec_set_limit(spec, "cpu", NULL, NULL), 0);
    ck_assert_str_eq(k7_spec_limit_key_at(spec, 0), "memory");
    ck_assert_int_eq(k7_spec_set_limit(spec, "gpu", NULL, NULL), 0);
    ck_assert_int_eq(k7_spec_set_limit(spec, "memory", NULL, NULL), 0);
    ck_assert_int_eq(k7_spec_is_set(spec, "limits"), 0);
    ck_assert_int_eq(k7_spec_set_limit(spec, NULL, "1", NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_spec_set_limit(spec, "cpu", "1\n", NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_spec_set_limit(spec, "c\npu", "1", NULL), K7_ERR_INVALID_ARGUMENT);
}
END_TEST

START_TEST(a_later_variable_wins_in_the_place_of_the_first)
{
    ck_assert_int_eq(k7_spec_add_env(spec, "A", "1", NULL), 0);
    ck_assert_int_eq(k7_spec_add_env(spec, "B", "x\ny", NULL), 0);
    ck_assert_int_eq(k7_spec_add_env_text(spec, "C=1\nA=2\nC=2\nC=3\n", 16, NULL), 0);
    ck_assert_uint_eq(k7_spec_env_count(spec), 3);
    ck_assert_str_eq(k7_spec_env_key_at(spec, 0), "A");
    ck_assert_str_eq(k7_spec_env_value_at(spec, 0), "2");
    ck_assert_str_eq(k7_spec_env_value_at(spec, 1), "x\ny");
    ck_assert_str_eq(k7_spec_env_value_at(spec, 2), "3");
    ck_assert_ptr_null(k7_spec_env_key_at(spec, 3));
    ck_assert_int_eq(k7_spec_add_env(spec, "A", "", NULL), 0);
    ck_assert_str_eq(k7_spec_env_value_at(spec, 0), "");
}
END_TEST

START_TEST(env_text_is_taken_whole_or_not_at_all)
{
    k7_error *err = NULL;

    ck_assert_int_eq(k7_spec_add_env(spec, "A", "1", NULL), 0);
    ck_assert_int_eq(k7_spec_add_env_text(spec, "A=2\n1=x\n", 8, &err), K7_ERR_PARSE);
    ck_assert_str_eq(k7_error_get_message(err),
                     "env, line 2: the name before '=' does not begin with a letter or '_'");
    k7_error_unref(err);
    ck_assert_str_eq(k7_spec_env_value_at(spec, 0), "1");
    ck_assert_int_eq(k7_spec_add_env(spec, "1", "x", NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_spec_add_env(spec, "A", NULL, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_spec_add_env(spec, NULL, "x", NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_spec_add_env(NULL, "A", "x", NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_spec_add_env_text(spec, NULL, 0, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_spec_add_env_text(spec, "", 1024 * 1024 + 1, NULL), K7_ERR_LIMIT);
    ck_assert_uint_eq(k7_spec_env_count(spec), 1);
}
END_TEST

START_TEST(a_long_env_text_takes_no_quadratic_time)
{
    enum { LINES = 60000 };
    char *text = malloc(LINES * 16), *p = text;

    for (int i = 0; i < LINES; i++)
        p += sprintf(p, "K%d=%d\n", i % (LINES / 2), i);
    ck_assert_int_eq(k7_spec_add_env_text(spec, text, (size_t)(p - text), NULL), 0);
    ck_assert_uint_eq(k7_spec_env_count(spec), LINES / 2);
    ck_assert_str_eq(k7_spec_env_value_at(spec, 7), "30007");
    free(text);
}
END_TEST

START_TEST(reads_a_local_env_file)
{
    char path[] = "/tmp/k7-env-XXXXXX";
    int fd = mkstemp(path);

    ck_assert_int_eq((int)write(fd, "A='1'\n", 6), 6);
    close(fd);
    ck_assert_int_eq(k7_spec_add_env_local_file(spec, path, NULL), 0);
    ck_assert_str_eq(k7_spec_env_value_at(spec, 0), "1");
    unlink(path);
    ck_assert_int_eq(k7_spec_add_env_local_file(spec, path, NULL), K7_ERR_IO);
    ck_assert_int_eq(k7_spec_add_env_local_file(spec, NULL, NULL), K7_ERR_INVALID_ARGUMENT);
}
END_TEST

START_TEST(unsets_by_name)
{
    k7_error *err = NULL;

    ck_assert_int_eq(k7_spec_unset(spec, "image", NULL), 0);
    ck_assert_ptr_null(k7_spec_get_image(spec));
    ck_assert_int_eq(k7_spec_unset(spec, "imag", &err), K7_ERR_INVALID_ARGUMENT);
    ck_assert_str_eq(k7_error_get_message(err), "there is no field \"imag\"");
    k7_error_unref(err);
    ck_assert_int_eq(k7_spec_unset(spec, NULL, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_int_eq(k7_spec_unset(NULL, "name", NULL), K7_ERR_INVALID_ARGUMENT);
}
END_TEST

#define FULL                                                                                                                            \
    "{\"name\":\"demo\",\"image\":\"alpine\",\"namespace\":\"n\",\"env_file\":\"/e\",\"egress_whitelist\":[\"1.2.3.4\"],"               \
    "\"limits\":{\"cpu\":\"1\"},\"before_script\":\"a\\nb\",\"pod_non_root\":true,\"container_non_root\":false,"                        \
    "\"cap_drop\":[],\"cap_add\":[\"cap_chown\"],\"runtime_class_name\":\"r\",\"root_disk_size\":\"1Gi\",\"backend\":\"kql\","          \
    "\"entrypoint\":[\"/bin/sh\",\"\"],\"cmd\":[\"-c\"],\"sidecar\":\"\",\"node_name\":\"n1\",\"docker\":true,\"docker_disk\":\"2Gi\"," \
    "\"ingress_ports\":[80,443],\"expose_ports\":[80],\"ingress_from\":[\"cidr:::/0\"],\"env\":{\"A\":\"s3cret\"},"                     \
    "\"before_script_under_lock\":true}"

START_TEST(a_copy_is_equal_and_independent)
{
    k7_spec *full, *copy;
    char *text;

    ck_assert_int_eq(k7_spec_from_json(FULL, strlen(FULL), &full, NULL), 0);
    for (size_t i = 0; i < k7_spec_field_count(); i++)
        ck_assert_int_eq(k7_spec_is_set(full, k7_spec_field_at(i)), 1);
    ck_assert_int_eq(k7_spec_dup(full, &copy, NULL), 0);
    k7_spec_free(full);
    ck_assert_int_eq(k7_spec_to_json(copy, &text, NULL), 0);
    ck_assert_str_eq(text, FULL);
    k7i_free(text);
    k7_spec_free(copy);
    ck_assert_int_eq(k7_spec_dup(NULL, &copy, NULL), K7_ERR_INVALID_ARGUMENT);
    ck_assert_ptr_null(copy);
}
END_TEST

static int use_all(void *user)
{
    k7_spec *full = NULL, *copy = NULL;
    char *text = NULL;
    int code = k7_spec_from_json(FULL, strlen(FULL), &full, NULL);

    (void)user;
    if (code == 0)
        code = k7_spec_dup(full, &copy, NULL);
    if (code == 0)
        code = k7_spec_add_env_text(copy, "A=s3cret2\nB=s3cret3", 19, NULL);
    if (code == 0)
        code = k7_spec_add_env(copy, "A", "s3cret4", NULL);
    if (code == 0)
        code = k7_spec_set_limit(copy, "cpu", "2", NULL);
    if (code == 0)
        code = k7_spec_set_name(copy, "other", NULL);
    if (code == 0)
        code = k7_spec_to_json(copy, &text, NULL);
    if (text) /* the caller's, who wipes it if it matters */
        memset(text, 0, strlen(text));
    k7i_free(text);
    k7_spec_free(full);
    k7_spec_free(copy);
    return code;
}

START_TEST(survives_a_lack_of_memory_and_leaves_no_secret)
{
    starve_secret = "s3cret";
    starve_each(use_all, NULL);
    ck_assert_int_eq(starve_leaks, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model/spec");
    TCase *tests = tcase_create("spec");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_new_spec_has_only_what_it_was_given);
    tcase_add_test(tests, fields_are_in_the_contracts_order);
    tcase_add_loop_test(tests, a_text_is_unset_empty_or_given, 0, sizeof texts / sizeof texts[0]);
    tcase_add_loop_test(tests, a_flag_is_unset_no_or_yes, 0, sizeof flags / sizeof flags[0]);
    tcase_add_loop_test(tests, a_list_grows_and_is_unset_as_a_whole, 0, sizeof lists / sizeof lists[0]);
    tcase_add_test(tests, ports_are_kept_in_order);
    tcase_add_test(tests, egress_tells_open_blocked_and_list_apart);
    tcase_add_test(tests, dropping_no_capability_is_not_the_default);
    tcase_add_test(tests, limits_are_replaced_and_removed_by_key);
    tcase_add_test(tests, a_later_variable_wins_in_the_place_of_the_first);
    tcase_add_test(tests, env_text_is_taken_whole_or_not_at_all);
    tcase_add_test(tests, a_long_env_text_takes_no_quadratic_time);
    tcase_add_test(tests, reads_a_local_env_file);
    tcase_add_test(tests, unsets_by_name);
    tcase_add_test(tests, a_copy_is_equal_and_independent);
    tcase_add_test(tests, survives_a_lack_of_memory_and_leaves_no_secret);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
