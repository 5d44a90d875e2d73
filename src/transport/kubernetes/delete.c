/* delete.c: delete: the Secret that the Deployment names, since nobody could tell later whose it was; the Deployment; its pods; and, only when these are gone, what else was made for them by name: policies, Service.
 * What has such a name but is not recognisably the sandbox's is left alone and told of as progress. Also cleans up where the Deployment is gone already. */
#include "base/alloc.h"
#include "base/error.h"
#include "base/quote.h"
#include "base/text.h"
#include "transport/kubernetes/plans.h"
#include "transport/kubernetes/record.h"
#include "transport/kubernetes/removal.h"

#include <stdio.h>
#include <string.h>

/* What belongs to a sandbox by its name (K7 contract, section 4), in the order in which it goes. */
enum object { SECRET, SECRET_LEFT, INGRESS, EGRESS, CILIUM, SERVICE, OBJECTS };

static const struct {
    enum k7i_kind kind;
    const char *suffix;
    const char *selector; /* of a policy: the member of its spec that selects pods */
    int is_optional;      /* a cluster, or a role, without this kind is no reason to fail */
} objects[OBJECTS] = {
    [SECRET] = { K7I_KIND_SECRET, "-env", NULL, 0 },      /* that the Deployment names */
    [SECRET_LEFT] = { K7I_KIND_SECRET, "-env", NULL, 1 }, /* without a Deployment */
    [INGRESS] = { K7I_KIND_NETWORK_POLICY, "-deny-ingress", "podSelector", 0 },
    [EGRESS] = { K7I_KIND_NETWORK_POLICY, "-netpol", "podSelector", 0 },
    [CILIUM] = { K7I_KIND_CILIUM_POLICY, "-egress", "endpointSelector", 1 },
    [SERVICE] = { K7I_KIND_SERVICE, "-expose", NULL, 1 },
};

struct delete
{
    char *namespace_, *name, *uid;
    int missing_is_error, found;
    char deployment_uid[64]; /* "": it is gone */
    char create_id[64];      /* the Deployment's; "": it has none */
    int names_secret;        /* the Deployment takes its environment from NAME-env */
    struct k7i_removal removal;

    /* of the object in work: */
    char object_name[280], object_uid[64];
    int is_ours, asked_again;

    k7_error *error; /* the first refusal; the rest is deleted all the same */
    char *left[OBJECTS];
    size_t left_count;
};

static int prepare(struct k7i_op *op, const struct k7i_args *args, k7_error **err)
{
    struct k7i_kubernetes *kubernetes = op->instance;
    struct delete *delete = op->state;

    op->peer = kubernetes->peer;
    delete->missing_is_error = args->missing_is_error;
    delete->removal.hurried = args->no_wait;
    delete->namespace_ = k7i_strdup(args->namespace_);
    delete->name = k7i_strdup(args->name);
    if (args->uid && !(delete->uid = k7i_strdup(args->uid)))
        return k7i_fail_memory(err);
    return delete->namespace_ && delete->name ? 0 : k7i_fail_memory(err);
}

static void clear(struct k7i_op *op)
{
    struct delete *delete = op->state;

    k7i_removal_clear(&delete->removal);
    k7_error_unref(delete->error);
    for (size_t i = 0; i < delete->left_count; i++)
        k7i_free(delete->left[i]);
    k7i_free(delete->namespace_);
    k7i_free(delete->name);
    k7i_free(delete->uid);
}

/* "left alone: Secret demo/web-env: not recognisable as the sandbox's" */
static void tell(struct k7i_op *op, enum k7i_kind kind, const char *name, const char *why)
{
    const struct delete *delete = op->state;
    char text[1536];

    snprintf(text, sizeof text, "left alone: %s %s/%s: %s", k7i_kind_title(kind), delete->namespace_, name,
             why);
    k7i_op_progress(op, text, -1, -1);
}

/* ---- the Deployment ---- */

static struct k7i_target deployment_target(const struct delete *delete)
{
    return (struct k7i_target){ "get", K7I_KIND_DEPLOYMENT, delete->namespace_, delete->name };
}

static enum k7i_verdict look_begin(struct k7i_op *op, struct k7i_request *request)
{
    struct k7i_target target = deployment_target(op->state);

    k7i_kube_request(request, &target);
    return K7I_SEND;
}

static enum k7i_verdict judge(struct k7i_op *op, const struct k7i_deployment *deployment)
{
    struct delete *delete = op->state;
    const struct k7i_metadata *meta = &deployment->meta;
    size_t len = strlen(delete->name);

