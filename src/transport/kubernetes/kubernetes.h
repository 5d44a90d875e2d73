/* kubernetes.h: what all operations of the kubernetes transport share: the instance, the kinds of objects, requests about them, and refusals of the API server. It
 * knows nothing of single operations. */
#ifndef K7I_KUBERNETES_KUBERNETES_H
#define K7I_KUBERNETES_KUBERNETES_H

#include "format/json.h"
#include "transport/table.h"

#include <pthread.h>

/* Labels and annotations. All but the create-id are K7's own (K7 contract, sections 0.4 and 2). */
#define K7I_KUBE_LABEL_APP           "app"
#define K7I_KUBE_LABEL_RUNTIME       "runtime"
#define K7I_KUBE_RUNTIME             "kata" /* its value, and the default RuntimeClass */
#define K7I_KUBE_LABEL_SANDBOX       "katakate.org/sandbox"
#define K7I_KUBE_LABEL_TEMPLATE_HASH "pod-template-hash" /* Kubernetes' */
#define K7I_KUBE_CONTAINER           "sandbox"           /* the name of K7's container */
#define K7I_KUBE_ANNOTATION_BACKEND  "k7.katakate.org/backend"
#define K7I_KUBE_ANNOTATION_CREATE_ID                                                                        \
    "k7.katakate.org/create-id" /* random, one per create: tells our own objects */
#define K7I_KUBE_DEFAULT_BACKEND "kata-firecracker-devmapper"
#define K7I_KUBE_NODE_LABEL      "k7.katakate.org/backend-" K7I_KUBE_DEFAULT_BACKEND /* "true" */

/* The shape of the objects that create makes: that of K7 0.1, or of 0.4 (K7 contract, sections 2.1 and 2.2). */
enum k7i_kube_profile { K7I_PROFILE_UNKNOWN, K7I_PROFILE_V0_1, K7I_PROFILE_V0_4 };

struct k7i_kubernetes {
    struct k7i_peer *peer;
    k7_config *config;    /* a copy of the keys */
    char *namespace_;     /* the default one of the kubeconfig's context or of the pod; NULL: none said */
    const char *warning;  /* what a program may want to tell about the access; static text, or NULL */
    pthread_mutex_t lock; /* over what is learnt: */
    enum k7i_kube_profile profile;
    int64_t profile_until_ms; /* 0: for good */
    int json_only;            /* the server, or a proxy before it, does not speak protobuf */
};

/* ---- objects and requests ---- */

enum k7i_kind {
    K7I_KIND_DEPLOYMENT,
    K7I_KIND_POD,
    K7I_KIND_SECRET,
    K7I_KIND_NETWORK_POLICY,
    K7I_KIND_SERVICE,
    K7I_KIND_CILIUM_POLICY,
    K7I_KIND_NODE, /* without a namespace */
    K7I_KINDS
};

/* What a request does to what: for its path, and for the words of an error. Texts are borrowed. */
struct k7i_target {
    const char *verb; /* Kubernetes': "get", "list", "watch", "create", "delete" */
    enum k7i_kind kind;
    const char *namespace_; /* NULL: of all namespaces (list only), or a node */
    const char *name;       /* NULL: the collection */
};

const char *k7i_kind_title(enum k7i_kind kind);    /* "Deployment" */
const char *k7i_kind_resource(enum k7i_kind kind); /* "deployments.apps", as in RBAC's messages */

/* Begins a request: method, path and repeat class follow from the target's verb. "create" gets ?timeout=, so that the server gives up at a known time. */
void k7i_kube_request(struct k7i_request *request, const struct k7i_target *target);
/* Appends a query parameter, percent-encoded. */
void k7i_kube_query(struct k7i_request *request, const char *name, const char *value);
void k7i_kube_query_int(struct k7i_request *request, const char *name, int64_t value);
/* "LABEL=NAME" as labelSelector. */
void k7i_kube_select(struct k7i_request *request, const char *label, const char *value);
/* A delete's body (DeleteOptions). uid NULL: whoever has the name; grace_s < 0: the object's own; foreground: the owner goes after what it owns. */
void k7i_kube_delete_options(struct k7i_request *request, const char *uid, int grace_s, int foreground);
/* The same for a delete that is checked in all ways and not carried out. */
void k7i_kube_delete_rehearsed(struct k7i_request *request, const char *uid);
/* Only metadata comes back, never the content: for Secrets, and to recognise our own. With "get". */
void k7i_kube_only_metadata(struct k7i_request *request);

/* ---- answers ---- */

/* The body as JSON, or K7_ERR_PROTOCOL. */
int k7i_kube_parse(const struct k7i_response *response, const struct k7i_target *target,
                   struct k7i_json **ret_json, k7_error **err);

/* A Kubernetes Status object (metav1.Status), read from JSON or protobuf. Texts are cut to these sizes. */
struct k7i_status {
    char reason[64];        /* "AlreadyExists", …; "" when there is none */
    char message[1024];     /* one line */
    char causes[512];       /* "field: message; …", or "" */
    int64_t retry_after_ms; /* -1: not said */
};
/* 0, or -1 when the body is no Status: then the message is the body's beginning. */
int k7i_status_read(const struct k7i_response *response, struct k7i_status *ret_status);
/* "field: message", behind what is there. For the readers. Both may be NULL. */
void k7i_status_add_cause(struct k7i_buf *causes, const char *field, const char *message);
/* The same for a watch event of the type ERROR. */
void k7i_status_read_json(const struct k7i_json_value *object, struct k7i_status *ret_status);

/* Fails the operation with what the API server answered. The code follows from the HTTP status and the Status' reason (quota, admission, RBAC: "forbidden: needs create on
 * deployments.apps in the namespace demo"), the words from the target and from the server; reason, causes, Retry-After go into the error. */
enum k7i_verdict k7i_kube_refused(struct k7i_op *op, const struct k7i_response *response,
                                  const struct k7i_target *target);
/* The same for a Status that came in an open watch. */
enum k7i_verdict k7i_kube_refused_status(struct k7i_op *op, int http_status, const struct k7i_status *status,
                                         const struct k7i_target *target);
/* 1: a failing server that may succeed when asked again (500 "etcdserver: request timed out", 500 while etcd is away, 502, 504). */
int k7i_kube_is_passing(const struct k7i_response *response);
/* For the reply of a step that reads or deletes: while such a server fails, the verdict to ask again after a pause, a few times in a row; else k7i_kube_refused().
 * count: the step's own, 0 before its first request and after a success. */
enum k7i_verdict k7i_kube_refused_or_again(struct k7i_op *op, const struct k7i_response *response,
                                           const struct k7i_target *target, int *count);

#endif
