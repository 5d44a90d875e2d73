#include <k7sandbox/k7sandbox.h>
#include <stdio.h>

int main(void)
{
    k7_config *config = NULL;
    k7_client *client = NULL;
    k7_error *err = NULL;

    if (k7_config_new(&config, &err) == 0 && k7_config_load_default(config, &err) == 0 &&
        k7_config_set(config, "timeout_ms", "20000", &err) == 0 && k7_client_open(config, &client, &err) == 0)
        printf("%s, namespace %s\n", k7_client_get_endpoint(client), k7_client_get_namespace(client));
    else
        fprintf(stderr, "%s\n", k7_error_get_message(err));
    int failed = err != NULL;
    k7_error_unref(err);
    k7_config_free(config);
    k7_client_unref(client);
    return failed;
}