    if (!meta->uid || strlen(meta->uid) >= sizeof delete->deployment_uid || !meta->name)
        return k7i_op_fail(op, K7_ERR_PROTOCOL, "the API server's answer about %s/%s is no Deployment",
                           delete->namespace_, delete->name);
    if (!k7i_deployment_is_sandbox(deployment))
        return k7i_op_fail(op, K7_ERR_CONFLICT, "the Deployment %s/%s is no sandbox: nothing was deleted",
                           delete->namespace_, delete->name);
    if (delete->uid && strcmp(delete->uid, meta->uid) != 0)
        return k7i_op_fail(op, K7_ERR_CONFLICT,
                           "the sandbox '%s' is another one by now: its uid is %s, not %s", delete->name,
                           meta->uid, K7I_QUOTE(delete->uid));
    strcpy(delete->deployment_uid, meta->uid);
    snprintf(delete->create_id, sizeof delete->create_id, "%s", meta->create_id ? meta->create_id : "");
    delete->names_secret = deployment->env_secret &&
                           strncmp(deployment->env_secret, delete->name, len) == 0 &&
                           strcmp(deployment->env_secret + len, objects[SECRET].suffix) == 0;
    if (meta->backend && strcmp(meta->backend, "kata-qemu-longhorn") == 0)
        k7i_op_progress(op,
                        "left alone: disks (PersistentVolumeClaims), ConfigMaps and snapshots of the "
                        "backend kata-qemu-longhorn",
                        -1, -1);
    return K7I_NEXT;
}

static enum k7i_verdict look_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct delete *delete = op->state;
    struct k7i_target target = deployment_target(delete);
    struct k7i_deployment deployment;
    struct k7i_json *json;
    k7_error *error = NULL;

    if (response->status == 404) /* it may be half gone */
        return K7I_NEXT;
    if (response->status != 200)
        return k7i_kube_refused_or_again(op, response, &target, &delete->asked_again);
    if (k7i_kube_parse(response, &target, &json, &error) != 0)
        return k7i_op_fail_with(op, error);
    k7i_deployment_read_json(k7i_json_root(json), &deployment);
    enum k7i_verdict verdict = judge(op, &deployment);
    k7i_json_free(json);
    return verdict;
}

static enum k7i_verdict look_assume(struct k7i_op *op)
{
    struct delete *delete = op->state;

    strcpy(delete->deployment_uid, "{uid}");
    delete->names_secret = 1;
    return K7I_NEXT;
}

static enum k7i_verdict remove_begin(struct k7i_op *op, struct k7i_request *request)
{
    struct delete *delete = op->state;

    delete->removal.namespace_ = delete->namespace_;
    delete->removal.name = delete->name;
    delete->removal.uid = delete->deployment_uid[0] ? delete->deployment_uid : NULL;
    delete->removal.in_two = 1;
    return k7i_removal_begin(op, &delete->removal, request);
}

/* Before anything goes: whether the pods may be listed. */
static enum k7i_verdict list_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct delete *delete = op->state;

    return delete->deployment_uid[0] && !delete->removal.is_listed ? remove_begin(op, request) : K7I_SKIP;
}

static enum k7i_verdict remove_chunk(struct k7i_op *op, const void *data, size_t len)
{
    struct delete *delete = op->state;

    return k7i_removal_chunk(op, &delete->removal, data, len);
}

static enum k7i_verdict remove_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct delete *delete = op->state;

    return k7i_removal_reply(op, &delete->removal, response);
}

static enum k7i_verdict remove_assume(struct k7i_op *op)
{
    struct delete *delete = op->state;

    return k7i_removal_assume(op, &delete->removal);
}

static void remove_waiting_for(const struct k7i_op *op, struct k7i_buf *text)
{
    const struct delete *delete = op->state;

    k7i_removal_waiting_for(&delete->removal, text);
}

/* ---- what belongs to it ---- */

static struct k7i_target object_target(struct k7i_op *op)
{
    struct delete *delete = op->state;
    enum object object = (enum object)k7i_op_step(op)->subject;

    snprintf(delete->object_name, sizeof delete->object_name, "%s%s", delete->name, objects[object].suffix);
    return (struct k7i_target){ delete->is_ours ? "delete" : "get", objects[object].kind, delete->namespace_,
                                delete->object_name };
}

static enum k7i_verdict object_over(struct delete *delete)
{
    delete->is_ours = delete->asked_again = 0;
    delete->object_uid[0] = '\0';
    return K7I_NEXT;
}

/* Before the Secret goes it has to be known that the Deployment may. */
static enum k7i_verdict rehearse(struct k7i_op *op, struct k7i_request *request)
{
    const struct delete *delete = op->state;
    struct k7i_target target = deployment_target(delete);

