/* create.c: creates one sandbox and says what it is.
 *
 * usage: create [ENDPOINT [NAME [IMAGE]]]    without ENDPOINT: K7's environment variables, then its client file */
#include <stdio.h>
#include <k7sandbox/k7sandbox.h>

/* NULL: the default configuration. */
static int open_client(const char *endpoint, k7_client **ret_client, k7_error **err)
{
    k7_config *config = NULL;
    if (endpoint == NULL)
        return k7_client_open(NULL, ret_client, err);
    int status = k7_config_new(&config, err);
    if (status == 0)
        status = k7_config_set(config, "endpoint", endpoint, err);
    if (status == 0)
        status = k7_client_open(config, ret_client, err);
    k7_config_free(config);
    return status;
}

/* Half a CPU, 256 MiB, no network. */
static int describe(const char *name, const char *image, k7_spec **ret_spec, k7_error **err)
{
    int status = k7_spec_new(name, image, ret_spec, err);
    if (status == 0)
        status = k7_spec_set_limit(*ret_spec, "cpu", "500m", err);
    if (status == 0)
        status = k7_spec_set_limit(*ret_spec, "memory", "256Mi", err);
    if (status == 0)
        status = k7_spec_set_egress_blocked(*ret_spec, err);
    return status;
}

int main(int argc, char **argv)
{
    k7_client *client = NULL;
    k7_spec *spec = NULL;
    k7_sandbox *sandbox = NULL;
    k7_error *err = NULL;

    int status = open_client(argc > 1 ? argv[1] : NULL, &client, &err);
    if (status == 0)
        status = describe(argc > 2 ? argv[2] : "demo", argc > 3 ? argv[3] : "alpine:latest", &spec, &err);
    if (status == 0)
        status = k7_sandbox_create(client, spec, NULL, &sandbox, &err);

    if (status == 0) {
        const char *namespace_ = k7_sandbox_get_namespace(sandbox);
        printf("created %s in %s\n", k7_sandbox_get_name(sandbox),
               namespace_ != NULL ? namespace_ : "the default namespace");
    } else {
        fprintf(stderr, "create: %s\n", k7_error_get_message(err));
        for (size_t i = 0; i < k7_error_leftover_count(err); i++)
            fprintf(stderr, "left behind: %s\n", k7_error_leftover_at(err, i));
    }
    k7_error_unref(err);
    k7_sandbox_unref(sandbox);
    k7_spec_free(spec);
    k7_client_unref(client);
    return status == 0 ? 0 : 1;
}
