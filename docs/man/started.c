#include <k7sandbox/k7sandbox.h>
#include <stdio.h>

static void on_done(void *user, k7_op *op)
{
    int *ended = (int *)user;

    (void)op;
    ++*ended;
}

static int start(k7_client *client, k7_loop *loop, const char *name, int *ended, k7_op **ret_op,
                 k7_error **err)
{
    k7_spec *spec = NULL;
    int status = k7_spec_new(name, "alpine:latest", &spec, err);

    if (status == 0)
        status = k7_sandbox_create_start(client, spec, NULL, loop, ret_op, err);
    if (status == 0)
        status = k7_op_set_on_done(*ret_op, on_done, ended, NULL, err);
    k7_spec_free(spec); /* it was copied */
    return status;
}

int main(void)
{
    k7_client *client = NULL;
    k7_loop *loop = NULL;
    k7_op *ops[2] = { NULL, NULL };
    k7_error *err = NULL;
    int ended = 0, status = k7_client_open(NULL, &client, &err);

    if (status == 0)
        status = k7_loop_new(&loop, &err);
    if (status == 0)
        status = start(client, loop, "one", &ended, &ops[0], &err);
    if (status == 0)
        status = start(client, loop, "two", &ended, &ops[1], &err);
    while (status == 0 && ended < 2)
        status = k7_loop_wait(loop, -1, &err);
    for (int i = 0; i < 2 && status == 0; i++) {
        k7_sandbox *sandbox = NULL;

        status = k7_op_take_sandbox(ops[i], &sandbox, &err);
        if (status == 0)
            printf("created %s\n", k7_sandbox_get_name(sandbox));
        k7_sandbox_unref(sandbox);
    }
    if (status != 0)
        fprintf(stderr, "%s\n", k7_error_get_message(err));
    k7_error_unref(err);
    k7_op_free(ops[0]);
    k7_op_free(ops[1]);
    k7_loop_free(loop);
    k7_client_unref(client);
    return status != 0;
}
