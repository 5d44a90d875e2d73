/* delete.c: deletes one sandbox, and says whether it was there.
 *
 * usage: delete [ENDPOINT [NAME]]    without ENDPOINT: K7's environment variables, then its client file */
#include <stdio.h>
#include <k7sandbox/k7sandbox.h>

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

int main(int argc, char **argv)
{
    const char *name = argc > 2 ? argv[2] : "demo";
    k7_client *client = NULL;
    k7_delete_options *options = NULL;
    k7_error *err = NULL;

    int status = open_client(argc > 1 ? argv[1] : NULL, &client, &err);
    if (status == 0)
        status = k7_delete_options_new(&options, &err);
    /* Without this, a sandbox that is not there counts as deleted. */
    if (status == 0)
        status = k7_delete_options_set_missing_is_error(options, 1, &err);
    if (status == 0)
        status = k7_sandbox_delete(client, NULL, name, options, NULL, &err);

    if (status == 0)
        printf("deleted %s\n", name);
    else if (k7_error_get_class(err) == K7_CLASS_NOT_FOUND)
        printf("%s was not there\n", name);
    else
        fprintf(stderr, "delete: %s\n", k7_error_get_message(err));

    int failed = status != 0 && k7_error_get_class(err) != K7_CLASS_NOT_FOUND;
    k7_error_unref(err);
    k7_delete_options_free(options);
    k7_client_unref(client);
    return failed;
}
