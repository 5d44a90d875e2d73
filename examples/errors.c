/* errors.c: what to do about an error: decide by its class and its outcome, show its message and what is left.
 *
 * usage: errors [ENDPOINT]    without ENDPOINT: simulations that fail in six ways, one after the other */
#include <stdio.h>
#include <k7sandbox/k7sandbox.h>

/* What a program does next follows from the class, and from whether the request can have taken effect. */
static const char *advice(const k7_error *err)
{
    if (k7_error_get_outcome(err) == K7_OUTCOME_UNKNOWN)
        return "it may exist: look with get or list before creating it again";
    if (k7_error_is_retryable(err))
        return "try the same call again, later";
    switch (k7_error_get_class(err)) {
    case K7_CLASS_INVALID:
        return "mend the program or its input";
    case K7_CLASS_UNSUPPORTED:
        return "do without, or use another transport";
    case K7_CLASS_CONFLICT:
        return "choose another name, or delete what is in the way";
    case K7_CLASS_AUTH:
        return "get a valid credential";
    case K7_CLASS_QUOTA:
        return "delete something, or wait";
    case K7_CLASS_SANDBOX:
        return "mend the image or the script";
    default:
        return "tell whoever runs the server";
    }
}

static void explain(const k7_error *err)
{
    static const char *const outcomes[] = { "nothing was done", "the server refused", "unknown" };
    printf("%s\n", k7_error_get_message(err));
    printf("  error:   %s, class %s\n", k7_error_code_name(k7_error_get_code(err)),
           k7_error_class_name(k7_error_get_class(err)));
    printf("  outcome: %s\n", outcomes[k7_error_get_outcome(err)]);
    if (k7_error_get_http_status(err) != 0)
        printf("  http:    %d\n", k7_error_get_http_status(err));
    if (k7_error_get_reason(err) != NULL)
        printf("  reason:  %s\n", k7_error_get_reason(err));
    if (k7_error_get_retry_after_ms(err) >= 0)
        printf("  wait:    %lld ms\n", (long long)k7_error_get_retry_after_ms(err));
    for (size_t i = 0; i < k7_error_leftover_count(err); i++)
        printf("  left:    %s\n", k7_error_leftover_at(err, i));
    printf("  so:      %s\n", advice(err));
}

/* At most two seconds, so that a server that never answers does not hold up the show. */
static int create(k7_client *client, const char *name, k7_error **err)
{
    k7_spec *spec = NULL;
    k7_call *call = NULL;
    int status = k7_spec_new(name, "alpine:latest", &spec, err);
    if (status == 0)
        status = k7_call_new(&call, err);
    if (status == 0)
        status = k7_call_set_timeout_ms(call, 2000, err);
    if (status == 0)
        status = k7_sandbox_create(client, spec, call, NULL, err);
    k7_call_free(call);
    k7_spec_free(spec);
    return status;
}

static int open_client(const char *endpoint, k7_client **ret_client, k7_error **err)
{
    k7_config *config = NULL;
    int status = k7_config_new(&config, err);
    if (status == 0)
        status = k7_config_set(config, "endpoint", endpoint, err);
    if (status == 0)
        status = k7_client_open(config, ret_client, err);
    k7_config_free(config);
    return status;
}

/* Returns 1 when the call failed, which is what this program wants to show. */
static int show(const char *endpoint, const char *name)
{
    k7_client *client = NULL;
    k7_error *err = NULL;
    int status = open_client(endpoint, &client, &err);
    if (status == 0)
        status = create(client, name, &err);
    printf("%s, creating \"%s\": ", endpoint, name);
    if (status == 0)
        printf("created\n");
    else
        explain(err);
    k7_error_unref(err);
    k7_client_unref(client);
    return status != 0;
}

int main(int argc, char **argv)
{
    static const char *const failing[] = { "memory:?fail=create:403", "memory:?fail=create:429",
                                           "memory:?fail=create:500", "memory:?fail=create:lost",
                                           "memory:?fail=create:unreachable" };
    int shown = 0, wanted = 1;
    if (argc > 1) {
        shown = show(argv[1], "demo");
    } else {
        wanted = 6;
        shown = show("memory:", "not/a/name");
        for (size_t i = 0; i < sizeof(failing) / sizeof(failing[0]); i++)
            shown += show(failing[i], "demo");
    }
    return shown == wanted ? 0 : 1;
}
