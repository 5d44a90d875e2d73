/* sandbox.c: the operations on sandboxes: checks the arguments, then runs the transport's plan on a borrowed loop. The only way in for calls: nothing
 * below checks names again. */
#include "api/client.h"

#include "base/error.h"
#include "base/quote.h"
#include "model/name.h"
#include "plan/call.h"

#include <k7sandbox/client.h>
#include <k7sandbox/sandbox.h>

/* --- how every call runs --------------------------------------------------------------------------------------------------------- */

static void settings_of_call(const k7_client *client, enum k7i_operation operation, const k7_call *call,
                             struct k7i_run *run)
{
    const k7_config *config = client->config;

    run->attempts = (int)k7i_config_int(config, "retry_attempts");
    run->timeout_ms = k7i_config_is_set(config, "timeout_ms") ? k7i_config_int(config, "timeout_ms")
                                                              : k7i_operation_timeout_ms(operation);
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

static int is_dry(const k7_call *call)
{
    return call && call->dry_run;
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

/* ret_result NULL: the result is not wanted. */
static int call_plan(k7_client *client, enum k7i_operation operation, struct k7i_args *args,
                     const k7_call *call, void **ret_result, k7_error **err)
{
    struct k7i_client_loop *loop;
    struct k7i_run run = { 0 };
    int status;

    if (!k7i_client_supports(client, operation))
        return k7i_fail(err, K7_ERR_UNSUPPORTED_OPERATION, "the transport \"%s\" has no %s",
                        client->transport_name, k7i_operation_name(operation));
    if (is_dry(call) && !client->transport->sends_requests)
        return k7i_fail(err, K7_ERR_UNSUPPORTED_ARGUMENT,
                        "dry run: the transport \"%s\" sends no requests that could be shown",
                        client->transport_name);
    args->transport = client->transport;
    settings_of_call(client, operation, call, &run);
    if ((status = k7i_client_borrow_loop(client, &loop, err)) != 0)
        return status;
    status = run_on(loop->loop, client, client->transport->plans[operation], args, &run, ret_result, err);
    k7i_client_give_loop_back(client, loop);
    return status;
}

/* The error belongs to the operation, whoever made it. */
static int finish(enum k7i_operation operation, int status, k7_error *error, k7_error **err)
{
    if (status != 0) {
        k7i_error_set_operation(error, k7i_operation_name(operation));
        k7i_error_move(err, error);
    }
    return status;
}

static int resolve_namespace(const k7_client *client, const char *namespace_, const char **ret_namespace,
                             k7_error **err)
{
    *ret_namespace = namespace_ ? namespace_ : k7i_client_namespace(client);
    return k7i_name_check_namespace(*ret_namespace, err);
}

static int check_name(const char *name, k7_error **err)
{
    if (!name)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "name is NULL");
    return k7i_name_check_sandbox(name, err);
}

/* --- create ---------------------------------------------------------------------------------------------------------------------- */

static int create(k7_client *client, const k7_spec *spec, const k7_call *call, k7_sandbox **ret_sandbox,
                  k7_error **err)
{
    struct k7i_args args = { .spec = spec };
    k7_spec *shown = NULL;
    void *result = NULL;
    int status = k7i_client_check(client, err);

    if (status != 0)
        return status;
    if (!spec)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "spec is NULL");
    if ((status = k7_spec_validate(spec, err)) != 0 ||
        (status = resolve_namespace(client, spec->namespace_, &args.namespace_, err)) != 0)
        return status;
    args.name = spec->name;
    if (is_dry(call) && (status = k7i_spec_dup_for_show(spec, &shown, err)) == 0)
        args.spec = shown;
    if (status == 0)
        status = call_plan(client, K7I_CREATE, &args, call, ret_sandbox ? &result : NULL, err);
    k7_spec_free(shown);
    if (ret_sandbox)
        *ret_sandbox = result;
    return status;
}

int k7_sandbox_create(k7_client *client, const k7_spec *spec, const k7_call *call, k7_sandbox **ret_sandbox,
                      k7_error **err)
{
    k7_error *error = NULL;

    if (err)
        *err = NULL;
    if (ret_sandbox)
        *ret_sandbox = NULL;
    int status = create(client, spec, call, ret_sandbox, &error);
    return finish(K7I_CREATE, status, error, err);
}

/* --- list ------------------------------------------------------------------------------------------------------------------------ */

