#include <k7sandbox/k7sandbox.h>
#include <signal.h>
#include <stdio.h>

static k7_cancel *token;

static void on_interrupt(int number)
{
    (void)number;
    k7_cancel_trigger(token);
}

/* An endpoint that never answers. */
static int get(k7_config *config, k7_call *call, k7_error **err)
{
    k7_client *client = NULL;
    k7_sandbox *sandbox = NULL;
    int status = k7_config_set(config, "endpoint", "memory:?fail=get:hang", err);

    if (status == 0)
        status = k7_client_open(config, &client, err);
    if (status == 0)
        status = k7_call_set_timeout_ms(call, 60000, err);
    if (status == 0)
        status = k7_call_set_cancel(call, token, err);
    raise(SIGINT); /* what Ctrl-C does, here before the call */
    if (status == 0)
        status = k7_sandbox_get(client, NULL, "demo", call, &sandbox, err);
    k7_sandbox_unref(sandbox);
    k7_client_unref(client);
    return status;
}

int main(void)
{
    k7_config *config = NULL;
    k7_call *call = NULL;
    k7_error *err = NULL;
    int cancelled = 0;

    if (k7_cancel_new(&token, &err) == 0 && k7_config_new(&config, &err) == 0 &&
        k7_call_new(&call, &err) == 0) {
        signal(SIGINT, on_interrupt);
        cancelled = get(config, call, &err) == K7_ERR_CANCELLED;
        signal(SIGINT, SIG_DFL);
    }
    fprintf(stderr, "%s\n", k7_error_get_message(err));
    k7_error_unref(err);
    k7_call_free(call);
    k7_config_free(config);
    k7_cancel_unref(token);
    return cancelled ? 0 : 1;
}
