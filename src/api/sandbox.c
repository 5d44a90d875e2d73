/* sandbox.c: the operations on sandboxes: checks the arguments, then runs the transport's plan on a borrowed loop, or starts it on the caller's. The only way in for
 * calls: nothing below checks names again. */
#include "api/calling.h"

#include "base/error.h"
#include "base/quote.h"
#include "model/name.h"

#include <k7sandbox/sandbox.h>

/* Of a call that is of no use without its result. */
static int check_output(const struct k7i_calling *calling, const char *name, k7_error **err)
{
    return calling->is_started || calling->ret_result
               ? 0
               : k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "%s is NULL", name);
}

static int check_name(const char *name, k7_error **err)
{
    if (!name)
        return k7i_fail(err, K7_ERR_INVALID_ARGUMENT, "name is NULL");
    return k7i_name_check_sandbox(name, err);
}

/* --- create ---------------------------------------------------------------------------------------------------------------------- */

static int create(const struct k7i_calling *calling, const k7_spec *spec, k7_error **err)
{
    struct k7i_args args = { .spec = spec };
    k7_spec *shown = NULL;
    k7_error *error = NULL;
    int status = k7i_calling_begin(calling, &error);

    if (status == 0 && !spec)
        status = k7i_fail(&error, K7_ERR_INVALID_ARGUMENT, "spec is NULL");
    if (status == 0 && (status = k7_spec_validate(spec, &error)) == 0)
        status = k7i_calling_namespace(calling->client, spec->namespace_, &args.namespace_, &error);
    if (status == 0 && k7i_calling_is_dry(calling) &&
        (status = k7i_spec_dup_for_show(spec, &shown, &error)) == 0)
        args.spec = shown;
    if (status == 0) {
        args.name = spec->name;
        status = k7i_calling_run(calling, &args, &error);
    }
    k7_spec_free(shown);
    return k7i_calling_finish(calling, status, error, err);
}

int k7_sandbox_create(k7_client *client, const k7_spec *spec, const k7_call *call, k7_sandbox **ret_sandbox,
                      k7_error **err)
{
    void *result = NULL;
    int status =
        create(&(struct k7i_calling){ K7I_CREATE, client, call, .ret_result = ret_sandbox ? &result : NULL },
               spec, err);

    if (ret_sandbox)
        *ret_sandbox = result;
    return status;
}

int k7_sandbox_create_start(k7_client *client, const k7_spec *spec, const k7_call *call, k7_loop *loop,
                            k7_op **ret_op, k7_error **err)
{
    return create(&(struct k7i_calling){ K7I_CREATE, client, call, NULL, 1, loop, ret_op }, spec, err);
}

/* --- list ------------------------------------------------------------------------------------------------------------------------ */

static int list(const struct k7i_calling *calling, const k7_query *query, k7_error **err)
{
    struct k7i_args args = { 0 };
    k7_error *error = NULL;
    int status = k7i_calling_begin(calling, &error);

    if (status == 0)
        status = check_output(calling, "ret_list", &error);
    if (status == 0 && query && query->all_namespaces && query->namespace_)
        status = k7i_fail(&error, K7_ERR_INVALID_ARGUMENT,
                          "the query has the namespace %s and all namespaces; choose one",
                          K7I_QUOTE(query->namespace_));
    else if (status == 0 && !(query && query->all_namespaces))
        status = k7i_calling_namespace(calling->client, query ? query->namespace_ : NULL, &args.namespace_,
                                       &error);
    if (status == 0)
        status = k7i_calling_run(calling, &args, &error);
    return k7i_calling_finish(calling, status, error, err);
}

int k7_sandbox_list(k7_client *client, const k7_query *query, const k7_call *call, k7_sandboxes **ret_list,
                    k7_error **err)
{
    void *result = NULL;
    int status = list(
        &(struct k7i_calling){ K7I_LIST, client, call, .ret_result = ret_list ? &result : NULL }, query, err);

    if (ret_list)
        *ret_list = result;
    return status;
}

int k7_sandbox_list_start(k7_client *client, const k7_query *query, const k7_call *call, k7_loop *loop,
                          k7_op **ret_op, k7_error **err)
{
    return list(&(struct k7i_calling){ K7I_LIST, client, call, NULL, 1, loop, ret_op }, query, err);
}

