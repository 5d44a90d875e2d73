/* record_protobuf.c: see record_protobuf.h. The one file that knows nanopb: its messages are objects.proto's. */
#include "transport/kubernetes/record_protobuf.h"

#include "base/text.h"
#include "transport/kubernetes/objects.pb.h"

#include <pb_decode.h>
#include <string.h>

/* What is kept of a pod's containers, and of their states: of the one called "sandbox", else of the first. */
struct k7i_containers {
    int count, named;
    const char *first_image;
    k7i_kube_Container chosen;
};
struct k7i_container_states {
    int named;
    struct k7i_pod *pod; /* all restarts together */
    int count;
    k7i_kube_ContainerStatus chosen;
};

/* nanopb hands over numbers that stand where a text or message should, on its own stack; the streams of ours, and what it cuts out of them, carry this. */
static const char in_our_buffer[] = "malformed";

/* Everything is zero already. nanopb's own setting of defaults takes a fifth of the time. */
static bool read_message(pb_istream_t *stream, const pb_msgdesc_t *message, void *to)
{
    return pb_decode_ex(stream, message, to, PB_DECODE_NOINIT);
}

/* An empty text is none: protobuf writes what JSON leaves out. The text moves onto the last byte of its length, which has been read, so that its NUL has a place. */
static bool read_text(pb_istream_t *stream, const char **ret_text)
{
    char *text = stream->state; /* of a stream over a buffer: where it stands */
    size_t len = stream->bytes_left;

    if (!k7i_text_is_utf8(text, len) || !pb_read(stream, NULL, len))
        return false;
    char *moved = text - 1;
    memmove(moved, text, len);
    moved[len] = '\0';
    *ret_text = len ? moved : NULL;
    return true;
}

/* ---- what is repeated ---- */

static bool read_label(pb_istream_t *stream, struct k7i_metadata *meta)
{
    k7i_kube_ObjectMeta_LabelsEntry entry = { 0 };

    if (!read_message(stream, &k7i_kube_ObjectMeta_LabelsEntry_msg, &entry))
        return false;
    if (entry.key)
        k7i_metadata_label(meta, entry.key, entry.value);
    return true;
}

static bool read_annotation(pb_istream_t *stream, struct k7i_metadata *meta)
{
    k7i_kube_ObjectMeta_AnnotationsEntry entry = { 0 };

    if (!read_message(stream, &k7i_kube_ObjectMeta_AnnotationsEntry_msg, &entry))
        return false;
    if (entry.key)
        k7i_metadata_annotation(meta, entry.key, entry.value);
    return true;
}

static bool read_owner(pb_istream_t *stream, struct k7i_metadata *meta)
{
    k7i_kube_OwnerReference owner = { 0 };

    if (!read_message(stream, &k7i_kube_OwnerReference_msg, &owner))
        return false;
    if (owner.controller) {
        meta->controller_kind = owner.kind;
        meta->controller = owner.name;
    }
    return true;
}

static bool read_deployment_condition(pb_istream_t *stream, struct k7i_deployment *deployment)
{
    k7i_kube_DeploymentCondition condition = { 0 };

    if (!read_message(stream, &k7i_kube_DeploymentCondition_msg, &condition))
        return false;
    k7i_deployment_condition(deployment, condition.type, condition.status, condition.reason,
                             condition.message);
    return true;
}

static bool read_pod_condition(pb_istream_t *stream, struct k7i_pod *pod)
{
    k7i_kube_PodCondition condition = { 0 };

    if (!read_message(stream, &k7i_kube_PodCondition_msg, &condition))
        return false;
    k7i_pod_condition(pod, condition.type, condition.status, condition.reason, condition.message);
    return true;
}

static bool read_secret(pb_istream_t *stream, const char **secret)
{
    k7i_kube_EnvFromSource source = { 0 };

    if (!read_message(stream, &k7i_kube_EnvFromSource_msg, &source))
        return false;
    if (!*secret)
        *secret = source.secretRef.localObjectReference.name;
    return true;
}

static bool read_container(pb_istream_t *stream, struct k7i_containers *containers)
{
    k7i_kube_Container container = { 0 };

    if (!read_message(stream, &k7i_kube_Container_msg, &container))
        return false;
    int named = k7i_text_equal(container.name, K7I_KUBE_CONTAINER);
    if (containers->count == 0)
        containers->first_image = container.image;
    if (containers->count++ == 0 || (named && !containers->named))
        containers->chosen = container;
    containers->named |= named;
    return true;
}

static bool read_container_state(pb_istream_t *stream, struct k7i_container_states *states)
{
    k7i_kube_ContainerStatus status = { 0 };

    if (!read_message(stream, &k7i_kube_ContainerStatus_msg, &status))
        return false;
    int named = k7i_text_equal(status.name, K7I_KUBE_CONTAINER);
    k7i_pod_add_restarts(states->pod, status.restartCount);
    if (states->count++ == 0 || (named && !states->named))
        states->chosen = status;
    states->named |= named;
    return true;
}

static bool read_cause(pb_istream_t *stream, struct k7i_buf *causes)
{
    k7i_kube_StatusCause cause = { 0 };

    if (!read_message(stream, &k7i_kube_StatusCause_msg, &cause))
        return false;
    k7i_status_add_cause(causes, cause.field, cause.message);
    return true;
}

