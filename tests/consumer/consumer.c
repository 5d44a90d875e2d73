/* consumer.c: a program of somebody else's, built from the installed package alone: one sandbox through memory:, from create to delete. It is
 * compiled as C99 and, unchanged, as C++17. */
#include <k7sandbox/k7sandbox.h>

#include <stdio.h>
#include <string.h>

static int fail(k7_error *err)
{
    fprintf(stderr, "consumer: %s\n", k7_error_get_message(err));
    k7_error_unref(err);
    return 1;
}

int main(void)
{
    k7_error *err = NULL;
    k7_config *config = NULL;
    k7_client *client = NULL;
    k7_spec *spec = NULL;
    k7_sandbox *sandbox = NULL;
    k7_sandboxes *list = NULL;

    if (strcmp(k7_version(), CONSUMER_EXPECTS_VERSION) != 0) {
        fprintf(stderr, "consumer: the package says %s, the library %s\n", CONSUMER_EXPECTS_VERSION,
                k7_version());
        return 1;
    }
    if (k7_config_new(&config, &err) < 0 || k7_config_set(config, "endpoint", "memory:", &err) < 0 ||
        k7_client_open(config, &client, &err) < 0)
        return fail(err);
    k7_config_free(config);
    if (k7_spec_new("demo", "alpine:3.20", &spec, &err) < 0 ||
        k7_sandbox_create(client, spec, NULL, &sandbox, &err) < 0 ||
        k7_sandbox_list(client, NULL, NULL, &list, &err) < 0)
        return fail(err);
    printf("%s %s %zu\n", k7_sandbox_get_name(sandbox), k7_sandbox_get_status(k7_sandboxes_at(list, 0)),
           k7_sandboxes_count(list));
    if (k7_sandbox_delete(client, NULL, "demo", NULL, NULL, &err) < 0)
        return fail(err);
    k7_sandboxes_unref(list);
    k7_sandbox_unref(sandbox);
    k7_spec_free(spec);
    k7_client_unref(client);
    return 0;
}
