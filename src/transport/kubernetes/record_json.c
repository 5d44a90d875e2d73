/* record_json.c: Deployments and Pods read from JSON. What has another type than Kubernetes gives it counts as not there. */
#include "transport/kubernetes/record.h"

#include "base/clock.h"
#include "base/text.h"
#include "transport/kubernetes/kubernetes.h"

#include <string.h>

/* Not there, no text, or empty: NULL. */
static const char *text_at(const struct k7i_json_value *object, const char *key)
{
    const char *text = k7i_json_get_string(object, key);

    return text && *text ? text : NULL;
}

static const char *text_of(const struct k7i_json_value *value)
{
    const char *text = k7i_json_string(value);

    return text && *text ? text : NULL;
}

static int read_label(void *meta, const char *key, const struct k7i_json_value *value)
{
    k7i_metadata_label(meta, key, text_of(value));
    return 0;
}

static int read_annotation(void *meta, const char *key, const struct k7i_json_value *value)
{
    k7i_metadata_annotation(meta, key, text_of(value));
    return 0;
}

static void read_metadata(const struct k7i_json_value *object, struct k7i_metadata *meta)
{
    const struct k7i_json_value *owners = k7i_json_get(object, "ownerReferences");

    *meta = (struct k7i_metadata){
        .name = text_at(object, "name"),
        .namespace_ = text_at(object, "namespace"),
        .uid = text_at(object, "uid"),
        .resource_version = text_at(object, "resourceVersion"),
        .created_unix = k7i_time_from_rfc3339(text_at(object, "creationTimestamp")),
        .is_deleting = text_at(object, "deletionTimestamp") != NULL,
    };
    k7i_json_each(k7i_json_get(object, "labels"), read_label, meta);
    k7i_json_each(k7i_json_get(object, "annotations"), read_annotation, meta);
    for (size_t i = 0, n = k7i_json_count(owners); i < n; i++) {
        const struct k7i_json_value *owner = k7i_json_at(owners, i);

        if (k7i_json_bool(k7i_json_get(owner, "controller"))) {
            meta->controller_kind = text_at(owner, "kind");
            meta->controller = text_at(owner, "name");
        }
    }
}

/* The container "sandbox", else the first. */
static const struct k7i_json_value *sandbox_of(const struct k7i_json_value *containers)
{
    for (size_t i = 0, n = k7i_json_count(containers); i < n; i++) {
        const struct k7i_json_value *container = k7i_json_at(containers, i);

        if (k7i_text_equal(text_at(container, "name"), K7I_KUBE_CONTAINER))
            return container;
    }
    return k7i_json_at(containers, 0);
}

void k7i_deployment_read_json(const struct k7i_json_value *object, struct k7i_deployment *ret_deployment)
{
    const struct k7i_json_value *spec = k7i_json_get(object, "spec"),
                                *status = k7i_json_get(object, "status"),
                                *pod = k7i_json_get(k7i_json_get(spec, "template"), "spec"),
                                *container = sandbox_of(k7i_json_get(pod, "containers")),
                                *sources = k7i_json_get(container, "envFrom"),
                                *conditions = k7i_json_get(status, "conditions");

    *ret_deployment = (struct k7i_deployment){
        .runtime_class = text_at(pod, "runtimeClassName"),
        .image = text_at(container, "image"),
        .replicas = k7i_json_int(k7i_json_get(spec, "replicas"), -1),
        .made_replicas = k7i_json_int(k7i_json_get(status, "replicas"), 0),
    };
    read_metadata(k7i_json_get(object, "metadata"), &ret_deployment->meta);
    for (size_t i = 0, n = k7i_json_count(conditions); i < n; i++) {
        const struct k7i_json_value *condition = k7i_json_at(conditions, i);

        k7i_deployment_condition(ret_deployment, text_at(condition, "type"), text_at(condition, "status"),
                                 text_at(condition, "reason"), text_at(condition, "message"));
    }
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
                                *conditions = k7i_json_get(status, "conditions");

    *ret_pod = (struct k7i_pod){
        .node = text_at(spec, "nodeName"),
        .image = text_at(k7i_json_at(k7i_json_get(spec, "containers"), 0), "image"),
        .phase = text_at(status, "phase"),
        .phase_reason = text_at(status, "reason"),
        .phase_message = text_at(status, "message"),
    };
    read_metadata(k7i_json_get(object, "metadata"), &ret_pod->meta);
    for (size_t i = 0, n = k7i_json_count(conditions); i < n; i++) {
        const struct k7i_json_value *condition = k7i_json_at(conditions, i);

        k7i_pod_condition(ret_pod, text_at(condition, "type"), text_at(condition, "status"),
                          text_at(condition, "reason"), text_at(condition, "message"));
    }
    for (size_t i = 0, n = k7i_json_count(containers); i < n; i++)
        k7i_pod_add_restarts(ret_pod,
                             k7i_json_int(k7i_json_get(k7i_json_at(containers, i), "restartCount"), 0));
    read_container(sandbox_of(containers), ret_pod);
}
