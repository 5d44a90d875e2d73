/* threads.c: tests with several threads, forks and signals; also for the thread sanitizer. */
#include "threads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct gateway threads_gateway;
struct kube_api threads_kube_api;

static struct delegate *delegate;

static k7_client *open_with(const char *endpoint, const char *api_key, k7_transport *transport)
{
    k7_client *client = NULL;
    k7_config *config = NULL;

    ck_assert_int_eq(k7_config_new(&config, NULL), 0);
    ck_assert_int_eq(k7_config_set(config, "endpoint", endpoint, NULL), 0);
    if (api_key)
        ck_assert_int_eq(k7_config_set(config, "rest.api_key", api_key, NULL), 0);
    if (transport)
        ck_assert_int_eq(k7_config_add_transport(config, transport, NULL), 0);
    ck_assert_int_eq(k7_client_open(config, &client, NULL), 0);
    k7_config_free(config);
    return client;
}

int threads_has(const char *endpoint)
{
    return strcmp(endpoint, "rest:") == 0         ? threads_gateway.process > 0
           : strcmp(endpoint, "kubernetes:") == 0 ? threads_kube_api.process > 0
                                                  : 1;
}

k7_client *threads_open(const char *endpoint)
{
    if (strcmp(endpoint, "rest:") == 0)
        return open_with(threads_gateway.url, threads_gateway.api_key, NULL);
    if (strcmp(endpoint, "delegate:") == 0) {
        delegate = delegate_new(open_with("memory:", NULL, NULL));
        return open_with(endpoint, NULL, delegate_transport(delegate));
    }
    return open_with(endpoint, NULL, NULL);
}

void threads_close(k7_client *client)
{
    k7_client_unref(client);
    if (delegate)
        delegate_free(delegate);
    delegate = NULL;
}

k7_spec *threads_spec(const char *name)
{
    k7_spec *spec = NULL;

    return k7_spec_new(name, "alpine:latest", &spec, NULL) == 0 ? spec : NULL;
}

size_t threads_count(k7_client *client)
{
    k7_sandboxes *list = NULL;

    ck_assert_int_eq(k7_sandbox_list(client, NULL, NULL, &list, NULL), 0);
    size_t count = k7_sandboxes_count(list);
    k7_sandboxes_unref(list);
    return count;
}

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void threads_spin_us(int64_t us)
{
    int64_t end = now_us() + us;

    while (now_us() < end)
        ;
}

int main(void)
{
    Suite *suite = suite_create("threads");

    if (!k7_has_feature("rest") || gateway_start(&threads_gateway, "memory:") == 77)
        puts("nothing is tested over rest");
    if (!k7_has_feature("kubernetes"))
        puts("nothing is tested over kubernetes");
    else if (kube_api_start(&threads_kube_api, getenv("K7_KUBE_API"), 0) != 0)
        return 1;
    suite_add_tcase(suite, threads_async());
    suite_add_tcase(suite, threads_clients());
    suite_add_tcase(suite, threads_cancel());
    suite_add_tcase(suite, threads_fork());
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    gateway_stop(&threads_gateway);
    if (threads_kube_api.process > 0)
        kube_api_stop(&threads_kube_api);
    return failed == 0 ? 0 : 1;
}
