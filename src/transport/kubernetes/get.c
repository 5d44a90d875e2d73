/* get.c: get: the Deployment is read and its pods are listed at the same time. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "transport/kubernetes/list.h"
#include "transport/kubernetes/plans.h"

/* ---- the Deployment ---- */

struct reading {
    char *namespace_, *name;
    struct k7i_target target;
    int passing;
};

static void *release_json(void *json)
{
    k7i_json_free(json);
    return NULL;
}

static int reading_prepare(struct k7i_op *op, const struct k7i_args *args, k7_error **err)
{
    const struct k7i_kubernetes *kubernetes = op->instance;
    struct reading *reading = op->state;

    op->peer = kubernetes->peer;
    reading->namespace_ = k7i_strdup(args->namespace_);
    reading->name = k7i_strdup(args->name);
    reading->target = (struct k7i_target){ "get", K7I_KIND_DEPLOYMENT, reading->namespace_, reading->name };
    return reading->namespace_ && reading->name ? 0 : k7i_fail_memory(err);
}

static void reading_clear(struct k7i_op *op)
{
    struct reading *reading = op->state;

    k7i_free(reading->namespace_);
    k7i_free(reading->name);
}

static enum k7i_verdict read_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct reading *reading = op->state;

    k7i_kube_request(request, &reading->target);
    return K7I_SEND;
}

static enum k7i_verdict read_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct reading *reading = op->state;
    struct k7i_deployment deployment;
    struct k7i_json *json;
    k7_error *error = NULL;

    if (response->status == 404) {
        k7i_fail(&error, K7_ERR_NOT_FOUND, "no sandbox '%s' in the namespace '%s'", reading->name,
                 reading->namespace_);
        k7i_error_set_http_status(error, 404);
        return k7i_op_fail_with(op, error);
    }
    if (response->status != 200)
        return k7i_kube_refused_or_again(op, response, &reading->target, &reading->passing);
    if (k7i_kube_parse(response, &reading->target, &json, &error) != 0)
        return k7i_op_fail_with(op, error);
    k7i_op_give(op, json, release_json);
    k7i_deployment_read_json(k7i_json_root(json), &deployment);
    if (!deployment.meta.name)
        return k7i_op_fail(op, K7_ERR_PROTOCOL, "the API server's answer to \"get %s\" is no Deployment",
                           k7i_kind_resource(K7I_KIND_DEPLOYMENT));
    if (!k7i_deployment_is_sandbox(&deployment))
        return k7i_op_fail(
            op, K7_ERR_NOT_FOUND,
            "no sandbox '%s' in the namespace '%s': the Deployment of that name was not made as one",
            reading->name, reading->namespace_);
    return K7I_DONE;
}

static const struct k7i_step read_deployment = { .name = "get", .begin = read_begin, .reply = read_reply };
static const struct k7i_step *const reading_steps[] = { &read_deployment };

static const struct k7i_plan reading_plan = {
    .operation = "get",
    .only_reads = 1,
    .steps = reading_steps,
    .step_count = sizeof reading_steps / sizeof reading_steps[0],
    .state_size = sizeof(struct reading),
    .prepare = reading_prepare,
    .clear = reading_clear,
};

/* ---- both ---- */

struct get {
    char *namespace_, *name;
    struct k7i_json *deployment;
    struct k7i_collection pods;
};

static int prepare(struct k7i_op *op, const struct k7i_args *args, k7_error **err)
{
    const struct k7i_kubernetes *kubernetes = op->instance;
    struct get *get = op->state;

    op->peer = kubernetes->peer;
    get->namespace_ = k7i_strdup(args->namespace_);
    get->name = k7i_strdup(args->name);
    return get->namespace_ && get->name ? 0 : k7i_fail_memory(err);
}

static void clear(struct k7i_op *op)
{
    struct get *get = op->state;

    k7i_free(get->namespace_);
    k7i_free(get->name);
    k7i_json_free(get->deployment);
    k7i_collection_clear(&get->pods);
}

static enum k7i_verdict get_begin(struct k7i_op *op, struct k7i_request *request)
{
    (void)op, (void)request;
    return K7I_FORK;
}

static int new_reading(struct k7i_op *op, struct k7i_op **ret_child, k7_error **err)
{
    const struct get *get = op->state;
    const struct k7i_args args = { .namespace_ = get->namespace_, .name = get->name };
    int code = k7i_op_new(&reading_plan, op->instance, ret_child, err);

    if (!code && (code = reading_prepare(*ret_child, &args, err)) != 0) {
        k7i_op_free(*ret_child);
        *ret_child = NULL;
    }
    return code;
}

static enum k7i_verdict get_child(struct k7i_op *op, size_t i, struct k7i_op **ret_child)
{
    const struct get *get = op->state;
    k7_error *error = NULL;

    if (i > 1)
        return K7I_DONE;
    int code = i == 0 ? new_reading(op, ret_child, &error)
                      : k7i_listing_new(op, K7I_KIND_POD, get->namespace_, get->name, ret_child, &error);
    return code ? k7i_op_fail_with(op, error) : K7I_NEXT;
}

static void get_joined(struct k7i_op *op, size_t i, struct k7i_op *child)
{
    struct get *get = op->state;

    if (i == 1) {
        k7i_listing_take(op, child, &get->pods);
    } else if (child->error && op->error && k7_error_get_code(child->error) == K7_ERR_CANCELLED) {
        /* it was stopped because its pods could not be listed: that is the error */
    } else if (child->error) {
        k7_error_unref(
            op->error); /* what is said of the sandbox itself tells more than what is said of its pods */
        op->error = child->error;
        child->error = NULL;
    } else {
        get->deployment = child->result;
        child->result = NULL;
    }
}

static enum k7i_verdict get_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct get *get = op->state;
    struct k7i_deployment deployment;
    k7_sandbox *sandbox;
    k7_error *error = NULL;
    size_t at = 0;

    (void)response;
    if (op->error)
        return K7I_FAIL;
    k7i_deployment_read_json(k7i_json_root(get->deployment), &deployment);
    if (k7i_record_to_sandbox(&deployment, k7i_collection_best_of(&get->pods, &at, &deployment),
                              k7i_now_unix(), &sandbox, &error) != 0)
        return k7i_op_fail_with(op, error);
    k7i_give_sandbox(op, sandbox);
    return K7I_DONE;
}

static const struct k7i_step look = {
    .name = "get", .begin = get_begin, .child = get_child, .joined = get_joined, .reply = get_reply
};
static const struct k7i_step *const steps[] = { &look };

const struct k7i_plan k7i_kubernetes_get_plan = {
    .operation = "get",
    .only_reads = 1,
    .steps = steps,
    .step_count = sizeof steps / sizeof steps[0],
    .state_size = sizeof(struct get),
    .prepare = prepare,
    .clear = clear,
};
