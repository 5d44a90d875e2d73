/* record.c: what Deployments and Pods mean: which are sandboxes, which pod to show, why one is not ready, and the sandbox as K7 shows it. */
#include "transport/kubernetes/record.h"

#include "base/error.h"
#include "base/text.h"
#include "transport/kubernetes/kubernetes.h"

#include <stdio.h>
#include <string.h>

enum {
    WORDS_MAX = 1024, /* of one text of the server in an error message */
    MESSAGE_LIMIT = 4096
};

void k7i_metadata_label(struct k7i_metadata *meta, const char *key, const char *value)
{
    if (k7i_text_equal(key, K7I_KUBE_LABEL_APP))
        meta->app = value;
    else if (k7i_text_equal(key, K7I_KUBE_LABEL_RUNTIME))
        meta->runtime = value;
    else if (k7i_text_equal(key, K7I_KUBE_LABEL_SANDBOX))
        meta->sandbox = value;
    else if (k7i_text_equal(key, K7I_KUBE_LABEL_TEMPLATE_HASH))
        meta->template_hash = value;
}

void k7i_metadata_annotation(struct k7i_metadata *meta, const char *key, const char *value)
{
    if (k7i_text_equal(key, K7I_KUBE_ANNOTATION_BACKEND))
        meta->backend = value;
    else if (k7i_text_equal(key, K7I_KUBE_ANNOTATION_CREATE_ID))
        meta->create_id = value;
}

void k7i_deployment_condition(struct k7i_deployment *deployment, const char *type, const char *status,
                              const char *reason, const char *message)
{
    if (k7i_text_equal(type, "ReplicaFailure") && k7i_text_equal(status, "True")) {
        deployment->failure_reason = reason;
        deployment->failure_message = message;
    }
}

void k7i_pod_condition(struct k7i_pod *pod, const char *type, const char *status, const char *reason,
                       const char *message)
{
    if (k7i_text_equal(type, "Ready")) {
        pod->is_ready = k7i_text_equal(status, "True");
    } else if (k7i_text_equal(type, "PodScheduled") && k7i_text_equal(status, "False")) {
        pod->unscheduled_reason = reason;
        pod->unscheduled_message = message;
    }
}

void k7i_pod_add_restarts(struct k7i_pod *pod, int64_t count)
{
    if (count > 0 && count <= INT32_MAX && pod->restarts <= INT32_MAX)
        pod->restarts += count;
}

int k7i_deployment_is_sandbox(const struct k7i_deployment *deployment)
{
    const struct k7i_metadata *meta = &deployment->meta;

    return meta->name && meta->namespace_ && k7i_text_equal(meta->sandbox, meta->name) &&
           (k7i_text_equal(meta->runtime, K7I_KUBE_RUNTIME) ||
            k7i_text_equal(deployment->runtime_class, K7I_KUBE_RUNTIME));
}

int k7i_pod_is_of(const struct k7i_pod *pod, const struct k7i_deployment *deployment)
{
    const char *name = deployment->meta.name, *controller = pod->meta.controller;

    if (!name || !controller || !pod->meta.template_hash || !pod->meta.namespace_ ||
        !k7i_text_equal(pod->meta.namespace_, deployment->meta.namespace_) ||
        !k7i_text_equal(pod->meta.sandbox, name) || !k7i_text_equal(pod->meta.controller_kind, "ReplicaSet"))
        return 0;
    size_t len = strlen(name); /* a Deployment's ReplicaSets are called NAME-HASH */
    return strncmp(controller, name, len) == 0 && controller[len] == '-' &&
           strcmp(controller + len + 1, pod->meta.template_hash) == 0;
}

const struct k7i_pod *k7i_pod_better(const struct k7i_pod *a, const struct k7i_pod *b)
{
    if (!a || !b)
        return a ? a : b;
    if (a->meta.is_deleting != b->meta.is_deleting)
        return a->meta.is_deleting ? b : a;
    int a_runs = k7i_text_equal(a->phase, "Running"), b_runs = k7i_text_equal(b->phase, "Running");
    if (a_runs != b_runs)
        return a_runs ? a : b;
    if (a->is_ready != b->is_ready)
        return a->is_ready ? a : b;
    if (a->meta.created_unix != b->meta.created_unix)
        return a->meta.created_unix > b->meta.created_unix ? a : b;
    /* Made within the same second: whichever, but always the same one. */
    return strcmp(a->meta.name ? a->meta.name : "", b->meta.name ? b->meta.name : "") <= 0 ? a : b;
}

/* ---- trouble ---- */

