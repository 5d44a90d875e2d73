/* record_json.c: Deployments and Pods read from JSON. What has another type than Kubernetes gives it counts as not there. */
#include "transport/kubernetes/record.h"

#include "base/clock.h"
#include "base/text.h"
#include "transport/kubernetes/kubernetes.h"

#include <string.h>

static const char *text_at(const struct k7i_json_value *object, const char *key)
{
    return k7i_json_get_string(object, key);
}

static void read_metadata(const struct k7i_json_value *object, struct k7i_metadata *meta)
{
    const struct k7i_json_value *labels = k7i_json_get(object, "labels"),
                                *annotations = k7i_json_get(object, "annotations"),
                                *owners = k7i_json_get(object, "ownerReferences");

    *meta = (struct k7i_metadata){
        .name = text_at(object, "name"),
        .namespace_ = text_at(object, "namespace"),
        .uid = text_at(object, "uid"),
        .app = text_at(labels, K7I_KUBE_LABEL_APP),
        .runtime = text_at(labels, K7I_KUBE_LABEL_RUNTIME),
        .sandbox = text_at(labels, K7I_KUBE_LABEL_SANDBOX),
        .template_hash = text_at(labels, K7I_KUBE_LABEL_TEMPLATE_HASH),
        .backend = text_at(annotations, K7I_KUBE_ANNOTATION_BACKEND),
        .create_id = text_at(annotations, K7I_KUBE_ANNOTATION_CREATE_ID),
        .resource_version = text_at(object, "resourceVersion"),
        .created_unix = k7i_time_from_rfc3339(text_at(object, "creationTimestamp")),
        .is_deleting = text_at(object, "deletionTimestamp") != NULL,
    };
    for (size_t i = 0, n = k7i_json_count(owners); i < n; i++) {
        const struct k7i_json_value *owner = k7i_json_at(owners, i);

        if (k7i_json_bool(k7i_json_get(owner, "controller"))) {
            meta->controller_kind = text_at(owner, "kind");
            meta->controller = text_at(owner, "name");
        }
    }
}

/* The entry whose member `key` is `value`, or NULL. */
static const struct k7i_json_value *entry_of(const struct k7i_json_value *array, const char *key,
                                             const char *value)
{
    for (size_t i = 0, n = k7i_json_count(array); i < n; i++) {
        const struct k7i_json_value *entry = k7i_json_at(array, i);

        if (k7i_text_equal(text_at(entry, key), value))
            return entry;
    }
    return NULL;
}

/* The container "sandbox", else the first. */
static const struct k7i_json_value *sandbox_of(const struct k7i_json_value *containers)
{
    const struct k7i_json_value *container = entry_of(containers, "name", K7I_KUBE_CONTAINER);

    return container ? container : k7i_json_at(containers, 0);
}

/* The condition of this type when it has this status, or NULL. */
static const struct k7i_json_value *condition_of(const struct k7i_json_value *status, const char *type,
                                                 const char *value)
{
    const struct k7i_json_value *condition = entry_of(k7i_json_get(status, "conditions"), "type", type);

    return k7i_text_equal(text_at(condition, "status"), value) ? condition : NULL;
}

void k7i_deployment_read_json(const struct k7i_json_value *object, struct k7i_deployment *ret_deployment)
{
    const struct k7i_json_value *spec = k7i_json_get(object, "spec"),
                                *status = k7i_json_get(object, "status"),
                                *pod = k7i_json_get(k7i_json_get(spec, "template"), "spec"),
                                *container = sandbox_of(k7i_json_get(pod, "containers")),
                                *sources = k7i_json_get(container, "envFrom"),
                                *failure = condition_of(status, "ReplicaFailure", "True");

    *ret_deployment = (struct k7i_deployment){
        .runtime_class = text_at(pod, "runtimeClassName"),
        .image = text_at(container, "image"),
        .replicas = k7i_json_int(k7i_json_get(spec, "replicas"), -1),
        .made_replicas = k7i_json_int(k7i_json_get(status, "replicas"), 0),
        .failure_reason = text_at(failure, "reason"),
        .failure_message = text_at(failure, "message"),
    };
    read_metadata(k7i_json_get(object, "metadata"), &ret_deployment->meta);
    for (size_t i = 0, n = k7i_json_count(sources); i < n && !ret_deployment->env_secret; i++)
        ret_deployment->env_secret = text_at(k7i_json_get(k7i_json_at(sources, i), "secretRef"), "name");
}

/* What the status of the sandbox's container says. */
static void read_container(const struct k7i_json_value *container, struct k7i_pod *pod)
{
    const struct k7i_json_value *state = k7i_json_get(container, "state"),
                                *waiting = k7i_json_get(state, "waiting"),
                                *ended = k7i_json_get(state, "terminated");

    pod->is_ended_now = ended != NULL;
    if (!ended)
        ended = k7i_json_get(k7i_json_get(container, "lastState"), "terminated");
    pod->waiting_reason = text_at(waiting, "reason");
    pod->waiting_message = text_at(waiting, "message");
    pod->has_ended = ended != NULL;
    pod->exit_code = k7i_json_int(k7i_json_get(ended, "exitCode"), 0);
    pod->ended_reason = text_at(ended, "reason");
    pod->ended_message = text_at(ended, "message");
}

void k7i_pod_read_json(const struct k7i_json_value *object, struct k7i_pod *ret_pod)
{
    const struct k7i_json_value *spec = k7i_json_get(object, "spec"),
                                *status = k7i_json_get(object, "status"),
                                *containers = k7i_json_get(status, "containerStatuses"),
                                *unscheduled = condition_of(status, "PodScheduled", "False");

    *ret_pod = (struct k7i_pod){
        .node = text_at(spec, "nodeName"),
        .image = text_at(k7i_json_at(k7i_json_get(spec, "containers"), 0), "image"),
        .phase = text_at(status, "phase"),
        .phase_reason = text_at(status, "reason"),
        .phase_message = text_at(status, "message"),
        .is_ready = condition_of(status, "Ready", "True") != NULL,
        .unscheduled_reason = text_at(unscheduled, "reason"),
        .unscheduled_message = text_at(unscheduled, "message"),
    };
    read_metadata(k7i_json_get(object, "metadata"), &ret_pod->meta);
    for (size_t i = 0, n = k7i_json_count(containers); i < n; i++)
        k7i_pod_add_restarts(ret_pod,
                             k7i_json_int(k7i_json_get(k7i_json_at(containers, i), "restartCount"), 0));
    read_container(sandbox_of(containers), ret_pod);
}