    target.verb = "delete";
    k7i_kube_request(request, &target);
    k7i_kube_delete_rehearsed(request, delete->deployment_uid);
    return K7I_SEND;
}

static enum k7i_verdict rehearsed(struct k7i_op *op, const struct k7i_response *response)
{
    struct delete *delete = op->state;
    struct k7i_target target = deployment_target(delete);

    target.verb = "delete";
    if (response->status == 409) { /* another one has the name by now */
        delete->removal.found = delete->removal.replaced = 1;
        return object_over(delete);
    }
    if (response->status != 404 && (response->status < 200 || response->status >= 300))
        return k7i_kube_refused_or_again(op, response, &target, &delete->asked_again);
    delete->removal.is_rehearsed = 1;
    delete->asked_again = 0;
    return K7I_AGAIN;
}

/* Looks, then deletes by uid. A Secret is never read, only its metadata. */
static enum k7i_verdict object_begin(struct k7i_op *op, struct k7i_request *request)
{
    struct delete *delete = op->state;
    enum object object = (enum object)k7i_op_step(op)->subject;

    if (delete->removal.replaced) /* ours is gone; what has these names now is another one's */
        return K7I_SKIP;
    if ((object == SECRET && !delete->names_secret) || (object == SECRET_LEFT && delete->deployment_uid[0]))
        return K7I_SKIP;
    if (object == SECRET && delete->is_ours && !delete->removal.is_rehearsed)
        return rehearse(op, request);
    struct k7i_target target = object_target(op);
    k7i_kube_request(request, &target);
    if (delete->is_ours)
        k7i_kube_delete_options(request, delete->object_uid[0] ? delete->object_uid : NULL, -1, 0);
    else if (!objects[object].selector)
        k7i_kube_only_metadata(request);
    return K7I_SEND;
}

/* A policy is the sandbox's when it selects its pods and no others; the rest by label, or by our create's mark. */
static int is_ours(const struct delete *delete, enum object object, const struct k7i_json_value *root)
{
    struct k7i_pod any;

    k7i_pod_read_json(root, &any);
    if (!any.meta.uid || strlen(any.meta.uid) >= sizeof delete->object_uid)
        return 0;
    if (delete->deployment_uid[0] && any.meta.create_id && strcmp(any.meta.create_id, delete->create_id) != 0)
        return 0; /* made for the next sandbox of this name, as soon as ours had made room */
    if (object == SECRET)
        return 1;
    if (!objects[object].selector)
        return k7i_text_equal(any.meta.sandbox, delete->name) ||
               (object == SECRET_LEFT && any.meta.create_id != NULL);
    const struct k7i_json_value *selector =
        k7i_json_get(k7i_json_get(root, "spec"), objects[object].selector);
    const struct k7i_json_value *labels = k7i_json_get(selector, "matchLabels");
    return k7i_json_count(selector) == 1 && k7i_json_count(labels) == 1 &&
           k7i_text_equal(k7i_json_get_string(labels, K7I_KUBE_LABEL_SANDBOX), delete->name);
}

static enum k7i_verdict object_seen(struct k7i_op *op, const struct k7i_response *response,
                                    const struct k7i_target *target)
{
    struct delete *delete = op->state;
    enum object object = (enum object)k7i_op_step(op)->subject;
    struct k7i_json *json;
    k7_error *error = NULL;

    if (k7i_kube_parse(response, target, &json, &error) != 0)
        return k7i_op_fail_with(op, error);
    delete->is_ours = is_ours(delete, object, k7i_json_root(json));
    if (delete->is_ours)
        strcpy(delete->object_uid, k7i_json_get_string(k7i_json_get(k7i_json_root(json), "metadata"), "uid"));
    k7i_json_free(json);
    if (delete->is_ours)
        return K7I_AGAIN;
    tell(op, target->kind, target->name, "not recognisable as the sandbox's");
    return object_over(delete);
}

/* Nothing else depends on it: the rest goes on. */
static enum k7i_verdict object_refused(struct k7i_op *op, const struct k7i_response *response,
                                       const struct k7i_target *target)
{
    struct delete *delete = op->state;
    enum k7i_verdict verdict = k7i_kube_refused_or_again(op, response, target, &delete->asked_again);

    if (verdict != K7I_FAIL || k7_error_get_code(op->error) == K7_ERR_NO_MEMORY)
        return verdict;
    k7_error *error = op->error;
    op->error = NULL;
    if (objects[k7i_op_step(op)->subject].is_optional &&
        (target->kind != K7I_KIND_SECRET || !delete->is_ours)) {
        tell(op, target->kind, target->name, k7_error_get_message(error));
        k7_error_unref(error);
        return object_over(delete);
    }
    char *left = k7i_sprintf("%s %s/%s%s", k7i_kind_title(target->kind), target->namespace_, target->name,
                             delete->is_ours ? "" : ", if it is there");
    if (left)
        delete->left[delete->left_count++] = left;
    if (delete->error)
        k7_error_unref(error);
    else
        delete->error = error;
    return left ? object_over(delete) : k7i_op_fail_memory(op);
}

