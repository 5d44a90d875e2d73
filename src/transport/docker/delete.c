/* delete.c: delete: look by labels for what is recognisably ours, then remove it by id: the sandbox, and the companion that it may have on podman. A container that
 * only has the name is left alone. */
#include "transport/docker/delete.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/quote.h"
#include "transport/docker/create.h"

#include <string.h>

struct delete
{
    char *namespace_, *name, *uid;
    int missing_is_error;
    char id[K7I_CONTAINER_ID_SIZE], companion_id[K7I_CONTAINER_ID_SIZE];
};

static int prepare(struct k7i_op *op, const struct k7i_args *args, k7_error **err)
{
    struct k7i_docker *docker = op->instance;
    struct delete *delete = op->state;

    op->peer = docker->peer;
    delete->missing_is_error = args->missing_is_error;
    delete->namespace_ = k7i_strdup(args->namespace_);
    delete->name = k7i_strdup(args->name);
    if (args->uid && !(delete->uid = k7i_strdup(args->uid)))
        return k7i_fail_memory(err);
    return delete->namespace_ && delete->name ? 0 : k7i_fail_memory(err);
}

static void clear(struct k7i_op *op)
{
    struct delete *delete = op->state;

    k7i_free(delete->namespace_);
    k7i_free(delete->name);
    k7i_free(delete->uid);
}

static enum k7i_verdict look_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct delete *delete = op->state;
    k7i_auto_free char *app = k7i_docker_label(K7I_LABEL_APP, delete->name);
    k7i_auto_free char *in_namespace = k7i_docker_label(K7I_LABEL_NAMESPACE, delete->namespace_);
    const char *labels[] = { app, in_namespace };

    if (!app || !in_namespace)
        return k7i_op_fail_memory(op);
    k7i_docker_request(request, "GET", "/containers/json?all=1&filters=", K7I_REPEAT_SAFE);
    k7i_docker_label_filter(request, labels, sizeof labels / sizeof labels[0]);
    return K7I_SEND;
}

static enum k7i_verdict missing(struct k7i_op *op)
{
    const struct delete *delete = op->state;

    if (delete->missing_is_error)
        return k7i_op_fail(op, K7_ERR_NOT_FOUND, "no sandbox '%s' in the namespace '%s'", delete->name,
                           delete->namespace_);
    return K7I_NEXT; /* a companion may be left */
}

static enum k7i_verdict look_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct delete *delete = op->state;
    struct k7i_json *json;
    k7_error *error = NULL;

    if (response->status != 200)
        return k7i_docker_refused(op, response, response->status == 404 ? K7_ERR_PROTOCOL : 0,
                                  "cannot look for the sandbox '%s'", delete->name);
    if (k7i_docker_parse(response, "list of containers", &json, &error) != 0)
        return k7i_op_fail_with(op, error);
    const struct k7i_json_value *root = k7i_json_root(json);
    int understood = k7i_json_kind(root) == K7I_JSON_ARRAY;
    for (size_t i = 0; i < k7i_json_count(root); i++) {
        struct k7i_container container;

        k7i_container_read_entry(k7i_json_at(root, i), &container);
        if (k7i_container_is(&container, delete->namespace_, delete->name, ""))
            understood &= k7i_container_keep_id(container.id, delete->id) == 0;
        else if (k7i_container_is(&container, delete->namespace_, delete->name, K7I_COMPANION_SUFFIX))
            understood &= k7i_container_keep_id(container.id, delete->companion_id) == 0;
    }
    k7i_json_free(json);
    if (!understood)
        return k7i_op_fail(op, K7_ERR_PROTOCOL,
                           "the engine's list of containers is not a list of containers");
    if (!delete->id[0])
        return missing(op);
    if (delete->uid && strcmp(delete->uid, delete->id) != 0)
        return k7i_op_fail(op, K7_ERR_CONFLICT,
                           "the sandbox '%s' is another one by now: its uid is %s, not %s", delete->name,
                           delete->id, K7I_QUOTE(delete->uid));
    return K7I_NEXT;
}

static enum k7i_verdict look_assume(struct k7i_op *op)
{
    strcpy(((struct delete *)op->state)->id, "{id}");
    return K7I_NEXT;
}

static enum k7i_verdict sandbox_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct delete *delete = op->state;

    return delete->id[0] ? k7i_docker_delete_begin(request, delete->id) : K7I_SKIP;
}

static enum k7i_verdict companion_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct delete *delete = op->state;

    return delete->companion_id[0] ? k7i_docker_delete_begin(request, delete->companion_id) : K7I_SKIP;
}

static enum k7i_verdict deleted(struct k7i_op *op, const struct k7i_response *response)
{
    const struct delete *delete = op->state;

    return k7i_docker_delete_reply(op, response, delete->name);
}

static const struct k7i_step look = {
    .name = "look", .begin = look_begin, .reply = look_reply, .assume = look_assume
};
static const struct k7i_step sandbox = { .name = "delete container",
                                         .begin = sandbox_begin,
                                         .reply = deleted };
static const struct k7i_step companion = { .name = "delete companion",
                                           .begin = companion_begin,
                                           .reply = deleted };
static const struct k7i_step *const steps[] = { &look, &sandbox, &companion };

const struct k7i_plan k7i_docker_delete_plan = {
    .operation = "delete",
    .steps = steps,
    .step_count = sizeof steps / sizeof steps[0],
    .state_size = sizeof(struct delete),
    .prepare = prepare,
    .clear = clear,
};