static int list(k7_client *client, const k7_query *query, const k7_call *call, k7_sandboxes **ret_list,
                k7_error **err)
{
    struct k7i_args args = { 0 };
    void *result = NULL;
    int status = k7i_client_check(client, err);

    if (status != 0)
        return status;
    if (!ret_list)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "ret_list is NULL");
    if (query && query->all_namespaces) {
        if (query->namespace_)
            return k7i_fail(err, K7_ERR_INVALID_ARGUMENT,
                            "the query has the namespace %s and all namespaces; choose one",
                            K7I_QUOTE(query->namespace_));
    } else {
        status = resolve_namespace(client, query ? query->namespace_ : NULL, &args.namespace_, err);
    }
    if (status == 0)
        status = call_plan(client, K7I_LIST, &args, call, &result, err);
    *ret_list = result;
    return status;
}

int k7_sandbox_list(k7_client *client, const k7_query *query, const k7_call *call, k7_sandboxes **ret_list,
                    k7_error **err)
{
    k7_error *error = NULL;

    if (err)
        *err = NULL;
    if (ret_list)
        *ret_list = NULL;
    int status = list(client, query, call, ret_list, &error);
    return finish(K7I_LIST, status, error, err);
}

/* --- get ------------------------------------------------------------------------------------------------------------------------- */

static int get(k7_client *client, const char *namespace_, const char *name, const k7_call *call,
               k7_sandbox **ret_sandbox, k7_error **err)
{
    struct k7i_args args = { .name = name };
    void *result = NULL;
    int status = k7i_client_check(client, err);

    if (status != 0)
        return status;
    if (!ret_sandbox)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "ret_sandbox is NULL");
    if ((status = check_name(name, err)) != 0 ||
        (status = resolve_namespace(client, namespace_, &args.namespace_, err)) != 0)
        return status;
    status = call_plan(client, K7I_GET, &args, call, &result, err);
    *ret_sandbox = result;
    return status;
}

int k7_sandbox_get(k7_client *client, const char *namespace_, const char *name, const k7_call *call,
                   k7_sandbox **ret_sandbox, k7_error **err)
{
    k7_error *error = NULL;

    if (err)
        *err = NULL;
    if (ret_sandbox)
        *ret_sandbox = NULL;
    int status = get(client, namespace_, name, call, ret_sandbox, &error);
    return finish(K7I_GET, status, error, err);
}

/* --- delete ---------------------------------------------------------------------------------------------------------------------- */

static int delete_one(k7_client *client, const char *namespace_, const char *name,
                      const k7_delete_options *options, const k7_call *call, k7_error **err)
{
    struct k7i_args args = { .name = name };
    int status = k7i_client_check(client, err);

    if (status != 0)
        return status;
    if ((status = check_name(name, err)) != 0 ||
        (status = resolve_namespace(client, namespace_, &args.namespace_, err)) != 0)
        return status;
    if (options) {
        args.uid = options->uid;
        args.missing_is_error = options->missing_is_error;
        args.no_wait = options->no_wait;
    }
    return call_plan(client, K7I_DELETE, &args, call, NULL, err);
}

int k7_sandbox_delete(k7_client *client, const char *namespace_, const char *name,
                      const k7_delete_options *options, const k7_call *call, k7_error **err)
{
    k7_error *error = NULL;

    if (err)
        *err = NULL;
    int status = delete_one(client, namespace_, name, options, call, &error);
    return finish(K7I_DELETE, status, error, err);
}

/* --- delete all ------------------------------------------------------------------------------------------------------------------ */

static int delete_all(k7_client *client, const char *namespace_, const k7_call *call,
                      k7_results **ret_results, k7_error **err)
{
    struct k7i_args args = { 0 };
    void *result = NULL;
    int status = k7i_client_check(client, err);

    if (status == 0 && (status = resolve_namespace(client, namespace_, &args.namespace_, err)) == 0)
        status = call_plan(client, K7I_DELETE_ALL, &args, call, ret_results ? &result : NULL, err);
    if (ret_results)
        *ret_results = result;
    return status;
}

int k7_sandbox_delete_all(k7_client *client, const char *namespace_, const k7_call *call,
                          k7_results **ret_results, k7_error **err)
{
    k7_error *error = NULL;

    if (err)
        *err = NULL;
    if (ret_results)
        *ret_results = NULL;
    int status = delete_all(client, namespace_, call, ret_results, &error);
    return finish(K7I_DELETE_ALL, status, error, err);
}
