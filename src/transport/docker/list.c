/* list.c: list: one request for all containers that are ours. Only for those about which a list cannot tell enough (does a sandbox with before_script have its
 * mark yet? why did this one end?) there is a get each, as a child operation. */
#include "transport/docker/list.h"

#include "base/alloc.h"
#include "base/error.h"
#include "transport/docker/inspect.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    struct k7i_container container;
    k7_sandbox *sandbox; /* from its child */
    int gone;            /* while we looked */
};

struct list {
    char *namespace_; /* NULL: all */
    struct k7i_json *json;
    struct entry *entries;
    size_t count;
    struct entry **asking; /* those of which more must be known */
    size_t asking_count;
};

static int prepare(struct k7i_op *op, const struct k7i_args *args, k7_error **err)
{
    struct k7i_docker *docker = op->instance;
    struct list *list = op->state;

    op->peer = docker->peer;
    if (args->namespace_ && !(list->namespace_ = k7i_strdup(args->namespace_)))
        return k7i_fail_memory(err);
    return 0;
}

static void clear(struct k7i_op *op)
{
    struct list *list = op->state;

    for (size_t i = 0; i < list->count; i++)
        k7_sandbox_unref(list->entries[i].sandbox);
    k7i_free(list->asking);
    k7i_free(list->entries);
    k7i_json_free(list->json);
    k7i_free(list->namespace_);
}

static enum k7i_verdict list_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct list *list = op->state;
    k7i_auto_free char *in_namespace = list->namespace_
                                           ? k7i_docker_label(K7I_LABEL_NAMESPACE, list->namespace_)
                                           : k7i_strdup(K7I_LABEL_NAMESPACE);
    const char *labels[] = { K7I_LABEL_RUNTIME "=kata", K7I_LABEL_SANDBOX, in_namespace };

    if (!in_namespace)
        return k7i_op_fail_memory(op);
    k7i_docker_request(request, "GET", "/containers/json?all=1&filters=", K7I_REPEAT_SAFE);
    k7i_docker_label_filter(request, labels, sizeof labels / sizeof labels[0]);
    return K7I_SEND;
}

/* By namespace, then by name: as Kubernetes lists. */
static int compare(const void *a, const void *b)
{
    const struct k7i_container *one = &((const struct entry *)a)->container,
                               *other = &((const struct entry *)b)->container;
    int order = strcmp(one->namespace_, other->namespace_);

    return order ? order : strcmp(one->sandbox, other->sandbox);
}

static enum k7i_verdict list_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct list *list = op->state;
    k7_error *error = NULL;

    if (response->status != 200)
        return k7i_docker_refused(op, response, response->status == 404 ? K7_ERR_PROTOCOL : 0,
                                  "cannot list the containers");
    if (k7i_docker_parse(response, "list of containers", &list->json, &error) != 0)
        return k7i_op_fail_with(op, error);
    const struct k7i_json_value *root = k7i_json_root(list->json);
    if (k7i_json_kind(root) != K7I_JSON_ARRAY)
        return k7i_op_fail(op, K7_ERR_PROTOCOL, "the engine's list of containers is not a list");
    list->entries = k7i_calloc(k7i_json_count(root) + 1, sizeof *list->entries);
    list->asking = k7i_calloc(k7i_json_count(root) + 1, sizeof *list->asking);
    if (!list->entries || !list->asking)
        return k7i_op_fail_memory(op);
    for (size_t i = 0; i < k7i_json_count(root); i++) {
        struct entry *entry = &list->entries[list->count];
        struct k7i_container *container = &entry->container;

        k7i_container_read_entry(k7i_json_at(root, i), container);
        if (!container->sandbox || !container->namespace_ || !container->id ||
            !k7i_container_is(container, container->namespace_, container->sandbox, ""))
            continue;
        list->count++;
    }
    qsort(list->entries, list->count, sizeof *list->entries, compare);
    for (size_t i = 0; i < list->count; i++) {
        const struct k7i_container *container = &list->entries[i].container;

        if (k7i_container_is_ready(container) < 0 || k7i_container_has_ended(container))
            list->asking[list->asking_count++] = &list->entries[i];
    }
    return K7I_NEXT;
}

/* ---- the ones to ask about ---- */

static enum k7i_verdict ask_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct list *list = op->state;

    (void)request;
    return list->asking_count ? K7I_FORK : K7I_SKIP;
}

static enum k7i_verdict ask_child(struct k7i_op *op, size_t i, struct k7i_op **ret_child)
{
    const struct list *list = op->state;
    k7_error *error = NULL;

    if (i >= list->asking_count)
        return K7I_DONE;
    const struct entry *entry = list->asking[i];
    const struct k7i_args args = { .namespace_ = entry->container.namespace_,
                                   .name = entry->container.sandbox };

    if (k7i_op_new(&k7i_docker_get_plan, op->instance, ret_child, &error) != 0)
        return k7i_op_fail_with(op, error);
    if (k7i_docker_get_plan.prepare(*ret_child, &args, &error) != 0) {
        k7i_op_free(*ret_child);
        *ret_child = NULL;
        return k7i_op_fail_with(op, error);
    }
    return K7I_NEXT;
}

static void ask_joined(struct k7i_op *op, size_t i, struct k7i_op *child)
{
    const struct list *list = op->state;
    struct entry *entry = list->asking[i];

    if (child->error) {
        if (k7_error_get_code(child->error) == K7_ERR_NOT_FOUND) {
            entry->gone = 1;
        } else {
            k7i_op_fail_with(op, child->error);
            child->error = NULL;
        }
    } else {
        entry->sandbox = child->result;
        child->result = NULL;
    }
}

static enum k7i_verdict ask_reply(struct k7i_op *op, const struct k7i_response *response)
{
    (void)response;
    return op->error ? K7I_FAIL : K7I_NEXT;
}

/* ---- the result ---- */

static enum k7i_verdict give_begin(struct k7i_op *op, struct k7i_request *request)
{
    struct list *list = op->state;
    k7_sandboxes *result;
    k7_error *error = NULL;

    (void)request;
    int code = k7i_sandboxes_new(&result, &error);
    for (size_t i = 0; i < list->count && !code; i++) {
        struct entry *entry = &list->entries[i];
        const struct k7i_container *container = &entry->container;

        if (entry->gone)
            continue;
        if (!entry->sandbox)
            code = k7i_container_to_sandbox(container, k7i_container_is_ready(container), &entry->sandbox,
                                            &error);
        if (!code) {
            code = k7i_sandboxes_add(result, entry->sandbox, &error);
            entry->sandbox = NULL;
        }
    }
    if (code) {
        k7_sandboxes_unref(result);
        return k7i_op_fail_with(op, error);
    }
    k7i_give_list(op, result);
    return K7I_DONE;
}

static const struct k7i_step look = { .name = "list", .begin = list_begin, .reply = list_reply };
static const struct k7i_step ask = {
    .name = "look closer", .begin = ask_begin, .child = ask_child, .joined = ask_joined, .reply = ask_reply
};
static const struct k7i_step give = { .name = "result", .begin = give_begin };
static const struct k7i_step *const steps[] = { &look, &ask, &give };

const struct k7i_plan k7i_docker_list_plan = {
    .operation = "list",
    .only_reads = 1,
    .steps = steps,
    .step_count = sizeof steps / sizeof steps[0],
    .state_size = sizeof(struct list),
    .prepare = prepare,
    .clear = clear,
};
