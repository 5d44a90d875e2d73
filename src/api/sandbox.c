/* sandbox.c: the operations on sandboxes: checks the arguments, then runs the transport's plan on a borrowed loop, or starts it on the caller's. The only way in for
 * calls: nothing below checks names again. */
#include "api/op.h"

#include "base/error.h"
#include "base/quote.h"
#include "model/name.h"
#include "plan/call.h"

#include <k7sandbox/client.h>
#include <k7sandbox/sandbox.h>

/* A call that is made: blocking with ret_result (NULL: the result is not wanted), or started with loop and ret_op. */
struct calling {
    enum k7i_operation operation;
    k7_client *client;
    const k7_call *call;
    void **ret_result;
    int is_started;
    k7_loop *loop;
    k7_op **ret_op;
};

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

static int call_plan(const struct calling *calling, struct k7i_args *args, k7_error **err)
{
    k7_client *client = calling->client;
    enum k7i_operation operation = calling->operation;
    struct k7i_client_loop *loop;
    struct k7i_run run = { 0 };
    int status;

    if (!k7i_client_supports(client, operation))
        return k7i_fail(err, K7_ERR_UNSUPPORTED_OPERATION, "the transport \"%s\" has no %s",
                        client->transport_name, k7i_operation_name(operation));
    if (is_dry(calling->call) && !client->transport->sends_requests)
        return k7i_fail(err, K7_ERR_UNSUPPORTED_ARGUMENT,
                        "dry run: the transport \"%s\" sends no requests that could be shown",
                        client->transport_name);
    args->transport = client->transport;
    settings_of_call(client, operation, calling->call, &run);
    if (calling->is_started)
        return k7i_op_begin(calling->loop, client, operation, args, &run, calling->ret_op, err);
    if ((status = k7i_client_borrow_loop(client, &loop, err)) != 0)
        return status;
    status =
        run_on(loop->loop, client, client->transport->plans[operation], args, &run, calling->ret_result, err);
    k7i_client_give_loop_back(client, loop);
    return status;
}

/* At the head of every call: the output is written, and who is asked can be. */
static int begin(const struct calling *calling, k7_error **err)
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

/* The error belongs to the operation, whoever made it. */
static int finish(const struct calling *calling, int status, k7_error *error, k7_error **err)
{
    if (err)
        *err = NULL;
    if (status != 0) {
        k7i_error_set_operation(error, k7i_operation_name(calling->operation));
        k7i_error_move(err, error);
    }
    return status;
}

