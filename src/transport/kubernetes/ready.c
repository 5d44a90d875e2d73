/* ready.c: the steps of create that wait: for the Deployment's pod to be made, and for it to be ready. Each is a watch that begins with what is there now; when it ends, fails or
 * falls silent, it is begun again, until the deadline. What will not pass by waiting fails at once. */
#include "transport/kubernetes/create.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "transport/kubernetes/record.h"
#include "transport/kubernetes/watch.h"

#include <stdio.h>
#include <string.h>

enum {
    AGAIN_MS = 500,
    SILENCE_MS = 60000, /* then a connection may be dead: the watch is begun anew */
    OUTPUT_MAX = 2048   /* of a script, in the error's message */
};

/* ---- failing ---- */

/* With the trouble that was noted. reason: Kubernetes' word for it. */
static enum k7i_verdict fail_by_trouble(struct k7i_op *op, int code, const char *reason)
{
    const struct k7i_kube_create *create = op->state;
    k7_error *error = NULL;

    if (create->trouble.failed == K7_ERR_NO_MEMORY)
        return k7i_op_fail_memory(op);
    k7i_fail(&error, code, "the sandbox '%s' in the namespace '%s' did not become ready: %s",
             create->spec->name, create->namespace_, create->trouble.data);
    k7i_error_set_reason(error, reason);
    return k7i_op_fail_with(op, error);
}

static enum k7i_verdict fail_deleted(struct k7i_op *op)
{
    const struct k7i_kube_create *create = op->state;

    return k7i_op_fail(op, K7_ERR_CONFLICT,
                       "somebody deleted the sandbox '%s' in the namespace '%s' while it was being made",
                       create->spec->name, create->namespace_);
}

/* The end of a script's output is what tells why. */
static enum k7i_verdict fail_script(struct k7i_op *op, const struct k7i_pod *pod)
{
    const char *output = pod->ended_message ? pod->ended_message : "";
    size_t len = strlen(output);
    const char *from = output + (len > OUTPUT_MAX ? len - OUTPUT_MAX : 0);
    const char *cause = k7i_text_equal(pod->ended_reason, "Error") ? NULL : pod->ended_reason;
    char line[OUTPUT_MAX + 1];
    k7_error *error = NULL;

    while (((unsigned char)*from & 0xC0) == 0x80)
        from++;
    snprintf(line, sizeof line, "%s", from + strspn(from, " \t\r\n"));
    for (len = strlen(line); len > 0 && strchr(" \t\r\n", line[len - 1]);)
        line[--len] = '\0';
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            *c = ' ';
    k7i_fail(&error, K7_ERR_SCRIPT_FAILED, "before_script: it ended with exit code %lld%s%s; its output: %s",
             (long long)pod->exit_code, cause ? ": " : "", cause ? cause : "", *line ? line : "empty");
    k7i_error_set_reason(error, pod->ended_reason);
    if (*output)
        k7i_error_set_server_text(error, output, strlen(output));
    return k7i_op_fail_with(op, error);
}

/* ---- the watches ---- */

static void watch(struct k7i_op *op, struct k7i_request *request, enum k7i_kind kind)
{
    struct k7i_kube_create *create = op->state;
    const struct k7i_target target = { "watch", kind, create->namespace_, NULL };

    k7i_kube_request(request, &target); /* without a resourceVersion: what is there comes first */
    k7i_watch_begin(&create->stream);
    k7i_op_listen(op, SILENCE_MS);
}

static enum k7i_verdict watch_over(struct k7i_op *op, const struct k7i_response *response,
                                   const struct k7i_target *target)
{
    if (response->status == 200 || response->status == 410 || k7i_kube_is_passing(response))
        return k7i_op_pause(op, AGAIN_MS);
    return k7i_kube_refused(op, response, target);
}

static void waiting_for(const struct k7i_op *op, struct k7i_buf *text)
{
    const struct k7i_kube_create *create = op->state;

    k7i_buf_text(text, create->trouble.data);
}

/* ---- is the Deployment still there? ---- */

static enum k7i_verdict look_begin(struct k7i_op *op, struct k7i_request *request)
{
    struct k7i_kube_create *create = op->state;
    const struct k7i_target target = { "get", K7I_KIND_DEPLOYMENT, create->namespace_, create->spec->name };

    k7i_watch_begin(&create->stream);
    k7i_kube_request(request, &target);
    k7i_kube_only_metadata(request);
    return K7I_SEND;
}

static enum k7i_verdict look_reply(struct k7i_op *op, const struct k7i_response *response)
{
    struct k7i_kube_create *create = op->state;
    const struct k7i_target target = { "get", K7I_KIND_DEPLOYMENT, create->namespace_, create->spec->name };
    const struct k7i_response seen = { .body = create->stream.data, .body_len = create->stream.len };
    struct k7i_json *json;
    k7_error *error = NULL;