static enum k7i_verdict object_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct delete *delete = op->state;
    struct k7i_target target = object_target(op);

    if (k7i_op_step(op)->subject == SECRET && delete->is_ours && !delete->removal.is_rehearsed)
        return rehearsed(op, response);
    if (response->status == 404 || (response->status == 409 && delete->object_uid[0]))
        return object_over(delete); /* 409: the name is another one's by now */
    if (response->status == 403 && k7i_op_step(op)->subject == SECRET && !delete->is_ours) {
        delete->is_ours = 1; /* the Deployment told of it: then by its name */
        return K7I_AGAIN;
    }
    if (response->status < 200 || response->status >= 300)
        return object_refused(op, response, &target);
    if (!delete->is_ours)
        return object_seen(op, response, &target);
    delete->found = 1;
    return object_over(delete);
}

static enum k7i_verdict object_assume(struct k7i_op *op)
{
    struct delete *delete = op->state;

    if (k7i_op_step(op)->subject == SECRET && delete->is_ours && !delete->removal.is_rehearsed) {
        delete->removal.is_rehearsed = 1;
        return K7I_AGAIN;
    }
    if (delete->is_ours)
        return object_over(delete);
    delete->is_ours = 1;
    strcpy(delete->object_uid, "{uid}");
    return K7I_AGAIN;
}

/* ---- the end ---- */

static enum k7i_verdict end_begin(struct k7i_op *op, struct k7i_request *request)
{
    struct delete *delete = op->state;

    (void)request;
    if (delete->error) {
        k7_error *error = delete->error;
        char **list = k7i_calloc(OBJECTS, sizeof *list);

        if (!list)
            return k7i_op_fail_memory(op);
        memcpy(list, delete->left, delete->left_count * sizeof *list);
        k7i_error_take_leftovers(error, list, delete->left_count);
        delete->left_count = 0;
        delete->error = NULL;
        return k7i_op_fail_with(op, error);
    }
    if (delete->removal.pods_refused)
        tell(op, K7I_KIND_POD, delete->name, "deleting pods is forbidden: they ended in their own time");
    if (!delete->found && !delete->removal.found && delete->missing_is_error)
        return k7i_op_fail(op, K7_ERR_NOT_FOUND, "no sandbox '%s' in the namespace '%s'", delete->name,
                           delete->namespace_);
    return K7I_DONE;
}

#define OBJECT_STEP(title, object)                                                                           \
    {                                                                                                        \
        .name = title, .begin = object_begin, .reply = object_reply, .assume = object_assume,                \
        .subject = object                                                                                    \
    }

static const struct k7i_step look = {
    .name = "look", .begin = look_begin, .reply = look_reply, .assume = look_assume
};
#define REMOVAL_STEP(title)                                                                                  \
    {                                                                                                        \
        .name = title, .begin = remove_begin, .chunk = remove_chunk, .reply = remove_reply,                  \
        .waiting_for = remove_waiting_for, .is_patient = 1, .assume = remove_assume                          \
    }
static const struct k7i_step deployment = REMOVAL_STEP("delete Deployment"),
                             pods = REMOVAL_STEP("delete pods");
static const struct k7i_step list = { .name = "list pods",
                                      .begin = list_begin,
                                      .chunk = remove_chunk,
                                      .reply = remove_reply,
                                      .assume = remove_assume };
static const struct k7i_step secret = OBJECT_STEP("delete Secret", SECRET),
                             secret_left = OBJECT_STEP("delete Secret", SECRET_LEFT),
                             ingress = OBJECT_STEP("delete ingress policy", INGRESS),
                             egress = OBJECT_STEP("delete egress policy", EGRESS),
                             cilium = OBJECT_STEP("delete Cilium policy", CILIUM),
                             service = OBJECT_STEP("delete Service", SERVICE);
static const struct k7i_step end = { .name = "end", .begin = end_begin };
static const struct k7i_step *const steps[] = { &look,    &list,   &secret, &deployment, &pods, &secret_left,
                                                &ingress, &egress, &cilium, &service,    &end };

const struct k7i_plan k7i_kubernetes_delete_plan = {
    .operation = "delete",
    .steps = steps,
    .step_count = sizeof steps / sizeof steps[0],
    .state_size = sizeof(struct delete),
    .prepare = prepare,
    .clear = clear,
};