/* Of a call that is of no use without its result. */
static int check_output(const struct calling *calling, const char *name, k7_error **err)
{
    return calling->is_started || calling->ret_result
               ? 0
               : k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s is NULL", name);
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

static int create(const struct calling *calling, const k7_spec *spec, k7_error **err)
{
    struct k7i_args args = { .spec = spec };
    k7_spec *shown = NULL;
    k7_error *error = NULL;
    int status = begin(calling, &error);

    if (status == 0 && !spec)
        status = k7i_fail(&error, K7_ERR_INVALID_ARGUMENT, "spec is NULL");
    if (status == 0 && (status = k7_spec_validate(spec, &error)) == 0)
        status = resolve_namespace(calling->client, spec->namespace_, &args.namespace_, &error);
    if (status == 0 && is_dry(calling->call) && (status = k7i_spec_dup_for_show(spec, &shown, &error)) == 0)
        args.spec = shown;
    if (status == 0) {
        args.name = spec->name;
        status = call_plan(calling, &args, &error);
    }
    k7_spec_free(shown);
    return finish(calling, status, error, err);
}

int k7_sandbox_create(k7_client *client, const k7_spec *spec, const k7_call *call, k7_sandbox **ret_sandbox,
                      k7_error **err)
{
    void *result = NULL;
    int status = create(
        &(struct calling){ K7I_CREATE, client, call, .ret_result = ret_sandbox ? &result : NULL }, spec, err);

    if (ret_sandbox)
        *ret_sandbox = result;
    return status;
}

int k7_sandbox_create_start(k7_client *client, const k7_spec *spec, const k7_call *call, k7_loop *loop,
                            k7_op **ret_op, k7_error **err)
{
    return create(&(struct calling){ K7I_CREATE, client, call, NULL, 1, loop, ret_op }, spec, err);
}

/* --- list ------------------------------------------------------------------------------------------------------------------------ */

static int list(const struct calling *calling, const k7_query *query, k7_error **err)
{
    struct k7i_args args = { 0 };
    k7_error *error = NULL;
    int status = begin(calling, &error);

    if (status == 0)
        status = check_output(calling, "ret_list", &error);
    if (status == 0 && query && query->all_namespaces && query->namespace_)
        status = k7i_fail(&error, K7_ERR_INVALID_ARGUMENT,
                          "the query has the namespace %s and all namespaces; choose one",
                          K7I_QUOTE(query->namespace_));
    else if (status == 0 && !(query && query->all_namespaces))
        status =
            resolve_namespace(calling->client, query ? query->namespace_ : NULL, &args.namespace_, &error);
    if (status == 0)
        status = call_plan(calling, &args, &error);
    return finish(calling, status, error, err);
}

int k7_sandbox_list(k7_client *client, const k7_query *query, const k7_call *call, k7_sandboxes **ret_list,
                    k7_error **err)
{
    void *result = NULL;
    int status = list(&(struct calling){ K7I_LIST, client, call, .ret_result = ret_list ? &result : NULL },
                      query, err);

    if (ret_list)
        *ret_list = result;
    return status;
}

int k7_sandbox_list_start(k7_client *client, const k7_query *query, const k7_call *call, k7_loop *loop,
                          k7_op **ret_op, k7_error **err)
{
    return list(&(struct calling){ K7I_LIST, client, call, NULL, 1, loop, ret_op }, query, err);
}

/* --- get ------------------------------------------------------------------------------------------------------------------------- */

static int get(const struct calling *calling, const char *namespace_, const char *name, k7_error **err)
{
    struct k7i_args args = { .name = name };
    k7_error *error = NULL;
    int status = begin(calling, &error);

    if (status == 0 && (status = check_output(calling, "ret_sandbox", &error)) == 0 &&
        (status = check_name(name, &error)) == 0 &&
        (status = resolve_namespace(calling->client, namespace_, &args.namespace_, &error)) == 0)
        status = call_plan(calling, &args, &error);
    return finish(calling, status, error, err);
}

int k7_sandbox_get(k7_client *client, const char *namespace_, const char *name, const k7_call *call,
                   k7_sandbox **ret_sandbox, k7_error **err)
{
    void *result = NULL;
    int status = get(&(struct calling){ K7I_GET, client, call, .ret_result = ret_sandbox ? &result : NULL },
                     namespace_, name, err);

    if (ret_sandbox)
        *ret_sandbox = result;
    return status;
}

int k7_sandbox_get_start(k7_client *client, const char *namespace_, const char *name, const k7_call *call,
                         k7_loop *loop, k7_op **ret_op, k7_error **err)
{
    return get(&(struct calling){ K7I_GET, client, call, NULL, 1, loop, ret_op }, namespace_, name, err);
}

/* --- delete ---------------------------------------------------------------------------------------------------------------------- */

static int delete_one(const struct calling *calling, const char *namespace_, const char *name,
                      const k7_delete_options *options, k7_error **err)
{
    struct k7i_args args = { .name = name };
    k7_error *error = NULL;
    int status = begin(calling, &error);

    if (options) {
        args.uid = options->uid;
        args.missing_is_error = options->missing_is_error;
        args.no_wait = options->no_wait;
    }
    if (status == 0 && (status = check_name(name, &error)) == 0 &&
        (status = resolve_namespace(calling->client, namespace_, &args.namespace_, &error)) == 0)
        status = call_plan(calling, &args, &error);
    return finish(calling, status, error, err);
}

int k7_sandbox_delete(k7_client *client, const char *namespace_, const char *name,
                      const k7_delete_options *options, const k7_call *call, k7_error **err)
{
    return delete_one(&(struct calling){ K7I_DELETE, client, call }, namespace_, name, options, err);
}

int k7_sandbox_delete_start(k7_client *client, const char *namespace_, const char *name,
                            const k7_delete_options *options, const k7_call *call, k7_loop *loop,
                            k7_op **ret_op, k7_error **err)
{
    return delete_one(&(struct calling){ K7I_DELETE, client, call, NULL, 1, loop, ret_op }, namespace_, name,
                      options, err);
}

/* --- delete all ------------------------------------------------------------------------------------------------------------------ */

static int delete_all(const struct calling *calling, const char *namespace_, k7_error **err)
{
    struct k7i_args args = { 0 };
    k7_error *error = NULL;
    int status = begin(calling, &error);

    if (status == 0 &&
        (status = resolve_namespace(calling->client, namespace_, &args.namespace_, &error)) == 0)
        status = call_plan(calling, &args, &error);
    return finish(calling, status, error, err);
}

int k7_sandbox_delete_all(k7_client *client, const char *namespace_, const k7_call *call,
                          k7_results **ret_results, k7_error **err)
{
    void *result = NULL;
    int status = delete_all(
        &(struct calling){ K7I_DELETE_ALL, client, call, .ret_result = ret_results ? &result : NULL },
        namespace_, err);

    if (ret_results)
        *ret_results = result;
    return status;
}

int k7_sandbox_delete_all_start(k7_client *client, const char *namespace_, const k7_call *call, k7_loop *loop,
                                k7_op **ret_op, k7_error **err)
{
    return delete_all(&(struct calling){ K7I_DELETE_ALL, client, call, NULL, 1, loop, ret_op }, namespace_,
                      err);
}
