/* conformance.c: one suite against any transport: conformance memory|custom|docker|rest-memory|rest-docker. Ends with 77 when what the target needs is
 * not there. */
#include "cases.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct target *target;
k7_client *client;

static const char *const namespaces[] = { "default", "alpha", "beta" };

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
    expect_done(k7_spec_set_namespace(spec, namespace_, &error), error);
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

    expect_done(k7_sandbox_delete(client, namespace_, name, NULL, NULL, &error), error);
}

int exists(const char *namespace_, const char *name)
{
    k7_sandbox *sandbox = NULL;
    k7_error *error = NULL;
    int status = k7_sandbox_get(client, namespace_, name, NULL, &sandbox, &error);

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
    expect_done(k7_query_set_namespace(query, namespace_, &error), error);
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
    for (size_t i = 0; i < sizeof namespaces / sizeof namespaces[0]; i++) {
        k7_error *error = NULL;

        expect_done(k7_sandbox_delete_all(client, namespaces[i], NULL, NULL, &error), error);
    }
    client = k7_client_unref(client);
    target->close();
}

static int run(void)
{
    static TCase *(*const groups[])(void) = { cases_create, cases_fields, cases_read,
                                              cases_delete, cases_stop,   cases_names };
    Suite *suite = suite_create(target->name);

    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        TCase *group = groups[i]();

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
    static const struct target *const targets[] = { &target_memory, &target_custom, &target_docker,
                                                    &target_rest_memory, &target_rest_docker };

    for (size_t i = 0; argc == 2 && i < sizeof targets / sizeof targets[0]; i++) {
        if (strcmp(targets[i]->name, argv[1]) == 0)
            target = targets[i];
    }
    if (!target) {
        fputs("usage: conformance memory|custom|docker|rest-memory|rest-docker\n", stderr);
        return 2;
    }
    int status = target->start();
    if (status == 0)
        status = run();
    target->stop();
    return status;
}