    if (response->status == 404)
        return fail_deleted(op);
    if (response->status != 200)
        return watch_over(op, response, &target);
    if (k7i_kube_parse(&seen, &target, &json, &error) != 0)
        return k7i_op_fail_with(op, error);
    const struct k7i_json_value *meta = k7i_json_get(k7i_json_root(json), "metadata");
    create->is_doubtful = !k7i_text_equal(k7i_json_get_string(meta, "uid"), create->made[K7I_WORKLOAD].uid) ||
                          k7i_json_get(meta, "deletionTimestamp") != NULL;
    k7i_json_free(json);
    return create->is_doubtful ? fail_deleted(op) : K7I_AGAIN;
}

/* data NULL: silence. A watch does not tell of what went before it began. */
static enum k7i_verdict hear(struct k7i_op *op, const void *data, size_t len,
                             enum k7i_verdict (*event)(struct k7i_op *op, void *user, const char *type,
                                                       const struct k7i_json_value *object))
{
    struct k7i_kube_create *create = op->state;

    if (create->is_doubtful) {
        k7i_buf_add(&create->stream, data, len); /* should it not fit, it does not parse */
        return K7I_MORE;
    }
    if (data)
        return k7i_watch_add(op, &create->stream, data, len, event, create);
    create->is_doubtful = 1;
    return K7I_AGAIN;
}

static enum k7i_verdict told(struct k7i_op *op, const struct k7i_response *response, enum k7i_kind kind)
{
    const struct k7i_kube_create *create = op->state;
    const struct k7i_target target = { "watch", kind, create->namespace_, NULL };

    return create->is_doubtful ? look_reply(op, response) : watch_over(op, response, &target);
}

/* ---- a pod is made ---- */

static enum k7i_verdict replica_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct k7i_kube_create *create = op->state;

    if (create->is_doubtful)
        return look_begin(op, request);
    watch(op, request, K7I_KIND_DEPLOYMENT);
    k7i_kube_query(request, "fieldSelector", "metadata.name=");
    k7i_request_segment(request, create->spec->name);
    return K7I_SEND;
}

/* Why a pod was not made, when the ReplicaSet's next try may make it. */
static int will_be_made(const char *message)
{
    static const char *const passing[] = {
        "error looking up service account", /* it follows, in a namespace that was made just now */
        "Operation cannot be fulfilled on resourcequotas", /* others create at the same time */
        "status unknown for quota",                        /* one that was made just now */
        "etcdserver: ",
        "code = Unavailable",
        "failed calling webhook",
    };

    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
        if (strstr(message, passing[i]))
            return 1;
    return 0;
}

static enum k7i_verdict deployment_event(struct k7i_op *op, void *user, const char *type,
                                         const struct k7i_json_value *object)
{
    struct k7i_kube_create *create = user;
    struct k7i_deployment deployment;

    if (strcmp(type, "ERROR") == 0)
        return k7i_op_pause(op, AGAIN_MS);
    k7i_deployment_read_json(object, &deployment);
    if (!k7i_text_equal(deployment.meta.uid, create->made[K7I_WORKLOAD].uid))
        return K7I_MORE;
    if (strcmp(type, "DELETED") == 0 || deployment.meta.is_deleting)
        return fail_deleted(op);
    create->created_unix = deployment.meta.created_unix;
    if (deployment.made_replicas > 0)
        return K7I_NEXT;
    const char *message = deployment.failure_message ? deployment.failure_message : "";
    k7i_buf_reset(&create->trouble);
    const char *reason = k7i_trouble(&deployment, NULL, &create->trouble);
    if (!deployment.failure_reason || will_be_made(message))
        return K7I_MORE;
    return fail_by_trouble(op, strstr(message, "exceeded quota") ? K7_ERR_QUOTA_EXCEEDED : K7_ERR_REJECTED,
                           reason);
}

static enum k7i_verdict replica_chunk(struct k7i_op *op, const void *data, size_t len)
{
    return hear(op, data, len, deployment_event);
}

static enum k7i_verdict replica_reply(struct k7i_op *op, const struct k7i_response *response)
{
    return told(op, response, K7I_KIND_DEPLOYMENT);
}

/* ---- it is ready ---- */

static enum k7i_verdict ready_begin(struct k7i_op *op, struct k7i_request *request)
{
    const struct k7i_kube_create *create = op->state;

    if (create->is_doubtful)
        return look_begin(op, request);
    watch(op, request, K7I_KIND_POD);
    k7i_kube_select(request, K7I_KUBE_LABEL_SANDBOX, create->spec->name);
    return K7I_SEND;
}

/* What waiting does not mend; words: but this does, by itself. */
static const struct {
    const char *reason, *words;
    int code;
} lasting[] = {
    { "ImagePullBackOff", NULL, K7_ERR_IMAGE_PULL },
    { "InvalidImageName", NULL, K7_ERR_IMAGE_PULL },
    { "ErrImageNeverPull", NULL, K7_ERR_IMAGE_PULL },
    { "CreateContainerConfigError", "failed to sync", K7_ERR_START_FAILED }, /* the kubelet's own caches */
    { "CreateContainerError", "deadline exceeded", K7_ERR_START_FAILED },    /* a runtime with much to do */
    { "RunContainerError", "deadline exceeded", K7_ERR_START_FAILED },
};

