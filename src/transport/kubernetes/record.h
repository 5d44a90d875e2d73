/* record.h: the few fields of Deployments and Pods that the transport looks at, borrowed from the document they were read from, and what they mean. One record whatever the encoding:
 * record_json.c and record_protobuf.c fill the same. */
#ifndef K7I_KUBERNETES_RECORD_H
#define K7I_KUBERNETES_RECORD_H

#include "format/json.h"
#include "model/sandbox.h"

#include <stdint.h>

struct k7i_metadata {
    const char *name, *namespace_, *uid;      /* NULL: not there; so everywhere */
    const char *app, *runtime, *sandbox;      /* labels */
    const char *template_hash;                /* label pod-template-hash */
    const char *backend, *create_id;          /* annotations */
    const char *controller_kind, *controller; /* kind and name of the owner that is the controller */
    const char *resource_version;
    int64_t created_unix; /* -1: unknown */
    int is_deleting;      /* it has a deletionTimestamp */
};

struct k7i_deployment {
    struct k7i_metadata meta;
    const char *runtime_class,
        *image;             /* of the template; image: of the container "sandbox", else of the first */
    const char *env_secret; /* the first secretRef in envFrom of that container */
    int64_t replicas;       /* spec.replicas; -1: not said */
    int64_t made_replicas;  /* status.replicas: pods that exist; 0 when not said */
    /* the condition ReplicaFailure, when it is True: why no pod can be made (quota, admission, RuntimeClass) */
    const char *failure_reason, *failure_message;
};

struct k7i_pod {
    struct k7i_metadata meta;
    const char *node, *image, *phase;         /* image: of the first container, as K7 shows it */
    const char *phase_reason, *phase_message; /* status.reason: "Evicted", "OutOfcpu", … */
    int is_ready;                             /* condition Ready */
    int64_t restarts;                         /* of all containers together */
    /* condition PodScheduled, when False */
    const char *unscheduled_reason, *unscheduled_message;
    /* of the container "sandbox" (else the first): state.waiting; its last end: state.terminated, else lastState.terminated */
    const char *waiting_reason, *waiting_message;
    int has_ended;
    int is_ended_now; /* state.terminated */
    int64_t exit_code;
    const char *ended_reason, *ended_message;
};

void k7i_deployment_read_json(const struct k7i_json_value *object, struct k7i_deployment *ret_deployment);
void k7i_pod_read_json(const struct k7i_json_value *object, struct k7i_pod *ret_pod);

/* For the readers: what is kept of one of several, whatever the encoding. Texts may be NULL. An empty text is none: protobuf writes what JSON leaves out. */
void k7i_metadata_label(struct k7i_metadata *meta, const char *key, const char *value);
void k7i_metadata_annotation(struct k7i_metadata *meta, const char *key, const char *value);
void k7i_deployment_condition(struct k7i_deployment *deployment, const char *type, const char *status,
                              const char *reason, const char *message);
void k7i_pod_condition(struct k7i_pod *pod, const char *type, const char *status, const char *reason,
                       const char *message);
void k7i_pod_add_restarts(struct k7i_pod *pod, int64_t count);

/* K7's recognition rule (K7 contract, section 3), and that the labels name the Deployment itself: list, get and delete look at nothing else. */
int k7i_deployment_is_sandbox(const struct k7i_deployment *deployment);
/* The pod belongs to the Deployment: by label and by its ReplicaSet. */
int k7i_pod_is_of(const struct k7i_pod *pod, const struct k7i_deployment *deployment);
/* The better of two pods to show: not terminating, then Running, then Ready, then the newest (K7 contract, section 9.3 #21). a or b may be NULL. */
const struct k7i_pod *k7i_pod_better(const struct k7i_pod *a, const struct k7i_pod *b);

/* Why it is not ready: one word as Kubernetes names it ("CrashLoopBackOff", "ImagePullBackOff", "Unschedulable", "Terminating", "Paused", "FailedCreate", …; NULL when
 * it is ready), and appended to `text` (may be NULL) the reason in the server's own words, on one line. pod may be NULL. */
const char *k7i_trouble(const struct k7i_deployment *deployment, const struct k7i_pod *pod,
                        struct k7i_buf *text);

/* The sandbox as K7 shows it (status, ready, restarts, age, image, backend, node), with error_message and reason filled. pod may be NULL: "No Pods". now_unix: for the age. */
int k7i_record_to_sandbox(const struct k7i_deployment *deployment, const struct k7i_pod *pod,
                          int64_t now_unix, k7_sandbox **ret_sandbox, k7_error **err);

#endif