bool k7i_kube_read_field(pb_istream_t *stream, pb_ostream_t *none, const pb_field_iter_t *field)
{
    const pb_msgdesc_t *message = field->submsg_desc;

    (void)none;
    if (stream->errmsg != in_our_buffer)
        return false;
    if (PB_LTYPE(field->type) == PB_LTYPE_STRING)
        return read_text(stream, field->pData);
    if (message == &k7i_kube_EnvFromSource_msg)
        return read_secret(stream, field->pData);
    void *to = *(void **)field->pData; /* where the pointer says; NULL: not wanted here */
    if (!to)
        return true;
    if (message == &k7i_kube_ObjectMeta_LabelsEntry_msg)
        return read_label(stream, to);
    if (message == &k7i_kube_ObjectMeta_AnnotationsEntry_msg)
        return read_annotation(stream, to);
    if (message == &k7i_kube_OwnerReference_msg)
        return read_owner(stream, to);
    if (message == &k7i_kube_DeploymentCondition_msg)
        return read_deployment_condition(stream, to);
    if (message == &k7i_kube_PodCondition_msg)
        return read_pod_condition(stream, to);
    if (message == &k7i_kube_Container_msg)
        return read_container(stream, to);
    if (message == &k7i_kube_ContainerStatus_msg)
        return read_container_state(stream, to);
    return read_cause(stream, to);
}

/* ---- whole messages ---- */

static int decode(char *data, size_t len, const pb_msgdesc_t *message, void *to)
{
    pb_istream_t stream = pb_istream_from_buffer((const pb_byte_t *)data, len);

    stream.errmsg = in_our_buffer;
    return read_message(&stream, message, to) ? 0 : -1;
}

/* Before 1970 is the zero time: never. */
static int64_t seconds_of(const k7i_kube_Time *time)
{
    return time->has_seconds && time->seconds >= 0 ? time->seconds : -1;
}

static void take_metadata(const k7i_kube_ObjectMeta *read, struct k7i_metadata *meta)
{
    meta->name = read->name;
    meta->namespace_ = read->namespace;
    meta->uid = read->uid;
    meta->resource_version = read->resourceVersion;
    meta->created_unix = seconds_of(&read->creationTimestamp);
    meta->is_deleting = read->has_deletionTimestamp;
}

int k7i_deployment_read_protobuf(char *data, size_t len, struct k7i_deployment *ret_deployment)
{
    struct k7i_containers containers = { 0 };
    k7i_kube_Deployment read = { 0 };

    *ret_deployment = (struct k7i_deployment){ .replicas = -1 };
    read.metadata.labels = read.metadata.annotations = read.metadata.ownerReferences = &ret_deployment->meta;
    read.spec.template.spec.containers = &containers;
    read.status.conditions = ret_deployment;
    if (decode(data, len, &k7i_kube_Deployment_msg, &read) != 0)
        return -1;
    take_metadata(&read.metadata, &ret_deployment->meta);
    ret_deployment->runtime_class = read.spec.template.spec.runtimeClassName;
    ret_deployment->image = containers.chosen.image;
    ret_deployment->env_secret = containers.chosen.envFrom;
    if (read.spec.has_replicas)
        ret_deployment->replicas = read.spec.replicas;
    ret_deployment->made_replicas = read.status.replicas;
    return 0;
}

int k7i_pod_read_protobuf(char *data, size_t len, struct k7i_pod *ret_pod)
{
    struct k7i_containers containers = { 0 };
    struct k7i_container_states states = { .pod = ret_pod };
    k7i_kube_Pod read = { 0 };

    *ret_pod = (struct k7i_pod){ 0 };
    read.metadata.labels = read.metadata.annotations = read.metadata.ownerReferences = &ret_pod->meta;
    read.spec.containers = &containers;
    read.status.conditions = ret_pod;
    read.status.containerStatuses = &states;
    if (decode(data, len, &k7i_kube_Pod_msg, &read) != 0)
        return -1;
    take_metadata(&read.metadata, &ret_pod->meta);
    ret_pod->node = read.spec.nodeName;
    ret_pod->image = containers.first_image;
    ret_pod->phase = read.status.phase;
    ret_pod->phase_reason = read.status.reason;
    ret_pod->phase_message = read.status.message;
    const k7i_kube_ContainerState *state = &states.chosen.state,
                                  *ended = state->has_terminated ? state : &states.chosen.lastState;
    ret_pod->waiting_reason = state->waiting.reason;
    ret_pod->waiting_message = state->waiting.message;
    ret_pod->is_ended_now = state->has_terminated;
    ret_pod->has_ended = ended->has_terminated;
    ret_pod->exit_code = ended->terminated.exitCode;
    ret_pod->ended_reason = ended->terminated.reason;
    ret_pod->ended_message = ended->terminated.message;
    return 0;
}

int k7i_list_meta_read_protobuf(char *data, size_t len, const char **ret_continue)
{
    k7i_kube_ListMeta read = { 0 };
    int code = decode(data, len, &k7i_kube_ListMeta_msg, &read);

    *ret_continue = read.continue_;
    return code;
}

int k7i_type_meta_read_protobuf(char *data, size_t len, const char **ret_kind)
{
    k7i_kube_TypeMeta read = { 0 };
    int code = decode(data, len, &k7i_kube_TypeMeta_msg, &read);

    *ret_kind = read.kind;
    return code;
}

int k7i_status_read_protobuf(char *data, size_t len, struct k7i_status_texts *ret_texts,
                             struct k7i_buf *causes)
{
    k7i_kube_StatusAnswer read = { 0 };

    read.raw.details.causes = causes;
    if (len < K7I_MAGIC_LEN ||
        decode(data + K7I_MAGIC_LEN, len - K7I_MAGIC_LEN, &k7i_kube_StatusAnswer_msg, &read) != 0)
        return -1;
    *ret_texts =
        (struct k7i_status_texts){ read.raw.message, read.raw.reason, read.raw.details.retryAfterSeconds };
    return k7i_text_equal(read.typeMeta.kind, "Status") ? 0 : -1;
}
