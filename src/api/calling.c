/* calling.c: how every call is made: its settings, then its plan, on a borrowed loop until it is over, or started on the caller's. */
#include "api/calling.h"

#include "base/error.h"
#include "model/name.h"
#include "plan/call.h"
#include "transport/many.h"

static void settings_of_call(const k7_client *client, enum k7i_operation operation, const k7_call *call,
                             struct k7i_run *run)
{
    const k7_config *config = client->config;

    run->attempts = (int)k7i_config_int(config, "retry_attempts");
    run->timeout_ms = k7i_config_is_set(config, "timeout_ms")
                          ? k7i_config_int(config, "timeout_ms")
                          : k7i_operation_timeout_ms(k7i_operation_of_item(operation));
    if (operation >= K7I_OPERATIONS) { /* that is for an item */
        run->child_timeout_ms = run->timeout_ms;
        run->timeout_ms = K7_NEVER;
    }
    run->cleanup_timeout_ms = k7i_config_int(config, "cleanup_timeout_ms");
    run->call = call;
    if (call) {
        if (call->timeout_ms != 0)
            run->timeout_ms = call->timeout_ms;
        if (call->cleanup_timeout_ms >= 0)
            run->cleanup_timeout_ms = call->cleanup_timeout_ms;
        run->cancel = call->cancel;
    }
}

int k7i_calling_is_dry(const struct k7i_calling *calling)
{
    return calling->call && calling->call->dry_run;
}

static int run_on(struct k7i_loop *loop, const k7_client *client, const struct k7i_plan *plan,
                  const struct k7i_args *args, const struct k7i_run *run, void **ret_result, k7_error **err)
{
    struct k7i_op *op;
    int status = k7i_op_new(plan, client->instance, &op, err);

    if (status != 0)
        return status;
    if ((status = plan->prepare(op, args, err)) == 0)
        status = k7i_op_run_blocking(op, loop, run, err);
    if (status == 0 && op->error) {
        status = k7_error_get_code(op->error);
        *err = op->error;
        op->error = NULL;
    } else if (status == 0 && ret_result) {
        *ret_result = op->result;
        op->result = NULL;
    }
    k7i_op_free(op);
    return status;
}

int k7i_calling_run(const struct k7i_calling *calling, struct k7i_args *args, k7_error **err)
{
    k7_client *client = calling->client;
    enum k7i_operation operation = calling->operation;
    enum k7i_operation of_item = k7i_operation_of_item(operation);
    struct k7i_client_loop *loop;
    struct k7i_run run = { 0 };
    int status;

    if (!k7i_client_supports(client, of_item))
        return k7i_fail(err, K7_ERR_UNSUPPORTED_OPERATION, "the transport \"%s\" has no %s",
                        client->transport_name, k7i_operation_name(of_item));
    if (k7i_calling_is_dry(calling) && !client->transport->sends_requests)
        return k7i_fail(err, K7_ERR_UNSUPPORTED_ARGUMENT,
                        "dry run: the transport \"%s\" sends no requests that could be shown",
                        client->transport_name);
    args->transport = client->transport;
    args->of_item = of_item;
    settings_of_call(client, operation, calling->call, &run);
    if (calling->is_started)
        return k7i_op_begin(calling->loop, client, operation, args, &run, calling->ret_op, err);
    if ((status = k7i_client_borrow_loop(client, &loop, err)) != 0)
        return status;
    status = run_on(loop->loop, client, k7i_plan_of(client->transport, operation), args, &run,
                    calling->ret_result, err);
    k7i_client_give_loop_back(client, loop);
    return status;
}

int k7i_calling_begin(const struct k7i_calling *calling, k7_error **err)
{
    int status = k7i_client_check(calling->client, err);

    if (calling->ret_op)
        *calling->ret_op = NULL;
    if (status != 0 || !calling->is_started)
        return status;
    if (!calling->ret_op)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "ret_op is NULL");
    return k7i_loop_check(calling->loop, err);
}

int k7i_calling_finish(const struct k7i_calling *calling, int status, k7_error *error, k7_error **err)
{
    if (err)
        *err = NULL;
    if (status != 0) {
        k7i_error_set_operation(error, k7i_operation_name(calling->operation));
        k7i_error_move(err, error);
    }
    return status;
}

int k7i_calling_namespace(const k7_client *client, const char *namespace_, const char **ret_namespace,
                          k7_error **err)
{
    *ret_namespace = namespace_ ? namespace_ : k7i_client_namespace(client);
    return k7i_name_check_namespace(*ret_namespace, err);
}