/* Appends `before` and the words on one line, cut at a character's edge when long. NULL and "" append nothing. */
static void add_words(struct k7i_buf *text, const char *before, const char *words)
{
    size_t len = words ? strlen(words) : 0;

    while (len > 0 && (words[len - 1] == '\n' || words[len - 1] == ' '))
        len--;
    if (!text || len == 0)
        return;
    const char *after = len > WORDS_MAX ? "…" : "";
    if (len > WORDS_MAX)
        for (len = WORDS_MAX; len > 0 && ((unsigned char)words[len] & 0xC0) == 0x80;)
            len--;
    k7i_buf_text(text, before);
    for (size_t i = 0; i < len; i++)
        k7i_buf_char(text, (unsigned char)words[i] < 0x20 || words[i] == 0x7F ? ' ' : words[i]);
    k7i_buf_text(text, after);
}

/* "CrashLoopBackOff: back-off 10s restarting failed container" */
static const char *say(struct k7i_buf *text, const char *reason, const char *message)
{
    add_words(text, "", reason);
    add_words(text, ": ", message);
    return reason;
}

static const char *ended(const struct k7i_pod *pod, struct k7i_buf *text)
{
    const char *reason = pod->ended_reason ? pod->ended_reason : "Error";

    if (text) {
        add_words(text, "", reason);
        k7i_buf_printf(text, ": the container ended with exit code %lld", (long long)pod->exit_code);
        add_words(text, ": ", pod->ended_message);
    }
    return reason;
}

static const char *trouble_of_pod(const struct k7i_pod *pod, struct k7i_buf *text)
{
    if (pod->phase_reason) /* the kubelet or a controller has given the whole pod up */
        return say(text, pod->phase_reason, pod->phase_message);
    if (pod->unscheduled_reason)
        return say(text, pod->unscheduled_reason, pod->unscheduled_message);
    if (pod->waiting_reason) {
        say(text, pod->waiting_reason, pod->waiting_message);
        if (pod->has_ended && text) {
            k7i_buf_text(text, "; before that, ");
            ended(pod, text);
        }
        return pod->waiting_reason;
    }
    return pod->is_ended_now ? ended(pod, text) : NULL;
}

const char *k7i_trouble(const struct k7i_deployment *deployment, const struct k7i_pod *pod,
                        struct k7i_buf *text)
{
    if (deployment->meta.is_deleting)
        return say(text, "Terminating", "the sandbox is being deleted");
    if (deployment->replicas == 0)
        return say(text, "Paused", "scaled to no replicas");
    if (pod && !pod->meta.is_deleting)
        return pod->is_ready ? NULL : trouble_of_pod(pod, text);
    if (deployment->failure_reason)
        return say(text, deployment->failure_reason, deployment->failure_message);
    return pod ? say(text, "Terminating", "the pod is being deleted") : NULL;
}

/* ---- the sandbox ---- */

/* K7 passes over pods that are going (K7 contract, section 3), so one of these is "No Pods". */
int k7i_record_to_sandbox(const struct k7i_deployment *deployment, const struct k7i_pod *pod,
                          int64_t now_unix, k7_sandbox **ret_sandbox, k7_error **err)
{
    const struct k7i_pod *shown = pod && !pod->meta.is_deleting ? pod : NULL;
    struct k7i_sandbox_fields fields = K7I_SANDBOX_FIELDS;
    struct k7i_buf why;
    char age[64];

    *ret_sandbox = NULL;
    k7i_buf_init(&why, MESSAGE_LIMIT);
    fields.name = deployment->meta.name;
    fields.namespace_ = deployment->meta.namespace_;
    fields.uid = deployment->meta.uid;
    fields.created_unix = deployment->meta.created_unix;
    fields.backend = deployment->meta.backend ? deployment->meta.backend : "unknown";
    fields.reason = k7i_trouble(deployment, pod, &why);
    fields.error_message = why.data;
    fields.status = !shown ? "No Pods" : shown->phase ? shown->phase : "Unknown";
    fields.ready = shown ? shown->is_ready : 0;
    fields.restarts = shown ? shown->restarts : 0;
    fields.image = shown && shown->image ? shown->image : "Unknown";
    fields.node = shown && shown->node ? shown->node : "";
    fields.age_text = "Unknown";
    if (shown && shown->meta.created_unix >= 0) {
        k7i_sandbox_format_age(now_unix - shown->meta.created_unix, age, sizeof age);
        fields.age_text = age;
    }
    int code =
        why.failed == K7_ERR_NO_MEMORY ? k7i_fail_memory(err) : k7i_sandbox_new(&fields, ret_sandbox, err);
    k7i_buf_clear(&why);
    return code;
}
