/* many.c: the operations over many: one door for all of them. */
#include "api/calling.h"

#include "base/error.h"
#include "model/batch.h"

/* With an item that has no spec there is nothing to create. */
static int check(const struct k7i_calling *calling, const k7_batch *batch, const k7_delete_options *options,
                 k7_error **err)
{
    if (!batch)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "batch is NULL");
    if (options && options->uid)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "options: a uid is that of one sandbox, not of many");
    for (size_t i = 0; calling->operation == K7I_CREATE_MANY && i < batch->count; i++)
        if (!batch->items[i]->spec)
            return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "item %zu, \"%s\", has no spec to create it by", i,
                            batch->items[i]->name);
    return 0;
}

static int many(const struct k7i_calling *calling, const k7_batch *batch, const k7_delete_options *options,
                k7_error **err)
{
    struct k7i_args args = { .batch = batch };
    k7_error *error = NULL;
    int status = k7i_calling_begin(calling, &error);

    if (options) {
        args.missing_is_error = options->missing_is_error;
        args.no_wait = options->no_wait;
    }
    if (status == 0 && (status = check(calling, batch, options, &error)) == 0 &&
        (status = k7i_calling_namespace(calling->client, NULL, &args.namespace_, &error)) == 0)
        status = k7i_calling_run(calling, &args, &error);
    return k7i_calling_finish(calling, status, error, err);
}

static int block(enum k7i_operation operation, k7_client *client, const k7_batch *batch,
                 const k7_delete_options *options, const k7_call *call, k7_results **ret_results,
                 k7_error **err)
{
    void *result = NULL;
    int status =
        many(&(struct k7i_calling){ operation, client, call, .ret_result = ret_results ? &result : NULL },
             batch, options, err);

    if (ret_results)
        *ret_results = result;
    return status;
}

int k7_sandbox_create_many(k7_client *client, const k7_batch *batch, const k7_call *call,
                           k7_results **ret_results, k7_error **err)
{
    return block(K7I_CREATE_MANY, client, batch, NULL, call, ret_results, err);
}

int k7_sandbox_get_many(k7_client *client, const k7_batch *batch, const k7_call *call,
                        k7_results **ret_results, k7_error **err)
{
    return block(K7I_GET_MANY, client, batch, NULL, call, ret_results, err);
}

int k7_sandbox_delete_many(k7_client *client, const k7_batch *batch, const k7_delete_options *options,
                           const k7_call *call, k7_results **ret_results, k7_error **err)
{
    return block(K7I_DELETE_MANY, client, batch, options, call, ret_results, err);
}

int k7_sandbox_create_many_start(k7_client *client, const k7_batch *batch, const k7_call *call, k7_loop *loop,
                                 k7_op **ret_op, k7_error **err)
{
    return many(&(struct k7i_calling){ K7I_CREATE_MANY, client, call, NULL, 1, loop, ret_op }, batch, NULL,
                err);
}

int k7_sandbox_get_many_start(k7_client *client, const k7_batch *batch, const k7_call *call, k7_loop *loop,
                              k7_op **ret_op, k7_error **err)
{
    return many(&(struct k7i_calling){ K7I_GET_MANY, client, call, NULL, 1, loop, ret_op }, batch, NULL, err);
}

int k7_sandbox_delete_many_start(k7_client *client, const k7_batch *batch, const k7_delete_options *options,
                                 const k7_call *call, k7_loop *loop, k7_op **ret_op, k7_error **err)
{
    return many(&(struct k7i_calling){ K7I_DELETE_MANY, client, call, NULL, 1, loop, ret_op }, batch, options,
                err);
}