/* "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. …": no node ever will, unless somebody labels one. One that is merely full may be free later. */
static int no_node_matches(const struct k7i_pod *pod)
{
    const char *message = pod->unscheduled_message;
    int nodes, unfit = -1, end = 0;

    return message && strlen(message) < 65536 &&
           sscanf(message,
                  "0/%9d nodes are available: %9d node(s) didn't match Pod's node affinity/selector%n",
                  &nodes, &unfit, &end) == 2 &&
           end > 0 && nodes == unfit;
}

static enum k7i_verdict judge(struct k7i_op *op, const struct k7i_pod *pod, const char *reason)
{
    struct k7i_kube_create *create = op->state;

    if (pod->phase_reason) /* evicted and the like: the Deployment makes another */
        return K7I_MORE;
    if (no_node_matches(pod))
        return fail_by_trouble(op, K7_ERR_START_FAILED, reason);
    if (pod->has_ended) {
        if (create->trouble.len == 0) { /* it is running again already */
            reason = pod->ended_reason ? pod->ended_reason : "Error";
            k7i_buf_printf(&create->trouble, "%s: the container ended with exit code %lld", reason,
                           (long long)pod->exit_code);
        }
        int has_begun = !k7i_text_equal(pod->ended_reason, "StartError") &&
                        !k7i_text_equal(pod->ended_reason, "ContainerCannotRun");

        return k7i_spec_has_script(create->spec) && has_begun && pod->exit_code != 0
                   ? fail_script(op, pod)
                   : fail_by_trouble(op, K7_ERR_START_FAILED, reason);
    }
    for (size_t i = 0; i < sizeof lasting / sizeof lasting[0]; i++)
        if (k7i_text_equal(pod->waiting_reason, lasting[i].reason) &&
            !(lasting[i].words && pod->waiting_message && strstr(pod->waiting_message, lasting[i].words)))
            return fail_by_trouble(op, lasting[i].code, reason);
    return K7I_MORE;
}

static enum k7i_verdict pod_event(struct k7i_op *op, void *user, const char *type,
                                  const struct k7i_json_value *object)
{
    struct k7i_kube_create *create = user;
    const struct k7i_deployment deployment = {
        .meta = { .name = create->spec->name,
                  .namespace_ = create->namespace_,
                  .uid = create->made[K7I_WORKLOAD].uid,
                  .backend = create->profile == K7I_PROFILE_V0_4 ? K7I_KUBE_DEFAULT_BACKEND : NULL,
                  .created_unix = create->created_unix },
        .replicas = 1,
    };
    struct k7i_pod pod;
    k7_sandbox *sandbox;
    k7_error *error = NULL;

    if (strcmp(type, "ERROR") == 0)
        return k7i_op_pause(op, AGAIN_MS);
    k7i_pod_read_json(object, &pod);
    if (!k7i_text_equal(pod.meta.create_id, create->create_id)) /* an earlier sandbox's, or a bookmark */
        return K7I_MORE;
    int is_deleted = strcmp(type, "DELETED") == 0;
    if (is_deleted || pod.meta.is_deleting) {
        if (!is_deleted && k7i_text_equal(pod.meta.uid, create->doubted))
            return K7I_MORE; /* it takes its time; another one may be there already */
        snprintf(create->doubted, sizeof create->doubted, "%s", pod.meta.uid ? pod.meta.uid : "");
        create->is_doubtful = 1;
        return k7i_op_pause(op, AGAIN_MS);
    }
    k7i_buf_reset(&create->trouble);
    const char *reason = k7i_trouble(&deployment, &pod, &create->trouble);
    if (!pod.is_ready) {
        k7i_op_progress(op, create->trouble.len > 0 ? create->trouble.data : NULL, -1, -1);
        return judge(op, &pod, reason);
    }
    if (k7i_record_to_sandbox(&deployment, &pod, k7i_now_unix(), &sandbox, &error) != 0)
        return k7i_op_fail_with(op, error);
    k7i_give_sandbox(op, sandbox);
    return K7I_NEXT;
}

static enum k7i_verdict ready_chunk(struct k7i_op *op, const void *data, size_t len)
{
    return hear(op, data, len, pod_event);
}

static enum k7i_verdict ready_reply(struct k7i_op *op, const struct k7i_response *response)
{
    return told(op, response, K7I_KIND_POD);
}

const struct k7i_step k7i_kube_replica_step = { .name = "replica",
                                                .begin = replica_begin,
                                                .chunk = replica_chunk,
                                                .reply = replica_reply,
                                                .waiting_for = waiting_for,
                                                .is_patient = 1 };
const struct k7i_step k7i_kube_ready_step = { .name = "ready",
                                              .begin = ready_begin,
                                              .chunk = ready_chunk,
                                              .reply = ready_reply,
                                              .waiting_for = waiting_for,
                                              .is_patient = 1 };
