/* cases_fields.c: each field of the create body by itself: honoured, or refused by its name; never dropped. */
#include "cases.h"

#include <stdio.h>
#include <string.h>

static int set_env_file(k7_spec *spec, k7_error **err)
{
    return k7_spec_set_env_file(spec, "demo.env", err);
}

static int set_script(k7_spec *spec, k7_error **err)
{
    return k7_spec_set_before_script(spec, "echo hello; true", err);
}

static int set_script_under_lock(k7_spec *spec, k7_error **err)
{
    int status = k7_spec_set_before_script(spec, "true", err);

    return status ? status : k7_spec_set_before_script_under_lock(spec, 1, err);
}

static int set_limits(k7_spec *spec, k7_error **err)
{
    int status = k7_spec_set_limit(spec, "cpu", "500m", err);

    return status ? status : k7_spec_set_limit(spec, "memory", "256Mi", err);
}

static int set_storage(k7_spec *spec, k7_error **err)
{
    return k7_spec_set_limit(spec, "ephemeral-storage", "256Mi", err);
}

static int set_egress_open(k7_spec *spec, k7_error **err)
{
    return k7_spec_set_egress_open(spec, err);
}

static int set_egress_blocked(k7_spec *spec, k7_error **err)
{
    return k7_spec_set_egress_blocked(spec, err);
}

static int set_egress_list(k7_spec *spec, k7_error **err)
{
    int status = k7_spec_unset_egress(spec, err);

    return status ? status : k7_spec_add_egress(spec, "10.0.0.5/32", err);
}

static int set_pod_non_root(k7_spec *spec, k7_error **err)
{
    return k7_spec_set_pod_non_root(spec, 1, err);
}

static int set_container_non_root(k7_spec *spec, k7_error **err)
{
    return k7_spec_set_container_non_root(spec, 1, err);
}

static int set_cap_drop(k7_spec *spec, k7_error **err)
{
    return k7_spec_add_cap_drop(spec, "ALL", err);
}

static int set_cap_drop_none(k7_spec *spec, k7_error **err)
{
    return k7_spec_set_cap_drop_none(spec, err);
}

static int set_cap_add(k7_spec *spec, k7_error **err)
{
    return k7_spec_add_cap_add(spec, "CHOWN", err);
}

/* Values that a shell, a line or an encoding could mistake for something else. */
static int set_env(k7_spec *spec, k7_error **err)
{
    static const char *const pairs[][2] = {
        { "PLAIN", "value" },
        { "EMPTY", "" },
        { "SPACES", "  two words  " },
        { "EQUALS", "a=b=c" },
        { "QUOTES", "\"double\" 'single' `back`" },
        { "DOLLAR", "$HOME ${HOME} $(id)" },
        { "LINES", "first\nsecond" },
        { "BACKSLASH", "C:\\temp\\n" },
        { "UNICODE", "gr\xC3\xBC\xC3\x9F dich, \xE4\xB8\x96\xE7\x95\x8C \xF0\x9F\x8C\x8D" },
        { "HASH", "# no comment" },
    };
    int status = 0;

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0] && status == 0; i++)
        status = k7_spec_add_env(spec, pairs[i][0], pairs[i][1], err);
    return status;
}

static int set_backend(k7_spec *spec, k7_error **err)
{
    return k7_spec_set_backend(spec, "kfd", err);
}

static int set_ports(k7_spec *spec, k7_error **err)
{
    int status = k7_spec_add_ingress_port(spec, 8080, err);

    return status ? status : k7_spec_add_expose_port(spec, 8080, err);
}

static const struct {
    const char *field;
    int (*set)(k7_spec *spec, k7_error **err);
    unsigned needs; /* 0: every target honours it */
} rows[] = {
    { "env_file", set_env_file, FIELD_ENV_FILE },
    { "before_script", set_script, 0 },
    { "before_script_under_lock", set_script_under_lock, 0 },
    { "limits", set_limits, 0 },
    { "ephemeral-storage", set_storage, FIELD_STORAGE },
    { "egress_whitelist", set_egress_open, 0 },
    { "egress_whitelist", set_egress_blocked, 0 },
    { "egress_whitelist", set_egress_list, FIELD_EGRESS_LIST },
    { "pod_non_root", set_pod_non_root, 0 },
    { "container_non_root", set_container_non_root, 0 },
    { "cap_drop", set_cap_drop, 0 },
    { "cap_drop", set_cap_drop_none, FIELD_KEPT_CAPABILITIES },
    { "cap_add", set_cap_add, 0 },
    { "env", set_env, 0 },
    { "backend", set_backend, FIELD_BACKEND },
    { "expose_ports", set_ports, FIELD_PORTS },
};
enum { ROWS = sizeof rows / sizeof rows[0] };

START_TEST(field_is_honoured_or_refused_by_name)
{
    k7_spec *spec = new_spec("default", "demo");
    k7_error *error = NULL;
    int honoured = (target->fields & rows[_i].needs) == rows[_i].needs;

    expect_done(rows[_i].set(spec, &error), error);
    int status = k7_sandbox_create(client, spec, NULL, NULL, &error);
    if (honoured) {
        ck_assert_msg(status == 0, "%s: %s", rows[_i].field, k7_error_get_message(error));
    } else {
        ck_assert_int_eq(status, K7_ERR_UNSUPPORTED_ARGUMENT);
        ck_assert_msg(strstr(k7_error_get_message(error), rows[_i].field) != NULL ||
                          strcmp(rows[_i].field, "expose_ports") == 0,
                      "%s: %s", rows[_i].field, k7_error_get_message(error));
        ck_assert_int_ne(k7_error_get_outcome(error), K7_OUTCOME_UNKNOWN);
        expect_error(error, K7_ERR_UNSUPPORTED_ARGUMENT, "create");
    }
    ck_assert_int_eq(exists("default", "demo"), honoured);
    k7_spec_free(spec);
}
END_TEST

static TCase *rows_of(const char *name, int from, int to)
{
    TCase *group = tcase_create(name);

    tcase_add_loop_test(group, field_is_honoured_or_refused_by_name, from, to);
    return group;
}

/* In two groups, which can be tested beside each other: each row makes a sandbox. */
TCase *cases_fields(void)
{
    return rows_of("fields", 0, ROWS / 2);
}

TCase *cases_more_fields(void)
{
    return rows_of("more fields", ROWS / 2, ROWS);
}