/* --- get ------------------------------------------------------------------------------------------------------------------------- */

static int get(const struct k7i_calling *calling, const char *namespace_, const char *name, k7_error **err)
{
    struct k7i_args args = { .name = name };
    k7_error *error = NULL;
    int status = k7i_calling_begin(calling, &error);

    if (status == 0 && (status = check_output(calling, "ret_sandbox", &error)) == 0 &&
        (status = check_name(name, &error)) == 0 &&
        (status = k7i_calling_namespace(calling->client, namespace_, &args.namespace_, &error)) == 0)
        status = k7i_calling_run(calling, &args, &error);
    return k7i_calling_finish(calling, status, error, err);
}

int k7_sandbox_get(k7_client *client, const char *namespace_, const char *name, const k7_call *call,
                   k7_sandbox **ret_sandbox, k7_error **err)
{
    void *result = NULL;
    int status =
        get(&(struct k7i_calling){ K7I_GET, client, call, .ret_result = ret_sandbox ? &result : NULL },
            namespace_, name, err);

    if (ret_sandbox)
        *ret_sandbox = result;
    return status;
}

int k7_sandbox_get_start(k7_client *client, const char *namespace_, const char *name, const k7_call *call,
                         k7_loop *loop, k7_op **ret_op, k7_error **err)
{
    return get(&(struct k7i_calling){ K7I_GET, client, call, NULL, 1, loop, ret_op }, namespace_, name, err);
}

/* --- delete ---------------------------------------------------------------------------------------------------------------------- */

static int delete_one(const struct k7i_calling *calling, const char *namespace_, const char *name,
                      const k7_delete_options *options, k7_error **err)
{
    struct k7i_args args = { .name = name };
    k7_error *error = NULL;
    int status = k7i_calling_begin(calling, &error);

    if (options) {
        args.uid = options->uid;
        args.missing_is_error = options->missing_is_error;
        args.no_wait = options->no_wait;
    }
    if (status == 0 && (status = check_name(name, &error)) == 0 &&
        (status = k7i_calling_namespace(calling->client, namespace_, &args.namespace_, &error)) == 0)
        status = k7i_calling_run(calling, &args, &error);
    return k7i_calling_finish(calling, status, error, err);
}

int k7_sandbox_delete(k7_client *client, const char *namespace_, const char *name,
                      const k7_delete_options *options, const k7_call *call, k7_error **err)
{
    return delete_one(&(struct k7i_calling){ K7I_DELETE, client, call }, namespace_, name, options, err);
}

int k7_sandbox_delete_start(k7_client *client, const char *namespace_, const char *name,
                            const k7_delete_options *options, const k7_call *call, k7_loop *loop,
                            k7_op **ret_op, k7_error **err)
{
    return delete_one(&(struct k7i_calling){ K7I_DELETE, client, call, NULL, 1, loop, ret_op }, namespace_,
                      name, options, err);
}

/* --- delete all ------------------------------------------------------------------------------------------------------------------ */

static int delete_all(const struct k7i_calling *calling, const char *namespace_, k7_error **err)
{
    struct k7i_args args = { 0 };
    k7_error *error = NULL;
    int status = k7i_calling_begin(calling, &error);

    if (status == 0 &&
        (status = k7i_calling_namespace(calling->client, namespace_, &args.namespace_, &error)) == 0)
        status = k7i_calling_run(calling, &args, &error);
    return k7i_calling_finish(calling, status, error, err);
}

int k7_sandbox_delete_all(k7_client *client, const char *namespace_, const k7_call *call,
                          k7_results **ret_results, k7_error **err)
{
    void *result = NULL;
    int status = delete_all(
        &(struct k7i_calling){ K7I_DELETE_ALL, client, call, .ret_result = ret_results ? &result : NULL },
        namespace_, err);

    if (ret_results)
        *ret_results = result;
    return status;
}

int k7_sandbox_delete_all_start(k7_client *client, const char *namespace_, const k7_call *call, k7_loop *loop,
                                k7_op **ret_op, k7_error **err)
{
    return delete_all(&(struct k7i_calling){ K7I_DELETE_ALL, client, call, NULL, 1, loop, ret_op },
                      namespace_, err);
}
