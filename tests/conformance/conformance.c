/* conformance.c: one suite against any transport: conformance TARGET [GROUP]. Ends with 77 when what the target needs is not there. */
#include "cases.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct target *target;
k7_client *client;

const char *const target_namespaces[] = { "default", "alpha", "beta" };

static char namespace_prefix[64];

const char *in(const char *namespace_)
{
    static char names[4][128];
    static int at;
    char *room = names[at++ % 4];

    snprintf(room, sizeof names[0], "%s%s", namespace_prefix, namespace_);
    return room;
}

/* --- what cases share ------------------------------------------------------------------------------------------------------------ */

void expect_done(int status, k7_error *error)
{
    ck_assert_msg(status == 0, "%s: %d: %s", target->name, status, k7_error_get_message(error));
    ck_assert_ptr_null(error);
}

void expect_error(k7_error *error, int code, const char *operation)
{
    ck_assert_ptr_nonnull(error);
    const char *message = k7_error_get_message(error);
    ck_assert_msg(k7_error_get_code(error) == code, "%s instead of %s: %s",
                  k7_error_code_name(k7_error_get_code(error)), k7_error_code_name(code), message);
    ck_assert_int_eq(k7_error_get_class(error), k7_error_code_class(code));
    ck_assert_str_eq(k7_error_get_operation(error), operation);
    ck_assert_ptr_nonnull(message);
    ck_assert_int_gt((int)strlen(message), 0);
    ck_assert_msg(strpbrk(message, "\r\n") == NULL, "not one line: %s", message);
    k7_error_unref(error);
}

k7_spec *new_spec(const char *namespace_, const char *name)
{
    k7_spec *spec = NULL;
    k7_error *error = NULL;

    expect_done(k7_spec_new(name, target_image(), &spec, &error), error);
    expect_done(k7_spec_set_namespace(spec, in(namespace_), &error), error);
    expect_done(k7_spec_set_egress_blocked(spec, &error), error); /* no network: the quickest of engines */
    return spec;
}

void create(const char *namespace_, const char *name)
{
    k7_spec *spec = new_spec(namespace_, name);
    k7_error *error = NULL;

    expect_done(k7_sandbox_create(client, spec, NULL, NULL, &error), error);
    k7_spec_free(spec);
}

void delete_quietly(const char *namespace_, const char *name)
{
    k7_error *error = NULL;

    expect_done(k7_sandbox_delete(client, in(namespace_), name, NULL, NULL, &error), error);
}

int exists(const char *namespace_, const char *name)
{
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;
    int status = k7_sandbox_get(client, in(namespace_), name, NULL, &sandbox, &error);

    k7_sandbox_unref(sandbox);
    if (status == 0)
        return 1;
    expect_error(error, K7_ERR_NOT_FOUND, "get");
    return 0;
}

size_t count_in(const char *namespace_)
{
    k7_sandboxes *list = NULL;
    k7_query *query = NULL;
    k7_error *error = NULL;

    expect_done(k7_query_new(&query, &error), error);
    expect_done(k7_query_set_namespace(query, in(namespace_), &error), error);
    expect_done(k7_sandbox_list(client, query, NULL, &list, &error), error);
    size_t count = k7_sandboxes_count(list);
    k7_sandboxes_unref(list);
    k7_query_free(query);
    return count;
}

/* --- the program ----------------------------------------------------------------------------------------------------------------- */

static void open_client(void)
{
    client = target->open(0);
    ck_assert_ptr_nonnull(client);
}

static void close_client(void)
{
    for (size_t i = 0; i < sizeof target_namespaces / sizeof target_namespaces[0]; i++) {
        k7_error *error = NULL;

        expect_done(k7_sandbox_delete_all(client, in(target_namespaces[i]), NULL, NULL, &error), error);
    }
    client = k7_client_unref(client);
    target->close();
}

static const struct {
    const char *name;
    TCase *(*make)(void);
} groups[] = {
    { "create", cases_create }, { "fields", cases_fields }, { "more-fields", cases_more_fields },
    { "read", cases_read },     { "delete", cases_delete }, { "stop", cases_stop },
    { "many", cases_many },     { "names", cases_names },   { "dry", cases_dry },
};
enum { GROUPS = sizeof groups / sizeof groups[0] };

/* only: the group's name, or NULL: all. */
static int run(const char *only)
{
    Suite *suite = suite_create(target->name);

    for (size_t i = 0; i < GROUPS; i++) {
        if (only && strcmp(groups[i].name, only) != 0)
            continue;
        TCase *group = groups[i].make();

        tcase_add_checked_fixture(group, open_client, close_client);
        tcase_set_timeout(group, 120);
        suite_add_tcase(suite, group);
    }
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const struct target *const targets[] = { &target_memory,         &target_custom,
                                                    &target_docker,         &target_rest_memory,
                                                    &target_rest_docker,    &target_kubernetes,
                                                    &target_rest_kubernetes };
    const char *only = argc == 3 ? argv[2] : NULL;
    size_t group = 0;

    while (only && group < GROUPS && strcmp(groups[group].name, only) != 0)
        group++;
    for (size_t i = 0; argc >= 2 && argc <= 3 && group < GROUPS && i < sizeof targets / sizeof targets[0];
         i++) {
        if (strcmp(targets[i]->name, argv[1]) == 0)
            target = targets[i];
    }
    if (!target) {
        fputs("usage: conformance memory|custom|docker|rest-memory|rest-docker|kubernetes|rest-kubernetes "
              "[create|fields|more-fields|read|delete|stop|names|dry]\n",
              stderr);
        return 2;
    }
    if (only) /* beside other groups, on the same server */
        snprintf(namespace_prefix, sizeof namespace_prefix, "%s-%s-", target->name, only);
    int status = target->start();
    if (status == 0)
        status = run(only);
    target->stop();
    return status;
}
