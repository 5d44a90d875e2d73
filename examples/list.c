/* list.c: lists the sandboxes of every namespace.
 *
 * usage: list [ENDPOINT]    without ENDPOINT: K7's environment variables, then its client file */
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

/* A getter gives NULL where the server did not say. */
static const char *or_dash(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : "-";
}

int main(int argc, char **argv)
{
    k7_client *client = NULL;
    k7_query *query = NULL;
    k7_sandboxes *list = NULL;
    k7_error *err = NULL;

    int status = open_client(argc > 1 ? argv[1] : NULL, &client, &err);
    if (status == 0)
        status = k7_query_new(&query, &err);
    if (status == 0)
        status = k7_query_set_all_namespaces(query, 1, &err);
    if (status == 0)
        status = k7_sandbox_list(client, query, NULL, &list, &err);

    if (status == 0) {
        for (size_t i = 0; i < k7_sandboxes_count(list); i++) {
            const k7_sandbox *sandbox = k7_sandboxes_at(list, i);
            printf("%s/%s %s %s %s\n", or_dash(k7_sandbox_get_namespace(sandbox)),
                   or_dash(k7_sandbox_get_name(sandbox)), or_dash(k7_sandbox_get_status(sandbox)),
                   k7_sandbox_is_ready(sandbox) == 1 ? "ready" : "not-ready",
                   or_dash(k7_sandbox_get_image(sandbox)));
        }
        printf("%zu sandboxes\n", k7_sandboxes_count(list));
    } else {
        fprintf(stderr, "list: %s\n", k7_error_get_message(err));
    }
    k7_error_unref(err);
    k7_sandboxes_unref(list);
    k7_query_free(query);
    k7_client_unref(client);
    return status == 0 ? 0 : 1;
}
