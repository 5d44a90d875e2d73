/* test_registry.c: the tables of transports and operations. */
#include "transport/table.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(every_built_in_scheme_finds_its_transport)
{
    for (size_t i = 0; i < k7i_transport_count(); i++) {
        const struct k7i_transport *transport = k7i_transport_at(i);

        ck_assert_ptr_nonnull(transport->schemes[0]);
        for (const char *const *scheme = transport->schemes; *scheme; scheme++) {
            ck_assert_ptr_eq(k7i_transport_of_scheme(*scheme), transport);
            ck_assert_msg(k7i_transport_known_scheme(*scheme) != NULL, "%s is not among the known ones",
                          *scheme);
            ck_assert_str_eq(k7i_transport_known_scheme(*scheme), transport->name);
        }
    }
    ck_assert_ptr_null(k7i_transport_at(k7i_transport_count()));
    ck_assert_ptr_null(k7i_transport_of_scheme("carrier-pigeon"));
    ck_assert_ptr_null(k7i_transport_known_scheme("carrier-pigeon"));
}
END_TEST

START_TEST(plans_fit_the_runner)
{
    for (size_t i = 0; i < k7i_transport_count(); i++) {
        for (int operation = 0; operation < K7I_OPERATIONS; operation++) {
            const struct k7i_plan *plan = k7i_transport_at(i)->plans[operation];

            if (!plan)
                continue;
            ck_assert_str_eq(plan->operation, k7i_operation_name((enum k7i_operation)operation));
            ck_assert_int_le(plan->step_count, K7I_STEPS_MAX);
            ck_assert_int_gt(plan->step_count, 0);
            ck_assert(plan->prepare != NULL);
            for (int k = 0; k < plan->step_count; k++) {
                ck_assert_ptr_nonnull(plan->steps[k]->name);
                ck_assert(plan->steps[k]->begin != NULL);
            }
        }
    }
}
END_TEST

START_TEST(operations_have_names_and_deadlines)
{
    for (int i = 0; i < K7I_OPERATIONS; i++) {
        ck_assert_int_eq(k7i_operation_of_name(k7i_operation_name((enum k7i_operation)i)), i);
        ck_assert_int_gt(k7i_operation_timeout_ms((enum k7i_operation)i), 0);
    }
    ck_assert_int_eq(k7i_operation_timeout_ms(K7I_CREATE), 600000);
    ck_assert_int_eq(k7i_operation_timeout_ms(K7I_LIST), 30000);
    ck_assert_int_eq(k7i_operation_timeout_ms(K7I_DELETE), 120000);
    ck_assert_ptr_null(k7i_operation_name(K7I_CALLS));
    ck_assert_str_eq(k7i_operation_name(K7I_DELETE_MANY), "delete_many"); /* made of a transport's, not one */
    ck_assert_int_eq(k7i_operation_of_name("delete_many"), -1);
    ck_assert_int_eq(k7i_operation_of_name("exec"), -1);
    ck_assert_int_eq(k7i_operation_of_name(NULL), -1);
}
END_TEST

int main(void)
{
    TCase *group = tcase_create("registry");
    Suite *suite = suite_create("registry");

    tcase_add_test(group, every_built_in_scheme_finds_its_transport);
    tcase_add_test(group, plans_fit_the_runner);
    tcase_add_test(group, operations_have_names_and_deadlines);
    suite_add_tcase(suite, group);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
