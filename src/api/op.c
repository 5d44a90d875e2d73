/* op.c: one started operation: its start, its end, and the handle on it. */
#include "api/op.h"

#include "base/alloc.h"
#include "base/error.h"
#include "plan/call.h"
#include "transport/many.h"

#include <k7sandbox/client.h>

/* --- start and end --------------------------------------------------------------------------------------------------------------- */

static void take_end(void *user, struct k7i_op *op)
{
    k7_op *started = user;

    started->result = op->result;
    started->free_result = op->free_result;
    started->error = op->error;
    op->result = NULL;
    op->error = NULL;
    started->op = NULL;
    k7i_op_free(op);
    k7i_loop_end_of(started->loop, started);
}

static void free_op(k7_op *op)
{
    k7i_op_free(op->op);
    k7_call_free(op->call);
    k7_client_unref(op->client);
    if (op->result)
        op->free_result(op->result);
    k7_error_unref(op->error);
    k7i_free(op);
}

void k7i_op_release(k7_op *op)
{
    if (--op->references == 0)
        free_op(op);
}

static int start(k7_op *op, struct k7i_loop *loop, const struct k7i_args *args,
                 const struct k7i_run *settings, k7_error **err)
{
    const struct k7i_plan *plan = k7i_plan_of(op->client->transport, op->operation);
    struct k7i_run run = *settings;
    int status = k7i_call_dup(settings->call, &op->call, err);

    run.call = op->call;
    run.stops = &op->stops;
    if (status != 0 || (status = k7i_op_new(plan, op->client->instance, &op->op, err)) != 0 ||
        (status = plan->prepare(op->op, args, err)) != 0)
        return status;
    return k7i_op_start(op->op, loop, &run, take_end, op, err);
}

int k7i_op_begin(k7_loop *loop, k7_client *client, enum k7i_operation operation, const struct k7i_args *args,
                 const struct k7i_run *settings, k7_op **ret_op, k7_error **err)
{
    k7_op *op = k7i_calloc(1, sizeof *op);

    if (!op)
        return k7i_fail_memory(err);
    op->references = 2;
    op->operation = operation;
    op->client = k7_client_ref(client);
    atomic_init(&op->loop, loop);
    int status = start(op, loop->loop, args, settings, err);
    if (status != 0) {
        free_op(op);
        return status;
    }
    loop->count++;
    k7i_loop_wake(loop->loop); /* its descriptor shows that there is something to do */
    *ret_op = op;
    return 0;
}

/* The callback goes before it is called: it may free the operation, or set another one. */
static void drop_callback(k7_op *op, int is_called)
{
    void (*on_done)(void *user, k7_op *op) = op->on_done;
    void (*free_user)(void *user) = op->free_user;
    void *user = op->user;

    op->on_done = NULL;
    op->free_user = NULL;
    if (is_called && on_done)
        on_done(user, op);
    if (free_user)
        free_user(user);
}

void k7i_op_tell(k7_op *op)
{
    atomic_store(&op->loop, NULL);
    op->state = op->error ? K7_OP_FAILED : K7_OP_DONE;
    k7_call_free(op->call);
    op->call = NULL;
    op->client = k7_client_unref(op->client);
    drop_callback(op, 1);
    k7i_op_release(op);
}

/* --- the handle ------------------------------------------------------------------------------------------------------------------ */

int k7_op_get_state(const k7_op *op)
{
    return op ? op->state : -1;
}

const char *k7_op_get_operation(const k7_op *op)
{
    return op ? k7i_operation_name(op->operation) : NULL;
}

const k7_error *k7_op_get_error(const k7_op *op)
{
    return op && op->state == K7_OP_FAILED ? op->error : NULL;
}

int k7_op_set_on_done(k7_op *op, void (*fn)(void *user, k7_op *op), void *user, void (*free_user)(void *user),
                      k7_error **err)
{
    if (err)
        *err = NULL;
    if (!op || op->state != K7_OP_RUNNING) {
        if (free_user)
            free_user(user);
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, op ? "the operation has ended already" : "op is NULL");
    }
    drop_callback(op, 0);
    op->on_done = fn;
    op->user = user;
    op->free_user = free_user;
    return 0;
}

void k7_op_cancel(k7_op *op)
{
    if (!op)
        return;
    atomic_fetch_add(&op->stops, 1);
    k7_loop_wake(atomic_load(&op->loop));
}

int k7_op_wait(k7_op *op, k7_error **err)
{
    int status = 0;

    if (err)
        *err = NULL;
    if (!op)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "op is NULL");
    op->references++; /* a callback may free it */
    while (op->state == K7_OP_RUNNING && (status = k7i_loop_enter(op->loop, err)) == 0)
        k7i_loop_run(op->loop, -1, NULL); /* a loop that fails ends its operations, each with an error */
    k7i_op_release(op);
    return status;
}

void k7_op_free(k7_op *op)
{
    int never = 0;

    if (!op)
        return;
    if (op->state == K7_OP_RUNNING && atomic_compare_exchange_strong(&op->stops, &never, 1))
        k7_loop_wake(op->loop);
    drop_callback(op, 0);
    k7i_op_release(op);
}

/* --- what it gave ---------------------------------------------------------------------------------------------------------------- */

int k7_op_take_error(k7_op *op, k7_error **err)
{
    if (err)
        *err = NULL;
    if (!op || op->state == K7_OP_RUNNING)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, op ? "the operation still runs" : "op is NULL");
    if (err)
        *err = k7_error_ref(op->error);
    return k7_error_get_code(op->error);
}

/* wanted: the operations that give such a result. */
static int take(k7_op *op, unsigned wanted, const void *ret_result, void **ret_taken, k7_error **err)
{
    int status = k7_op_take_error(op, err);

    *ret_taken = NULL;
    if (status != 0)
        return status;
    if (!ret_result)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "there is no place for the result: ret_… is NULL");
    if (!(wanted >> op->operation & 1))
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s does not give such a result",
                        k7_op_get_operation(op));
    if (op->is_taken)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "the result was taken already");
    op->is_taken = 1;
    *ret_taken = op->result;
    op->result = NULL;
    return 0;
}

int k7_op_take_sandbox(k7_op *op, k7_sandbox **ret_sandbox, k7_error **err)
{
    void *taken;
    int status = take(op, 1u << K7I_CREATE | 1u << K7I_GET, ret_sandbox, &taken, err);

    if (ret_sandbox)
        *ret_sandbox = taken;
    return status;
}

int k7_op_take_sandboxes(k7_op *op, k7_sandboxes **ret_list, k7_error **err)
{
    void *taken;
    int status = take(op, 1u << K7I_LIST, ret_list, &taken, err);

    if (ret_list)
        *ret_list = taken;
    return status;
}

int k7_op_take_results(k7_op *op, k7_results **ret_results, k7_error **err)
{
    void *taken;
    int status = take(op, ~0u << K7I_DELETE_ALL, ret_results, &taken, err);

    if (ret_results)
        *ret_results = taken;
    return status;
}
