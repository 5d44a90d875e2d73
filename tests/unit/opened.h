/* opened.h: what tests through the public interface share: a client of an endpoint, and the running of a suite. */
#ifndef UNIT_OPENED_H
#define UNIT_OPENED_H

#include <k7sandbox/k7sandbox.h>

#include <check.h>

static inline k7_client *open_client(const char *endpoint, k7_transport *transport)
{
    k7_client *opened = NULL;
    k7_config *config = NULL;

    ck_assert_int_eq(k7_config_new(&config, NULL), 0);
    ck_assert_int_eq(k7_config_set(config, "endpoint", endpoint, NULL), 0);
    if (transport)
        ck_assert_int_eq(k7_config_add_transport(config, transport, NULL), 0);
    ck_assert_int_eq(k7_client_open(config, &opened, NULL), 0);
    k7_config_free(config);
    return opened;
}

static inline int run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);

    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}

#endif
